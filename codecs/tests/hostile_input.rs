//! The deterministic twin of the fuzz target: any bytes into any decoder, any losses, any lengths; overflow checks
//! are on in this build. Never a panic, never more samples than asked for, never a byte outside the slice.

use codecs::amrwb::{Layout, Payload};
use codecs::comfort_noise::{Generator, SilenceDescriptor};
use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, OpusRate, dtmf, opus};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        // Runs of one value drive adaptive coders to their limits faster than noise does.
        let (style, value) = (self.next() % 4, self.next() as u8);
        (0..length)
            .map(|n| match style {
                0 => value,
                1 => {
                    if n % 2 == 0 {
                        value
                    } else {
                        !value
                    }
                }
                _ => self.next() as u8,
            })
            .collect()
    }
}

fn every_codec() -> Vec<CodecId> {
    let _ = opus::load();
    let rates = [G726Rate::R16, G726Rate::R24, G726Rate::R32, G726Rate::R40];
    let g726 = rates.into_iter().flat_map(|rate| {
        [G726Packing::Aal2, G726Packing::Rfc3551].map(|packing| CodecId::G726 { rate, packing })
    });
    let opus = [OpusRate::Hz8000, OpusRate::Hz16000, OpusRate::Hz48000].map(|rate| CodecId::Opus {
        rate,
        fec: true,
        dtx: true,
    });
    [CodecId::Pcma, CodecId::Pcmu, CodecId::G722, CodecId::G729 { annex_b: true }, CodecId::AmrWb]
        .into_iter()
        .chain(g726)
        .chain(opus)
        .collect()
}

#[test]
fn any_bytes_and_any_losses() {
    for codec in every_codec() {
        let Ok(mut decoder) = Decoder::new(codec) else { continue };
        let mut random = Random(7);
        for _ in 0..800 {
            let length = (random.next() % 400) as usize;
            let payload = random.bytes(length);
            let room = (random.next() % 4000) as usize;
            let mut pcm = vec![0x5A5A; room + 8];
            let written = match random.next() % 8 {
                0 => decoder.conceal(&mut pcm[..room]),
                1 => decoder.recover(&payload, &mut pcm[..room]),
                _ => decoder.decode(&payload, &mut pcm[..room]).unwrap_or(0),
            };
            assert!(written <= room, "{codec:?}");
            assert_eq!(pcm[room..], [0x5A5A; 8], "{codec:?} wrote outside");
        }
    }
}

#[test]
fn any_samples_and_any_room() {
    for codec in every_codec() {
        let Ok(mut encoder) = Encoder::new(codec) else { continue };
        let mut random = Random(11);
        for _ in 0..300 {
            let samples = (random.next() % 3000) as usize;
            let samples = if random.next().is_multiple_of(4) { samples } else { samples / 480 * 480 };
            let pcm: Vec<i16> =
                random.bytes(samples * 2).chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
            let room = (random.next() % 2000) as usize;
            let mut out = vec![0x5A; room + 8];
            if let Ok(sent) = encoder.encode(&pcm, &mut out[..room]) {
                assert!(sent.bytes <= room && sent.samples <= samples && sent.samples > 0, "{codec:?}");
            }
            assert_eq!(out[room..], [0x5A; 8], "{codec:?} wrote outside");
        }
    }
}

#[test]
fn payloads_of_every_short_length_and_of_64_kib() {
    for codec in every_codec() {
        let Ok(mut decoder) = Decoder::new(codec) else { continue };
        let mut random = Random(17);
        let mut pcm = vec![0; 300_000];
        for length in (0..70).chain([1499, 1500, 65_507, 65_535, 65_536]) {
            let payload = random.bytes(length);
            let promised = codec.samples_in(&payload);
            let written = decoder.decode(&payload, &mut pcm);
            assert!(written.is_err() || written == promised, "{codec:?} {length}");
            // A loss of a few samples and one of seconds, each with a packet after it.
            assert!(decoder.conceal(&mut pcm[..length]) <= length);
            let after = decoder.recover(&payload, &mut pcm[..length * 3]);
            assert!(after <= length * 3, "{codec:?} {length}");
        }
    }
}

#[test]
fn a_single_value_for_ever() {
    for codec in every_codec() {
        for value in [0x00, 0x01, 0x55, 0x7F, 0x80, 0xAA, 0xD5, 0xFE, 0xFF] {
            let Ok(mut decoder) = Decoder::new(codec) else { continue };
            let mut pcm = vec![0; 6000];
            for _ in 0..100 {
                let _ = decoder.decode(&[value; 160], &mut pcm);
            }
        }
    }
}

#[test]
fn payload_formats_and_detectors() {
    let mut random = Random(13);
    let (mut noise, mut detector) = (Generator::new(1), dtmf::Detector::new());
    for _ in 0..3000 {
        let length = (random.next() % 80) as usize;
        let payload = random.bytes(length);
        for layout in [Layout::BandwidthEfficient, Layout::OctetAligned] {
            let _ = Payload::parse(&payload, layout);
        }
        for codec in every_codec() {
            let _ = codec.samples_in(&payload);
        }
        if let Some(descriptor) = SilenceDescriptor::parse(&payload) {
            noise.update(&descriptor);
            noise.fill(&mut [0; 80]);
        }
        let pcm: Vec<i16> = payload.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        detector.process(&pcm, |_| ());
    }
}
