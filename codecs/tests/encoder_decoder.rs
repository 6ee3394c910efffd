//! The one door: sizes, refusals and facts of the codec table.

use codecs::{CodecError, CodecId, Decoder, Encoder, FrameKind, G726Packing, G726Rate};

const OFFERED: [CodecId; 13] = [
    CodecId::G729 { annex_b: false },
    CodecId::G729 { annex_b: true },
    CodecId::Pcma,
    CodecId::Pcmu,
    CodecId::G722,
    CodecId::G726 { rate: G726Rate::R16, packing: G726Packing::Aal2 },
    CodecId::G726 { rate: G726Rate::R24, packing: G726Packing::Aal2 },
    CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Aal2 },
    CodecId::G726 { rate: G726Rate::R40, packing: G726Packing::Aal2 },
    CodecId::G726 { rate: G726Rate::R16, packing: G726Packing::Rfc3551 },
    CodecId::G726 { rate: G726Rate::R24, packing: G726Packing::Rfc3551 },
    CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 },
    CodecId::G726 { rate: G726Rate::R40, packing: G726Packing::Rfc3551 },
];

#[test]
fn a_packet_comes_back_with_its_length_and_level() {
    for codec in OFFERED {
        let mut encoder = Encoder::new(codec).expect("offered");
        let mut decoder = Decoder::new(codec).expect("offered");
        let samples = codec.samples_per(20);
        let tone: Vec<i16> = (0..samples * 10).map(|n| (8000.0 * (n as f64 * 0.2).sin()) as i16).collect();
        let mut payload = vec![0; codec.payload_bound(20)];
        let mut energy = 0.0;
        for packet in tone.chunks_exact(samples) {
            let sent = encoder.encode(packet, &mut payload).expect("whole frames");
            assert_eq!((sent.samples, sent.kind), (samples, FrameKind::Speech));
            assert_eq!(codec.samples_in(&payload[..sent.bytes]), Ok(samples));
            let mut pcm = vec![0; samples];
            assert_eq!(decoder.decode(&payload[..sent.bytes], &mut pcm), Ok(samples));
            energy = pcm.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples as f64;
        }
        let level_db = 10.0 * (energy / (8000.0f64.powi(2) / 2.0)).log10();
        let tolerance = if matches!(codec, CodecId::G729 { .. }) { 1.5 } else { 0.5 };
        assert!(level_db.abs() < tolerance, "{codec:?}: {level_db} dB");
    }
}

#[test]
fn a_wrong_size_is_refused_and_changes_nothing() {
    for codec in OFFERED {
        let mut encoder = Encoder::new(codec).expect("offered");
        let mut decoder = Decoder::new(codec).expect("offered");
        let (samples, bytes) = (codec.samples_per(20), codec.payload_bound(20));
        let tone: Vec<i16> = (0..samples).map(|n| (8000.0 * (n as f64 * 0.2).sin()) as i16).collect();
        let (mut payload, mut pcm) = (vec![0; bytes], vec![0; samples]);
        encoder.encode(&tone, &mut payload).expect("whole frames");
        decoder.decode(&payload, &mut pcm).expect("own payload");
        let (mut spared, mut untouched) = (encoder.clone(), decoder.clone());

        assert_eq!(encoder.encode(&[], &mut [0; 9]), Err(CodecError::FrameSize));
        assert_eq!(encoder.encode(&tone, &mut [0; 1]), Err(CodecError::OutputTooSmall { needed: bytes }));
        assert_eq!(decoder.decode(&[], &mut [0; 9]), Err(CodecError::PayloadSize));
        let room = Err(CodecError::OutputTooSmall { needed: samples });
        assert_eq!(decoder.decode(&vec![0x5A; bytes], &mut [0; 1]), room);
        assert_eq!(decoder.conceal(&mut []), 0);
        assert_eq!(decoder.recover(&payload, &mut []), 0);

        let mut expected = vec![0; bytes];
        assert_eq!(encoder.encode(&tone, &mut payload), spared.encode(&tone, &mut expected));
        assert_eq!(payload, expected, "{codec:?}: the encoder's state");
        let mut expected = vec![0; samples];
        assert_eq!(decoder.decode(&payload, &mut pcm), untouched.decode(&payload, &mut expected));
        assert_eq!(pcm, expected, "{codec:?}: the decoder's state");
    }
}

#[test]
fn amr_wb_has_a_slot_and_no_coder() {
    assert!(!CodecId::AmrWb.is_offered());
    assert_eq!(Encoder::new(CodecId::AmrWb).err(), Some(CodecError::NotOffered));
    assert_eq!(CodecId::AmrWb.facts().frame_ms, 20);
}

#[test]
fn coders_may_move_between_threads() {
    fn moves<T: Send + 'static>() {}
    moves::<Encoder>();
    moves::<Decoder>();
}

#[test]
fn a_packet_of_g729_annex_b_ends_with_its_descriptor() {
    let codec = CodecId::G729 { annex_b: true };
    let mut encoder = Encoder::new(codec).expect("offered");
    let mut decoder = Decoder::new(codec).expect("offered");
    // Bursts of tone and pauses, in packets of 60 ms.
    let signal: Vec<i16> = (0..8000 * 8)
        .map(|n| {
            if n / 6400 % 2 == 0 {
                (9000.0 * (n as f64 * 0.3 + (n as f64 * 0.01).sin()).sin()) as i16
            } else {
                (n % 7) as i16
            }
        })
        .collect();
    let (mut kinds, mut consumed) = ([0; 3], 0);
    for packet in signal.chunks_exact(480) {
        let mut rest = packet;
        while !rest.is_empty() {
            let mut payload = [0; 60];
            let sent = encoder.encode(rest, &mut payload).expect("whole frames");
            assert!(sent.samples > 0 && sent.samples <= rest.len());
            match sent.kind {
                FrameKind::Silence => assert_eq!(sent.bytes % 10, 2),
                FrameKind::Speech => assert!(sent.bytes >= 10 && sent.bytes.is_multiple_of(10)),
                FrameKind::Untransmitted => assert_eq!(sent.bytes, 0),
            }
            kinds[sent.kind as usize] += 1;
            let mut pcm = [0; 480];
            if sent.bytes > 0 {
                // A pause within the packet would shift what follows it.
                assert_eq!(decoder.decode(&payload[..sent.bytes], &mut pcm), Ok(sent.samples));
            } else {
                assert_eq!(decoder.conceal(&mut pcm[..sent.samples]), sent.samples);
            }
            rest = &rest[sent.samples..];
            consumed += sent.samples;
        }
    }
    assert_eq!(consumed, signal.len() / 480 * 480);
    assert!(kinds.iter().all(|&count| count > 3), "silence, speech, untransmitted: {kinds:?}");
}
