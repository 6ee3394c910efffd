//! Plans, packets and a driver for tests of sessions.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::{Channel, Datagram, DropReason, Handled, MediaClock, Notice, Outbox, Session};
use media_api::{
    Codec, DigitSending, EventFormat, Format, Hears, InterfaceId, Latching, LegIndex, LegPlan, LegStats,
    LocalPort, PayloadType, Plan, Refusal, Remote,
};
use srtp::{NtpTime, RtpHeader, RtpPacket};

pub const HANDSET: LegIndex = LegIndex(0);
pub const PBX: LegIndex = LegIndex(1);

pub fn peer(leg: LegIndex) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, leg.0 + 1], 4_000))
}

pub fn format(codec: Codec, payload_type: u8, ptime_ms: u8) -> Format {
    Format { codec, payload_type: PayloadType(payload_type), ptime_ms }
}

pub fn leg(index: u8, format: Format, hears: Hears) -> LegPlan {
    let rtp = peer(LegIndex(index));
    LegPlan {
        local: LocalPort { interface: InterfaceId(0), port: 20_000 + 2 * u16::from(index) },
        remote: Some(Remote { rtp, rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1) }),
        rtcp_mux: false,
        send: true,
        receive: true,
        protection: None,
        supervised: true,
        sending: Some(format),
        receiving: vec![format],
        events: vec![EventFormat { payload_type: PayloadType(101), clock_rate: 8_000 }],
        comfort_noise: None,
        digits: DigitSending::Events,
        latching: Latching::FirstSource,
        hears,
    }
}

/// Two legs that hear each other.
pub fn call(handset: Format, pbx: Format) -> Plan {
    Plan { legs: vec![leg(0, handset, Hears::Leg(PBX)), leg(1, pbx, Hears::Leg(HANDSET))] }
}

pub fn start() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
    Instant::now()
}

/// A packet that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub leg: LegIndex,
    pub channel: Channel,
    pub to: SocketAddr,
    pub octets: Vec<u8>,
}

impl Sent {
    pub fn header(&self) -> RtpHeader {
        self.rtp().header()
    }

    pub fn rtp(&self) -> RtpPacket<'_> {
        RtpPacket::parse(&self.octets).expect("a valid packet")
    }
}

/// A session under virtual time, and all that came out of it.
pub struct Driver {
    pub session: Session,
    pub now: Instant,
    pub sent: Vec<Sent>,
    pub notices: Vec<Notice>,
    pub dropped: Vec<DropReason>,
    out: Outbox,
}

impl Driver {
    pub fn open(plan: &Plan) -> Self {
        Self::try_open(plan).expect("the plan is possible")
    }

    pub fn try_open(plan: &Plan) -> Result<Self, Refusal> {
        let now = start();
        let session =
            Session::open(now, MediaClock::new(now, NtpTime(1 << 40)), &codecs::tones::SETS[0], 7, plan)?;
        let (sent, notices, dropped) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { session, now, sent, notices, dropped, out: Outbox::new() })
    }

    /// Lets time pass, serving every deadline.
    pub fn pass(&mut self, duration: Duration) {
        let until = self.now + duration;
        while self.session.poll_timeout() <= until {
            self.now = self.now.max(self.session.poll_timeout());
            self.session.handle_timeout(self.now, &mut self.out);
            self.collect();
        }
        self.now = until;
    }

    pub fn arrive(&mut self, leg: LegIndex, octets: &[u8]) -> Handled {
        self.arrive_from(leg, Channel::Rtp, peer(leg), octets)
    }

    pub fn arrive_from(
        &mut self,
        leg: LegIndex,
        channel: Channel,
        from: SocketAddr,
        octets: &[u8],
    ) -> Handled {
        let len = octets.len();
        let mut octets = octets.to_vec();
        octets.resize(len + 40, 0);
        let datagram = Datagram { leg, channel, source: from, buffer: &mut octets, len };
        let handled = self.session.handle_packet(self.now, datagram, &mut self.out);
        match handled {
            Handled::Forward(to) => self.sent.push(Sent {
                leg: LegIndex(to.leg),
                channel: to.channel,
                to: to.destination,
                octets: octets[..to.len].to_vec(),
            }),
            Handled::Dropped(reason) => self.dropped.push(reason),
            Handled::Consumed => {}
        }
        self.collect();
        handled
    }

    pub fn digit(&mut self, leg: LegIndex, digit: char, duration_ms: u16) -> bool {
        let played = self.session.send_digit(self.now, leg, digit, duration_ms, &mut self.out);
        self.collect();
        played
    }

    pub fn close(&mut self) {
        self.session.close(self.now, &mut self.out);
        self.collect();
    }

    pub fn stats(&self, leg: LegIndex) -> LegStats {
        self.session.stats().nth(usize::from(leg.0)).expect("the leg exists")
    }

    /// The RTP packets that left on a leg, taken out.
    pub fn take_rtp(&mut self, leg: LegIndex) -> Vec<Sent> {
        let (wanted, rest) =
            self.sent.drain(..).partition(|sent| sent.leg == leg && sent.channel == Channel::Rtp);
        self.sent = rest;
        wanted
    }

    fn collect(&mut self) {
        self.sent.extend(self.out.packets().map(|(to, octets)| Sent {
            leg: LegIndex(to.leg),
            channel: to.channel,
            to: to.destination,
            octets: octets.to_vec(),
        }));
        self.notices.extend(self.out.notices().iter().filter(|notice| **notice != Notice::Stats));
        self.out.clear();
    }
}

/// A talker: makes the packets of one stream.
#[derive(Debug, Clone)]
pub struct Talker {
    pub header: RtpHeader,
    pub samples: u32,
}

impl Talker {
    pub fn new(payload_type: u8, ssrc: u32) -> Self {
        let header =
            RtpHeader { marker: false, payload_type, sequence: 65_530, timestamp: 0xffff_ff00, ssrc };
        Self { header, samples: 160 }
    }

    /// The next packet, its payload `fill`ed.
    pub fn next(&mut self, fill: u8) -> Vec<u8> {
        let mut octets = self.header.to_octets().to_vec();
        octets.resize(12 + self.samples as usize, fill);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(self.samples);
        octets
    }

    /// The next event packet; the timestamp stands until [`Talker::end_event`].
    pub fn event(&mut self, payload_type: u8, code: u8, end: bool, duration: u16) -> Vec<u8> {
        let header = RtpHeader { payload_type, ..self.header };
        let mut octets = header.to_octets().to_vec();
        octets.extend([code, u8::from(end) << 7 | 10]);
        octets.extend(duration.to_be_bytes());
        self.header.sequence = self.header.sequence.wrapping_add(1);
        octets
    }

    pub fn end_event(&mut self, units: u32) {
        self.header.timestamp = self.header.timestamp.wrapping_add(units);
    }
}
