//! Names and payload types of the codecs the gateway can meet (RFC 3551 6, RFC 3389, 4733, 7587, 4867). Owns facts of
//! the SDP side only: what a codec does is the crate `codecs`' matter.

use std::fmt;

/// The encoding name of a codec (RFC 3551 table 4 and the RTP payload format registrations), compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CodecName {
    /// `AAL2-G726-32`: G.726 at 32 kbit/s, packed as ITU-T I.366.2 (most significant bits first).
    Aal2G726At32,
    /// `AMR-WB` (RFC 4867), G.722.2.
    AmrWb,
    /// `CN` (RFC 3389).
    ComfortNoise,
    /// `G722`; its RTP clock is 8000 although it samples at 16000 (RFC 3551 4.5.2).
    G722,
    /// `G726-32`: packed as RFC 3551 4.5.4 (least significant bits first).
    G726At32,
    /// `G729`.
    G729,
    /// `opus` (RFC 7587).
    Opus,
    /// `PCMA`.
    Pcma,
    /// `PCMU`.
    Pcmu,
    /// `telephone-event` (RFC 4733).
    TelephoneEvent,
    /// Anything else, in capitals.
    Other(String),
}

impl CodecName {
    /// As written in `a=rtpmap`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aal2G726At32 => "AAL2-G726-32",
            Self::AmrWb => "AMR-WB",
            Self::ComfortNoise => "CN",
            Self::G722 => "G722",
            Self::G726At32 => "G726-32",
            Self::G729 => "G729",
            Self::Opus => "opus",
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
            Self::TelephoneEvent => "telephone-event",
            Self::Other(name) => name,
        }
    }

    /// The name of an `a=rtpmap`. `G721` and `G729A` are old spellings of `G726-32` and `G729`.
    pub fn from_encoding(encoding: &str) -> Self {
        let known = [
            Self::Aal2G726At32,
            Self::AmrWb,
            Self::ComfortNoise,
            Self::G722,
            Self::G726At32,
            Self::G729,
            Self::Opus,
            Self::Pcma,
            Self::Pcmu,
            Self::TelephoneEvent,
        ];
        match known.into_iter().find(|name| name.as_str().eq_ignore_ascii_case(encoding)) {
            Some(name) => name,
            None if encoding.eq_ignore_ascii_case("G721") => Self::G726At32,
            None if encoding.eq_ignore_ascii_case("G729A") => Self::G729,
            None => Self::Other(encoding.to_ascii_uppercase()),
        }
    }
}

impl fmt::Display for CodecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One codec as we can offer it or as a peer described it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Codec {
    /// Encoding name.
    pub name: CodecName,
    /// RTP clock in hertz.
    pub clock_rate: u32,
    /// Channels; 1 is not written.
    pub channels: u8,
    /// Payload type wanted; `None` lets the offer choose (the static one if there is one, else a free dynamic one).
    pub payload_type: Option<u8>,
    /// Format parameters as written after the payload type in `a=fmtp`.
    pub fmtp: Option<String>,
}

impl Codec {
    /// A codec with one channel, no parameters and its static payload type where it has one.
    pub fn new(name: CodecName, clock_rate: u32) -> Self {
        let channels = if name == CodecName::Opus { 2 } else { 1 };
        Self { payload_type: static_payload_type(&name, clock_rate), name, clock_rate, channels, fmtp: None }
    }

    /// G.711 A-law, payload type 8.
    pub fn pcma() -> Self {
        Self::new(CodecName::Pcma, 8000)
    }

    /// G.711 mu-law, payload type 0.
    pub fn pcmu() -> Self {
        Self::new(CodecName::Pcmu, 8000)
    }

    /// G.722, payload type 9.
    pub fn g722() -> Self {
        Self::new(CodecName::G722, 8000)
    }

    /// G.726 at 32 kbit/s in RFC 3551 packing, dynamic payload type.
    pub fn g726() -> Self {
        Self::new(CodecName::G726At32, 8000)
    }

    /// G.726 at 32 kbit/s in AAL2 packing, dynamic payload type.
    pub fn aal2_g726() -> Self {
        Self::new(CodecName::Aal2G726At32, 8000)
    }

    /// G.729, payload type 18; without annex B the parameter says so (RFC 4856 2.1.9: its default is yes).
    pub fn g729(annex_b: bool) -> Self {
        let fmtp = if annex_b { None } else { Some("annexb=no".to_owned()) };
        Self { fmtp, ..Self::new(CodecName::G729, 8000) }
    }

    /// Opus: always 48000 and two channels (RFC 7587 4.1), with in-band FEC offered.
    pub fn opus() -> Self {
        Self { fmtp: Some("useinbandfec=1".to_owned()), ..Self::new(CodecName::Opus, 48_000) }
    }

    /// AMR-WB, octet-aligned or bandwidth-efficient (RFC 4867 8.2).
    pub fn amr_wb(octet_aligned: bool) -> Self {
        let fmtp = if octet_aligned { Some("octet-align=1".to_owned()) } else { None };
        Self { fmtp, ..Self::new(CodecName::AmrWb, 16_000) }
    }

    /// What a payload type means without `a=rtpmap` (RFC 3551 6, table 4; 2 as the RFC before it defined it).
    pub fn from_static(payload_type: u8) -> Option<Self> {
        let (name, clock_rate, channels) =
            STATIC_AUDIO
                .iter()
                .find(|(number, ..)| *number == payload_type)
                .map(|(_, name, clock_rate, channels)| (*name, *clock_rate, *channels))?;
        let name = CodecName::from_encoding(name);
        Some(Self { name, clock_rate, channels, payload_type: Some(payload_type), fmtp: None })
    }
}

/// The static payload type that a codec is offered with. G.726 is left out: 2 is reserved since RFC 3551.
fn static_payload_type(name: &CodecName, clock_rate: u32) -> Option<u8> {
    match (name, clock_rate) {
        (CodecName::Pcmu, 8000) => Some(0),
        (CodecName::Pcma, 8000) => Some(8),
        (CodecName::G722, 8000) => Some(9),
        (CodecName::ComfortNoise, 8000) => Some(13),
        (CodecName::G729, 8000) => Some(18),
        _ => None,
    }
}

/// RFC 3551 6 table 4: payload type, name, clock, channels.
const STATIC_AUDIO: [(u8, &str, u32, u8); 18] = [
    (0, "PCMU", 8000, 1),
    (2, "G726-32", 8000, 1),
    (3, "GSM", 8000, 1),
    (4, "G723", 8000, 1),
    (5, "DVI4", 8000, 1),
    (6, "DVI4", 16_000, 1),
    (7, "LPC", 8000, 1),
    (8, "PCMA", 8000, 1),
    (9, "G722", 8000, 1),
    (10, "L16", 44_100, 2),
    (11, "L16", 44_100, 1),
    (12, "QCELP", 8000, 1),
    (13, "CN", 8000, 1),
    (14, "MPA", 90_000, 1),
    (15, "G728", 8000, 1),
    (16, "DVI4", 11_025, 1),
    (17, "DVI4", 22_050, 1),
    (18, "G729", 8000, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_whatever_their_case_and_age() {
        for (encoding, name) in [
            ("pcma", CodecName::Pcma),
            ("OPUS", CodecName::Opus),
            ("G721", CodecName::G726At32),
            ("g729a", CodecName::G729),
            ("iLBC", CodecName::Other("ILBC".to_owned())),
        ] {
            assert_eq!(CodecName::from_encoding(encoding), name);
        }
    }

    #[test]
    fn static_types_have_their_meaning() {
        for codec in [
            Codec::pcmu(),
            Codec::pcma(),
            Codec::g722(),
            Codec::g729(true),
            Codec::new(CodecName::ComfortNoise, 8000),
        ] {
            let number = codec.payload_type.expect("a static payload type");
            assert_eq!(Codec::from_static(number), Some(codec));
        }
        assert_eq!(Codec::from_static(2).map(|codec| codec.name), Some(CodecName::G726At32));
        assert_eq!(Codec::from_static(19), None);
        assert_eq!(Codec::g726().payload_type, None);
        assert_eq!(Codec::new(CodecName::ComfortNoise, 16_000).payload_type, None);
    }
}
