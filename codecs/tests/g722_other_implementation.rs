//! G.722 against the results of another implementation: octets and speech, by their digests. Its other results are of
//! an 8 kHz mode that only it has.

mod shared;

use std::path::Path;

use codecs::g722::{Decoder, Encoder, Mode};
use sha2::{Digest, Sha256};

/// The digest listed for one result.
fn listed(folder: &Path, name: &str) -> String {
    let list = String::from_utf8(shared::bytes(&folder.join("test.checksum"))).expect("a text");
    let line = list.lines().find(|line| line.ends_with(&format!("*{name}"))).expect("listed");
    line.split_whitespace().next().expect("a digest").into()
}

fn digest(bytes: impl IntoIterator<Item = u8>) -> String {
    let bytes: Vec<u8> = bytes.into_iter().collect();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decoded(codes: &[u8]) -> Vec<i16> {
    let mut pcm = vec![0; codes.len() * 2];
    Decoder::new(Mode::Kbit64).decode(codes, &mut pcm);
    pcm
}

#[test]
fn its_speech_becomes_its_octets_and_its_speech_again() {
    let Some(folder) = shared::vectors("codec-g722-libg722") else { return };
    let input = shared::bytes(&folder.join("pcminb.dat"));
    let pcm: Vec<i16> = input.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]])).collect();
    let mut codes = vec![0; pcm.len() / 2];
    Encoder::new().encode(&pcm, &mut codes);
    let speech = decoded(&codes).into_iter().flat_map(i16::to_be_bytes);
    assert_eq!(digest(codes), listed(&folder, "pcminb.g722.out"));
    assert_eq!(digest(speech), listed(&folder, "pcminb.raw.16k.out"));
}

#[test]
fn its_octets_full_scale_ones_among_them_become_its_speech() {
    let Some(folder) = shared::vectors("codec-g722-libg722") else { return };
    for (octets, speech) in [("test.g722", "test.raw.16k.out"), ("fullscale.g722", "fullscale.raw.out")] {
        let pcm = decoded(&shared::bytes(&folder.join(octets)));
        assert_eq!(digest(pcm.into_iter().flat_map(i16::to_le_bytes)), listed(&folder, speech), "{octets}");
    }
}
