//! What our side of a leg can do and wants, at one moment. Data only.

use std::net::IpAddr;

use crate::attribute::{Candidate, Crypto, Direction, EventSet, Fingerprint, Setup};
use crate::codec::Codec;

/// Everything an offer or answer of ours is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Advertised media address; also written in `o=`.
    pub address: IpAddr,
    /// RTP port, not 0.
    pub port: u16,
    /// RTCP port when RTCP is not multiplexed; `None` means the next one after `port`.
    pub rtcp_port: Option<u16>,
    /// Whether RTP and RTCP may share a port.
    pub rtcp_mux: RtcpMux,
    /// Audio codecs in order of preference. Telephone events and comfort noise have their own fields.
    pub codecs: Vec<Codec>,
    /// Whose order an answer follows.
    pub order: CodecOrder,
    /// RFC 4733 events, `None` to leave them out.
    pub events: Option<TelephoneEvents>,
    /// Whether RFC 3389 comfort noise is offered and accepted.
    pub comfort_noise: bool,
    /// Packet time we like to receive, milliseconds. `None`: the peer's wish, else nothing is written.
    pub ptime: Option<u16>,
    /// Longest packet we accept, milliseconds; written as `a=maxptime`.
    pub max_ptime: Option<u16>,
    /// What we want to do with the stream, hold apart.
    pub direction: Direction,
    /// Puts the peer on hold, in this style. Overrides `direction`.
    pub hold: Option<HoldStyle>,
    /// Offers `RTP/AVPF` or `RTP/SAVPF`. An answer always follows the offer's profile.
    pub feedback: bool,
    /// Key exchange.
    pub security: SecurityPolicy,
    /// ICE, `None` to leave it out.
    pub ice: Option<IceLocal>,
    /// Answers with the first common codec only (some bases re-negotiate otherwise, INTEROP-05).
    pub single_codec_answer: bool,
    /// Takes `c=0.0.0.0` without a direction attribute as hold (INTEROP-03). Nothing is ever sent to a null address either
    /// way; this says whether the call counts as held.
    pub accept_hold_by_null_address: bool,
}

impl Capabilities {
    /// Plain RTP, both ways, DTMF events, 20 ms, nothing else.
    pub fn new(address: IpAddr, port: u16, codecs: Vec<Codec>) -> Self {
        Self {
            address,
            port,
            rtcp_port: None,
            rtcp_mux: RtcpMux::Never,
            codecs,
            order: CodecOrder::Ours,
            events: Some(TelephoneEvents::default()),
            comfort_noise: false,
            ptime: Some(20),
            max_ptime: None,
            direction: Direction::SendRecv,
            hold: None,
            feedback: false,
            security: SecurityPolicy::none(),
            ice: None,
            single_codec_answer: false,
            accept_hold_by_null_address: true,
        }
    }

    /// The direction to be written, hold included.
    pub(crate) fn wanted_direction(&self) -> Direction {
        match self.hold {
            None => self.direction,
            Some(HoldStyle::Inactive) => Direction::Inactive,
            Some(HoldStyle::SendOnly | HoldStyle::SendOnlyNullAddress) => Direction::SendOnly,
        }
    }
}

/// How hold is written (INTEROP-01; RFC 3264 8.4, RFC 6337 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldStyle {
    /// `a=inactive`.
    Inactive,
    /// `a=sendonly`.
    SendOnly,
    /// `a=sendonly` and `c=IN IP4 0.0.0.0` (or `IN IP6 ::`), as RFC 2543 had it.
    SendOnlyNullAddress,
}

/// Whose preference orders the codecs of an answer (RFC 3264 6.1 asks for the offer's, unless there is a reason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecOrder {
    /// The offerer's.
    Offer,
    /// Ours, so that both legs of a call settle on one codec.
    Ours,
}

/// RFC 4733 telephone events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvents {
    /// Payload type offered for the clock of 8000; others are drawn from the free ones.
    pub payload_type: u8,
    /// Events we can receive.
    pub events: EventSet,
}

impl Default for TelephoneEvents {
    /// 101 with the sixteen digits: what nearly every PBX uses.
    fn default() -> Self {
        Self { payload_type: 101, events: EventSet::DTMF }
    }
}

/// RTP and RTCP on one port (RFC 5761).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RtcpMux {
    /// Not offered, not accepted.
    Never,
    /// Not offered, accepted.
    Accept,
    /// Offered and accepted.
    Offer,
}

/// Which key exchanges may be used, in which order, and whether encryption is a must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityPolicy {
    /// The order (SRTP-01).
    pub exchange: KeyExchange,
    /// Offers `RTP/AVP` beside keys and accepts plain RTP (RFC 8643). Without it a stream that cannot be encrypted is
    /// refused, never carried in clear.
    pub opportunistic: bool,
    /// Our crypto lines, keys included, in order of preference; for an answer the line whose suite the peer offered
    /// first by our order is used, with the peer's tag. Unused by `Dtls` and `None`.
    pub cryptos: Vec<Crypto>,
    /// Writes no lifetime into crypto lines (INTEROP-07).
    pub remove_lifetime: bool,
    /// Our side of DTLS. Needed by every exchange that names DTLS.
    pub dtls: Option<DtlsLocal>,
}

impl SecurityPolicy {
    /// Plain RTP only.
    pub fn none() -> Self {
        Self {
            exchange: KeyExchange::None,
            opportunistic: false,
            cryptos: Vec::new(),
            remove_lifetime: false,
            dtls: None,
        }
    }

    /// SDES (RFC 4568) only.
    pub fn sdes(cryptos: Vec<Crypto>) -> Self {
        Self { exchange: KeyExchange::Sdes, cryptos, ..Self::none() }
    }

    /// DTLS-SRTP (RFC 5763) only.
    pub fn dtls(dtls: DtlsLocal) -> Self {
        Self { exchange: KeyExchange::Dtls, dtls: Some(dtls), ..Self::none() }
    }
}

/// Key exchanges of a leg side, most preferred first (SRTP-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyExchange {
    /// No encryption.
    None,
    /// DTLS-SRTP only.
    Dtls,
    /// DTLS-SRTP, else SDES.
    DtlsThenSdes,
    /// SDES only.
    Sdes,
    /// SDES, else DTLS-SRTP.
    SdesThenDtls,
}

impl KeyExchange {
    /// Whether SDES may be used.
    pub fn has_sdes(self) -> bool {
        matches!(self, Self::DtlsThenSdes | Self::Sdes | Self::SdesThenDtls)
    }

    /// Whether DTLS-SRTP may be used.
    pub fn has_dtls(self) -> bool {
        matches!(self, Self::Dtls | Self::DtlsThenSdes | Self::SdesThenDtls)
    }

    /// Whether DTLS-SRTP comes first.
    pub fn prefers_dtls(self) -> bool {
        matches!(self, Self::Dtls | Self::DtlsThenSdes)
    }
}

/// Our side of a DTLS association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DtlsLocal {
    /// Fingerprints of our certificate.
    pub fingerprints: Vec<Fingerprint>,
    /// Role we offer; `ActPass` unless an association in use must keep its role (RFC 8842 5.5).
    pub setup: Setup,
    /// `a=tls-id` (RFC 8842 4); a new value asks for a new association.
    pub tls_id: Option<String>,
}

/// Our side of ICE.
#[derive(Clone, PartialEq, Eq)]
pub struct IceLocal {
    /// User fragment.
    pub ufrag: String,
    /// Password.
    pub password: String,
    /// Whether we are a lite agent.
    pub lite: bool,
    /// Whether candidates may follow: writes `a=ice-options:trickle`.
    pub trickle: bool,
    /// Candidates known now.
    pub candidates: Vec<Candidate>,
    /// Whether no more will follow.
    pub end_of_candidates: bool,
}

impl std::fmt::Debug for IceLocal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IceLocal")
            .field("ufrag", &self.ufrag)
            .field("lite", &self.lite)
            .field("trickle", &self.trickle)
            .field("candidates", &self.candidates)
            .field("end_of_candidates", &self.end_of_candidates)
            .finish_non_exhaustive()
    }
}
