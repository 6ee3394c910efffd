//! G.729 with anything: any bytes, any losses, any samples. Overflow checks are on in this build.

use codecs::g729::{AnnexB, Decoder, Encoder, FRAME, Frame, payload, serial};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() >> 8) as u8)
    }
}

#[test]
fn any_frames_in_any_order_decode() {
    for seed in 0..8 {
        let mut random = Random(seed);
        let mut decoder = Decoder::new();
        let mut pcm = [0; FRAME];
        let mut repeated = random.bytes();
        for n in 0..3000 {
            // Sticking to one frame for a while drives the filters and gains to their limits.
            if n % 50 == 0 {
                repeated = random.bytes();
            }
            let frame = match random.next() % (4 + seed as u32) {
                0 => Frame::Erased,
                1 => Frame::Sid(random.bytes()),
                2 => Frame::Untransmitted,
                3 => Frame::Speech(repeated),
                _ => Frame::Speech(random.bytes()),
            };
            decoder.decode(frame, &mut pcm);
        }
    }
}

#[test]
fn the_same_frame_forever_decodes() {
    let mut random = Random(99);
    for _ in 0..300 {
        let frame = Frame::Speech(random.bytes());
        let mut decoder = Decoder::new();
        let mut pcm = [0; FRAME];
        (0..60).for_each(|_| decoder.decode(frame, &mut pcm));
    }
}

#[test]
fn any_samples_encode() {
    let mut random = Random(5);
    for annex_b in [AnnexB::Off, AnnexB::On] {
        let mut encoder = Encoder::new(annex_b);
        let mut decoder = Decoder::new();
        let (mut out, mut speech) = ([0; 10], [0; FRAME]);
        for n in 0..3000 {
            let (kind, period) = (random.next() % 7, 1 + random.next() as usize % 160);
            let amplitude = random.next() % 32_768;
            let pcm: [i16; FRAME] = std::array::from_fn(|k| match kind {
                0 => 0,
                1 => random.next() as i16,
                2 => [i16::MIN, i16::MAX][(n * FRAME + k) / period % 2],
                3 => i16::MIN,
                4 => {
                    if (n * FRAME + k).is_multiple_of(period) {
                        i16::MAX
                    } else {
                        0
                    }
                }
                5 => (f64::from(amplitude) * ((n * FRAME + k) as f64 / period as f64).sin()) as i16,
                _ => (random.next() % 3) as i16 - 1,
            });
            // Stay with one kind for a few frames.
            for _ in 0..n % 4 {
                let frame = match encoder.encode(&pcm, &mut out) {
                    10 => Frame::Speech(out),
                    2 => Frame::Sid([out[0], out[1]]),
                    _ => Frame::Untransmitted,
                };
                decoder.decode(frame, &mut speech);
            }
        }
    }
}

#[test]
fn any_payload_and_any_serial_file_are_read_to_the_end() {
    let mut random = Random(17);
    for length in 0..600 {
        let bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        if let Some(frames) = payload::split(&bytes) {
            let mut decoder = Decoder::new();
            let mut pcm = [0; FRAME];
            frames.for_each(|frame| decoder.decode(frame, &mut pcm));
        }
        let words: Vec<u16> = (0..length)
            .map(|_| match random.next() % 6 {
                0 => 0x6b21,
                1 => [80, 16, 15, 0, 3, 65_535][random.next() as usize % 6],
                2 => 0,
                3 => 0x7f,
                4 => 0x81,
                _ => random.next() as u16,
            })
            .collect();
        assert!(serial::decode(&words, |_| {}) <= words.len());
    }
}

#[test]
fn the_state_is_small_and_can_move_between_threads() {
    fn sendable<T: Send + Clone>() -> usize {
        size_of::<T>()
    }
    assert_eq!((sendable::<Encoder>(), sendable::<Decoder>()), (1944, 1104));
}
