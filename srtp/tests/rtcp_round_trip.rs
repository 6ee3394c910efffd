//! What the RTCP writer writes, the views read back; what does not add up is refused.

use srtp::NtpTime;
use srtp::rtcp::{Compound, ReportBlock, RtcpError, RtcpPacket, SenderInfo, VoipMetrics, Writer, XrBlock};

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 7,
    fraction_lost: 12,
    cumulative_lost: -3,
    highest_sequence: 0x0001_0005,
    jitter: 99,
    last_sender_report: 0x1234_5678,
    delay_since_last: 65_536,
};
const SENT: SenderInfo =
    SenderInfo { ntp: NtpTime(0x1122_3344_5566_7788), rtp_timestamp: 1, packets: 2, octets: 3 };

fn metrics() -> VoipMetrics {
    VoipMetrics {
        ssrc: 7,
        loss_rate: 1,
        discard_rate: 2,
        burst_density: 3,
        gap_density: 4,
        burst_duration: 500,
        gap_duration: 600,
        round_trip_delay: 70,
        end_system_delay: 80,
        signal_level: 9,
        noise_level: 10,
        echo_return_loss: 127,
        gap_minimum: 16,
        r_factor: 92,
        external_r_factor: 127,
        mos_listening: 43,
        mos_conversational: 42,
        receiver_config: 0xb0,
        jitter_buffer_nominal: 40,
        jitter_buffer_maximum: 60,
        jitter_buffer_absolute: 300,
    }
}

fn compound(buffer: &mut [u8]) -> usize {
    let mut writer = Writer::new(buffer);
    writer.sender_report(42, &SENT, &[BLOCK]).expect("room");
    writer.cname(42, b"gateway@here").expect("room");
    writer.voip_metrics(42, &metrics()).expect("room");
    writer.bye(42).expect("room");
    writer.written()
}

#[test]
fn a_compound_reads_back() {
    let mut buffer = [0; 256];
    let len = compound(&mut buffer);
    let mut packets = Compound::parse(&buffer[..len]).unwrap().packets();
    let Some(RtcpPacket::SenderReport(report)) = packets.next() else { panic!("no SR first") };
    assert_eq!((report.ssrc, report.sent), (42, SENT));
    assert_eq!(report.blocks().collect::<Vec<_>>(), [BLOCK]);
    let Some(RtcpPacket::SourceDescription(description)) = packets.next() else { panic!("no SDES") };
    let items: Vec<_> = description.items().collect();
    assert_eq!(items.len(), 1);
    assert_eq!((items[0].ssrc, items[0].kind, items[0].text), (42, 1, &b"gateway@here"[..]));
    let Some(RtcpPacket::ExtendedReport(extended)) = packets.next() else { panic!("no XR") };
    assert_eq!(extended.blocks().collect::<Vec<_>>(), [XrBlock::VoipMetrics(metrics())]);
    let Some(RtcpPacket::Bye(bye)) = packets.next() else { panic!("no BYE") };
    assert_eq!(bye.sources().collect::<Vec<_>>(), [42]);
    assert!(packets.next().is_none());
}

#[test]
fn every_truncation_is_refused_or_ends_on_a_packet() {
    let mut buffer = [0; 256];
    let len = compound(&mut buffer);
    let whole: Vec<usize> = [52, 52 + 24, 52 + 24 + 44, len].to_vec();
    for cut in 0..len {
        let parsed = Compound::parse(&buffer[..cut]);
        assert_eq!(parsed.is_ok(), whole.contains(&cut), "cut at {cut}");
    }
}

#[test]
fn a_full_buffer_keeps_whole_packets_only() {
    let mut buffer = [0; 60];
    let mut writer = Writer::new(&mut buffer);
    writer.sender_report(42, &SENT, &[BLOCK]).expect("room");
    assert!(writer.cname(42, b"far too long a name for this").is_err());
    assert_eq!(writer.written(), 52);
}

#[test]
fn padding_only_in_the_last_packet() {
    let mut octets = vec![0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4];
    assert!(Compound::parse(&octets).is_ok());
    octets.extend([0x80, 203, 0, 0]);
    assert_eq!(Compound::parse(&octets).err(), Some(RtcpError::Padding));
    assert_eq!(Compound::parse(&[0xa0, 201, 0, 1, 0, 0, 0, 5]).err(), Some(RtcpError::Padding));
    assert_eq!(Compound::parse(&[0x40, 201, 0, 0]).err(), Some(RtcpError::Version));
}

#[test]
fn a_report_shorter_than_its_count_is_other() {
    let octets = [0x82, 201, 0, 1, 0, 0, 0, 1];
    let mut packets = Compound::parse(&octets).unwrap().packets();
    assert!(matches!(packets.next(), Some(RtcpPacket::Other(201, _))));
}
