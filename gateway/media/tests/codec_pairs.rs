//! Every pair of codecs carries a tone: level, frequency and packets are right, either way and across packet times.

mod support;

use std::f64::consts::TAU;
use std::time::Duration;

use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate};
use media_api::{AnnexB, Codec, Format};
use srtp::RtpHeader;
use support::{Driver, HANDSET, PBX, call, format};

const TONE_HZ: f64 = 1_000.0;
const AMPLITUDE: f64 = 8_000.0;

fn formats() -> Vec<(Format, CodecId)> {
    let packing = (media_api::G726Packing::Aal2, media_api::G726Rate::Kbit32);
    let all = [
        (format(Codec::Pcma, 8, 20), CodecId::Pcma),
        (format(Codec::Pcmu, 0, 30), CodecId::Pcmu),
        (format(Codec::G722, 9, 20), CodecId::G722),
        (
            format(Codec::G726(packing.1, packing.0), 97, 20),
            CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Aal2 },
        ),
        (format(Codec::G729(AnnexB::No), 18, 40), CodecId::G729 { annex_b: false }),
        (
            format(Codec::Opus, 96, 20),
            CodecId::Opus { rate: codecs::OpusRate::Hz16000, fec: false, dtx: false },
        ),
    ];
    all.into_iter().filter(|(_, codec)| codec.is_offered()).collect()
}

/// Two seconds of tone as packets.
fn packets(format: Format, codec: CodecId) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(codec).expect("offered");
    let ptime = u32::from(format.ptime_ms);
    let (samples, rate) = (codec.samples_per(ptime), f64::from(codec.sample_rate_hz()));
    let mut header = RtpHeader {
        marker: true,
        payload_type: format.payload_type.0,
        sequence: 65_000,
        timestamp: u32::MAX - 1_000,
        ssrc: 5,
    };
    let one = |packet: usize| {
        let sample = |n: usize| (TAU * TONE_HZ * (packet * samples + n) as f64 / rate).sin() * AMPLITUDE;
        let pcm: Vec<i16> = (0..samples).map(|n| sample(n) as i16).collect();
        let mut octets = header.to_octets().to_vec();
        octets.resize(12 + codec.payload_bound(ptime), 0);
        let encoded = encoder.encode(&pcm, &mut octets[12..]).expect("whole frames");
        octets.truncate(12 + encoded.bytes);
        header.marker = false;
        header.sequence = header.sequence.wrapping_add(1);
        header.timestamp = header.timestamp.wrapping_add(codec.rtp_clock_hz() / 1_000 * ptime);
        octets
    };
    (0..2_000 / ptime as usize).map(one).collect()
}

/// Amplitude of the tone, and of everything else, in the second half of what was heard.
fn judge(pcm: &[i16], rate: f64) -> (f64, f64) {
    let pcm = &pcm[pcm.len() / 2..];
    let (mut re, mut im, mut power) = (0.0, 0.0, 0.0);
    for (n, &sample) in pcm.iter().enumerate() {
        let angle = TAU * TONE_HZ * n as f64 / rate;
        re += f64::from(sample) * angle.cos();
        im += f64::from(sample) * angle.sin();
        power += f64::from(sample).powi(2);
    }
    let count = pcm.len() as f64;
    let tone = 2.0 * re.hypot(im) / count;
    (tone, (power / count - tone * tone / 2.0).max(0.0).sqrt())
}

#[test]
fn a_tone_survives_every_pair() {
    for (from, from_codec) in formats() {
        for (to, to_codec) in formats() {
            let mut driver = Driver::open(&call(from, to));
            for octets in packets(from, from_codec) {
                driver.arrive(HANDSET, &octets);
                driver.pass(Duration::from_millis(from.ptime_ms.into()));
            }
            let sent = driver.take_rtp(PBX);
            let expected = 2_000 / usize::from(to.ptime_ms);
            assert!(sent.len() >= expected - 2 && sent.len() <= expected, "{from:?} {to:?}: {}", sent.len());
            let step = to_codec.rtp_clock_hz() / 1_000 * u32::from(to.ptime_ms);
            let mut decoder = Decoder::new(to_codec).expect("offered");
            let mut heard = Vec::new();
            for (n, sent) in sent.iter().enumerate() {
                let (first, header) = (sent.rtp().header(), sent.header());
                assert_eq!(first.payload_type, to.payload_type.0);
                assert_eq!(header.marker, n == 0, "{from:?} {to:?} packet {n}");
                let mut pcm = [0; 9_600];
                let samples = decoder.decode(sent.rtp().payload(), &mut pcm).expect("decodes");
                heard.extend_from_slice(&pcm[..samples]);
            }
            for pair in sent.windows(2) {
                assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
                assert_eq!(
                    pair[1].header().timestamp,
                    pair[0].header().timestamp.wrapping_add(step),
                    "{from:?} {to:?}"
                );
            }
            let (tone, rest) = judge(&heard, f64::from(to_codec.sample_rate_hz()));
            assert!((tone / AMPLITUDE - 1.0).abs() < 0.25, "{from:?} {to:?}: tone {tone}");
            assert!(rest < 0.3 * AMPLITUDE, "{from:?} {to:?}: rest {rest}");
        }
    }
}

#[test]
fn a_short_loss_is_concealed_and_a_pause_is_a_talk_spurt() {
    let (from, to) = (format(Codec::Pcma, 8, 20), format(Codec::G722, 9, 20));
    let mut driver = Driver::open(&call(from, to));
    let packets = packets(from, CodecId::Pcma);
    for n in (0..20).chain(22..40).chain(80..99) {
        driver.arrive(HANDSET, &packets[n]);
        driver.pass(Duration::from_millis(20));
    }
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 40 + 19, "two lost packets are made up, the forty of the long loss are not");
    let markers: Vec<_> = (0..sent.len()).filter(|&n| sent[n].header().marker).collect();
    assert_eq!(markers, [0, 40]);
    let (before, after) = (sent[39].header(), sent[40].header());
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(41 * 160));
    assert_eq!(after.sequence, before.sequence.wrapping_add(2), "a long loss leaves a hole");
}

#[test]
fn late_packets_are_not_decoded_twice() {
    let (from, to) = (format(Codec::Pcma, 8, 20), format(Codec::G722, 9, 20));
    let mut driver = Driver::open(&call(from, to));
    let packets = packets(from, CodecId::Pcma);
    for n in [0, 1, 3, 2, 4, 4, 5] {
        driver.arrive(HANDSET, &packets[n]);
    }
    assert_eq!(driver.take_rtp(PBX).len(), 6);
    let stats = driver.stats(HANDSET);
    assert_eq!((stats.dropped_packets, stats.duplicate_packets, stats.lost_packets), (2, 1, 0));
}
