//! RTP and RTCP views, and SRTP/SRTCP in place. No sockets, no clock.
//!
//! Owns: the only RTP and RTCP parser of the project ([`RtpPacket`], [`rtcp::Compound`]), the writers ([`RtpHeader`],
//! [`rtcp::Writer`]), the split of what arrives on one port ([`Arrival`]), and reception figures ([`Reception`]).
//!
//! Must never: do I/O, read a clock, draw randomness, allocate per packet, panic on hostile octets.
//!
//! Protection is in [`secure`]: [`secure::Outbound`] and [`secure::Inbound`] work in the caller's buffer.
//!
//! RFC 3550 (RTP), RFC 3551 (profile), RFC 3611 (XR), RFC 5506 (reduced size), RFC 5761 (multiplexing), RFC 7983 (demultiplexing).

pub mod rtcp;
pub mod secure;

mod arrival;
mod ntp;
mod reception;
mod rtp;

pub use arrival::Arrival;
pub use ntp::NtpTime;
pub use reception::{IntervalLoss, Reception, Sequenced};
pub use rtp::{Extension, MAX_HEADER_LEN, MIN_HEADER_LEN, RtpError, RtpHeader, RtpPacket, RtpPacketMut};
