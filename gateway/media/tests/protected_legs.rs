//! SRTP on one leg and on both: protected towards the peer, plain inside, and shut to everything else.

mod support;

use std::time::Duration;

use media::{Channel, DropReason, Handled, Notice};
use media_api::{Codec, Format, KeyMaterial, MediaFault, PayloadType, Plan, Protection, ProtectionProfile};
use srtp::RtpPacket;
use srtp::rtcp::Compound;
use srtp::secure::{Inbound, MAX_TRAILER_LEN, MasterKey, Outbound, Profile};
use support::{Driver, HANDSET, PBX, Talker, call, format, peer};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };

fn material(seed: u8) -> KeyMaterial {
    KeyMaterial { key: vec![seed; 16], salt: vec![seed + 1; 14], mki: Vec::new() }
}

fn protection() -> Box<Protection> {
    Box::new(Protection {
        profile: ProtectionProfile::AesCm128HmacSha1Tag80,
        ours: material(10),
        theirs: material(20),
        encrypt_reports: true,
    })
}

fn master(seed: u8) -> MasterKey {
    MasterKey::new(Profile::AesCm128HmacSha1Tag80, &[seed; 16], &[seed + 1; 14], &[]).expect("right lengths")
}

/// The PBX leg is protected.
fn plan(handset: Format, pbx: Format) -> Plan {
    let mut plan = call(handset, pbx);
    plan.legs[1].protection = Some(protection());
    plan
}

fn protect(out: &mut Outbound, plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + MAX_TRAILER_LEN, 0);
    let len = out.protect_rtp(&mut buffer, plain.len()).expect("room");
    buffer.truncate(len);
    buffer
}

#[test]
fn relayed_and_converted_packets_are_protected_towards_the_peer_and_plain_inside() {
    for pbx_format in
        [PCMA, format(Codec::Pcmu, 0, 20), format(Codec::Pcma, 8, 30), format(Codec::G722, 9, 20)]
    {
        let mut driver = Driver::open(&plan(PCMA, pbx_format));
        let (mut handset, mut pbx) = (Talker::new(8, 1), Talker::new(pbx_format.payload_type.0, 2));
        pbx.samples = 8 * u32::from(pbx_format.ptime_ms);
        let (mut peers_out, mut peers_in) = (Outbound::new(master(20), true), Inbound::new(master(10)));
        for n in 0..30 {
            let octets = handset.next(n);
            driver.arrive(HANDSET, &octets);
            let octets = protect(&mut peers_out, &pbx.next(n));
            assert!(!matches!(driver.arrive(PBX, &octets), Handled::Dropped(_)), "{pbx_format:?}");
            driver.pass(Duration::from_millis(20));
        }
        let to_pbx = driver.take_rtp(PBX);
        assert!(to_pbx.len() >= 19, "{}", to_pbx.len());
        for mut sent in to_pbx {
            let len = peers_in.unprotect_rtp(&mut sent.octets).expect("authentic");
            let packet = RtpPacket::parse(&sent.octets[..len]).expect("valid");
            assert_eq!(packet.payload_type(), pbx_format.payload_type.0);
        }
        let to_handset = driver.take_rtp(HANDSET);
        assert!(to_handset.len() >= 29);
        assert!(to_handset.iter().all(|sent| sent.rtp().payload().len() == 160));
    }
}

#[test]
fn reports_are_protected_as_well() {
    let mut driver = Driver::open(&plan(PCMA, PCMA));
    let mut handset = Talker::new(8, 1);
    for n in 0..250 {
        let octets = handset.next(n);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(20));
    }
    driver.close();
    let mut peers_in = Inbound::new(master(10));
    let reports: Vec<_> =
        driver.sent.iter_mut().filter(|sent| sent.leg == PBX && sent.channel == Channel::Rtcp).collect();
    assert!(reports.len() >= 2);
    for report in reports {
        assert!(Compound::parse(&report.octets).is_err(), "not readable on the wire");
        let len = peers_in.unprotect_rtcp(&mut report.octets).expect("authentic");
        Compound::parse(&report.octets[..len]).expect("a compound inside");
    }
}

#[test]
fn plain_and_forged_packets_do_not_pass_nor_latch_and_raise_a_fault() {
    let mut driver = Driver::open(&plan(PCMA, PCMA));
    let mut pbx = Talker::new(8, 2);
    let stranger = "198.51.100.7:9".parse().expect("an address");
    for n in 0..60 {
        let octets = pbx.next(n);
        let handled = driver.arrive_from(PBX, Channel::Rtp, stranger, &octets);
        assert_eq!(handled, Handled::Dropped(DropReason::Authentication));
        driver.pass(Duration::from_millis(20));
    }
    assert!(driver.take_rtp(HANDSET).is_empty());
    assert_eq!(driver.stats(PBX).latched, None);
    let mut peers_out = Outbound::new(master(20), true);
    for n in 0..100 {
        let octets = protect(&mut peers_out, &pbx.next(n));
        driver.arrive(PBX, &octets);
        assert_eq!(driver.arrive(PBX, &octets), Handled::Dropped(DropReason::Replayed));
        driver.pass(Duration::from_millis(20));
    }
    assert_eq!(driver.stats(PBX).latched, Some(peer(PBX)));
    let faults: Vec<_> = driver
        .notices
        .iter()
        .filter_map(|notice| match *notice {
            Notice::Fault { fault: MediaFault::Authentication, raised, .. } => Some(raised),
            _ => None,
        })
        .collect();
    assert_eq!(faults, [true, false]);
}

#[test]
fn a_plan_with_the_same_keys_keeps_the_replay_window_and_one_with_others_does_not_mix() {
    let mut driver = Driver::open(&plan(PCMA, PCMA));
    let (mut pbx, mut peers_out) = (Talker::new(8, 2), Outbound::new(master(20), true));
    let packet = protect(&mut peers_out, &pbx.next(0));
    assert!(matches!(driver.arrive(PBX, &packet), Handled::Forward(_)));
    driver.session.set_plan(driver.now, &plan(PCMA, PCMA)).expect("possible");
    assert_eq!(driver.arrive(PBX, &packet), Handled::Dropped(DropReason::Replayed));
    let mut rekeyed = plan(PCMA, PCMA);
    rekeyed.legs[1].protection.as_mut().expect("protected").theirs = material(30);
    driver.session.set_plan(driver.now, &rekeyed).expect("possible");
    let packet = protect(&mut peers_out, &pbx.next(0));
    assert_eq!(driver.arrive(PBX, &packet), Handled::Dropped(DropReason::Authentication));
    let packet = protect(&mut Outbound::new(master(30), true), &pbx.next(0));
    assert!(matches!(driver.arrive(PBX, &packet), Handled::Forward(_)));
}

#[test]
fn keys_of_a_wrong_length_are_refused_and_never_shown() {
    let mut wrong = plan(PCMA, PCMA);
    wrong.legs[1].protection.as_mut().expect("protected").ours.key.pop();
    assert_eq!(Driver::try_open(&wrong).err(), Some(media_api::Refusal::Plan));
    let shown = format!("{:?}", plan(PCMA, PCMA));
    assert!(!shown.contains("10, 10") && !shown.contains("20, 20"), "{shown}");
}
