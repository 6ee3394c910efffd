//! Relay: the payload passes, the header is ours, and our stream never breaks.

mod support;

use std::time::Duration;

use media::{Channel, DropReason, Handled};
use media_api::{Codec, Hears, Latching};
use support::{Driver, HANDSET, PBX, Talker, call, format, peer};

const PCMA: media_api::Format =
    media_api::Format { codec: Codec::Pcma, payload_type: media_api::PayloadType(8), ptime_ms: 20 };

fn talk(driver: &mut Driver, talker: &mut Talker, packets: usize) {
    for _ in 0..packets {
        let octets = talker.next(0xd5);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(20));
    }
}

/// Sequence numbers go up by one, timestamps by 160.
fn assert_unbroken(sent: &[support::Sent]) {
    for pair in sent.windows(2) {
        let (before, after) = (pair[0].header(), pair[1].header());
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(after.sequence, before.sequence.wrapping_add(1));
        assert_eq!(after.timestamp, before.timestamp.wrapping_add(160));
    }
}

#[test]
fn the_payload_passes_under_our_numbers() {
    let mut driver = Driver::open(&call(PCMA, format(Codec::Pcma, 96, 20)));
    let mut talker = Talker::new(8, 42);
    talk(&mut driver, &mut talker, 10);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 10);
    assert_unbroken(&sent);
    assert_eq!(sent[0].to, peer(PBX));
    assert_eq!(sent[0].rtp().payload(), &[0xd5; 160]);
    assert_eq!(sent[0].header().payload_type, 96);
    assert_ne!(sent[0].header().ssrc, 42);
    assert!(sent[0].header().marker);
    assert!(!sent[1].header().marker);
    assert_eq!(driver.stats(HANDSET).received_packets, 10);
    assert_eq!(driver.stats(PBX).sent_octets, 1_600);
}

#[test]
fn a_new_source_is_the_same_stream_to_the_listener() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    talk(&mut driver, &mut Talker::new(8, 1), 5);
    let mut other = Talker::new(8, 2);
    other.header.sequence = 9;
    other.header.timestamp = 77;
    talk(&mut driver, &mut other, 5);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 10);
    assert_unbroken(&sent);
    assert!(sent[5].header().marker, "a new talk spurt begins");
}

#[test]
fn loss_and_order_stay_visible() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 1);
    let packets: Vec<_> = (0..6).map(|n| talker.next(n)).collect();
    for n in [0, 1, 3, 2, 5] {
        driver.arrive(HANDSET, &packets[n]);
    }
    assert_eq!(driver.arrive(HANDSET, &packets[3]), Handled::Dropped(DropReason::Duplicate));
    let sent = driver.take_rtp(PBX);
    let first = sent[0].header().sequence;
    let numbers: Vec<_> = sent.iter().map(|sent| sent.header().sequence.wrapping_sub(first)).collect();
    assert_eq!(numbers, [0, 1, 3, 2, 5]);
    let stats = driver.stats(HANDSET);
    assert_eq!((stats.lost_packets, stats.duplicate_packets, stats.reordered_packets), (1, 1, 1));
}

#[test]
fn hold_and_resume_leave_no_hole_in_the_numbers() {
    let plan = call(PCMA, PCMA);
    let mut held = plan.clone();
    held.legs[0].receive = false;
    let mut driver = Driver::open(&plan);
    let mut talker = Talker::new(8, 1);
    talk(&mut driver, &mut talker, 3);
    driver.session.set_plan(driver.now, &held).expect("possible");
    talk(&mut driver, &mut talker, 50);
    driver.session.set_plan(driver.now, &plan).expect("possible");
    talk(&mut driver, &mut talker, 3);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 6);
    let (before, after) = (sent[2].header(), sent[3].header());
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(51 * 160));
    assert!(after.marker);
}

#[test]
fn the_codec_may_change_under_way() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    talk(&mut driver, &mut Talker::new(8, 1), 3);
    let both = call(format(Codec::G722, 9, 20), format(Codec::G722, 9, 20));
    driver.session.set_plan(driver.now, &both).expect("possible");
    talk(&mut driver, &mut Talker::new(9, 2), 3);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 6);
    assert_unbroken(&sent);
    assert_eq!(sent[3].header().payload_type, 9);
}

#[test]
fn a_payload_type_that_was_not_agreed_is_dropped_and_closes_up() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 1);
    talk(&mut driver, &mut talker, 2);
    talker.header.payload_type = 3;
    talk(&mut driver, &mut talker, 1);
    talker.header.payload_type = 8;
    talk(&mut driver, &mut talker, 1);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[2].header().sequence, sent[1].header().sequence.wrapping_add(1));
    assert_eq!(driver.stats(HANDSET).dropped_packets, 1);
    assert_eq!(driver.stats(HANDSET).lost_packets, 0);
}

#[test]
fn strangers_are_not_believed_and_the_answer_follows_the_latch() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].latching = Latching::Strict;
    let mut driver = Driver::open(&plan);
    let nat = "198.51.100.9:777".parse().expect("an address");
    let mut talker = Talker::new(8, 1);
    let octets = talker.next(1);
    assert!(matches!(driver.arrive_from(HANDSET, Channel::Rtp, nat, &octets), Handled::Forward(_)));
    let mut pbx = Talker::new(8, 3);
    let octets = pbx.next(2);
    assert_eq!(
        driver.arrive_from(PBX, Channel::Rtp, nat, &octets),
        Handled::Dropped(DropReason::Stranger),
        "strict means the announced address"
    );
    driver.arrive(PBX, &octets);
    assert_eq!(driver.take_rtp(HANDSET)[0].to, nat);
    assert_eq!(driver.stats(HANDSET).latched, Some(nat));
}

#[test]
fn the_echo_test_hears_itself() {
    let plan = media_api::Plan { legs: vec![support::leg(0, PCMA, Hears::Own)] };
    let mut driver = Driver::open(&plan);
    talk(&mut driver, &mut Talker::new(8, 1), 4);
    let sent = driver.take_rtp(HANDSET);
    assert_eq!(sent.len(), 4);
    assert_unbroken(&sent);
}

#[test]
fn extension_and_csrcs_pass() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut octets = Talker::new(8, 1).next(7);
    octets[0] |= 0x11;
    let tail = octets.split_off(12);
    octets.extend([0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
    octets.extend(tail);
    driver.arrive(HANDSET, &octets);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent[0].rtp().csrcs().collect::<Vec<_>>(), [9]);
    assert_eq!(sent[0].rtp().payload(), &[7; 160]);
}
