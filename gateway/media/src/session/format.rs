//! Codecs of a plan in the words of the crate `codecs`, and how their payloads divide.

use codecs::{CodecId, G726Packing, G726Rate, OpusRate};
use media_api::{AnnexB, Codec};

/// The coder of a codec.
pub(crate) const fn coder(codec: Codec) -> CodecId {
    match codec {
        Codec::G722 => CodecId::G722,
        Codec::G726(rate, packing) => CodecId::G726 { rate: g726_rate(rate), packing: g726_packing(packing) },
        Codec::G729(annex_b) => CodecId::G729 { annex_b: matches!(annex_b, AnnexB::Yes) },
        Codec::Opus => CodecId::Opus { rate: OpusRate::Hz16000, fec: false, dtx: false },
        Codec::Pcma => CodecId::Pcma,
        Codec::Pcmu => CodecId::Pcmu,
    }
}

/// RTP clock of a codec, Hz.
pub(crate) const fn clock_rate(codec: Codec) -> u32 {
    coder(codec).rtp_clock_hz()
}

/// Whether a payload of `from` may be passed on as `to` without a look inside.
pub(crate) fn same_bits(from: Codec, to: Codec) -> bool {
    match (from, to) {
        // A receiver without Annex B does not know SID frames; one with it takes plain frames as well (RFC 4856 2.1.9).
        (Codec::G729(from), Codec::G729(to)) => !(from == AnnexB::Yes && to == AnnexB::No),
        _ => from == to,
    }
}

/// How a payload can be cut and joined without decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grain {
    /// Smallest piece.
    pub(crate) octets: usize,
    /// What it stands for on the RTP clock.
    pub(crate) units: usize,
    /// Length of a silence descriptor that ends a packet (RFC 3551 4.5.6), 0 when there is none.
    pub(crate) silence_octets: usize,
}

/// The grain of a codec; `None` when its packets must stay whole (RFC 7587 4.2: an Opus packet has any length it likes).
pub(crate) const fn grain(codec: Codec) -> Option<Grain> {
    let (octets, units, silence_octets) = match codec {
        Codec::Pcma | Codec::Pcmu | Codec::G722 => (1, 1, 0),
        Codec::G726(media_api::G726Rate::Kbit16, _) => (1, 4, 0),
        Codec::G726(media_api::G726Rate::Kbit24, _) => (3, 8, 0),
        Codec::G726(media_api::G726Rate::Kbit32, _) => (1, 2, 0),
        Codec::G726(media_api::G726Rate::Kbit40, _) => (5, 8, 0),
        Codec::G729(_) => (10, 80, 2),
        Codec::Opus => return None,
    };
    Some(Grain { octets, units, silence_octets })
}

const fn g726_rate(rate: media_api::G726Rate) -> G726Rate {
    match rate {
        media_api::G726Rate::Kbit16 => G726Rate::R16,
        media_api::G726Rate::Kbit24 => G726Rate::R24,
        media_api::G726Rate::Kbit32 => G726Rate::R32,
        media_api::G726Rate::Kbit40 => G726Rate::R40,
    }
}

const fn g726_packing(packing: media_api::G726Packing) -> G726Packing {
    match packing {
        media_api::G726Packing::Aal2 => G726Packing::Aal2,
        media_api::G726Packing::Rfc3551 => G726Packing::Rfc3551,
    }
}
