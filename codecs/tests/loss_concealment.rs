//! Lost packets: voiced sound goes on, fades to silence, comes back without a click; decoders keep their track.

mod shared;

use codecs::plc::{NarrowPlc, Onset, WidePlc};
use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, level, measure};

const G726: CodecId = CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 };

/// A voice of 125 Hz with a few harmonics.
fn voiced(samples: usize, rate: f64) -> Vec<i16> {
    (0..samples)
        .map(|n| {
            let turn = std::f64::consts::TAU * 125.0 * n as f64 / rate;
            (1..8)
                .map(|k| 2500.0 / f64::from(k) * (f64::from(k) * turn + f64::from(k * k)).sin())
                .sum::<f64>() as i16
        })
        .collect()
}

#[test]
fn a_periodic_signal_goes_on_through_a_lost_packet() {
    for onset in [Onset::Immediate, Onset::Delayed] {
        let signal = voiced(1600, 8000.0);
        let mut plc = NarrowPlc::new(onset);
        let mut heard = Vec::new();
        for (n, packet) in signal.chunks(160).enumerate() {
            let mut pcm = packet.to_vec();
            if n == 6 {
                plc.conceal(&mut pcm)
            } else {
                plc.good(&mut pcm)
            }
            heard.extend(pcm);
        }
        let late = plc.delay_samples();
        let snr = measure::snr_db(&signal[960..1120], &heard[960 + late..1120 + late]);
        assert!(snr > 15.0, "{onset:?}: {snr} dB within the loss");
        let after = measure::snr_db(&signal[1280..1400], &heard[1280 + late..1400 + late]);
        assert!(after > 100.0, "{onset:?}: {after} dB after it");
    }
}

#[test]
fn the_same_at_16_khz() {
    let signal = voiced(3200, 16_000.0);
    let mut plc = WidePlc::new(Onset::Immediate);
    let mut heard = Vec::new();
    for (n, packet) in signal.chunks(320).enumerate() {
        let mut pcm = packet.to_vec();
        if n == 6 {
            plc.conceal(&mut pcm)
        } else {
            plc.good(&mut pcm)
        }
        heard.extend(pcm);
    }
    assert!(measure::snr_db(&signal[1920..2240], &heard[1920..2240]) > 15.0);
}

#[test]
fn a_long_loss_fades_to_silence_after_60_ms_and_not_before_10() {
    let signal = voiced(800, 8000.0);
    let mut plc = NarrowPlc::new(Onset::Immediate);
    plc.good(&mut signal.clone());
    let mut lost = [0; 640];
    for packet in lost.chunks_mut(160) {
        plc.conceal(packet);
    }
    let full = level::dbm0(&signal[640..]);
    assert!((level::dbm0(&lost[..80]) - full).abs() < 1.0);
    assert!(level::dbm0(&lost[320..400]) < full - 4.0);
    assert_eq!(lost[480..], [0; 160]);
}

#[test]
fn the_joints_do_not_click() {
    let signal = voiced(3200, 8000.0);
    let largest = |pcm: &[i16]| pcm.windows(2).map(|w| w[0].abs_diff(w[1])).max().expect("samples");
    let natural = largest(&signal);
    let mut plc = NarrowPlc::new(Onset::Immediate);
    let mut heard = Vec::new();
    for (n, packet) in signal.chunks(160).enumerate() {
        let mut pcm = packet.to_vec();
        if n % 5 == 3 || n % 7 == 5 {
            plc.conceal(&mut pcm)
        } else {
            plc.good(&mut pcm)
        }
        heard.extend(pcm);
    }
    assert!(largest(&heard) < natural + natural / 2, "{} against {natural}", largest(&heard));
}

#[test]
fn every_decoder_conceals_and_recovers() {
    for codec in [CodecId::Pcma, CodecId::Pcmu, CodecId::G722, G726] {
        let samples = codec.samples_per(20);
        let signal = voiced(samples * 60, f64::from(codec.sample_rate_hz()));
        let mut encoder = Encoder::new(codec).expect("offered");
        let (mut whole, mut lossy) =
            (Decoder::new(codec).expect("offered"), Decoder::new(codec).expect("offered"));
        let (mut clean, mut heard) = (Vec::new(), Vec::new());
        let mut payload = vec![0; codec.payload_bound(20)];
        for (n, packet) in signal.chunks_exact(samples).enumerate() {
            let sent = encoder.encode(packet, &mut payload).expect("whole packets");
            let mut pcm = vec![0; samples];
            whole.decode(&payload[..sent.bytes], &mut pcm).expect("own payload");
            clean.extend(&pcm);
            if n % 10 == 7 {
                assert_eq!(lossy.conceal(&mut pcm), samples);
            } else {
                lossy.decode(&payload[..sent.bytes], &mut pcm).expect("own payload");
            }
            heard.extend(&pcm);
        }
        let snr = measure::snr_db(&clean[samples * 10..], &heard[samples * 10..]);
        assert!(snr > 14.0, "{codec:?}: {snr} dB with every tenth packet lost");
    }
}

#[test]
fn following_the_concealment_beats_standing_still() {
    let Some(folder) = shared::vectors("speech-16k-pocketsphinx") else { return };
    let speech = shared::wav(&folder.join("sense_and_sensibility_01_austen_64kb-0880.wav"));
    let snr = |follows: bool| {
        let mut codes = vec![0; speech.len() / 2];
        codecs::g722::Encoder::new().encode(&speech, &mut codes);
        let mut clean = vec![0; codes.len() * 2];
        codecs::g722::Decoder::default().decode(&codes, &mut clean);
        let (mut decoder, mut plc) = (codecs::g722::Decoder::default(), WidePlc::new(Onset::Immediate));
        let mut heard = Vec::new();
        for (n, packet) in codes.chunks_exact(160).enumerate() {
            let mut pcm = vec![0; 320];
            if n % 12 == 11 {
                plc.conceal(&mut pcm);
                if follows {
                    decoder.follow(&pcm, |ahead| plc.ahead(ahead));
                }
            } else {
                decoder.decode(packet, &mut pcm);
                plc.good(&mut pcm);
            }
            heard.extend(pcm);
        }
        // Only the good packets right after a loss: that is where a stale state shows.
        let after = |pcm: &[i16]| -> Vec<i16> {
            pcm.chunks_exact(320)
                .enumerate()
                .filter(|(n, _)| n % 12 == 0 && *n > 0)
                .flat_map(|(_, p)| p.to_vec())
                .collect()
        };
        measure::snr_db(&after(&clean), &after(&heard))
    };
    let (following, standing) = (snr(true), snr(false));
    assert!(following > standing, "following {following} dB, standing still {standing} dB");
}
