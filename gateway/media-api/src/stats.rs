//! Figures of a leg.

use std::net::SocketAddr;

use crate::Codec;

/// What a leg has done so far. Counters run from the start of the session over all its plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegStats {
    /// RTP packets accepted from the peer.
    pub received_packets: u64,
    /// RTP payload octets accepted from the peer.
    pub received_octets: u64,
    /// RTP packets sent to the peer.
    pub sent_packets: u64,
    /// RTP payload octets sent to the peer.
    pub sent_octets: u64,
    /// Packets of the peer that never came (RFC 3550 A.3), never below 0.
    pub lost_packets: u64,
    /// Packets of the peer that came twice.
    pub duplicate_packets: u64,
    /// Packets of the peer that came out of order.
    pub reordered_packets: u64,
    /// Packets thrown away: unknown payload type, wrong source, malformed, late.
    pub dropped_packets: u64,
    /// Interarrival jitter (RFC 3550 A.8), microseconds.
    pub jitter_us: u32,
    /// Round trip from RTCP (RFC 3550 6.4.1), microseconds; `None` before the first report.
    pub round_trip_us: Option<u32>,
    /// How the peer's audio arrives: mean opinion score of the E-model (G.107) times 100, over the last 10 s; `None` before
    /// anything was heard.
    pub mos_hundredths: Option<u16>,
    /// The source that is believed, once there is one.
    pub latched: Option<SocketAddr>,
    /// The codec last received.
    pub receiving: Option<Codec>,
    /// The codec sent.
    pub sending: Option<Codec>,
}
