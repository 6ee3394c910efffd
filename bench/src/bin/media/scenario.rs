//! The kinds of call measured: PCMA on one side, the same or another codec on the other.

use std::f32::consts::TAU;

use codecs::{CodecId, Encoder};
use media_api::{AnnexB, Codec, Format, PayloadType};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    G722,
    G729,
    Relay,
}

impl Scenario {
    pub(crate) const ALL: [Self; 3] = [Self::Relay, Self::G722, Self::G729];

    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::G722 => "g722",
            Self::G729 => "g729",
            Self::Relay => "relay",
        }
    }

    /// The formats of both sides.
    pub(crate) const fn formats(self) -> [Format; 2] {
        let pcma = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };
        let (codec, payload_type) = match self {
            Self::G722 => (Codec::G722, 9),
            Self::G729 => (Codec::G729(AnnexB::No), 18),
            Self::Relay => return [pcma, pcma],
        };
        [pcma, Format { codec, payload_type: PayloadType(payload_type), ptime_ms: 20 }]
    }

    /// Twenty milliseconds of something like speech for either side, several packets to take in turn; `None` without a coder.
    pub(crate) fn payloads(self) -> Option<[Vec<Vec<u8>>; 2]> {
        let second = match self {
            Self::G722 => CodecId::G722,
            Self::G729 => CodecId::G729 { annex_b: false },
            Self::Relay => CodecId::Pcma,
        };
        Some([encoded(CodecId::Pcma)?, encoded(second)?])
    }
}

fn encoded(codec: CodecId) -> Option<Vec<Vec<u8>>> {
    let mut encoder = Encoder::new(codec).ok()?;
    let samples = codec.samples_per(20);
    let mut noise = 1u32;
    let packets = (0..50).map(|packet| {
        let pcm: Vec<i16> = (0..samples)
            .map(|n| {
                let time = (packet * samples + n) as f32 / codec.sample_rate_hz() as f32;
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let voice: f32 = (1..8).map(|h| (time * 130.0 * h as f32 * TAU).sin() / h as f32).sum();
                let loudness = (time * 3.0 * TAU).sin().abs();
                (voice * loudness * 6_000.0) as i16 + (noise >> 25) as i16
            })
            .collect();
        let mut payload = vec![0; codec.payload_bound(20)];
        let encoded = encoder.encode(&pcm, &mut payload).ok()?;
        payload.truncate(encoded.bytes);
        Some(payload)
    });
    packets.collect()
}
