//! A small network for tests: endpoints and scripted peers, virtual time, seeded loss, delay, duplication.
//!
//! Nothing here reads the wire format by itself; scripted peers use the crate's own parser and builder.

#![allow(dead_code, reason = "every test uses a part of it")]
#![allow(unreachable_pub, reason = "a module of every test binary")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "tests read better without borrows")]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::{
    Builder, Config, Counts, Endpoint, Entropy, Event, Flow, ListenerId, ListenerInfo, Message, OutgoingCall,
    SessionEvent, SessionId, Status, Transport,
};

pub const A: usize = 0;
pub const B: usize = 1;
pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=offer\r\n";
pub const ANSWER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=answer\r\n";

/// A seeded source of octets (SplitMix64).
#[derive(Clone)]
pub struct Seeded(pub u64);

impl Seeded {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let octets = self.next().to_le_bytes();
            chunk.copy_from_slice(&octets[..chunk.len()]);
        }
    }
}

/// One endpoint, its address, and what it told.
pub struct End {
    pub endpoint: Endpoint,
    pub address: SocketAddr,
    pub events: VecDeque<Event>,
}

/// What the network does with a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Pass,
    Drop,
}

/// A packet on its way.
pub struct Packet {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub transport: Transport,
    pub octets: Bytes,
}

impl Packet {
    pub fn message(&self) -> Message {
        Message::parse(self.octets.clone()).expect("endpoints and scripts send messages")
    }

    /// "INVITE", or "200 INVITE".
    pub fn what(&self) -> String {
        what(&self.message())
    }
}

/// "INVITE", or "200 INVITE".
pub fn what(message: &Message) -> String {
    match message.status() {
        Some(status) => format!("{status} {}", message.method()),
        None => message.method().to_string(),
    }
}

type Filter = Box<dyn FnMut(&Packet) -> Fate>;

pub struct Net {
    zero: Instant,
    pub now: Instant,
    pub ends: Vec<End>,
    pub transport: Transport,
    flight: BTreeMap<(Instant, u64), Packet>,
    sequence: u64,
    rng: Seeded,
    pub loss_percent: u64,
    pub duplicate_percent: u64,
    pub delay_ms: (u64, u64),
    pub filter: Option<Filter>,
    pub inboxes: BTreeMap<SocketAddr, VecDeque<Message>>,
    /// Everything sent, lost or not: when, from, what.
    pub sent: Vec<(Duration, SocketAddr, String)>,
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

impl Net {
    /// Two endpoints, A and B, over UDP.
    pub fn new(seed: u64) -> Net {
        Net::with(seed, Transport::Udp, Config::default())
    }

    pub fn with(seed: u64, transport: Transport, config: Config) -> Net {
        #[allow(clippy::disallowed_methods, reason = "virtual time needs some origin")]
        let zero = Instant::now();
        let mut net = Net {
            zero,
            now: zero,
            ends: Vec::new(),
            transport,
            flight: BTreeMap::new(),
            sequence: 0,
            rng: Seeded(seed),
            loss_percent: 0,
            duplicate_percent: 0,
            delay_ms: (10, 10),
            filter: None,
            inboxes: BTreeMap::new(),
            sent: Vec::new(),
        };
        for (index, at) in ["192.0.2.1:5060", "192.0.2.2:5060"].into_iter().enumerate() {
            let mut endpoint =
                Endpoint::new(config.clone(), Box::new(Seeded(seed ^ (index as u64 + 1) << 32)));
            for (id, transport) in [(ListenerId(0), Transport::Udp), (ListenerId(1), Transport::Tcp)] {
                let info = ListenerInfo { transport, sent_by: at.into(), contact_host_port: at.into() };
                endpoint.set_listener(id, info);
            }
            net.ends.push(End { endpoint, address: address(at), events: VecDeque::new() });
        }
        net
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.zero
    }

    pub fn endpoint(&mut self, end: usize) -> &mut Endpoint {
        &mut self.ends[end].endpoint
    }

    /// The flow from an end to an address.
    pub fn flow(&self, to: SocketAddr) -> Flow {
        flow_of(self.transport, to)
    }

    /// Adds a scripted peer.
    pub fn script(&mut self, at: &str) -> SocketAddr {
        let at = address(at);
        self.inboxes.insert(at, VecDeque::new());
        at
    }

    /// What a scripted peer got, oldest first.
    pub fn inbox(&mut self, at: SocketAddr) -> Vec<Message> {
        self.settle();
        self.inboxes.get_mut(&at).map(|inbox| inbox.drain(..).collect()).unwrap_or_default()
    }

    /// The only message of a kind that a scripted peer got.
    pub fn expect(&mut self, at: SocketAddr, kind: &str) -> Message {
        let inbox = self.inbox(at);
        let kinds: Vec<_> = inbox.iter().map(what).collect();
        let found: Vec<_> = inbox.into_iter().filter(|message| what(message) == kind).collect();
        assert_eq!(found.len(), 1, "wanted one {kind}, got {kinds:?}");
        found.into_iter().next().unwrap()
    }

    /// A scripted peer sends.
    pub fn send(&mut self, from: SocketAddr, to: usize, octets: impl Into<Bytes>) {
        let to = self.ends[to].address;
        let (octets, transport) = (octets.into(), self.transport);
        self.launch(Packet { from, to, transport, octets });
        self.settle();
    }

    /// Sends what the endpoints have to send and takes their events.
    pub fn drain(&mut self) {
        for index in 0..self.ends.len() {
            while let Some(transmit) = self.ends[index].endpoint.poll_transmit() {
                let from = self.ends[index].address;
                let transport = transmit.flow.transport;
                self.launch(Packet { from, to: transmit.flow.remote, transport, octets: transmit.octets });
            }
            while let Some(event) = self.ends[index].endpoint.poll_event() {
                self.ends[index].events.push_back(event);
            }
        }
    }

    fn launch(&mut self, packet: Packet) {
        self.sent.push((self.elapsed(), packet.from, packet.what()));
        let fate = self.filter.as_mut().map_or(Fate::Pass, |filter| filter(&packet));
        if fate == Fate::Drop || (!packet.transport.is_reliable() && self.rng.chance(self.loss_percent)) {
            return;
        }
        if !packet.transport.is_reliable() && self.rng.chance(self.duplicate_percent) {
            let copy = Packet { octets: packet.octets.clone(), ..packet };
            self.fly(copy);
        }
        self.fly(packet);
    }

    fn fly(&mut self, packet: Packet) {
        let (least, most) = self.delay_ms;
        let delay = Duration::from_millis(least + self.rng.below(most - least + 1));
        self.sequence += 1;
        self.flight.insert((self.now + delay, self.sequence), packet);
    }

    /// Goes to the next thing that happens, but not beyond `end`. False when nothing does.
    fn step(&mut self, end: Instant) -> bool {
        self.drain();
        let packet = self.flight.keys().next().map(|(at, _)| *at);
        let timer = self.ends.iter().filter_map(|end| end.endpoint.poll_timeout()).min();
        let Some(next) = [packet, timer].into_iter().flatten().min().filter(|at| *at <= end) else {
            self.now = end;
            return false;
        };
        self.now = self.now.max(next);
        while let Some(entry) = self.flight.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let packet = entry.remove();
            self.arrive(packet);
        }
        for index in 0..self.ends.len() {
            if self.ends[index].endpoint.poll_timeout().is_some_and(|at| at <= self.now) {
                self.ends[index].endpoint.handle_timeout(self.now);
            }
        }
        self.drain();
        true
    }

    fn arrive(&mut self, packet: Packet) {
        if let Some(inbox) = self.inboxes.get_mut(&packet.to) {
            inbox.push_back(Message::parse(packet.octets).unwrap());
            return;
        }
        let flow = flow_of(packet.transport, packet.from);
        let now = self.now;
        if let Some(end) = self.ends.iter_mut().find(|end| end.address == packet.to) {
            end.endpoint.handle_datagram(now, flow, packet.octets);
        }
        self.drain();
    }

    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
    }

    /// Lets what is in flight arrive; short enough for no timer of a second or more.
    pub fn settle(&mut self) {
        self.run_for(Duration::from_millis(100));
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.run_for(Duration::from_secs(seconds));
    }

    /// The events of an end so far.
    pub fn take(&mut self, end: usize) -> Vec<Event> {
        self.settle();
        self.ends[end].events.drain(..).collect()
    }

    /// The session events of an end so far; no other events may be there.
    pub fn session_events(&mut self, end: usize) -> Vec<SessionEvent> {
        let events = self.take(end);
        events
            .into_iter()
            .map(|event| match event {
                Event::Session { event, .. } => event,
                other => panic!("not a session event: {other:?}"),
            })
            .collect()
    }

    /// A asks for a call to B, or to a scripted peer.
    pub fn call(&mut self, to: SocketAddr) -> OutgoingCall {
        let uri = format!("sip:bob@{to}");
        let contact = format!("<sip:alice@{}>", self.ends[A].address);
        let mut call = OutgoingCall::new(
            self.flow(to),
            &uri,
            "\"Alice\" <sip:alice@example.org>",
            "<sip:bob@example.org>",
            &contact,
        );
        call.offer = Some(OFFER.into());
        call
    }

    pub fn invite(&mut self, call: OutgoingCall) -> SessionId {
        let now = self.now;
        let id = self.endpoint(A).invite(now, call).unwrap();
        self.drain();
        id
    }

    /// The session that rings at an end.
    pub fn ringing(&mut self, end: usize) -> SessionId {
        let events = self.take(end);
        let incoming = events.iter().find_map(|event| match event {
            Event::Session { id, event: SessionEvent::Incoming { .. } } => Some(*id),
            _ => None,
        });
        incoming.unwrap_or_else(|| panic!("no incoming call in {events:?}"))
    }

    /// A established call from A to B: the sessions at A and at B. No events are left.
    pub fn established(&mut self) -> (SessionId, SessionId) {
        let call = self.call(self.ends[B].address);
        let a = self.invite(call);
        let b = self.ringing(B);
        let now = self.now;
        self.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
        self.settle();
        assert!(matches!(self.session_events(A)[..], [SessionEvent::Answered { .. }]));
        assert!(matches!(self.session_events(B)[..], [SessionEvent::Confirmed { .. }]));
        (a, b)
    }

    /// How often something was sent.
    pub fn times(&self, kind: &str) -> usize {
        self.sent.iter().filter(|(_, _, what)| what == kind).count()
    }

    /// Waits until everything must be over and checks that nothing is left.
    pub fn assert_no_leak(&mut self) {
        self.seconds(240);
        for end in &self.ends {
            assert_eq!(end.endpoint.counts(), Counts::default(), "at {}", end.address);
        }
    }
}

pub fn flow_of(transport: Transport, to: SocketAddr) -> Flow {
    let listener = if transport.is_reliable() { ListenerId(1) } else { ListenerId(0) };
    Flow::new(transport, listener, to)
}

/// A response of a scripted peer, with its tag and a Contact.
pub fn reply(request: &Message, status: u16, tag: &str, at: SocketAddr) -> Builder {
    Builder::reply(request, Status(status), "", Some(tag)).header("Contact", format!("<sip:bob@{at}>"))
}

/// A request of a scripted peer in the dialog that `invite` of an endpoint opened and `tag` is its tag of.
pub fn request_back(invite: &Message, method: &str, cseq: u32, tag: &str, at: SocketAddr) -> Builder {
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    let contact = invite.contacts().next().unwrap().unwrap();
    let uri = text(contact.address().unwrap().uri_raw);
    Builder::request(method, &uri)
        .header("Via", format!("SIP/2.0/UDP {at};branch=z9hG4bK{method}{cseq}{tag};rport"))
        .header("Max-Forwards", 70)
        .header("From", format!("{};tag={tag}", text(invite.header(sip::Name::To).unwrap())))
        .raw_header("To", invite.header(sip::Name::From).unwrap())
        .raw_header("Call-ID", invite.call_id().unwrap())
        .header("CSeq", format!("{cseq} {method}"))
        .header("Contact", format!("<sip:bob@{at}>"))
}

/// A request of a scripted peer outside any dialog.
pub fn request_to(to: SocketAddr, method: &str, cseq: u32, branch: &str, at: SocketAddr) -> Builder {
    Builder::request(method, &format!("sip:carol@{to}"))
        .header("Via", format!("SIP/2.0/UDP {at};branch=z9hG4bK{branch};rport"))
        .header("Max-Forwards", 70)
        .header("From", "<sip:bob@example.org>;tag=bob")
        .header("To", "<sip:carol@example.org>")
        .header("Call-ID", "scripted")
        .header("CSeq", format!("{cseq} {method}"))
        .header("Contact", format!("<sip:bob@{at}>"))
}

/// The value of a header as text.
pub fn header(message: &Message, name: sip::Name) -> String {
    String::from_utf8_lossy(message.header(name).unwrap_or_default()).into_owned()
}

/// The To tag as text.
pub fn to_tag(message: &Message) -> String {
    String::from_utf8_lossy(message.to().unwrap().tag().unwrap_or_default()).into_owned()
}
