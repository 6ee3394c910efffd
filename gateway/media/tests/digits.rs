//! Telephone events (RFC 4733): relayed under the other leg's numbers, told once, made on request.

mod support;

use std::time::Duration;

use media::Notice;
use media_api::{Codec, EventFormat, Format, LegIndex, PayloadType};
use support::{Driver, HANDSET, PBX, Talker, call, format};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };

fn press(driver: &mut Driver, talker: &mut Talker, payload_type: u8, code: u8, lose_ends: usize) {
    for update in 1..=5u16 {
        let octets = talker.event(payload_type, code, false, update * 160);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(20));
    }
    for end in 0..3 {
        let octets = talker.event(payload_type, code, true, 960);
        if end >= lose_ends {
            driver.arrive(HANDSET, &octets);
        }
    }
    talker.end_event(960);
}

fn digits(driver: &Driver) -> Vec<(LegIndex, char, u16)> {
    let digit = |notice: &Notice| match *notice {
        Notice::Digit { leg, digit, duration_ms } => Some((leg, digit, duration_ms)),
        _ => None,
    };
    driver.notices.iter().filter_map(digit).collect()
}

#[test]
fn an_event_is_relayed_under_the_listeners_payload_type_and_told_once() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].events = vec![EventFormat { payload_type: PayloadType(96), clock_rate: 8_000 }];
    let mut driver = Driver::open(&plan);
    let mut talker = Talker::new(8, 1);
    let octets = talker.next(1);
    driver.arrive(HANDSET, &octets);
    press(&mut driver, &mut talker, 101, 5, 0);
    let octets = talker.next(1);
    driver.arrive(HANDSET, &octets);
    assert_eq!(digits(&driver), [(HANDSET, '5', 120)]);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 10);
    let events = &sent[1..9];
    assert!(events.iter().all(|sent| sent.header().payload_type == 96));
    assert!(events.iter().all(|sent| sent.header().timestamp == events[0].header().timestamp));
    assert_eq!(events[7].rtp().payload(), [5, 0x8a, 0x03, 0xc0]);
    let numbers: Vec<_> =
        sent.iter().map(|s| s.header().sequence.wrapping_sub(sent[0].header().sequence)).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<u16>>());
    assert_eq!(sent[9].header().timestamp, events[0].header().timestamp.wrapping_add(960));
}

#[test]
fn a_digit_without_its_ends_is_told_once_by_time() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 1);
    press(&mut driver, &mut talker, 101, 11, 3);
    driver.pass(Duration::from_millis(500));
    assert_eq!(digits(&driver), [(HANDSET, '#', 100)]);
}

#[test]
fn a_row_of_digits_keeps_its_order() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 1);
    for (press_number, code) in [1u8, 1, 2, 10, 12].into_iter().enumerate() {
        press(&mut driver, &mut talker, 101, code, press_number % 3);
        driver.pass(Duration::from_millis(50));
    }
    let told: String = digits(&driver).iter().map(|digit| digit.1).collect();
    assert_eq!(told, "112*A");
}

#[test]
fn events_pass_beside_repacketised_audio() {
    let mut driver = Driver::open(&call(PCMA, format(Codec::Pcmu, 0, 30)));
    let mut talker = Talker::new(8, 1);
    for _ in 0..3 {
        let octets = talker.next(1);
        driver.arrive(HANDSET, &octets);
    }
    press(&mut driver, &mut talker, 101, 7, 0);
    for _ in 0..3 {
        let octets = talker.next(1);
        driver.arrive(HANDSET, &octets);
    }
    let sent = driver.take_rtp(PBX);
    let kinds: Vec<_> = sent.iter().map(|sent| sent.header().payload_type).collect();
    assert_eq!(kinds, [0, 0, 101, 101, 101, 101, 101, 101, 101, 101, 0, 0]);
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
    }
    // The event stands where the audio before it ended, and the audio goes on where the event ended.
    assert_eq!(sent[2].header().timestamp, sent[0].header().timestamp.wrapping_add(480));
    assert_eq!(sent[10].header().timestamp, sent[2].header().timestamp.wrapping_add(960));
}

#[test]
fn durations_follow_the_listeners_clock() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].events = vec![EventFormat { payload_type: PayloadType(96), clock_rate: 48_000 }];
    let mut driver = Driver::open(&plan);
    press(&mut driver, &mut Talker::new(8, 1), 101, 3, 0);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.last().expect("events").rtp().payload(), [3, 0x8a, 0x16, 0x80]);
}

#[test]
fn a_digit_on_request_has_a_start_updates_and_three_ends_and_mutes_the_audio() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 1);
    let mut speak = |driver: &mut Driver, packets: usize| {
        for _ in 0..packets {
            let octets = talker.next(1);
            driver.arrive(HANDSET, &octets);
            driver.pass(Duration::from_millis(20));
        }
    };
    speak(&mut driver, 3);
    assert!(driver.digit(PBX, '9', 100));
    speak(&mut driver, 20);
    let sent = driver.take_rtp(PBX);
    let events: Vec<_> = sent.iter().filter(|sent| sent.header().payload_type == 101).collect();
    assert_eq!(events.len(), 7);
    assert!(events[0].header().marker && !events[1].header().marker);
    assert!(events.iter().all(|sent| sent.header().timestamp == events[0].header().timestamp));
    let ends: Vec<_> = events.iter().map(|sent| sent.rtp().payload()[1] >> 7).collect();
    assert_eq!(ends, [0, 0, 0, 0, 1, 1, 1]);
    assert_eq!(events[6].rtp().payload(), [9, 0x8a, 0x03, 0x20]);
    let first = sent.iter().position(|sent| sent.header().payload_type == 101).expect("events");
    assert!(sent[first..first + 7].iter().all(|sent| sent.header().payload_type == 101));
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
    }
    assert!(digits(&driver).is_empty(), "our own digits are not told");
}

#[test]
fn digits_that_cannot_be_played_are_refused() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].events.clear();
    let mut driver = Driver::open(&plan);
    assert!(!driver.digit(PBX, '1', 100));
    assert!(!driver.digit(HANDSET, 'x', 100));
    assert!(!driver.digit(LegIndex(2), '1', 100));
}
