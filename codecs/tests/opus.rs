//! Opus where the system has libopus: rates, losses with and without FEC, discontinuous transmission. Its table of
//! contents is read everywhere.

use codecs::{CodecError, CodecId, Decoder, Encoder, FrameKind, OpusRate, level, measure, opus};

const RATES: [OpusRate; 3] = [OpusRate::Hz8000, OpusRate::Hz16000, OpusRate::Hz48000];

/// Whether to go on; says why not.
#[allow(clippy::print_stdout, reason = "a skipped test says so")]
fn loaded() -> bool {
    match opus::load() {
        Ok(version) => {
            assert!(version.contains("opus"), "{version}");
            true
        }
        Err(reason) => {
            println!("skipped: {reason}");
            assert!(!codec(OpusRate::Hz8000).is_offered());
            assert_eq!(Encoder::new(codec(OpusRate::Hz8000)).err(), Some(CodecError::NotOffered));
            false
        }
    }
}

fn codec(rate: OpusRate) -> CodecId {
    CodecId::Opus { rate, fec: true, dtx: false }
}

fn voiced(samples: usize, rate: f64) -> Vec<i16> {
    (0..samples)
        .map(|n| {
            let time = n as f64 / rate;
            let turn = std::f64::consts::TAU * (140.0 * time + 3.0 * (2.0 * time).sin());
            let loud = 0.6 + 0.4 * (7.0 * time).sin();
            (1..15).map(|k| loud * 2500.0 / f64::from(k) * (f64::from(k) * turn).sin()).sum::<f64>() as i16
        })
        .collect()
}

#[test]
fn speech_passes_at_every_rate_and_packet_time() {
    if !loaded() {
        return;
    }
    for rate in RATES {
        for ms in [10, 20, 40, 60] {
            let codec = codec(rate);
            let samples = codec.samples_per(ms);
            let (mut encoder, mut decoder) =
                (Encoder::new(codec).expect("loaded"), Decoder::new(codec).expect("loaded"));
            let signal = voiced(samples * 60, f64::from(rate.hz()));
            let mut payload = vec![0; codec.payload_bound(ms)];
            let mut heard = Vec::new();
            for packet in signal.chunks_exact(samples) {
                let sent = encoder.encode(packet, &mut payload).expect("whole packets");
                assert_eq!((sent.samples, sent.kind), (samples, FrameKind::Speech));
                assert_eq!(codec.samples_in(&payload[..sent.bytes]), Ok(samples));
                let mut pcm = vec![0; samples];
                assert_eq!(decoder.decode(&payload[..sent.bytes], &mut pcm), Ok(samples));
                heard.extend(pcm);
            }
            let change = level::dbm0(&heard[heard.len() / 2..]) - level::dbm0(&signal[signal.len() / 2..]);
            assert!(change.abs() < 3.5, "{rate:?} {ms} ms: {change} dB");
        }
        assert_eq!(
            Encoder::new(codec(rate)).expect("loaded").encode(&[0; 480 * 3 + 1], &mut [0; 500]),
            Err(CodecError::FrameSize)
        );
    }
}

#[test]
fn a_lost_packet_is_recovered_better_with_the_next_one_at_hand() {
    if !loaded() {
        return;
    }
    let codec = codec(OpusRate::Hz16000);
    let signal = voiced(320 * 200, 16_000.0);
    let mut encoder = Encoder::new(codec).expect("loaded");
    let packets: Vec<Vec<u8>> = signal
        .chunks_exact(320)
        .map(|pcm| {
            let mut payload = vec![0; codec.payload_bound(20)];
            let sent = encoder.encode(pcm, &mut payload).expect("whole packets");
            payload.truncate(sent.bytes);
            payload
        })
        .collect();
    let play = |lost: &dyn Fn(usize) -> bool, recovers: bool| {
        let mut decoder = Decoder::new(codec).expect("loaded");
        let mut heard = Vec::new();
        for (n, packet) in packets.iter().enumerate() {
            let mut pcm = vec![0; 320];
            let samples = match packets.get(n + 1) {
                Some(next) if lost(n) && recovers => decoder.recover(next, &mut pcm),
                _ if lost(n) => decoder.conceal(&mut pcm),
                _ => decoder.decode(packet, &mut pcm).expect("own payload"),
            };
            assert_eq!(samples, 320);
            heard.extend(pcm);
        }
        heard
    };
    let clean = play(&|_| false, false);
    let lost = |n: usize| n % 8 == 5;
    let concealed = measure::snr_db(&clean, &play(&lost, false));
    let recovered = measure::snr_db(&clean, &play(&lost, true));
    assert!(recovered > concealed + 1.0, "recovered {recovered} dB, concealed {concealed} dB");
}

#[test]
fn a_pause_is_not_transmitted() {
    if !loaded() {
        return;
    }
    let codec = CodecId::Opus { rate: OpusRate::Hz16000, fec: false, dtx: true };
    let mut encoder = Encoder::new(codec).expect("loaded");
    let mut payload = vec![0; codec.payload_bound(20)];
    let mut kinds = Vec::new();
    for packet in voiced(16_000, 16_000.0).chunks_exact(320).chain([[0; 320].as_slice(); 100]) {
        let sent = encoder.encode(packet, &mut payload).expect("whole packets");
        assert_eq!(sent.bytes == 0, sent.kind == FrameKind::Untransmitted);
        kinds.push(sent.kind);
    }
    let spoken = kinds[..50].iter().filter(|&&kind| kind == FrameKind::Speech).count();
    assert!(spoken > 30, "{spoken} of 50");
    let silent = kinds[100..].iter().filter(|&&kind| kind == FrameKind::Untransmitted).count();
    assert!(silent > 40, "{silent} of 50");
}

#[test]
fn copies_go_their_own_way() {
    if !loaded() {
        return;
    }
    let codec = codec(OpusRate::Hz8000);
    let signal = voiced(160 * 20, 8000.0);
    let mut encoder = Encoder::new(codec).expect("loaded");
    let encode = |encoder: &mut Encoder, pcm: &[i16]| {
        let mut payload = vec![0; codec.payload_bound(20)];
        let sent = encoder.encode(pcm, &mut payload).expect("whole packets");
        payload.truncate(sent.bytes);
        payload
    };
    for packet in signal[..1600].chunks_exact(160) {
        encode(&mut encoder, packet);
    }
    let mut copy = encoder.clone();
    let one: Vec<_> = signal[1600..].chunks_exact(160).map(|pcm| encode(&mut encoder, pcm)).collect();
    let other: Vec<_> = signal[1600..].chunks_exact(160).map(|pcm| encode(&mut copy, pcm)).collect();
    assert_eq!(one, other);
}

#[test]
fn the_table_of_contents_tells_the_duration() {
    // RFC 6716 table 2: configuration, code, count, and the milliseconds times ten.
    for (config, code, count, expected) in [
        (0, 0, 0, 100),
        (3, 0, 0, 600),
        (9, 1, 0, 400),
        (12, 2, 0, 200),
        (15, 0, 0, 200),
        (16, 0, 0, 25),
        (19, 1, 0, 400),
        (31, 3, 6, 1200),
        (31, 3, 1, 200),
        (16, 3, 48, 1200),
    ] {
        let payload = [config << 3 | code, count, 0];
        for rate in RATES {
            let samples = expected * rate.hz() as usize / 10_000;
            assert_eq!(opus::samples_in(&payload, rate), Ok(samples), "{config} {code} {count}");
        }
    }
    let rate = OpusRate::Hz48000;
    assert_eq!(opus::samples_in(&[], rate), Err(CodecError::PayloadSize));
    assert_eq!(opus::samples_in(&[31 << 3 | 3], rate), Err(CodecError::PayloadSize));
    assert_eq!(opus::samples_in(&[31 << 3 | 3, 0], rate), Err(CodecError::Malformed));
    assert_eq!(opus::samples_in(&[31 << 3 | 3, 7], rate), Err(CodecError::Malformed));
}
