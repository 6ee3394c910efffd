//! Runs one coder over the file formats of the ITU test sequences:
//! `cargo run --release -p codecs --example itu -- CODEC encode|decode IN OUT`.
//!
//! All files are little-endian 16-bit words unless said otherwise.
//!
//! | CODEC | encode | decode |
//! |---|---|---|
//! | `g711a`, `g711u` | PCM to one code per word | codes to PCM |
//! | `g722` | 16 kHz PCM to one code per word | codes to PCM; `g722-56`, `g722-48` decode modes 2 and 3 |
//! | `g722-digital` | `.xmt` to `.cod` (bit 0 of a word is the reset) | `.cod` to the lower band, mode 1; `g722-digital-2` and `-3` modes 2 and 3, `g722-digital-h` the upper band |
//! | `g726-16-a` .. `g726-40-u` | G.711 codes of that law to ADPCM codes, one per word | ADPCM codes to G.711 codes, tandem adjustment included |
//! | `g729a`, `g729ab` | 8 kHz PCM to serial bit words | serial bit words to PCM |
//! | `amrwb` | not offered yet | not offered yet |
//!
//! Exit codes: 1 for a file that cannot be read, written or understood and a codec not offered, 2 for arguments that
//! name nothing.
#![allow(clippy::print_stderr, reason = "a command line tool")]
#![allow(clippy::disallowed_methods, reason = "a command line tool reads and writes files")]

use std::process::ExitCode;

use codecs::g722::{self, BandCoder, Mode};
use codecs::g726::{Adpcm, Law};
use codecs::g729::{self, AnnexB};
use codecs::{G726Rate, g711};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            eprintln!("{reason}");
            ExitCode::from(code)
        }
    }
}

/// The whole command; its exit code and reason when it fails.
pub fn command(arguments: &[String]) -> Result<(), (u8, String)> {
    let [codec, direction, input, output] = arguments else {
        return Err((2, "usage: itu CODEC encode|decode IN OUT".into()));
    };
    let decode = match direction.as_str() {
        "encode" => false,
        "decode" => true,
        other => return Err((2, format!("{other}: neither encode nor decode"))),
    };
    // Nothing in is nothing out: this only asks whether there is such a codec.
    run(codec, decode, &[]).map_err(|reason| (if codec == "amrwb" { 1 } else { 2 }, reason))?;
    let failed = |file: &str, reason: &dyn std::fmt::Display| (1, format!("{file}: {reason}"));
    let bytes = std::fs::read(input).map_err(|error| failed(input, &error))?;
    let words = words(&bytes).ok_or_else(|| failed(input, &"not a whole number of 16-bit words"))?;
    let words = run(codec, decode, &words).map_err(|reason| failed(input, &reason))?;
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(output, bytes).map_err(|error| failed(output, &error))
}

fn run(codec: &str, decode: bool, input: &[i16]) -> Result<Vec<i16>, String> {
    Ok(match (codec, decode) {
        ("g711a", false) => input.iter().map(|&pcm| i16::from(g711::compress_a(pcm))).collect(),
        ("g711a", true) => input.iter().map(|&code| g711::expand_a(code as u8)).collect(),
        ("g711u", false) => input.iter().map(|&pcm| i16::from(g711::compress_mu(pcm))).collect(),
        ("g711u", true) => input.iter().map(|&code| g711::expand_mu(code as u8)).collect(),
        ("g722", false) => {
            let mut codes = vec![0; input.len() / 2];
            g722::Encoder::new().encode(input, &mut codes);
            codes.into_iter().map(i16::from).collect()
        }
        ("g722", true) => g722_decode(input, Mode::Kbit64),
        ("g722-56", true) => g722_decode(input, Mode::Kbit56),
        ("g722-48", true) => g722_decode(input, Mode::Kbit48),
        ("g722-digital", false) => {
            digital(input, |coder, word| i16::from_be_bytes([coder.encode(word >> 1, word >> 1), 0]))
        }
        ("g722-digital", true) => digital(input, |coder, word| lower(coder, word, Mode::Kbit64)),
        ("g722-digital-2", true) => digital(input, |coder, word| lower(coder, word, Mode::Kbit56)),
        ("g722-digital-3", true) => digital(input, |coder, word| lower(coder, word, Mode::Kbit48)),
        ("g722-digital-h", true) => {
            digital(input, |coder, word| coder.decode(word.to_be_bytes()[0], Mode::Kbit64).1 << 1)
        }
        ("g729a", false) => g729_encode(input, AnnexB::Off),
        ("g729ab", false) => g729_encode(input, AnnexB::On),
        ("g729a" | "g729ab", true) => g729_decode(input)?,
        ("amrwb", _) => return Err("amrwb: not offered yet (only its RTP payload format exists)".into()),
        _ if codec.starts_with("g726-") => g726(codec, decode, input)?,
        _ => return Err(format!("{codec}: no such codec in this direction")),
    })
}

fn g722_decode(codes: &[i16], mode: Mode) -> Vec<i16> {
    let codes: Vec<u8> = codes.iter().map(|&word| word as u8).collect();
    let mut pcm = vec![0; codes.len() * 2];
    g722::Decoder::new(mode).decode(&codes, &mut pcm);
    pcm
}

fn g729_encode(pcm: &[i16], annex_b: AnnexB) -> Vec<i16> {
    let mut encoder = g729::Encoder::new(annex_b);
    let mut serial = Vec::new();
    for frame in pcm.as_chunks::<{ g729::FRAME }>().0 {
        let (mut code, mut words) = ([0; g729::SPEECH_BYTES], [0; g729::serial::SERIAL_WORDS]);
        let bytes = encoder.encode(frame, &mut code);
        let length = g729::serial::write(&code[..bytes], &mut words);
        serial.extend(words[..length].iter().map(|&word| word as i16));
    }
    serial
}

fn g729_decode(input: &[i16]) -> Result<Vec<i16>, String> {
    let serial: Vec<u16> = input.iter().map(|&word| word as u16).collect();
    let mut pcm = Vec::new();
    let read = g729::serial::decode(&serial, |frame| pcm.extend(frame));
    if read == serial.len() { Ok(pcm) } else { Err(format!("no serial frame at word {read}")) }
}

/// The test interface of Appendix II: no filters, a set lowest bit resets the coder and passes on.
fn digital(input: &[i16], mut word_of: impl FnMut(&mut BandCoder, i16) -> i16) -> Vec<i16> {
    let mut coder = BandCoder::new();
    let mut one = |word: i16| {
        if word & 1 == 1 {
            coder = BandCoder::new();
            return 1;
        }
        word_of(&mut coder, word)
    };
    input.iter().map(|&word| one(word)).collect()
}

fn lower(coder: &mut BandCoder, word: i16, mode: Mode) -> i16 {
    coder.decode(word.to_be_bytes()[0], mode).0 << 1
}

fn g726(codec: &str, decode: bool, input: &[i16]) -> Result<Vec<i16>, String> {
    let unknown = || format!("{codec}: expected g726-16, -24, -32 or -40 and the law, as in g726-32-a");
    let mut parts = codec.split('-').skip(1);
    let rate = match parts.next() {
        Some("16") => G726Rate::R16,
        Some("24") => G726Rate::R24,
        Some("32") => G726Rate::R32,
        Some("40") => G726Rate::R40,
        _ => return Err(unknown()),
    };
    let law = match (parts.next(), parts.next()) {
        (Some("a"), None) => Law::A,
        (Some("u" | "m"), None) => Law::Mu,
        _ => return Err(unknown()),
    };
    let mut coder = Adpcm::new(rate);
    let one = |&word: &i16| {
        let code = word as u8;
        i16::from(if decode { coder.decode_log(code, law) } else { coder.encode_log(code, law) })
    };
    Ok(input.iter().map(one).collect())
}

fn words(bytes: &[u8]) -> Option<Vec<i16>> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect())
}
