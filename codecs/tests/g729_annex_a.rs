//! G.729 Annex A: every sequence of the ITU set that is at hand, both directions, bit by bit.
#![allow(clippy::print_stdout, reason = "a skipped sequence says so")]

mod shared;

use std::path::{Path, PathBuf};

use codecs::g729::{AnnexB, Decoder, Encoder, FRAME, Frame, serial};

/// Sequences with all three files; the ITU's readme names three more for the decoder alone.
const BOTH: [&str; 7] = ["ALGTHM", "FIXED", "LSP", "PITCH", "SPEECH", "TAME", "TEST"];
const DECODER_ONLY: [&str; 3] = ["ERASURE", "OVERFLOW", "PARITY"];

#[test]
fn the_encoder_gives_the_reference_bits() {
    let Some(folder) = shared::vectors("itu-test-use-only/codec-g729a") else { return };
    for name in BOTH {
        let input = shared::words(&folder.join(format!("{name}.IN")));
        let expected = words(&folder.join(format!("{name}.BIT")));
        let mut encoder = Encoder::new(AnnexB::Off);
        let mut found = Vec::new();
        for pcm in input.as_chunks::<FRAME>().0 {
            let mut bytes = [0; 10];
            let sent = encoder.encode(pcm, &mut bytes);
            let mut frame = [0; serial::SERIAL_WORDS];
            let length = serial::write(&bytes[..sent], &mut frame);
            found.extend_from_slice(&frame[..length]);
        }
        assert_eq!(found.len(), expected.len(), "{name}");
        let wrong = found.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(wrong.map(|w| (w / 82, w % 82 - 2)), None, "{name}: (frame, bit)");
    }
}

#[test]
fn the_decoder_gives_the_reference_speech() {
    let Some(folder) = shared::vectors("itu-test-use-only/codec-g729a") else { return };
    let mut run = 0;
    for name in BOTH.into_iter().chain(DECODER_ONLY) {
        let Some(bits) = existing(&folder, &format!("{name}.BIT")) else {
            println!("skipped: {name} is not in the folder");
            continue;
        };
        let speech = ["PST", "pst"].iter().find_map(|e| existing(&folder, &format!("{name}.{e}")));
        let expected = shared::words(&speech.expect("a reference output"));
        let mut found = Vec::new();
        let bits = words(&bits);
        assert_eq!(serial::decode(&bits, |pcm| found.extend_from_slice(pcm)), bits.len(), "{name}");
        assert_eq!(found.len(), expected.len(), "{name}");
        let wrong = found.iter().zip(&expected).position(|(a, b)| a != b);
        assert_eq!(wrong.map(|w| (w / FRAME, w % FRAME)), None, "{name}: (frame, sample)");
        run += 1;
    }
    assert!(run >= BOTH.len());
}

/// Clause 4.1.2: with a parity error the pitch of the first subframe counts for nothing, whichever of its bits, or the
/// parity bit itself, is the wrong one. Holds without the ITU's PARITY sequence.
#[test]
fn a_parity_error_gives_up_the_pitch_of_its_subframe_and_nothing_else() {
    let mut encoder = Encoder::new(AnnexB::Off);
    let frames: Vec<[u8; 10]> = (0..60)
        .map(|n| {
            let pcm = std::array::from_fn(|k| {
                let sample = (n * FRAME + k) as i32;
                (sample % 57 * 150 - 4000 + sample * sample % 331) as i16
            });
            let mut bytes = [0; 10];
            assert_eq!(encoder.encode(&pcm, &mut bytes), 10);
            bytes
        })
        .collect();
    // Flips a bit of every fifth frame; bits are counted as in table 8.
    let decoded = |flipped: Option<usize>| {
        let (mut decoder, mut speech) = (Decoder::new(), Vec::new());
        for (n, &frame) in frames.iter().enumerate() {
            let mut frame = frame;
            if let Some(bit) = flipped.filter(|_| n % 5 == 4) {
                frame[bit / 8] ^= 0x80 >> (bit % 8);
            }
            let mut pcm = [0; FRAME];
            decoder.decode(Frame::Speech(frame), &mut pcm);
            speech.extend(pcm);
        }
        speech
    };
    // P1 is bits 18 to 25, its six upper ones under the parity bit P0, which is bit 26.
    let (clean, concealed) = (decoded(None), decoded(Some(26)));
    assert_ne!(clean, concealed);
    for bit in 18..24 {
        assert_eq!(decoded(Some(bit)), concealed, "bit {bit}");
    }
    for bit in [24, 25] {
        assert_ne!(decoded(Some(bit)), concealed, "bit {bit} is not protected");
    }
}

fn existing(folder: &Path, name: &str) -> Option<PathBuf> {
    Some(folder.join(name)).filter(|p| p.exists())
}

fn words(path: &Path) -> Vec<u16> {
    shared::words(path).into_iter().map(|w| w as u16).collect()
}
