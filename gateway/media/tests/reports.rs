//! RTCP: each leg has its own figures (RFC 3550 6.4); faults come and go.

mod support;

use std::time::Duration;

use media::{Channel, DropReason, Handled, Notice};
use media_api::{Codec, Format, MediaFault, PayloadType};
use srtp::NtpTime;
use srtp::rtcp::{Compound, ReportBlock, RtcpPacket, SenderInfo, Writer};
use support::{Driver, HANDSET, PBX, Sent, Talker, call, peer};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };

fn reports(driver: &Driver, leg: media_api::LegIndex) -> Vec<&Sent> {
    driver.sent.iter().filter(|sent| sent.leg == leg && sent.channel == Channel::Rtcp).collect()
}

fn talk(driver: &mut Driver, talker: &mut Talker, packets: usize) {
    for _ in 0..packets {
        let octets = talker.next(0xd5);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(20));
    }
}

#[test]
fn a_sender_report_counts_what_was_sent_and_a_receiver_report_what_came() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 42);
    talk(&mut driver, &mut talker, 100);
    talker.next(0);
    talk(&mut driver, &mut talker, 300);
    let to_pbx = reports(&driver, PBX);
    let last = Compound::parse(&to_pbx.last().expect("reported").octets).expect("valid");
    let Some(RtcpPacket::SenderReport(report)) = last.packets().next() else { panic!("no SR") };
    let sent = driver.stats(PBX).sent_packets;
    assert!(u64::from(report.sent.packets) <= sent && report.sent.packets > 200);
    assert_eq!(report.sent.octets, report.sent.packets * 160);
    assert_eq!(report.blocks().count(), 0, "the PBX has sent nothing");
    assert_eq!(to_pbx[0].to.port(), peer(PBX).port() + 1);

    let to_handset = reports(&driver, HANDSET);
    let last = Compound::parse(&to_handset.last().expect("reported").octets).expect("valid");
    let mut packets = last.packets();
    let Some(RtcpPacket::ReceiverReport(report)) = packets.next() else { panic!("no RR") };
    let block = report.blocks().next().expect("a block");
    assert_eq!((block.ssrc, block.cumulative_lost), (42, 1));
    let Some(RtcpPacket::SourceDescription(description)) = packets.next() else { panic!("no SDES") };
    assert_eq!(description.items().next().expect("CNAME").text.len(), 24);
}

#[test]
fn the_round_trip_follows_from_the_peers_block() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    talk(&mut driver, &mut Talker::new(8, 42), 300);
    let octets = reports(&driver, PBX).last().expect("reported").octets.clone();
    let report = Compound::parse(&octets).expect("valid");
    let Some(RtcpPacket::SenderReport(report)) = report.packets().next() else { panic!("no SR") };
    let since = driver.now;
    driver.pass(Duration::from_millis(80));
    let block = ReportBlock {
        ssrc: report.ssrc,
        fraction_lost: 0,
        cumulative_lost: 0,
        highest_sequence: 0,
        jitter: 0,
        last_sender_report: report.sent.ntp.middle(),
        delay_since_last: 0,
    };
    let mut buffer = [0; 200];
    let mut writer = Writer::new(&mut buffer);
    writer.receiver_report(77, &[block]).expect("room");
    let len = writer.written();
    let rtcp = std::net::SocketAddr::new(peer(PBX).ip(), 4_001);
    assert_eq!(driver.arrive_from(PBX, Channel::Rtcp, rtcp, &buffer[..len]), Handled::Consumed);
    let round_trip = driver.stats(PBX).round_trip_us.expect("measured");
    let at_least = (driver.now - since).as_micros() as u32;
    assert!(round_trip >= at_least && round_trip < 10_000_000, "{round_trip}");
    let stranger = "203.0.113.1:4001".parse().expect("an address");
    assert_eq!(
        driver.arrive_from(PBX, Channel::Rtcp, stranger, &buffer[..len]),
        Handled::Dropped(DropReason::Stranger)
    );
}

#[test]
fn the_peers_sender_report_is_answered_with_its_time() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 42);
    talk(&mut driver, &mut talker, 10);
    let mut buffer = [0; 200];
    let mut writer = Writer::new(&mut buffer);
    let sent =
        SenderInfo { ntp: NtpTime(0xaaaa_1234_5678_bbbb), rtp_timestamp: 0, packets: 10, octets: 1_600 };
    writer.sender_report(42, &sent, &[]).expect("room");
    let len = writer.written();
    driver.arrive_from(HANDSET, Channel::Rtcp, peer(HANDSET), &buffer[..len]);
    driver.sent.clear();
    talk(&mut driver, &mut talker, 400);
    let octets = &reports(&driver, HANDSET)[0].octets;
    let compound = Compound::parse(octets).expect("valid");
    let Some(RtcpPacket::ReceiverReport(report)) = compound.packets().next() else { panic!("no RR") };
    let block = report.blocks().next().expect("a block");
    assert_eq!(block.last_sender_report, 0x1234_5678);
    assert!(block.delay_since_last > 0 && block.delay_since_last < 8 << 16);
}

#[test]
fn a_closed_session_says_goodbye_once_per_talking_leg() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    talk(&mut driver, &mut Talker::new(8, 42), 5);
    driver.sent.clear();
    driver.close();
    let octets = &reports(&driver, PBX)[0].octets;
    let compound = Compound::parse(octets).expect("valid");
    assert!(compound.packets().any(|packet| matches!(packet, RtcpPacket::Bye(_))));
}

#[test]
fn multiplexed_reports_leave_by_the_rtp_port() {
    let mut plan = call(PCMA, PCMA);
    plan.legs[1].rtcp_mux = true;
    let mut driver = Driver::open(&plan);
    talk(&mut driver, &mut Talker::new(8, 42), 400);
    assert!(reports(&driver, PBX).is_empty());
    let muxed = driver.sent.iter().filter(|sent| sent.leg == PBX && (200..=207).contains(&sent.octets[1]));
    let muxed: Vec<_> = muxed.collect();
    assert!(!muxed.is_empty());
    assert!(muxed.iter().all(|sent| sent.to == peer(PBX)));
}

#[test]
fn a_silent_peer_is_a_fault_until_it_speaks() {
    let mut driver = Driver::open(&call(PCMA, PCMA));
    let mut talker = Talker::new(8, 42);
    talk(&mut driver, &mut talker, 100);
    driver.pass(Duration::from_secs(10));
    talk(&mut driver, &mut talker, 100);
    let faults: Vec<_> = driver
        .notices
        .iter()
        .filter_map(|notice| match *notice {
            Notice::Fault { leg, fault, raised } if leg == HANDSET => Some((fault, raised)),
            _ => None,
        })
        .collect();
    assert_eq!(faults, [(MediaFault::NoMedia, true), (MediaFault::NoMedia, false)]);
}
