//! Speech through every pair of codecs, as a transcoded call takes it: level change and signal to noise ratio.
//!
//! `cargo run --release -p codecs --example matrix -- SPEECH.wav [OUT]` (16 kHz, 16 bit, mono). With OUT the
//! reference and every result are written there as WAV files, for a listening test or PESQ.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]
#![allow(clippy::disallowed_methods, reason = "a command line tool reads and writes files")]

use std::path::Path;
use std::process::ExitCode;

use codecs::resample::Resampler;
use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, OpusRate, level, measure, opus};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(speech) = arguments.next() else {
        eprintln!("usage: matrix SPEECH.wav [OUT]");
        return ExitCode::from(2);
    };
    match run(Path::new(&speech), arguments.next().as_deref().map(Path::new)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(speech: &Path, out: Option<&Path>) -> std::io::Result<()> {
    if let Err(reason) = opus::load() {
        println!("{reason}");
    }
    let file = std::fs::read(speech)?;
    let data = file.windows(4).position(|tag| tag == b"data").map_or(0, |at| at + 8);
    let mut wide: Vec<i16> =
        file[data..].as_chunks::<2>().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect();
    // Whole packets of 60 ms and half a second of silence to flush every delay.
    wide.resize(wide.len().next_multiple_of(960) + 7680, 0);
    let narrow = convert(&wide, 16_000, 8000);
    let codecs: Vec<(&str, CodecId)> = CODECS.into_iter().filter(|(_, codec)| codec.is_offered()).collect();
    if let Some(out) = out {
        write(&out.join("reference-8000.wav"), &narrow, 8000)?;
        write(&out.join("reference-16000.wav"), &wide, 16_000)?;
    }
    println!("dB level change / dB SNR; rows are the first leg's codec, columns the second's");
    print!("| |");
    codecs.iter().for_each(|(name, _)| print!(" {name} |"));
    println!("\n|---|{}", "---|".repeat(codecs.len()));
    for &(from_name, from) in &codecs {
        print!("| {from_name} |");
        let first = coded(from, &convert(&wide, 16_000, from.sample_rate_hz()));
        for &(to_name, to) in &codecs {
            let leg = coded(to, &convert(&first, from.sample_rate_hz(), to.sample_rate_hz()));
            let is_wide = from.sample_rate_hz() > 8000 && to.sample_rate_hz() > 8000;
            let (rate, reference) = if is_wide { (16_000, &wide) } else { (8000, &narrow) };
            let heard = convert(&leg, to.sample_rate_hz(), rate);
            let delay = measure::delay_samples(reference, &heard, rate as usize / 10);
            let heard = &heard[delay..];
            let reference = &reference[..heard.len()];
            let change = level::dbm0(heard) - level::dbm0(reference);
            print!(" {change:+.1} / {:.1} |", measure::snr_db(reference, heard));
            if let Some(out) = out {
                write(&out.join(format!("{from_name}_{to_name}_{rate}.wav")), heard, rate)?;
            }
        }
        println!();
    }
    Ok(())
}

/// Through encoder and decoder in packets of 20 ms.
fn coded(codec: CodecId, pcm: &[i16]) -> Vec<i16> {
    let mut encoder = Encoder::new(codec).expect("offered");
    let mut decoder = Decoder::new(codec).expect("offered");
    let mut payload = vec![0; codec.payload_bound(20)];
    let samples = codec.samples_per(20);
    let mut heard = vec![0; pcm.len()];
    for (packet, heard) in pcm.chunks_exact(samples).zip(heard.chunks_exact_mut(samples)) {
        let sent = encoder.encode(packet, &mut payload).expect("whole packets");
        decoder.decode(&payload[..sent.bytes], heard).expect("own payload");
    }
    heard
}

fn convert(pcm: &[i16], from_hz: u32, to_hz: u32) -> Vec<i16> {
    let mut out = vec![0; (pcm.len() as u64 * u64::from(to_hz) / u64::from(from_hz)) as usize];
    Resampler::new(from_hz, to_hz).expect("telephone rates").process(pcm, &mut out);
    out
}

fn write(path: &Path, pcm: &[i16], rate_hz: u32) -> std::io::Result<()> {
    let bytes = pcm.len() as u32 * 2;
    let mut file = Vec::with_capacity(44 + pcm.len() * 2);
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    pcm.iter().for_each(|sample| file.extend(sample.to_le_bytes()));
    std::fs::write(path, file)
}

const CODECS: [(&str, CodecId); 7] = [
    ("PCMA", CodecId::Pcma),
    ("PCMU", CodecId::Pcmu),
    ("G726-32", CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 }),
    ("G729", CodecId::G729 { annex_b: false }),
    ("G722", CodecId::G722),
    ("Opus-16k", CodecId::Opus { rate: OpusRate::Hz16000, fec: false, dtx: false }),
    ("Opus-48k", CodecId::Opus { rate: OpusRate::Hz48000, fec: false, dtx: false }),
];
