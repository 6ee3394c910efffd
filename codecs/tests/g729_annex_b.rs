//! G.729 Annex B: what a stream with pauses looks like, and that both ends agree on the noise.

mod shared;

use codecs::g729::{AnnexB, Decoder, Encoder, FRAME, Frame, payload};

/// A generator for test signals; no relation to the coder's.
struct Noise(u32);

impl Noise {
    fn next(&mut self, amplitude: i32) -> i16 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((i32::from((self.0 >> 16) as i16) * amplitude) >> 15) as i16
    }
}

/// `loud` and quiet stretches of the given numbers of frames in turn, over a steady background.
fn talk(stretches: &[usize], background: i32) -> Vec<[i16; FRAME]> {
    let mut noise = Noise(9);
    let mut n = 0;
    let mut frames = Vec::new();
    for (k, &length) in stretches.iter().enumerate() {
        for _ in 0..length {
            frames.push(std::array::from_fn(|_| {
                n += 1;
                let pitch = if k % 2 == 1 { ((n * 37) % 2400 - 1200) * 8 } else { 0 };
                noise.next(background).saturating_add(pitch as i16)
            }));
        }
    }
    frames
}

fn encode(frames: &[[i16; FRAME]], annex_b: AnnexB) -> Vec<Frame> {
    let mut encoder = Encoder::new(annex_b);
    let sent = |pcm: &[i16; FRAME]| {
        let mut bytes = [0; 10];
        match encoder.encode(pcm, &mut bytes) {
            10 => Frame::Speech(bytes),
            2 => Frame::Sid([bytes[0], bytes[1]]),
            0 => Frame::Untransmitted,
            n => panic!("{n} bytes"),
        }
    };
    frames.iter().map(sent).collect()
}

fn snr_db(expected: &[i16], found: &[i16]) -> f64 {
    let (mut signal, mut error) = (0.0, 0.0);
    for (&a, &b) in expected.iter().zip(found) {
        signal += f64::from(a).powi(2);
        error += (f64::from(a) - f64::from(b)).powi(2);
    }
    10.0 * (signal / error).log10()
}

#[test]
fn a_pause_starts_with_a_descriptor_and_others_keep_their_distance() {
    let frames = talk(&[80, 60, 150, 60, 150, 40, 90], 200);
    let stream = encode(&frames, AnnexB::On);
    let (mut speaking, mut since, mut descriptors, mut silent) = (true, 0, 0, 0);
    for (n, frame) in stream.iter().enumerate() {
        match frame {
            Frame::Speech(_) => speaking = true,
            Frame::Sid(_) => {
                assert!(speaking || since >= 3, "frame {n}: {since} after the last");
                (speaking, since) = (false, 0);
                descriptors += 1;
            }
            Frame::Untransmitted => {
                assert!(!speaking, "frame {n}: a pause without descriptor");
                silent += 1;
            }
            Frame::Erased => unreachable!("not sent"),
        }
        since += 1;
    }
    assert!(descriptors >= 3, "{descriptors}");
    assert!(silent > stream.len() / 4, "{silent} of {}", stream.len());
    let spoken = |range: std::ops::Range<usize>| {
        stream[range].iter().filter(|f| matches!(f, Frame::Speech(_))).count()
    };
    assert_eq!(spoken(82..140), 58, "the first talk spurt is sent whole");
    assert!(spoken(180..290) < 20, "the pause after it is not");
}

#[test]
fn without_annex_b_every_frame_is_speech_and_the_same_until_the_first_pause() {
    let frames = talk(&[1, 100, 60], 40);
    let (plain, with) = (encode(&frames, AnnexB::Off), encode(&frames, AnnexB::On));
    assert!(plain.iter().all(|f| matches!(f, Frame::Speech(_))));
    let pause = with.iter().skip(20).position(|f| !matches!(f, Frame::Speech(_))).expect("a pause") + 20;
    assert!(pause > 90, "{pause}");
    // The first frame is quiet, so it already is a pause for Annex B; speech from a pause differs.
    let loud = talk(&[0, 100], 40);
    let (plain, with) = (encode(&loud, AnnexB::Off), encode(&loud, AnnexB::On));
    let first = with.iter().position(|f| !matches!(f, Frame::Speech(_))).unwrap_or(with.len());
    assert!(first > 5, "{first}");
    assert_eq!(plain[..first], with[..first]);
}

#[test]
fn the_noise_is_the_same_in_every_pause_and_at_the_level_of_the_background() {
    let frames = talk(&[40, 40, 400], 400);
    let mut decoder = Decoder::new();
    let mut pcm = [0; FRAME];
    let (mut before, mut after) = (0.0, 0.0);
    for (frame, original) in encode(&frames, AnnexB::On).into_iter().zip(&frames).skip(200) {
        assert!(!matches!(frame, Frame::Speech(_)));
        decoder.decode(frame, &mut pcm);
        before += original.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
        after += pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
    }
    let level = 10.0 * (after / before).log10();
    assert!((-6.0..3.0).contains(&level), "{level} dB");
}

#[test]
fn every_pause_draws_the_same_numbers() {
    // Two receivers with different pauses behind them come to the same noise after the same speech and the same
    // descriptor, as the seed starts anew.
    let speech = encode(&talk(&[0, 30], 40), AnnexB::Off);
    let noise = |pauses: usize| {
        let mut decoder = Decoder::new();
        let mut pcm = [0; FRAME];
        let mut all = Vec::new();
        for _ in 0..=pauses {
            // Long enough that the filters forget, all but the noise generator.
            for frame in speech.iter().cycle().take(300) {
                decoder.decode(*frame, &mut pcm);
            }
            all.clear();
            decoder.decode(Frame::Sid([0x2a, 0x34]), &mut pcm);
            all.extend(pcm);
            for _ in 0..7 + pauses {
                decoder.decode(Frame::Untransmitted, &mut pcm);
                all.extend(pcm);
            }
        }
        all.truncate(8 * FRAME);
        all
    };
    // What is left of earlier pauses in the filters is small; other numbers would make it 0 dB.
    let snr = snr_db(&noise(0), &noise(3));
    assert!(snr > 40.0, "{snr} dB");
}

#[test]
fn a_lost_first_descriptor_leaves_the_level_of_the_speech() {
    let speech = encode(&talk(&[0, 60], 40), AnnexB::Off);
    let mut decoder = Decoder::new();
    let mut pcm = [0; FRAME];
    for frame in speech {
        decoder.decode(frame, &mut pcm);
    }
    let loud = pcm.iter().map(|s| i32::from(*s).abs()).max().unwrap();
    for _ in 0..20 {
        decoder.decode(Frame::Untransmitted, &mut pcm);
    }
    let noise = pcm.iter().map(|s| i32::from(*s).abs()).max().unwrap();
    assert!(noise > 0 && noise < 2 * loud, "{noise} after {loud}");
}

/// Streams of another encoder with its own decoder's output beside them. That decoder is close to the ITU's but
/// not bit-exact, and draws its comfort noise alike; so the difference is small, not zero.
#[test]
fn streams_of_another_encoder_decode_alike() {
    let Some(folder) = shared::vectors("codec-g729b-bcg729-interop") else { return };
    let mut streams = 0;
    for entry in std::fs::read_dir(&folder).expect("the folder was found") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|e| e != "g729fr") {
            continue;
        }
        let expected = shared::words(&path.with_extension("bcgdec.pcm"));
        let bytes = shared::bytes(&path);
        let mut rest = &bytes[..];
        let mut decoder = Decoder::new();
        let mut found = Vec::new();
        let mut kinds = [0; 3];
        while let Some((&length, tail)) = rest.split_first() {
            let (payload, tail) = tail.split_at(usize::from(length));
            rest = tail;
            let mut frames = payload::split(payload).expect("0, 2 or 10 bytes");
            let frame = frames.next().unwrap_or(Frame::Untransmitted);
            assert_eq!(frames.next(), None);
            kinds[[0, 2, 10].iter().position(|&l| l == length).unwrap()] += 1;
            let mut pcm = [0; FRAME];
            decoder.decode(frame, &mut pcm);
            found.extend_from_slice(&pcm);
        }
        assert_eq!(found.len(), expected.len());
        assert!(kinds.iter().all(|&k| k > 0), "{kinds:?}");
        let snr = snr_db(&expected, &found);
        assert!(snr > 25.0, "{}: {snr} dB", path.display());
        streams += 1;
    }
    assert!(streams > 0);
}

/// A descriptor is predicted from the frames before it, so a loss or a duplicate can colour the noise of a whole
/// pause; by how much is what this bounds. A fifth of all frames is lost and a tenth comes twice, descriptors among
/// them; all but the first of a pause, whose loss leaves the level of the speech (see above).
#[test]
fn comfort_noise_keeps_its_level_under_losses_and_duplicates() {
    let stream = encode(&talk(&[100, 60, 200, 60, 200], 200), AnnexB::On);
    let pauses = [200..350, 450..600];
    for pause in pauses.clone() {
        assert!(stream[pause].iter().all(|frame| !matches!(frame, Frame::Speech(_))));
    }
    let level = |pcm: &[i16]| {
        let energy: f64 = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        10.0 * (energy / pcm.len() as f64).max(1.0).log10()
    };
    let decoded = |fate: &mut dyn FnMut() -> i16| {
        let (mut decoder, mut speaking) = (Decoder::new(), true);
        let heard = |&frame: &Frame| {
            let mut pcm = [0; FRAME];
            let first = speaking && matches!(frame, Frame::Sid(_));
            speaking = matches!(frame, Frame::Speech(_));
            match fate() {
                0 | 1 if !first => decoder.decode(Frame::Erased, &mut pcm),
                2 => (0..2).for_each(|_| decoder.decode(frame, &mut pcm)),
                _ => decoder.decode(frame, &mut pcm),
            }
            pcm
        };
        stream.iter().map(heard).collect::<Vec<_>>()
    };
    let clean = decoded(&mut || 9);
    for seed in 0..40 {
        let mut random = Noise(seed);
        let heard = decoded(&mut || random.next(32_767).rem_euclid(10));
        for pause in pauses.clone() {
            let (clean, heard) = (&clean[pause.clone()], &heard[pause.clone()]);
            let change = level(&heard.concat()) - level(&clean.concat());
            assert!(change.abs() < 6.0, "seed {seed}, {pause:?}: {change} dB");
            let loudest = heard.iter().map(|pcm| level(pcm)).fold(0.0, f64::max);
            assert!(
                loudest < level(&clean.concat()) + 15.0,
                "seed {seed}, {pause:?}: a frame of {loudest} dB"
            );
        }
    }
}
