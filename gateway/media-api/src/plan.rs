//! The whole description of what the media plane does for a call.

use std::net::SocketAddr;

use crate::{Codec, LegIndex, LocalPort, Protection};

/// Most legs of a session: a three-party conference.
pub const MAX_LEGS: usize = 3;
/// Most formats a leg may receive.
pub const MAX_FORMATS: usize = 8;

/// 7 bit RTP payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PayloadType(pub u8);

/// What the media plane does for a call, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The legs, at most [`MAX_LEGS`]; a leg keeps its index over the life of the session.
    pub legs: Vec<LegPlan>,
}

/// One leg: where it is, what it may send and receive, what it hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegPlan {
    /// Our port.
    pub local: LocalPort,
    /// The peer as its SDP named it; `None` while unknown (nothing is sent, arriving packets may latch).
    pub remote: Option<Remote>,
    /// RTP and RTCP share the RTP port (RFC 5761).
    pub rtcp_mux: bool,
    /// SRTP both ways; `None` for plain RTP. A protected leg takes no plain packet and sends none.
    pub protection: Option<Box<Protection>>,
    /// Whether we may send to the peer (its direction has `recv`).
    pub send: bool,
    /// Whether what the peer sends is used.
    pub receive: bool,
    /// The call is connected and the peer should be heard: its silence is [`crate::MediaFault::NoMedia`].
    pub supervised: bool,
    /// The format we send; `None` while nothing is agreed.
    pub sending: Option<Format>,
    /// The formats we accept, at most [`MAX_FORMATS`].
    pub receiving: Vec<Format>,
    /// Payload types of RFC 4733 events as agreed.
    pub events: Vec<EventFormat>,
    /// Payload type of comfort noise (RFC 3389), if agreed.
    pub comfort_noise: Option<PayloadType>,
    /// How a digit reaches this peer.
    pub digits: DigitSending,
    /// From where packets are believed.
    pub latching: Latching,
    /// What this leg's peer hears.
    pub hears: Hears,
}

/// The peer's transport addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remote {
    /// RTP.
    pub rtp: SocketAddr,
    /// RTCP; equal to `rtp` when multiplexed.
    pub rtcp: SocketAddr,
}

/// A codec under a payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The codec.
    pub codec: Codec,
    /// Its number on this leg.
    pub payload_type: PayloadType,
    /// Audio per packet, 10 to 60 ms; for received formats what we asked for.
    pub ptime_ms: u8,
}

/// Telephone events under a payload type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFormat {
    /// The number on this leg.
    pub payload_type: PayloadType,
    /// RTP clock in Hz: 8000, 16000 or 48000.
    pub clock_rate: u32,
}

/// How digits are sent to a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigitSending {
    /// RFC 4733 events.
    Events,
    /// Tones in the audio.
    InBand,
    /// Not in the media: control sends INFO or KPML.
    Signalling,
}

/// From where a leg's packets are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Latching {
    /// The first valid source after each plan that names a new remote; the answer goes there (symmetric RTP, NAT).
    FirstSource,
    /// Only the address of the SDP.
    Strict,
}

/// What a leg's peer hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hears {
    /// Another leg: relayed when the formats agree, else repacketised or transcoded.
    Leg(LegIndex),
    /// All other legs, mixed.
    Mix,
    /// Nothing: no packet is sent.
    Nothing,
    /// Itself (echo test).
    Own,
    /// A call-progress tone.
    Tone(Tone),
}

/// Tones that a leg can be given, in the tone set of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// User busy.
    Busy,
    /// Network congestion.
    Congestion,
    /// Dial tone.
    Dial,
    /// A feature was refused: a high tone followed by a deep one.
    NegativeAcknowledgement,
    /// A feature was carried out: a deep tone followed by a high one.
    PositiveAcknowledgement,
    /// The far side rings.
    Ringback,
}
