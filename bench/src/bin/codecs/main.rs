//! Time of every coder per 20 ms of speech, against the C libraries in the same process and run.
//!
//! Rounds alternate between ours and theirs, so that a change of clock speed meets both. The last line is
//! `g729_enc=R g729_dec=R g722_enc=R g722_dec=R g726_enc=R g726_dec=R`, R being the ratio of the medians, ours
//! divided by theirs, or `absent`.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, its environment and its input")]
#![allow(clippy::print_stdout, reason = "its output is the result")]

mod peers;
mod speech;

use std::hint::black_box;
use std::time::Instant;

use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate};

use peers::{Bcg729, Coder, Opus, Spandsp};

/// A whole pass over the speech.
type Pass = Box<dyn FnMut()>;

/// Alternating rounds; the median counts.
const ROUNDS: usize = 21;
/// Packets of 20 ms in one pass.
const PACKETS: usize = 250;

fn main() {
    let narrow = speech::narrowband(PACKETS * 160);
    let wide = speech::wideband(PACKETS * 320);
    let (spandsp, bcg729) = (Spandsp::load(), Bcg729::load());
    println!("us per 20 ms: median of {ROUNDS} alternating rounds of {PACKETS} packets (lowest to highest)");

    let g729 = CodecId::G729 { annex_b: false };
    let g726 = CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 };
    let library = bcg729.as_ref();
    let g729_ratios =
        both("g729", g729, &narrow, library.and_then(Bcg729::encoder), library.and_then(Bcg729::decoder));
    let library = spandsp.as_ref();
    let g722_ratios = both(
        "g722",
        CodecId::G722,
        &wide,
        library.and_then(Spandsp::g722_encoder),
        library.and_then(Spandsp::g722_decoder),
    );
    let g726_ratios = both(
        "g726",
        g726,
        &narrow,
        library.and_then(Spandsp::g726_encoder),
        library.and_then(Spandsp::g726_decoder),
    );
    both("pcma", CodecId::Pcma, &narrow, None, None);
    both("pcmu", CodecId::Pcmu, &narrow, None, None);
    opus(&wide);
    for (library, absent) in [("libbcg729.so.0", bcg729.is_none()), ("libspandsp.so.2", spandsp.is_none())] {
        if absent {
            println!("{library}: absent");
        }
    }
    println!("{g729_ratios} {g722_ratios} {g726_ratios}");
}

/// Measures both directions of a codec and returns `name_enc=R name_dec=R`.
fn both(
    name: &str,
    codec: CodecId,
    pcm: &[i16],
    their_encoder: Option<Coder<i16, u8>>,
    their_decoder: Option<Coder<u8, i16>>,
) -> String {
    let samples = codec.samples_per(20);
    let bytes = codec.payload_bound(20);
    let payloads = encoded(codec, pcm, samples, bytes);
    let ours = Encoder::new(codec).ok().map(|mut encoder| {
        let (pcm, mut out) = (pcm.to_vec(), vec![0; bytes]);
        Box::new(move || {
            for packet in pcm.chunks_exact(samples) {
                black_box(encoder.encode(black_box(packet), &mut out).expect("whole packets"));
            }
        }) as Pass
    });
    let theirs = their_encoder.map(|mut encoder| {
        let (pcm, mut out) = (pcm.to_vec(), vec![0; bytes]);
        Box::new(move || {
            for packet in pcm.chunks_exact(samples) {
                encoder(black_box(packet), &mut out);
            }
        }) as Pass
    });
    let encoding = contest(&format!("{name}_enc"), ours, theirs);
    let ours = Decoder::new(codec).ok().map(|mut decoder| {
        let (payloads, mut out) = (payloads.clone(), vec![0; samples]);
        Box::new(move || {
            for packet in payloads.chunks_exact(bytes) {
                black_box(decoder.decode(black_box(packet), &mut out).expect("our own payload"));
            }
        }) as Pass
    });
    let theirs = their_decoder.map(|mut decoder| {
        let mut out = vec![0; samples];
        Box::new(move || {
            for packet in payloads.chunks_exact(bytes) {
                decoder(black_box(packet), &mut out);
            }
        }) as Pass
    });
    format!("{encoding} {}", contest(&format!("{name}_dec"), ours, theirs))
}

/// The speech as payloads of our own encoder: what both decoders are given.
fn encoded(codec: CodecId, pcm: &[i16], samples: usize, bytes: usize) -> Vec<u8> {
    let mut payloads = vec![0; pcm.len() / samples * bytes];
    if let Ok(mut encoder) = Encoder::new(codec) {
        for (packet, out) in pcm.chunks_exact(samples).zip(payloads.chunks_exact_mut(bytes)) {
            encoder.encode(packet, out).expect("whole packets");
        }
    }
    payloads
}

/// Alternates between the two, prints both and returns `name=R`.
fn contest(name: &str, mut ours: Option<Pass>, mut theirs: Option<Pass>) -> String {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for (pass, times) in [(&mut ours, &mut our_times), (&mut theirs, &mut their_times)] {
            let Some(pass) = pass else { continue };
            let start = Instant::now();
            pass();
            // The first round warms caches and clocks.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e6 / PACKETS as f64);
            }
        }
    }
    println!("{name:9} ours {} theirs {}", spread(&mut our_times), spread(&mut their_times));
    if our_times.is_empty() || their_times.is_empty() {
        return format!("{name}=absent");
    }
    format!("{name}={:.2}", our_times[our_times.len() / 2] / their_times[their_times.len() / 2])
}

fn spread(times: &mut [f64]) -> String {
    times.sort_by(f64::total_cmp);
    match &*times {
        [] => "absent".into(),
        [low, .., high] => format!("{:7.3} ({low:.3} to {high:.3})", times[times.len() / 2]),
        [only] => format!("{only:7.3}"),
    }
}

/// libopus is our own Opus coder too, so it has times but no ratio.
fn opus(wide: &[i16]) {
    let library = Opus::load();
    let Some((mut encoder, mut decoder)) =
        library.and_then(|library| Some((library.encoder()?, library.decoder()?)))
    else {
        println!("libopus.so.0: absent");
        return;
    };
    const ROOM: usize = 1024;
    let mut packets = vec![0; wide.len() / 320 * ROOM];
    for (pcm, packet) in wide.chunks_exact(320).zip(packets.chunks_exact_mut(ROOM)) {
        encoder(pcm, packet);
    }
    let (pcm, mut out) = (wide.to_vec(), vec![0; ROOM]);
    let encode = Box::new(move || pcm.chunks_exact(320).for_each(|packet| encoder(packet, &mut out)));
    contest("opus_enc", None, Some(encode));
    let mut out = vec![0; 320];
    let decode = Box::new(move || packets.chunks_exact(ROOM).for_each(|packet| decoder(packet, &mut out)));
    contest("opus_dec", None, Some(decode));
}
