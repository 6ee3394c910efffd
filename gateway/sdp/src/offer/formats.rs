//! Matching codecs, events and comfort noise of two sides, and the parameters that follow (RFC 3264 6.1, RFC 4733 2.4.1,
//! RFC 4856 2.1.9, RFC 4867 8.3.1).

use crate::attribute::{EventSet, parameter};
use crate::codec::{Codec, CodecName};
use crate::session::Media;

/// The formats of one side's media line, sorted by use. Every codec has its payload type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Formats {
    pub(super) codecs: Vec<Codec>,
    pub(super) events: Vec<Codec>,
    pub(super) comfort_noise: Vec<Codec>,
}

impl Formats {
    pub(super) fn of(media: &Media) -> Self {
        let mut formats = Self::default();
        for codec in media.codecs() {
            formats.push(codec);
        }
        formats
    }

    /// The formats of an answer. A payload type that it does not explain means what our offer said: some devices repeat the
    /// number alone.
    pub(super) fn of_answer(media: &Media, offered: &Self) -> Self {
        let explained = media.codecs();
        let mut formats = Self::default();
        for number in media.payload_types() {
            let own = explained.iter().find(|codec| codec.payload_type == Some(number));
            let codec = own.or_else(|| offered.iter().find(|codec| codec.payload_type == Some(number)));
            if let Some(codec) = codec
                && !formats.iter().any(|known| known.payload_type == Some(number))
            {
                formats.push(codec.clone());
            }
        }
        formats
    }

    /// All, in the order in which they are written.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Codec> {
        self.codecs.iter().chain(&self.comfort_noise).chain(&self.events)
    }

    pub(super) fn push(&mut self, mut codec: Codec) {
        match codec.name {
            CodecName::TelephoneEvent => self.events.push(codec),
            CodecName::ComfortNoise => self.comfort_noise.push(codec),
            CodecName::G722 => {
                // RFC 3551 4.5.2: the clock is 8000 by an old mistake; `G722/16000` is a newer one.
                codec.clock_rate = 8000;
                self.codecs.push(codec);
            }
            _ => self.codecs.push(codec),
        }
    }
}

/// Pairs of our and their codecs that mean the same, in the order of `first`. Each codec is used once.
pub(super) fn pairs<'a>(first: &'a [Codec], second: &'a [Codec]) -> Vec<(&'a Codec, &'a Codec)> {
    let mut used = vec![false; second.len()];
    let mut pairs = Vec::new();
    for codec in first {
        let found = second.iter().enumerate().find(|(index, other)| !used[*index] && same(codec, other));
        if let Some((index, other)) = found {
            used[index] = true;
            pairs.push((codec, other));
        }
    }
    pairs
}

/// Whether two descriptions name one codec, whatever their payload types.
pub(super) fn same(one: &Codec, other: &Codec) -> bool {
    one.name == other.name
        && one.clock_rate == other.clock_rate
        // RFC 7587 4.1 fixes `/2`, but `opus/48000` is sent.
        && (one.channels == other.channels || one.name == CodecName::Opus)
        && variant(one) == variant(other)
}

/// Parameters that make two payload types of one codec different things. RFC 4867 8.1: `octet-align` for AMR-WB.
pub(super) fn variant(codec: &Codec) -> &str {
    match (&codec.name, codec.fmtp.as_deref()) {
        (CodecName::AmrWb, Some(fmtp)) => parameter(fmtp, "octet-align").unwrap_or("0"),
        (CodecName::AmrWb, None) => "0",
        _ => "",
    }
}

/// Our parameters in an answer.
pub(super) fn answer_fmtp(ours: &Codec, theirs: &Codec) -> Option<String> {
    match ours.name {
        // Either side's "no" holds for both (RFC 4856 2.1.9).
        CodecName::G729 if !annex_b(ours.fmtp.as_deref()) || !annex_b(theirs.fmtp.as_deref()) => {
            Some("annexb=no".to_owned())
        }
        // RFC 4867 8.3.1: `octet-align` and `mode-set` are answered as offered, or the payload type is left out.
        CodecName::AmrWb => theirs.fmtp.clone(),
        _ => ours.fmtp.clone(),
    }
}

/// Whether parameters allow G.729 annex B (RFC 4856 2.1.9: default yes).
pub(super) fn annex_b(fmtp: Option<&str>) -> bool {
    !fmtp.and_then(|fmtp| parameter(fmtp, "annexb")).is_some_and(|value| value.eq_ignore_ascii_case("no"))
}

/// The events a side can receive; a missing or unreadable list means the sixteen digits (RFC 4733 2.4.1).
pub(super) fn event_set(fmtp: Option<&str>) -> EventSet {
    fmtp.and_then(EventSet::parse).filter(|events| !events.is_empty()).unwrap_or(EventSet::DTMF)
}

/// Clock rates of the codecs, each once: events and comfort noise must share the codec's (RFC 4733 2.1, RFC 3389 4).
pub(super) fn clock_rates<'a>(codecs: impl IntoIterator<Item = &'a Codec>) -> Vec<u32> {
    let mut rates = Vec::new();
    for codec in codecs {
        if !rates.contains(&codec.clock_rate) {
            rates.push(codec.clock_rate);
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codec(encoding: &str, clock_rate: u32, channels: u8, fmtp: &str) -> Codec {
        let fmtp = Some(fmtp.to_owned()).filter(|fmtp| !fmtp.is_empty());
        Codec { channels, fmtp, ..Codec::new(CodecName::from_encoding(encoding), clock_rate) }
    }

    #[test]
    fn name_clock_and_channels_make_a_codec() {
        assert!(same(&codec("l16", 44_100, 2, ""), &codec("L16", 44_100, 2, "")));
        assert!(!same(&codec("L16", 44_100, 2, ""), &codec("L16", 44_100, 1, "")));
        assert!(!same(&codec("L16", 44_100, 2, ""), &codec("L16", 16_000, 2, "")));
        assert!(!same(&codec("G726-32", 8000, 1, ""), &codec("AAL2-G726-32", 8000, 1, "")));
        assert!(same(&codec("opus", 48_000, 2, ""), &codec("OPUS", 48_000, 1, "stereo=1")));
    }

    #[test]
    fn octet_alignment_makes_two_codecs_of_amr_wb() {
        let (aligned, other) =
            (codec("AMR-WB", 16_000, 1, "octet-align=1"), codec("AMR-WB", 16_000, 1, "mode-set=0"));
        assert!(same(&aligned, &codec("AMR-WB", 16_000, 1, "mode-set=2; Octet-Align=1")));
        assert!(!same(&aligned, &other));
        assert!(same(&other, &codec("AMR-WB", 16_000, 1, "octet-align=0")));
        assert!(same(&other, &codec("AMR-WB", 16_000, 1, "")));
    }

    #[test]
    fn unreadable_event_lists_mean_the_digits() {
        assert_eq!(event_set(None), EventSet::DTMF);
        assert_eq!(event_set(Some("0-5.")), EventSet::DTMF);
        assert_eq!(event_set(Some("0-1")), EventSet::parse("0,1").expect("a list"));
    }
}
