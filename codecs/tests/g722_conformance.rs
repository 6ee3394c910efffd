//! G.722: the digital sequences of Appendix II (filters bypassed) and the end-to-end set of the software tools.

mod shared;

use codecs::g722::{BandCoder, Decoder, Encoder, Mode};

#[test]
fn digital_encoder_sequences() {
    let Some(folder) = shared::vectors("itu-test-use-only/codec-g722-appII") else { return };
    for (input, expected) in [("bt1c1.xmt", "bt2r1.cod"), ("bt1c2.xmt", "bt2r2.cod")] {
        let (words, expected) = (shared::words(&folder.join(input)), shared::words(&folder.join(expected)));
        assert_eq!(words.len(), expected.len(), "{input}");
        let mut coder = BandCoder::new();
        for (n, (word, expected)) in words.into_iter().zip(expected).enumerate() {
            if word & 1 == 1 {
                coder = BandCoder::new();
                assert_eq!(expected, 1, "{input} word {n}");
            } else {
                let code = coder.encode(word >> 1, word >> 1);
                assert_eq!(i16::from_be_bytes([code, 0]), expected, "{input} word {n}");
            }
        }
    }
}

#[test]
fn digital_decoder_sequences() {
    let Some(folder) = shared::vectors("itu-test-use-only/codec-g722-appII") else { return };
    let modes = [("rc1", Mode::Kbit64), ("rc2", Mode::Kbit56), ("rc3", Mode::Kbit48)];
    for set in [1, 2] {
        let codes = shared::words(&folder.join(format!("bt2r{set}.cod")));
        let upper = shared::words(&folder.join(format!("bt3h{set}.rc0")));
        for (extension, mode) in modes {
            let lower = shared::words(&folder.join(format!("bt3l{set}.{extension}")));
            let mut coder = BandCoder::new();
            for (n, &word) in codes.iter().enumerate() {
                if word & 1 == 1 {
                    coder = BandCoder::new();
                } else {
                    let (low, high) = coder.decode(word.to_be_bytes()[0], mode);
                    assert_eq!((low << 1, high << 1), (lower[n], upper[n]), "set {set} {mode:?} word {n}");
                }
            }
        }
    }
}

#[test]
fn software_tools_end_to_end() {
    let Some(folder) = shared::vectors("codec-g722") else { return };
    let pcm = shared::words(&folder.join("inpsp.bin"));
    // One code per 16-bit word; its twin codsp.cod holds the same octets swapped in pairs.
    let expected: Vec<u8> =
        shared::words(&folder.join("codspw.cod")).iter().map(|&word| word as u8).collect();
    let swapped: Vec<u8> = shared::bytes(&folder.join("codsp.cod"))
        .chunks_exact(2)
        .flat_map(|pair| [pair[1], pair[0]])
        .collect();
    shared::assert_same(&swapped, &expected, "both code files");
    let mut codes = vec![0; expected.len()];
    Encoder::new().encode(&pcm, &mut codes);
    shared::assert_same(&codes, &expected, "codes");

    let expected = shared::words(&folder.join("outsp1.bin"));
    let mut decoded = vec![0; expected.len()];
    Decoder::new(Mode::Kbit64).decode(&codes, &mut decoded);
    shared::assert_same(&decoded, &expected, "speech");
}

#[test]
fn block_boundaries_do_not_show() {
    let pcm: Vec<i16> = (0..2000i32).map(|n| (n * n % 20_011 - 10_000) as i16).collect();
    let mut whole = vec![0; 1000];
    Encoder::new().encode(&pcm, &mut whole);
    let mut encoder = Encoder::new();
    let mut decoder = Decoder::new(Mode::Kbit64);
    let mut reference = vec![0; 2000];
    Decoder::new(Mode::Kbit64).decode(&whole, &mut reference);
    let (mut at, mut codes, mut decoded) = (0, vec![0; 1000], vec![0; 2000]);
    for step in (1..).map(|n| n * 7 % 90 + 1) {
        let end = (at + step).min(1000);
        encoder.encode(&pcm[2 * at..2 * end], &mut codes[at..end]);
        decoder.decode(&codes[at..end], &mut decoded[2 * at..2 * end]);
        at = end;
        if at == 1000 {
            break;
        }
    }
    shared::assert_same(&codes, &whole, "codes");
    shared::assert_same(&decoded, &reference, "speech");
}
