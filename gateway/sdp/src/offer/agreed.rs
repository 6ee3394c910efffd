//! What an exchange agreed on: everything a media plan is made from. Data and a few questions to it.

use crate::attribute::{Crypto, Direction, EventSet, Fingerprint, IceDescription};
use crate::codec::{Codec, CodecName};
use crate::session::{Host, Profile};

/// The outcome of one exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// The accepted audio streams in the order of their media lines; never empty.
    pub streams: Vec<Stream>,
}

impl Agreed {
    /// The first audio stream: the call.
    pub fn audio(&self) -> &Stream {
        self.streams.first().expect("an exchange without a stream is a Refusal")
    }
}

/// One accepted audio stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Place of its media line, from 0.
    pub index: usize,
    /// `a=mid`.
    pub mid: Option<String>,
    /// Where the peer receives RTP; its host may be null ([`Host::is_null`]): nothing is sent there.
    pub remote: RemoteEndpoint,
    /// Where the peer receives RTCP.
    pub rtcp: RemoteRtcp,
    /// The direction from our side.
    pub direction: Direction,
    /// The direction the peer wrote, from its side.
    pub peer_direction: Direction,
    /// Whether the peer holds us: it takes no media although we would send.
    pub held: bool,
    /// Transport profile of the media line.
    pub profile: Profile,
    /// Codecs in order; the first is the one to send. Never empty. More than one after our offer means that the peer may
    /// switch among them (INTEROP-05).
    pub codecs: Vec<AgreedCodec>,
    /// Telephone events, one entry per clock rate.
    pub events: Vec<AgreedEvent>,
    /// Comfort noise (RFC 3389), one entry per clock rate.
    pub comfort_noise: Vec<AgreedCodec>,
    /// Milliseconds per packet to send: what the peer asked for within its `maxptime`, else 20.
    pub ptime: u16,
    /// Longest packet the peer accepts, milliseconds.
    pub max_ptime: Option<u16>,
    /// Keys.
    pub security: AgreedSecurity,
    /// The peer's side of ICE, when both sides use it.
    pub ice: Option<IceDescription>,
}

impl Stream {
    /// Whether RTP may be sent now: the direction allows it and there is somewhere to send to.
    pub fn sends(&self) -> bool {
        self.direction.sends() && (self.ice.is_some() || !self.remote.host.is_null())
    }

    /// The events to use beside `codec`: those of its clock, else the first ones.
    pub fn events_beside(&self, codec: &AgreedCodec) -> Option<&AgreedEvent> {
        self.events.iter().find(|event| event.clock_rate == codec.clock_rate).or_else(|| self.events.first())
    }
}

/// Address and port of the peer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteEndpoint {
    /// Address, literal or to be resolved.
    pub host: Host,
    /// Port.
    pub port: u16,
}

/// Where RTCP goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RemoteRtcp {
    /// To the RTP port (RFC 5761): both sides said so.
    Muxed,
    /// To its own port.
    Separate(RemoteEndpoint),
}

/// One codec both sides can use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AgreedCodec {
    /// Encoding name.
    pub name: CodecName,
    /// RTP clock, hertz.
    pub clock_rate: u32,
    /// Channels.
    pub channels: u8,
    /// Payload type to send: the peer's number.
    pub send: u8,
    /// Payload type to expect: our number.
    pub receive: u8,
    /// The peer's format parameters: they bind what we send.
    pub send_fmtp: Option<String>,
    /// Our format parameters: they bind what we receive.
    pub receive_fmtp: Option<String>,
}

impl AgreedCodec {
    /// Whether G.729 annex B frames may be used: only if neither side said no (RFC 4856 2.1.9, default yes).
    pub fn annex_b(&self) -> bool {
        self.name == CodecName::G729
            && [&self.send_fmtp, &self.receive_fmtp]
                .into_iter()
                .all(|fmtp| super::formats::annex_b(fmtp.as_deref()))
    }

    /// The codec as our side describes it.
    pub fn local(&self) -> Codec {
        Codec {
            name: self.name.clone(),
            clock_rate: self.clock_rate,
            channels: self.channels,
            payload_type: Some(self.receive),
            fmtp: self.receive_fmtp.clone(),
        }
    }
}

/// Telephone events at one clock rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgreedEvent {
    /// RTP clock, hertz.
    pub clock_rate: u32,
    /// Payload type to send.
    pub send: u8,
    /// Payload type to expect.
    pub receive: u8,
    /// Events the peer can receive.
    pub events: EventSet,
}

/// How the stream is keyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreedSecurity {
    /// Plain RTP.
    None,
    /// SDES: each side sends under its own line (RFC 4568 5.1).
    Sdes {
        /// Our line: the key we send under.
        local: Crypto,
        /// The peer's line: the key it sends under.
        remote: Crypto,
    },
    /// DTLS-SRTP.
    Dtls {
        /// Our role.
        role: DtlsRole,
        /// Fingerprints of which one must match the peer's certificate.
        fingerprints: Vec<Fingerprint>,
        /// The peer's `a=tls-id`.
        tls_id: Option<String>,
    },
}

/// Our role in the DTLS association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DtlsRole {
    /// We open it.
    Client,
    /// `a=holdconn`: not now.
    Held,
    /// We wait.
    Server,
}
