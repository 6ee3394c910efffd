//! RTCP: compound packets, views of what is in them, a writer.
//!
//! Owns: the layouts of RFC 3550 6 and RFC 3611. Must never: read a packet of a compound whose lengths do not add up to the
//! datagram (RFC 3550 A.2).

mod report;
mod sdes;
mod writer;
mod xr;

use std::fmt;

pub use report::{ReceiverReport, ReportBlock, SenderInfo, SenderReport};
pub use sdes::{Bye, SdesItem, SourceDescription};
pub use writer::{NoRoom, Writer};
pub use xr::{ExtendedReport, VoipMetrics, XrBlock};

/// Why a datagram is not RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RtcpError {
    /// The lengths of the packets do not add up to the datagram.
    Length,
    /// Padding before the last packet, or a count that cannot be (RFC 3550 A.2).
    Padding,
    /// A version other than 2.
    Version,
}

/// A compound packet whose lengths were checked.
///
/// Reduced-size compounds (RFC 5506) are accepted: the first packet need not be a report.
#[derive(Debug, Clone, Copy)]
pub struct Compound<'a> {
    octets: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks a datagram.
    ///
    /// # Errors
    /// When the octets cannot be RTCP (RFC 3550 A.2).
    pub fn parse(octets: &'a [u8]) -> Result<Self, RtcpError> {
        if octets.is_empty() {
            return Err(RtcpError::Length);
        }
        let mut rest = octets;
        while !rest.is_empty() {
            let (packet, behind) = split(rest).ok_or(RtcpError::Length)?;
            if packet[0] >> 6 != 2 {
                return Err(RtcpError::Version);
            }
            if packet[0] & 0x20 != 0 && (!behind.is_empty() || !padding_fits(packet)) {
                return Err(RtcpError::Padding);
            }
            rest = behind;
        }
        Ok(Self { octets })
    }

    /// The packets in their order.
    #[must_use]
    pub const fn packets(&self) -> Packets<'a> {
        Packets { rest: self.octets }
    }
}

/// Iterator over the packets of a [`Compound`].
#[derive(Debug, Clone)]
pub struct Packets<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Packets<'a> {
    type Item = RtcpPacket<'a>;

    fn next(&mut self) -> Option<RtcpPacket<'a>> {
        let (packet, rest) = split(self.rest)?;
        self.rest = rest;
        Some(RtcpPacket::of(packet))
    }
}

/// One packet of a compound.
#[derive(Debug, Clone, Copy)]
pub enum RtcpPacket<'a> {
    /// BYE (RFC 3550 6.6).
    Bye(Bye<'a>),
    /// XR (RFC 3611).
    ExtendedReport(ExtendedReport<'a>),
    /// Any other type (APP, feedback), or one too short for its counts: its type and octets.
    Other(u8, &'a [u8]),
    /// RR (RFC 3550 6.4.2).
    ReceiverReport(ReceiverReport<'a>),
    /// SR (RFC 3550 6.4.1).
    SenderReport(SenderReport<'a>),
    /// SDES (RFC 3550 6.5).
    SourceDescription(SourceDescription<'a>),
}

impl<'a> RtcpPacket<'a> {
    fn of(packet: &'a [u8]) -> Self {
        let count = packet[0] & 0x1f;
        let padding = if packet[0] & 0x20 != 0 { usize::from(packet[packet.len() - 1]) } else { 0 };
        let body = &packet[4..packet.len() - padding];
        let known = match packet[1] {
            SENDER_REPORT => SenderReport::parse(count, body).map(Self::SenderReport),
            RECEIVER_REPORT => ReceiverReport::parse(count, body).map(Self::ReceiverReport),
            SOURCE_DESCRIPTION => Some(Self::SourceDescription(SourceDescription::new(count, body))),
            BYE => Bye::parse(count, body).map(Self::Bye),
            EXTENDED_REPORT => ExtendedReport::parse(body).map(Self::ExtendedReport),
            _ => None,
        };
        known.unwrap_or(Self::Other(packet[1], body))
    }
}

impl fmt::Display for RtcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "lengths do not add up to the datagram",
            Self::Padding => "impossible padding",
            Self::Version => "not RTCP version 2",
        })
    }
}

impl std::error::Error for RtcpError {}

/// The first packet and what is behind it; a packet has at least its 4 octet header.
fn split(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let words = usize::from(u16::from_be_bytes([*octets.get(2)?, *octets.get(3)?]));
    octets.split_at_checked(4 + 4 * words)
}

fn padding_fits(packet: &[u8]) -> bool {
    let count = usize::from(packet[packet.len() - 1]);
    count != 0 && count <= packet.len() - 4
}

/// Four octets at `at`, if they are there.
fn word(octets: &[u8], at: usize) -> Option<u32> {
    let word = octets.get(at..at + 4)?;
    Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const BYE: u8 = 203;
const EXTENDED_REPORT: u8 = 207;
