//! A worker over real sockets: it carries, converts, tells, refuses and cleans up.

#![allow(clippy::disallowed_methods, reason = "real sockets live in real time")]

mod support;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use media::{MediaClock, Worker, WorkerConfig, WorkerHandle};
use media_api::{
    Codec, Command, Event, Format, InterfaceId, LegIndex, LegStats, LocalPort, PayloadType, Plan, PortRange,
    Refusal, Remote, SessionId, WorkerId,
};
use srtp::rtcp::{Compound, RtcpPacket};
use srtp::{NtpTime, RtpPacket};
use support::{HANDSET, PBX, Talker, call, format};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };
const CALL: SessionId = SessionId(77);
const PATIENCE: Duration = Duration::from_secs(10);

/// An address of its own per test, so that any port is free.
fn own_address() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let host = (std::process::id() << 6).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) & 0x00ff_ffff;
    IpAddr::V4(Ipv4Addr::from(0x7f00_0000 | host.max(2)))
}

struct Bed {
    worker: WorkerHandle,
    events: Receiver<Event>,
    address: IpAddr,
    phones: [UdpSocket; 2],
    reports: [UdpSocket; 2],
}

fn bed() -> Bed {
    let address = own_address();
    let (sink, events) = sync_channel(1_000);
    let now = Instant::now();
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let config = WorkerConfig {
        id: WorkerId(0),
        interfaces: vec![(InterfaceId(0), address)],
        ports: PortRange { first: 20_000, pairs: 100 },
        tos: 0xb8,
        tone_set: 0,
        max_sessions: 10,
        command_queue: 64,
        cpu: None,
        seed: 1,
        clock: MediaClock::new(now, NtpTime::from_unix(since_epoch)),
    };
    let sink = move |_, event| {
        sink.try_send(event).map_err(|error| match error {
            std::sync::mpsc::TrySendError::Full(event)
            | std::sync::mpsc::TrySendError::Disconnected(event) => event,
        })
    };
    let worker = Worker::spawn(config, Box::new(sink)).expect("a worker");
    let socket = |port| {
        let socket = UdpSocket::bind((address, port)).expect("a free port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket
    };
    Bed {
        worker,
        events,
        address,
        phones: [socket(30_000), socket(30_002)],
        reports: [socket(30_001), socket(30_003)],
    }
}

impl Bed {
    fn plan(&self, handset: Format, pbx: Format) -> Plan {
        let mut plan = call(handset, pbx);
        for (index, leg) in plan.legs.iter_mut().enumerate() {
            let rtp = self.phones[index].local_addr().expect("bound");
            leg.remote = Some(Remote { rtp, rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1) });
        }
        plan
    }

    fn command(&self, command: Command) {
        self.worker.send(command).expect("the queue has room");
    }

    fn say(&self, leg: LegIndex, octets: &[u8]) {
        let to = (self.address, 20_000 + 2 * u16::from(leg.0));
        self.phones[usize::from(leg.0)].send_to(octets, to).expect("sent");
    }

    /// The next packet on a phone and where it came from.
    fn hear(&self, leg: LegIndex) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2_000];
        let (len, from) = self.phones[usize::from(leg.0)].recv_from(&mut buffer).expect("a packet");
        (buffer[..len].to_vec(), from)
    }

    /// The next event other than figures.
    fn event(&self) -> Event {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("an event") {
                Event::Stats { .. } => {}
                event => return event,
            }
        }
    }

    /// The figures, once they say what is wanted.
    fn figures(&self, wanted: impl Fn(&[LegStats]) -> bool) -> Vec<LegStats> {
        loop {
            if let Event::Stats { legs, .. } = self.events.recv_timeout(PATIENCE).expect("an event")
                && wanted(&legs)
            {
                return legs;
            }
        }
    }
}

#[test]
fn audio_passes_both_ways_from_the_announced_ports() {
    let bed = bed();
    bed.command(Command::Open(CALL, Box::new(bed.plan(PCMA, PCMA))));
    let (mut handset, mut pbx) = (Talker::new(8, 1), Talker::new(8, 2));
    // The sockets exist once the worker took the command: until then packets get lost, as on any network.
    let first = loop {
        bed.say(HANDSET, &handset.next(0));
        bed.phones[1].set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let mut buffer = [0; 2_000];
        if let Ok((len, from)) = bed.phones[1].recv_from(&mut buffer) {
            assert_eq!(from, SocketAddr::new(bed.address, 20_002));
            break RtpPacket::parse(&buffer[..len]).expect("valid").header();
        }
    };
    bed.phones[1].set_read_timeout(Some(PATIENCE)).expect("a timeout");
    for n in 1..=100 {
        bed.say(HANDSET, &handset.next(n));
        let (octets, _) = bed.hear(PBX);
        let heard = RtpPacket::parse(&octets).expect("valid");
        assert_eq!(heard.sequence(), first.sequence.wrapping_add(u16::from(n)));
        assert_eq!(heard.payload(), &[n; 160]);
        bed.say(PBX, &pbx.next(n));
        let (octets, from) = bed.hear(HANDSET);
        assert_eq!(from, SocketAddr::new(bed.address, 20_000));
        assert_eq!(RtpPacket::parse(&octets).expect("valid").payload(), &[n; 160]);
    }
    let figures = bed.figures(|legs| legs[1].received_packets == 100);
    assert_eq!(figures[0].sent_packets, 100);
    assert_eq!(figures[0].lost_packets, 0);
    assert_eq!(figures[1].latched, bed.phones[1].local_addr().ok());
}

#[test]
fn a_closed_session_says_goodbye_frees_its_ports_and_tells_its_figures() {
    let bed = bed();
    bed.command(Command::Open(CALL, Box::new(bed.plan(PCMA, format(Codec::Pcmu, 0, 20)))));
    let mut handset = Talker::new(8, 1);
    bed.phones[1].set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    let mut buffer = [0; 2_000];
    loop {
        bed.say(HANDSET, &handset.next(0x55));
        if let Ok((len, _)) = bed.phones[1].recv_from(&mut buffer) {
            let packet = RtpPacket::parse(&buffer[..len]).expect("valid");
            assert_eq!(packet.payload()[0], codecs::g711::a_to_mu(0x55));
            break;
        }
    }
    bed.command(Command::Close(CALL));
    let Event::Closed { session, legs } = bed.event() else { panic!("not closed") };
    assert_eq!((session, legs.len()), (CALL, 2));
    assert!(legs[0].received_packets >= 1);
    let (len, _) = bed.reports[1].recv_from(&mut buffer).expect("a goodbye");
    let compound = Compound::parse(&buffer[..len]).expect("valid");
    assert!(compound.packets().any(|packet| matches!(packet, RtcpPacket::Bye(_))));
    for port in 20_000..20_004 {
        UdpSocket::bind((bed.address, port)).expect("the port is free again");
    }
}

#[test]
fn a_port_in_use_or_out_of_range_is_refused_and_leaves_nothing() {
    let bed = bed();
    let taken = UdpSocket::bind((bed.address, 20_003)).expect("a free port");
    let plan = bed.plan(PCMA, PCMA);
    bed.command(Command::Open(CALL, Box::new(plan.clone())));
    let refused = plan.legs[1].local;
    assert_eq!(bed.event(), Event::Refused { session: CALL, reason: Refusal::Port(refused) });
    UdpSocket::bind((bed.address, 20_000)).expect("the other leg's port is free again");
    drop(taken);
    let mut outside = plan.clone();
    outside.legs[0].local.port = 40_000;
    bed.command(Command::Open(CALL, Box::new(outside.clone())));
    assert_eq!(bed.event(), Event::Refused { session: CALL, reason: Refusal::Port(outside.legs[0].local) });
    bed.command(Command::Replace(CALL, Box::new(plan.clone())));
    assert_eq!(bed.event(), Event::Refused { session: CALL, reason: Refusal::Unknown });
    let mut foreign = plan;
    foreign.legs[0].local = LocalPort { interface: InterfaceId(9), port: 20_000 };
    bed.command(Command::Open(CALL, Box::new(foreign.clone())));
    assert_eq!(bed.event(), Event::Refused { session: CALL, reason: Refusal::Port(foreign.legs[0].local) });
}

#[test]
fn sessions_are_bounded_and_a_stopped_worker_closes_them() {
    let bed = bed();
    for number in 0..11u16 {
        let mut plan = bed.plan(PCMA, PCMA);
        plan.legs[0].local.port = 20_000 + 4 * number;
        plan.legs[1].local.port = 20_002 + 4 * number;
        bed.command(Command::Open(SessionId(number.into()), Box::new(plan)));
    }
    assert_eq!(bed.event(), Event::Refused { session: SessionId(10), reason: Refusal::Sessions });
    bed.worker.stop();
    let closed = bed.events.iter().filter(|event| matches!(event, Event::Closed { .. })).count();
    assert_eq!(closed, 10);
}

#[test]
fn a_replaced_plan_moves_a_leg_to_another_port_and_gives_the_old_one_up() {
    let bed = bed();
    let mut plan = bed.plan(PCMA, PCMA);
    plan.legs[0].rtcp_mux = true;
    bed.command(Command::Open(CALL, Box::new(plan.clone())));
    plan.legs[0].rtcp_mux = false;
    plan.legs[1].local.port = 20_010;
    bed.command(Command::Replace(CALL, Box::new(plan)));
    let mut handset = Talker::new(8, 1);
    bed.phones[1].set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    let mut buffer = [0; 2_000];
    let from = loop {
        bed.say(HANDSET, &handset.next(0));
        if let Ok((_, from)) = bed.phones[1].recv_from(&mut buffer)
            && from.port() == 20_010
        {
            break from;
        }
    };
    assert_eq!(from.port(), 20_010);
    UdpSocket::bind((bed.address, 20_002)).expect("the old port is free");
    assert!(UdpSocket::bind((bed.address, 20_001)).is_err(), "RTCP got its own port");
}

#[test]
fn digits_are_told_and_made() {
    let bed = bed();
    bed.command(Command::Open(CALL, Box::new(bed.plan(PCMA, PCMA))));
    bed.command(Command::SendDigit { session: CALL, leg: PBX, digit: '4', duration_ms: 80 });
    let packets: Vec<_> = (0..6).map(|_| bed.hear(PBX).0).collect();
    let ends = packets.iter().filter(|octets| octets[13] & 0x80 != 0).count();
    assert_eq!(ends, 3);
    assert!(packets.iter().all(|octets| octets[1] & 0x7f == 101 && octets[12] == 4));
    let mut handset = Talker::new(8, 1);
    for _ in 0..3 {
        let event = handset.event(101, 8, true, 800);
        bed.say(HANDSET, &event);
    }
    assert_eq!(bed.event(), Event::Digit { session: CALL, leg: HANDSET, digit: '8', duration_ms: 100 });
}

#[test]
fn octets_that_are_not_media_do_no_harm() {
    let bed = bed();
    bed.command(Command::Open(CALL, Box::new(bed.plan(PCMA, PCMA))));
    let mut handset = Talker::new(8, 1);
    bed.phones[1].set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    let mut buffer = [0; 2_000];
    loop {
        bed.say(HANDSET, &handset.next(1));
        if bed.phones[1].recv_from(&mut buffer).is_ok() {
            break;
        }
    }
    for rubbish in [&[][..], &[0x80], &[0xff; 1_900], &[0x80, 200, 0xff, 0xff], &[0x9f; 20]] {
        bed.say(HANDSET, rubbish);
    }
    bed.say(HANDSET, &handset.next(1));
    // What was never media is the worker's to count; what claimed to be media is the leg's.
    let figures = bed.figures(|legs| legs[0].dropped_packets > 0);
    assert!(figures[0].received_packets > 0);
}
