//! RTP packets: a checked view over a caller's buffer, a view that rewrites in place, a header writer.
//!
//! Owns: the layout of RFC 3550 5.1 and 5.3.1. Must never: trust a length before it was checked against the buffer.
//!
//! ```text
//!  0                   1                   2                   3
//! |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//! |                           timestamp                           |
//! |                             SSRC                              |
//! |                        CSRC (0 to 15)                         |
//! |   profile     |  length in words   |  extension ...           |
//! |  payload ...                          padding, its length     |
//! ```

use std::{fmt, ops::Range};

/// Shortest RTP header.
pub const MIN_HEADER_LEN: usize = 12;
/// Longest RTP header without an extension; room that a writer leaves in front of a payload.
pub const MAX_HEADER_LEN: usize = MIN_HEADER_LEN + 4 * 15;

/// Why octets are not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtpError {
    /// The padding count is 0 or longer than what follows the header (RFC 3550 A.1).
    Padding,
    /// Shorter than its header says.
    Truncated,
    /// The version is not 2.
    Version,
}

/// A packet whose lengths were checked.
#[derive(Debug, Clone, Copy)]
pub struct RtpPacket<'a> {
    octets: &'a [u8],
    layout: Layout,
}

impl<'a> RtpPacket<'a> {
    /// Checks the lengths of a datagram that arrived on an RTP port.
    ///
    /// # Errors
    /// When the octets cannot be an RTP packet (RFC 3550 A.1).
    pub fn parse(octets: &'a [u8]) -> Result<Self, RtpError> {
        Ok(Self { octets, layout: Layout::of(octets)? })
    }

    /// The whole packet.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The fields of the fixed header.
    #[must_use]
    pub fn header(&self) -> RtpHeader {
        RtpHeader {
            marker: self.marker(),
            payload_type: self.payload_type(),
            sequence: self.sequence(),
            timestamp: self.timestamp(),
            ssrc: self.ssrc(),
        }
    }

    /// The marker bit.
    #[must_use]
    pub const fn marker(&self) -> bool {
        self.octets[1] & 0x80 != 0
    }

    /// The 7 bit payload type.
    #[must_use]
    pub const fn payload_type(&self) -> u8 {
        self.octets[1] & 0x7f
    }

    /// The sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.octets[2], self.octets[3]])
    }

    /// The timestamp, in units of the payload's RTP clock.
    #[must_use]
    pub fn timestamp(&self) -> u32 {
        word(self.octets, 4)
    }

    /// The synchronisation source.
    #[must_use]
    pub fn ssrc(&self) -> u32 {
        word(self.octets, 8)
    }

    /// The contributing sources, at most 15.
    pub fn csrcs(&self) -> impl ExactSizeIterator<Item = u32> + 'a {
        let octets = self.octets;
        (0..usize::from(octets[0] & 0x0f)).map(move |n| word(octets, MIN_HEADER_LEN + 4 * n))
    }

    /// The header extension (RFC 3550 5.3.1), if there is one.
    #[must_use]
    pub fn extension(&self) -> Option<Extension<'a>> {
        if self.octets[0] & 0x10 == 0 {
            return None;
        }
        let start = MIN_HEADER_LEN + 4 * usize::from(self.octets[0] & 0x0f);
        Some(Extension {
            profile: u16::from_be_bytes([self.octets[start], self.octets[start + 1]]),
            data: &self.octets[start + 4..usize::from(self.layout.payload_start)],
        })
    }

    /// The payload without padding.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        &self.octets[self.payload_range()]
    }

    /// Where the payload lies in the packet.
    #[must_use]
    pub fn payload_range(&self) -> Range<usize> {
        usize::from(self.layout.payload_start)..usize::from(self.layout.payload_end)
    }

    /// Octets of padding behind the payload.
    #[must_use]
    pub fn padding_len(&self) -> usize {
        self.octets.len() - usize::from(self.layout.payload_end)
    }
}

/// A header extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Defined by the profile, e.g. 0xbede (RFC 8285).
    pub profile: u16,
    /// Its octets, a multiple of 4.
    pub data: &'a [u8],
}

/// A checked packet whose header can be rewritten in place.
#[derive(Debug)]
pub struct RtpPacketMut<'a> {
    octets: &'a mut [u8],
    layout: Layout,
}

impl<'a> RtpPacketMut<'a> {
    /// As [`RtpPacket::parse`].
    ///
    /// # Errors
    /// When the octets cannot be an RTP packet (RFC 3550 A.1).
    pub fn parse(octets: &'a mut [u8]) -> Result<Self, RtpError> {
        let layout = Layout::of(octets)?;
        Ok(Self { octets, layout })
    }

    /// The reading view.
    #[must_use]
    pub const fn view(&self) -> RtpPacket<'_> {
        RtpPacket { octets: self.octets, layout: self.layout }
    }

    /// Overwrites marker, payload type, sequence number, timestamp and SSRC; CSRCs, extension and payload stay.
    pub fn rewrite(&mut self, header: &RtpHeader) {
        self.octets[1] = header.second_octet();
        self.octets[2..4].copy_from_slice(&header.sequence.to_be_bytes());
        self.octets[4..8].copy_from_slice(&header.timestamp.to_be_bytes());
        self.octets[8..12].copy_from_slice(&header.ssrc.to_be_bytes());
    }

    /// The payload without padding.
    #[must_use]
    pub fn payload_mut(&mut self) -> &mut [u8] {
        &mut self.octets[usize::from(self.layout.payload_start)..usize::from(self.layout.payload_end)]
    }
}

/// The fields of a fixed header, in host order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RtpHeader {
    /// Start of a talk spurt or of an event (RFC 3551 4.1, RFC 4733 2.5.1.1).
    pub marker: bool,
    /// 7 bits.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// In units of the payload's RTP clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
}

impl RtpHeader {
    /// The header without CSRCs and extension, as octets.
    #[must_use]
    pub fn to_octets(&self) -> [u8; MIN_HEADER_LEN] {
        let mut octets = [0; MIN_HEADER_LEN];
        octets[0] = 2 << 6;
        octets[1] = self.second_octet();
        octets[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        octets[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        octets[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        octets
    }

    /// Writes the header directly in front of `payload`, into the room the caller left there, and answers the packet's range.
    /// `None` when `payload` starts before [`MIN_HEADER_LEN`] or ends outside the buffer.
    #[must_use]
    pub fn write_before(&self, buffer: &mut [u8], payload: Range<usize>) -> Option<Range<usize>> {
        let start = payload.start.checked_sub(MIN_HEADER_LEN)?;
        if payload.end > buffer.len() || payload.end < payload.start {
            return None;
        }
        buffer[start..payload.start].copy_from_slice(&self.to_octets());
        Some(start..payload.end)
    }

    const fn second_octet(&self) -> u8 {
        (self.marker as u8) << 7 | self.payload_type & 0x7f
    }
}

impl fmt::Display for RtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Padding => "padding longer than the packet",
            Self::Truncated => "shorter than its header says",
            Self::Version => "not RTP version 2",
        })
    }
}

impl std::error::Error for RtpError {}

/// Where the payload lies. A UDP datagram is shorter than 64 KiB.
#[derive(Debug, Clone, Copy)]
struct Layout {
    payload_start: u16,
    payload_end: u16,
}

impl Layout {
    fn of(octets: &[u8]) -> Result<Self, RtpError> {
        let start = header_len(octets)?;
        let behind = octets.len() - start;
        let padding = match octets.last() {
            Some(&count) if octets[0] & 0x20 != 0 => usize::from(count),
            _ => 0,
        };
        if octets[0] & 0x20 != 0 && (padding == 0 || padding > behind) {
            return Err(RtpError::Padding);
        }
        let fits = |n: usize| u16::try_from(n).map_err(|_| RtpError::Truncated);
        Ok(Self { payload_start: fits(start)?, payload_end: fits(octets.len() - padding)? })
    }
}

/// Length of fixed header, CSRCs and extension; never more than there are octets. Does not look at the padding, which SRTP
/// encrypts (RFC 3711 3.1).
pub(crate) fn header_len(octets: &[u8]) -> Result<usize, RtpError> {
    if octets.len() < MIN_HEADER_LEN {
        return Err(RtpError::Truncated);
    }
    if octets[0] >> 6 != 2 {
        return Err(RtpError::Version);
    }
    let mut len = MIN_HEADER_LEN + 4 * usize::from(octets[0] & 0x0f);
    if octets[0] & 0x10 != 0 {
        let words = octets.get(len + 2..len + 4).ok_or(RtpError::Truncated)?;
        len += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    if len > octets.len() { Err(RtpError::Truncated) } else { Ok(len) }
}

/// Four octets that a length check covered.
fn word(octets: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: RtpHeader = RtpHeader {
        marker: true,
        payload_type: 8,
        sequence: 0xfffe,
        timestamp: 0x0102_0304,
        ssrc: 0xdead_beef,
    };

    #[test]
    fn writer_and_view_agree() {
        let mut buffer = [7u8; 40];
        let range = HEADER.write_before(&mut buffer, 20..30).expect("room for the header");
        assert_eq!(range, 8..30);
        let packet = RtpPacket::parse(&buffer[range]).expect("valid packet");
        assert_eq!(packet.header(), HEADER);
        assert_eq!(packet.payload(), &[7; 10]);
        assert_eq!(packet.csrcs().len(), 0);
        assert_eq!(packet.extension(), None);
    }

    #[test]
    fn no_room_for_the_header_is_told() {
        assert_eq!(HEADER.write_before(&mut [0; 40], 11..20), None);
        assert_eq!(HEADER.write_before(&mut [0; 40], 12..41), None);
    }

    #[test]
    fn csrcs_extension_and_padding_are_not_payload() {
        let mut octets = HEADER.to_octets().to_vec();
        octets[0] |= 0x30 | 2;
        octets.extend([0, 0, 0, 1, 0, 0, 0, 2]);
        octets.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        octets.extend([1, 2, 3, 0, 2]);
        let packet = RtpPacket::parse(&octets).expect("valid packet");
        assert_eq!(packet.payload(), &[1, 2, 3]);
        assert_eq!(packet.padding_len(), 2);
        assert_eq!(packet.csrcs().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(packet.extension(), Some(Extension { profile: 0xbede, data: &[9; 4] }));
    }

    #[test]
    fn hostile_lengths_are_refused() {
        let octets = HEADER.to_octets();
        let with = |first: u8, tail: &[u8]| {
            let mut packet = octets.to_vec();
            packet[0] = first;
            packet.extend(tail);
            RtpPacket::parse(&packet).err()
        };
        assert_eq!(RtpPacket::parse(&octets[..11]).err(), Some(RtpError::Truncated));
        assert_eq!(with(0x40, &[]), Some(RtpError::Version));
        assert_eq!(with(0x8f, &[0; 59]), Some(RtpError::Truncated));
        assert_eq!(with(0x90, &[0, 0]), Some(RtpError::Truncated));
        assert_eq!(with(0x90, &[0, 0, 0xff, 0xff]), Some(RtpError::Truncated));
        assert_eq!(with(0xa0, &[1, 0]), Some(RtpError::Padding));
        assert_eq!(with(0xa0, &[1, 3]), Some(RtpError::Padding));
        assert_eq!(with(0xa0, &[]), Some(RtpError::Padding));
        assert_eq!(with(0xa0, &[1, 2]), None);
    }

    #[test]
    fn rewriting_keeps_extension_and_payload() {
        let mut octets = HEADER.to_octets().to_vec();
        octets[0] |= 0x10;
        octets.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9, 5, 6]);
        let other = RtpHeader { marker: false, payload_type: 0, sequence: 1, timestamp: 2, ssrc: 3 };
        let mut packet = RtpPacketMut::parse(&mut octets).expect("valid packet");
        packet.rewrite(&other);
        assert_eq!(packet.view().header(), other);
        assert_eq!(packet.view().payload(), &[5, 6]);
        assert!(packet.view().extension().is_some());
    }
}
