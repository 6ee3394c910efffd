//! Every coder pinned by digests of our own, on a signal made here: holds on a machine without conformance data.
//! The digests were computed when all conformance sequences passed. G.729 has its own file.

use sha2::{Digest, Sha256};

use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, g711, g722, g726};

/// Bursts of a gliding harmonic sound, noise, silence and full-scale clipping, in integer arithmetic only.
fn signal(samples: usize) -> Vec<i16> {
    let (mut seed, mut phase) = (12_345u32, 0u32);
    (0..samples)
        .map(|n| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            phase = phase.wrapping_add((1 << 26) + ((n as u32 % 5000) << 13));
            let saw = |times: u32| i32::from((phase.wrapping_mul(times) >> 16) as i16);
            let noise = i32::from((seed >> 16) as i16);
            let value = match n / 800 % 6 {
                0 => saw(1) / 8 + saw(3) / 16 + noise / 512,
                1 => noise / 64,
                2 => saw(2) / 2 + saw(5) / 4,
                3 => 0,
                4 => saw(1) * 2,
                _ => saw(1) / 300,
            };
            value.clamp(-32_768, 32_767) as i16
        })
        .collect()
}

fn digest(words: impl IntoIterator<Item = i16>) -> String {
    let mut hash = Sha256::new();
    words.into_iter().for_each(|word| hash.update(word.to_le_bytes()));
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Digests of what a codec sends and of what its decoder makes of it, every ninth packet lost.
fn through(codec: CodecId) -> (String, String) {
    let samples = codec.samples_per(20);
    let mut encoder = Encoder::new(codec).expect("offered");
    let mut decoder = Decoder::new(codec).expect("offered");
    let (mut sent, mut heard) = (Vec::new(), Vec::new());
    for (n, packet) in signal(samples * 120).chunks_exact(samples).enumerate() {
        let mut payload = vec![0; codec.payload_bound(20)];
        let bytes = encoder.encode(packet, &mut payload).expect("whole packets").bytes;
        let mut pcm = vec![0; samples];
        if n % 9 == 8 {
            decoder.conceal(&mut pcm);
        } else {
            decoder.decode(&payload[..bytes], &mut pcm).expect("own payload");
        }
        sent.extend(payload[..bytes].iter().map(|&octet| i16::from(octet)));
        heard.extend(pcm);
    }
    (digest(sent), digest(heard))
}

fn g726(rate: G726Rate, packing: G726Packing) -> CodecId {
    CodecId::G726 { rate, packing }
}

#[test]
fn every_codec_sends_and_plays_what_it_did() {
    use G726Packing::{Aal2, Rfc3551};
    use G726Rate::{R16, R24, R32, R40};
    let expected = [
        (CodecId::Pcma, "2c787c6c76655bb1", "5a69a699bb69ae13"),
        (CodecId::Pcmu, "956baf40788263ef", "21c2d5f69408e52c"),
        (CodecId::G722, "6d2721a2eb83f7dd", "eaed541bfce9c3fb"),
        (g726(R16, Rfc3551), "643342c0debdb5de", "79297475d27d2548"),
        (g726(R24, Rfc3551), "58f7f6dfc77f8726", "737f35d868c3e638"),
        (g726(R32, Rfc3551), "65a3d0e19623e68c", "969dfb0720ef2124"),
        (g726(R40, Rfc3551), "6214561ec4596090", "4b3b527285d4a37a"),
        (g726(R16, Aal2), "83560096d40100ad", "79297475d27d2548"),
        (g726(R24, Aal2), "e13ad9553125f2d4", "737f35d868c3e638"),
        (g726(R32, Aal2), "a5e99a37d89a7538", "969dfb0720ef2124"),
        (g726(R40, Aal2), "b665dd271813efe6", "4b3b527285d4a37a"),
    ];
    for (codec, sent, heard) in expected {
        assert_eq!(through(codec), (sent.into(), heard.into()), "{codec:?}");
    }
}

#[test]
fn g711_maps_every_input_as_it_did() {
    let all = || i16::MIN..=i16::MAX;
    assert_eq!(digest(all().map(|pcm| i16::from(g711::compress_a(pcm)))), "e1e8717a8c7a4935");
    assert_eq!(digest(all().map(|pcm| i16::from(g711::compress_mu(pcm)))), "0523921b8957bccf");
    assert_eq!(digest(g711::A_EXPANDED), "e04788d110e58ff8");
    assert_eq!(digest(g711::MU_EXPANDED), "3dab54339e520bb2");
    assert_eq!(digest(g711::A_TO_MU.map(i16::from)), "9993da1a385499c5");
    assert_eq!(digest(g711::MU_TO_A.map(i16::from)), "152002a946d9ad41");
}

#[test]
fn g722_decodes_its_narrower_modes_as_it_did() {
    let codes: Vec<u8> = signal(6000).into_iter().map(|word| (word >> 3) as u8).collect();
    for (mode, expected) in
        [(g722::Mode::Kbit56, "fd346de9f6a4828c"), (g722::Mode::Kbit48, "8e794fffb97680f9")]
    {
        let mut pcm = vec![0; 12_000];
        g722::Decoder::new(mode).decode(&codes, &mut pcm);
        assert_eq!(digest(pcm), expected, "{mode:?}");
    }
}

#[test]
fn g726_adjusts_tandem_codings_as_it_did() {
    let pcm = signal(9600);
    let expected = [
        "9c228541909e5b4f",
        "707990f55acf8b83",
        "22d4f5faa9a216cd",
        "b421b1352a4d597f",
        "1b6e78901a2033b9",
        "237b4d4568fdd339",
        "7f3d94aa3b89b2f8",
        "5288bb739429ef7f",
    ];
    let rates = [G726Rate::R16, G726Rate::R24, G726Rate::R32, G726Rate::R40];
    let variants = rates.into_iter().flat_map(|rate| [(rate, g726::Law::A), (rate, g726::Law::Mu)]);
    for ((rate, law), expected) in variants.zip(expected) {
        let (mut encoder, mut decoder) = (g726::Adpcm::new(rate), g726::Adpcm::new(rate));
        let output = pcm.iter().map(|&sample| {
            let code = encoder.encode_log((sample >> 8) as u8, law);
            i16::from(decoder.decode_log(code, law))
        });
        assert_eq!(digest(output), expected, "{rate:?} {law:?}");
    }
}
