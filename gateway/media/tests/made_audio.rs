//! Audio that the gateway makes: progress tones, digits as tones, the conference.

mod support;

use std::f64::consts::TAU;
use std::time::Duration;

use codecs::{CodecId, Decoder, dtmf};
use media_api::{Codec, DigitSending, Format, Hears, LegIndex, PayloadType, Plan, Tone};
use support::{Driver, HANDSET, PBX, Sent, Talker, call, format, leg};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };
const THIRD: LegIndex = LegIndex(2);

fn pcm(sent: &[Sent]) -> Vec<i16> {
    let mut decoder = Decoder::new(CodecId::Pcma).expect("offered");
    let mut all = Vec::new();
    for sent in sent.iter().filter(|sent| sent.header().payload_type == 8) {
        let mut pcm = [0; 480];
        let samples = decoder.decode(sent.rtp().payload(), &mut pcm).expect("decodes");
        all.extend_from_slice(&pcm[..samples]);
    }
    all
}

fn amplitude(pcm: &[i16], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (n, &sample) in pcm.iter().enumerate() {
        let angle = TAU * hz * n as f64 / 8_000.0;
        re += f64::from(sample) * angle.cos();
        im += f64::from(sample) * angle.sin();
    }
    2.0 * re.hypot(im) / pcm.len().max(1) as f64
}

fn digits(pcm: &[i16]) -> String {
    let mut detector = dtmf::Detector::new();
    let mut heard = String::new();
    detector.process(pcm, |event| {
        if let dtmf::Event::Ended { digit, .. } = event {
            heard.push(digit.as_char());
        }
    });
    heard
}

/// A second of a tone of its own frequency per leg, everyone at once.
fn talk(driver: &mut Driver, talkers: &mut [(LegIndex, Talker, f64)], packets: usize) {
    for packet in 0..packets {
        for (leg, talker, hz) in talkers.iter_mut() {
            let mut octets = talker.next(0);
            let angle = |n: usize| TAU * *hz * (packet * 160 + n) as f64 / 8_000.0;
            let pcm: [i16; 160] = std::array::from_fn(|n| (angle(n).sin() * 6_000.0) as i16);
            codecs::g711::encode_a(&pcm, &mut octets[12..]);
            driver.arrive(*leg, &octets);
        }
        driver.pass(Duration::from_millis(20));
    }
}

fn assert_unbroken(sent: &[Sent]) {
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
        assert_eq!(pair[1].header().timestamp, pair[0].header().timestamp.wrapping_add(160));
    }
}

#[test]
fn ringback_sounds_in_its_rhythm_until_the_plan_changes() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[0].hears = Hears::Tone(Tone::Ringback);
    let mut driver = Driver::open(&plan);
    driver.pass(Duration::from_secs(6));
    let sent = driver.take_rtp(HANDSET);
    assert_eq!(sent.len(), 301);
    assert_unbroken(&sent);
    assert!(sent[0].header().marker && !sent[1].header().marker);
    let pcm = pcm(&sent);
    let loud = |from_ms: usize, to_ms: usize| amplitude(&pcm[from_ms * 8..to_ms * 8], 425.0);
    assert!(loud(100, 900) > 1_000.0, "one second of sound: {}", loud(100, 900));
    assert!(loud(1_100, 4_900) < 50.0, "four of silence");
    assert!(loud(5_100, 5_900) > 1_000.0, "and again");
    driver.session.set_plan(driver.now, &call(PCMA, PCMA)).expect("possible");
    let mut pbx = Talker::new(8, 9);
    let octets = pbx.next(0xd5);
    driver.arrive(PBX, &octets);
    let after = driver.take_rtp(HANDSET);
    assert_eq!(after[0].header().sequence, sent[300].header().sequence.wrapping_add(1));
    assert_eq!(after[0].header().ssrc, sent[0].header().ssrc);
}

#[test]
fn the_same_tone_in_a_new_plan_does_not_start_again() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[0].hears = Hears::Tone(Tone::Busy);
    let mut driver = Driver::open(&plan);
    for _ in 0..4 {
        driver.pass(Duration::from_millis(250));
        driver.session.set_plan(driver.now, &plan).expect("possible");
    }
    let sent = driver.take_rtp(HANDSET);
    assert_unbroken(&sent);
    assert_eq!(sent.iter().filter(|sent| sent.header().marker).count(), 1);
    let pcm = pcm(&sent);
    assert!(amplitude(&pcm[600 * 8..900 * 8], 425.0) < 50.0, "the second half of the cadence is silent");
}

#[test]
fn an_acknowledgement_ends_by_itself() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[0].hears = Hears::Tone(Tone::PositiveAcknowledgement);
    let mut driver = Driver::open(&plan);
    driver.pass(Duration::from_secs(5));
    let sent = driver.take_rtp(HANDSET);
    assert!((20..60).contains(&sent.len()), "{}", sent.len());
}

#[test]
fn digits_in_the_audio_replace_the_speech_meanwhile() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].digits = DigitSending::InBand;
    plan.legs[1].events.clear();
    let mut driver = Driver::open(&plan);
    let mut talkers = [(HANDSET, Talker::new(8, 1), 500.0)];
    talk(&mut driver, &mut talkers, 10);
    for digit in "0123456789*#ABCD".chars() {
        assert!(driver.digit(PBX, digit, 80));
    }
    talk(&mut driver, &mut talkers, 150);
    let sent = driver.take_rtp(PBX);
    assert_eq!(digits(&pcm(&sent)), "0123456789*#ABCD");
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
    }
    let end = pcm(&sent);
    assert!(amplitude(&end[end.len() - 800..], 500.0) > 4_000.0, "the speech is back");
}

#[test]
fn events_become_tones_for_a_peer_that_knows_no_events() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].digits = DigitSending::InBand;
    plan.legs[1].events.clear();
    let mut driver = Driver::open(&plan);
    let mut talker = Talker::new(8, 1);
    for (update, end) in [(1, false), (3, false), (5, true), (5, true), (5, true)] {
        let octets = talker.event(101, 7, end, update * 160);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(20));
    }
    driver.pass(Duration::from_millis(500));
    assert_eq!(digits(&pcm(&driver.take_rtp(PBX))), "7");
}

#[test]
fn everyone_hears_the_others_and_nobody_himself() {
    let mut driver = Driver::open(&Plan {
        legs: vec![
            leg(0, PCMA, Hears::Mix),
            leg(1, PCMA, Hears::Mix),
            leg(2, format(Codec::Pcma, 8, 30), Hears::Mix),
        ],
    });
    let tones = [500.0, 900.0, 1_300.0];
    let mut talkers = [HANDSET, PBX, THIRD]
        .map(|leg| (leg, Talker::new(8, 1 + u32::from(leg.0)), tones[usize::from(leg.0)]));
    talk(&mut driver, &mut talkers, 150);
    for listener in 0..3 {
        let sent = driver.take_rtp(LegIndex(listener));
        let pcm = pcm(&sent);
        assert!(pcm.len() > 8_000 * 2, "{}", pcm.len());
        let settled = &pcm[8_000..8_000 * 2];
        for (speaker, hz) in tones.into_iter().enumerate() {
            let heard = amplitude(settled, hz);
            if speaker == usize::from(listener) {
                assert!(heard < 60.0, "leg {listener} hears itself: {heard}");
            } else {
                assert!((heard - 6_000.0).abs() < 600.0, "leg {listener} hears {speaker} at {heard}");
            }
        }
        for pair in sent.windows(2) {
            assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
        }
    }
}

#[test]
fn a_silent_leg_does_not_hold_up_the_conference() {
    let plan =
        Plan { legs: vec![leg(0, PCMA, Hears::Mix), leg(1, PCMA, Hears::Mix), leg(2, PCMA, Hears::Mix)] };
    let mut driver = Driver::open(&plan);
    talk(&mut driver, &mut [(HANDSET, Talker::new(8, 1), 700.0)], 100);
    let sent = driver.take_rtp(PBX);
    assert!(sent.len() >= 99);
    assert!(amplitude(&pcm(&sent)[8_000..], 700.0) > 5_000.0);
}
