//! What a datagram on a media port is, by its first octets.
//!
//! RFC 7983 7 (first octet), RFC 5761 4 (RTP against RTCP). Must never: look further than two octets.

/// The protocol of an arriving datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A DTLS record (first octet 20 to 63).
    Dtls,
    /// RTCP or SRTCP.
    Rtcp,
    /// RTP or SRTP.
    Rtp,
    /// STUN (first octet 0 to 3).
    Stun,
    /// A TURN channel (first octet 64 to 79).
    TurnChannel,
    /// None of these: to be dropped.
    Unknown,
}

impl Arrival {
    /// Classifies a datagram.
    #[must_use]
    pub const fn of(octets: &[u8]) -> Self {
        match octets {
            [0..=3, ..] => Self::Stun,
            [20..=63, ..] => Self::Dtls,
            [64..=79, ..] => Self::TurnChannel,
            // RFC 5761 4: payload types 64 to 95 are not used for RTP, so an octet of 192 to 223 (marker set) is RTCP.
            [128..=191, 192..=223, ..] => Self::Rtcp,
            [128..=191, _, ..] => Self::Rtp,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_octets_tell_the_protocol() {
        assert_eq!(Arrival::of(&[0x80, 8]), Arrival::Rtp);
        assert_eq!(Arrival::of(&[0x80, 0x80 | 8]), Arrival::Rtp);
        assert_eq!(Arrival::of(&[0x80, 0x80 | 101]), Arrival::Rtp);
        assert_eq!(Arrival::of(&[0x81, 200]), Arrival::Rtcp);
        assert_eq!(Arrival::of(&[0x81, 207]), Arrival::Rtcp);
        assert_eq!(Arrival::of(&[0, 1]), Arrival::Stun);
        assert_eq!(Arrival::of(&[22, 254]), Arrival::Dtls);
        assert_eq!(Arrival::of(&[0x40, 0]), Arrival::TurnChannel);
        assert_eq!(Arrival::of(&[0x80]), Arrival::Unknown);
        assert_eq!(Arrival::of(&[]), Arrival::Unknown);
        assert_eq!(Arrival::of(&[0xff, 0xff]), Arrival::Unknown);
    }
}
