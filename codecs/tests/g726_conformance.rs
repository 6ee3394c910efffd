//! G.726: the whole set of the software tools. File names: `r` reset or `h` homing sequence run first; `n` normal,
//! `v` overload, `i` every code into the decoder; rate; `f`; PCM law, `c` A-law codes to mu-law PCM and `x` the
//! reverse. The overload inputs are not at hand, so their results stand for themselves.

mod shared;

use std::path::Path;

use codecs::g726::{Adpcm, Law};
use codecs::{G726Rate, g711};

const RATES: [(u32, G726Rate); 4] =
    [(16, G726Rate::R16), (24, G726Rate::R24), (32, G726Rate::R32), (40, G726Rate::R40)];
const LAWS: [(char, Law); 2] = [('a', Law::A), ('m', Law::Mu)];

/// The homing files are padded to whole sectors: this is where the sequence ends.
const HOMING: usize = 3496;

fn codes(path: &Path) -> Vec<u8> {
    shared::words(path).into_iter().map(|word| word as u8).collect()
}

fn encode(coder: &mut Adpcm, pcm: &[u8], law: Law) -> Vec<u8> {
    pcm.iter().map(|&code| coder.encode_log(code, law)).collect()
}

fn decode(coder: &mut Adpcm, adpcm: &[u8], law: Law) -> Vec<u8> {
    adpcm.iter().map(|&code| coder.decode_log(code, law)).collect()
}

#[test]
fn normal_sequences_from_reset_and_from_homing() {
    let Some(folder) = shared::vectors("codec-g726") else { return };
    for (kbit, rate) in RATES {
        for (letter, law) in LAWS {
            for start in ['r', 'h'] {
                let name = format!("{start}n{kbit}f{letter}");
                let (mut encoder, mut decoder) = (Adpcm::new(rate), Adpcm::new(rate));
                if start == 'h' {
                    let home = codes(&folder.join(format!("pcm_init.{letter}")))[..HOMING].to_vec();
                    let expected = codes(&folder.join(format!("i_ini_{kbit}.{letter}")))[..HOMING].to_vec();
                    shared::assert_same(&encode(&mut encoder, &home, law), &expected, "homing codes");
                    decode(&mut decoder, &expected, law);
                }
                let pcm = codes(&folder.join(format!("nrm.{letter}")));
                let adpcm = codes(&folder.join(format!("{name}.i")));
                shared::assert_same(&encode(&mut encoder, &pcm, law), &adpcm, &format!("{name}.i"));
                let expected = codes(&folder.join(format!("{name}.o")));
                shared::assert_same(&decode(&mut decoder, &adpcm, law), &expected, &format!("{name}.o"));
            }
        }
    }
}

#[test]
fn cross_law_sequences() {
    let Some(folder) = shared::vectors("codec-g726") else { return };
    for (kbit, rate) in RATES {
        for start in ['r', 'h'] {
            for (cross, from, home, to) in [('c', 'm', 'a', Law::A), ('x', 'a', 'm', Law::Mu)] {
                let mut decoder = Adpcm::new(rate);
                // hn16fc.o was made by a decoder that had not been homed, alone of all.
                if start == 'h' && (kbit, cross) != (16, 'c') {
                    decode(&mut decoder, &codes(&folder.join(format!("i_ini_{kbit}.{home}")))[..HOMING], to);
                }
                let adpcm = codes(&folder.join(format!("{start}n{kbit}f{from}.i")));
                let name = format!("{start}n{kbit}f{cross}.o");
                let expected = codes(&folder.join(&name));
                shared::assert_same(&decode(&mut decoder, &adpcm, to), &expected, &name);
            }
        }
    }
}

#[test]
fn decoder_input_sequences_by_their_published_crc() {
    let Some(folder) = shared::vectors("codec-g726") else { return };
    let list = std::fs::read_to_string(folder.join("ts-crcs")).expect("list of check sums");
    for (kbit, rate) in RATES {
        let adpcm = codes(&folder.join(format!("i{kbit}")));
        for (letter, law) in LAWS {
            for start in ['r', 'h'] {
                let mut decoder = Adpcm::new(rate);
                if start == 'h' {
                    decode(
                        &mut decoder,
                        &codes(&folder.join(format!("i_ini_{kbit}.{letter}")))[..HOMING],
                        law,
                    );
                }
                let name = format!("{start}i{kbit}f{letter}.o");
                let output = decode(&mut decoder, &adpcm, law);
                let crc = shared::crc32(output.into_iter().flat_map(|code| [code, 0]));
                let line = list.lines().find(|line| line.starts_with(&name)).expect("listed");
                assert_eq!(format!("{crc:08X}"), line.split_whitespace().nth(1).expect("a sum"), "{name}");
            }
        }
    }
}

/// The set's two other files of this kind (`.arf`, `.urf`) are the tool's answer to 16-bit PCM given as G.711 codes,
/// values no coder can receive.
#[test]
fn rate_changes_every_16_samples() {
    let Some(folder) = shared::vectors("codec-g726") else { return };
    let schedule = [G726Rate::R16, G726Rate::R24, G726Rate::R32, G726Rate::R40, G726Rate::R32, G726Rate::R24];
    let (mut encoder, mut decoder) = (Adpcm::new(G726Rate::R16), Adpcm::new(G726Rate::R16));
    let mut output = Vec::new();
    for (block, &rate) in shared::words(&folder.join("voice.src")).chunks(16).zip(schedule.iter().cycle()) {
        encoder.set_rate(rate);
        decoder.set_rate(rate);
        for &sample in block {
            let code = encoder.encode_log(g711::compress_a(sample), Law::A);
            output.push(g711::expand_a(decoder.decode_log(code, Law::A)));
        }
    }
    shared::assert_same(&output, &shared::words(&folder.join("voicevbr.lrf")), "through A-law");
}
