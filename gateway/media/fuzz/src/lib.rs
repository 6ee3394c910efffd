//! Body of the fuzz target, shared with the smoke test of the crate.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::{Channel, Datagram, MediaClock, Outbox, Session};
use media_api::{
    Codec, DigitSending, EventFormat, Format, Hears, InterfaceId, Latching, LegIndex, LegPlan, LocalPort,
    PayloadType, Plan, Remote,
};
use srtp::{NtpTime, RtpPacket};

/// A call under hostile packets: the octets are records of leg, time step, length and packet.
pub fn session(mut octets: &[u8]) {
    let mut now = start();
    let Some((&kind, rest)) = octets.split_first() else { return };
    octets = rest;
    let plan = plan(kind);
    let clock = MediaClock::new(now, NtpTime(1 << 40));
    let Ok(mut session) = Session::open(now, clock, &codecs::tones::SETS[0], u64::from(kind), &plan) else {
        return;
    };
    let mut out = Outbox::new();
    while let [leg, step, len, rest @ ..] = octets {
        let (packet, rest) = rest.split_at(rest.len().min(usize::from(*len)));
        octets = rest;
        now += Duration::from_millis(u64::from(*step));
        while session.poll_timeout() <= now {
            let due = session.poll_timeout();
            session.handle_timeout(due, &mut out);
            check(&mut out);
            assert!(session.poll_timeout() > due, "a deadline that is served moves on");
        }
        let (leg, channel) = (leg & 3, if leg & 4 == 0 { Channel::Rtp } else { Channel::Rtcp });
        let source = SocketAddr::from(([192, 0, 2, 1 + (leg & 1)], 4_000 + u16::from(leg >> 7)));
        let (mut packet, len) = (packet.to_vec(), packet.len());
        let datagram = Datagram { leg: LegIndex(leg), channel, source, buffer: &mut packet, len };
        session.handle_packet(now, datagram, &mut out);
        check(&mut out);
    }
    session.close(now, &mut out);
    check(&mut out);
    assert_eq!(session.stats().count(), plan.legs.len());
}

/// What leaves is a valid packet.
fn check(out: &mut Outbox) {
    for (to, octets) in out.packets() {
        let is_report = (200..=207).contains(&octets[1]);
        assert!(is_report || (to.channel == Channel::Rtp && RtpPacket::parse(octets).is_ok()));
    }
    out.clear();
}

fn plan(kind: u8) -> Plan {
    let codecs = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::G729(media_api::AnnexB::No)];
    let times = [10, 20, 30, 60];
    let format = |n: u8| Format {
        codec: codecs[usize::from(n & 3)],
        payload_type: PayloadType([8, 0, 9, 18][usize::from(n & 3)]),
        ptime_ms: times[usize::from(n >> 2 & 3)],
    };
    let leg = |index: u8, format: Format, hears| {
        let rtp = SocketAddr::from(([192, 0, 2, 1 + index], 4_000));
        LegPlan {
            local: LocalPort { interface: InterfaceId(0), port: 20_000 + 2 * u16::from(index) },
            remote: Some(Remote { rtp, rtcp: rtp }),
            rtcp_mux: kind & 1 == 0,
            send: true,
            receive: true,
            protection: None,
            supervised: true,
            sending: Some(format),
            receiving: vec![format, Format { payload_type: PayloadType(96), ..format }],
            events: vec![EventFormat { payload_type: PayloadType(101), clock_rate: 8_000 }],
            comfort_noise: Some(PayloadType(13)),
            digits: DigitSending::Events,
            latching: Latching::FirstSource,
            hears,
        }
    };
    let second = if kind & 0x80 == 0 { Hears::Leg(LegIndex(0)) } else { Hears::Own };
    Plan { legs: vec![leg(0, format(kind), Hears::Leg(LegIndex(1))), leg(1, format(kind >> 4), second)] }
}

fn start() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
    Instant::now()
}
