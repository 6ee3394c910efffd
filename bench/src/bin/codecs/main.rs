//! Time of every coder per 20 ms of speech, against the C libraries in the same process and run.
//!
//! Every fifty packets the turn passes between ours and theirs, so that whatever slows the machine meets both, and
//! what counts is the processor time of this thread, not the time it waited for one. The last line is
//! `g729_enc=R g729_dec=R g722_enc=R g722_dec=R g726_enc=R g726_dec=R`, R being the ratio of the medians, ours
//! divided by theirs, or `absent`.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock, its environment and its input")]
#![allow(clippy::print_stdout, reason = "its output is the result")]

mod cpu_time;
mod peers;
mod speech;

use std::hint::black_box;

use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate};

use peers::{Bcg729, Coder, Opus, Spandsp};

/// One packet of the speech, by its number.
type Packet = Box<dyn FnMut(usize)>;

/// Alternating rounds; the median counts.
const ROUNDS: usize = 21;
/// Packets of 20 ms in one round, and in one turn.
const PACKETS: usize = 500;
const TURN: usize = 50;

fn main() {
    let narrow = speech::narrowband(PACKETS * 160);
    let wide = speech::wideband(PACKETS * 320);
    let (spandsp, bcg729) = (Spandsp::load(), Bcg729::load());
    println!("us per 20 ms: median of {ROUNDS} rounds of {PACKETS} packets (lowest to highest)");

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
        Box::new(move |n: usize| {
            let packet = black_box(&pcm[n * samples..][..samples]);
            black_box(encoder.encode(packet, &mut out).expect("whole packets"));
        }) as Packet
    });
    let theirs = their_encoder.map(|mut encoder| {
        let (pcm, mut out) = (pcm.to_vec(), vec![0; bytes]);
        Box::new(move |n: usize| encoder(black_box(&pcm[n * samples..][..samples]), &mut out)) as Packet
    });
    let encoding = contest(&format!("{name}_enc"), ours, theirs);
    let ours = Decoder::new(codec).ok().map(|mut decoder| {
        let (payloads, mut out) = (payloads.clone(), vec![0; samples]);
        Box::new(move |n: usize| {
            let packet = black_box(&payloads[n * bytes..][..bytes]);
            black_box(decoder.decode(packet, &mut out).expect("our own payload"));
        }) as Packet
    });
    let theirs = their_decoder.map(|mut decoder| {
        let mut out = vec![0; samples];
        Box::new(move |n: usize| decoder(black_box(&payloads[n * bytes..][..bytes]), &mut out)) as Packet
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
fn contest(name: &str, mut ours: Option<Packet>, mut theirs: Option<Packet>) -> String {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let mut spent = [0.0; 2];
        for turn in 0..PACKETS / TURN {
            for (packet, spent) in [&mut ours, &mut theirs].into_iter().zip(&mut spent) {
                let Some(packet) = packet else { continue };
                let start = cpu_time::now_us();
                (turn * TURN..(turn + 1) * TURN).for_each(packet);
                *spent += cpu_time::now_us() - start;
            }
        }
        // The first round warms caches and clocks.
        if round > 0 {
            our_times.extend(ours.is_some().then_some(spent[0] / PACKETS as f64));
            their_times.extend(theirs.is_some().then_some(spent[1] / PACKETS as f64));
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
    contest("opus_enc", None, Some(Box::new(move |n| encoder(&pcm[n * 320..][..320], &mut out))));
    let mut out = vec![0; 320];
    contest("opus_dec", None, Some(Box::new(move |n| decoder(&packets[n * ROOM..][..ROOM], &mut out))));
}
