//! Prints what an endpoint does per second on one core, and what it allocates.
//! `cargo run --release -p sip --example endpoint_speed`
//!
//! - `register`: a REGISTER refresh as a client: request built, digest reused, sent, 200 received
//! - `registrar`: the same as a server: digest verified, 200 sent
//! - `calls`: INVITE, 180, 200, ACK, BYE, 200 between two endpoints; both sides count, so a B2BUA has as much to do
//! - `storm`: 100,000 client transactions alive, their timers moved and run
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    unsafe_code,
    reason = "a measurement reads the clock, counts allocations and prints"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::digest::{Algorithm, Client, Credentials, Secret, Server, Verdict};
use sip::{
    Builder, Config, Endpoint, Entropy, Event, Flow, Limits, ListenerId, ListenerInfo, Message, Name,
    OutgoingCall, OutgoingRequest, SessionEvent, Status, Transport,
};

fn main() {
    let (register, registrar) = registrations();
    println!("register per_second={:.0} allocations={:.2}", register.0, register.1);
    println!("registrar per_second={:.0} allocations={:.2}", registrar.0, registrar.1);
    let calls = calls();
    println!("calls per_second={:.0} allocations={:.2}", calls.0, calls.1);
    let storm = storm();
    println!(
        "storm transactions={ALIVE} send_ns={:.0} run_out_ns={:.0} octets={:.0}",
        storm.0, storm.1, storm.2
    );
}

/// Rate and allocations per refresh, of the client and of the server.
fn registrations() -> ((f64, f64), (f64, f64)) {
    let now = Instant::now();
    let mut client = new_endpoint("192.0.2.1:5060");
    let mut registrar = new_endpoint("192.0.2.2:5060");
    let credentials = Credentials { username: "2001".into(), password: "secret".into() };
    let mut server = Server::new("pbx", [1; 32]);
    let mut digest = Client::new();
    let challenge = server.challenge(now, &[Algorithm::Md5], false).remove(0);
    let refusal = Builder::response(Status::UNAUTHORIZED, "").header("WWW-Authenticate", challenge).finish();
    digest.challenged(&Message::parse(refusal).unwrap()).unwrap();
    let mut entropy = Dice(9);
    let (mut client_side, mut server_side) = (Meter::default(), Meter::default());
    let mut at = now;
    for number in 1..=REGISTRATIONS {
        // Old transactions of the registrar run out meanwhile (timer J).
        at += Duration::from_micros(100);
        client_side.start();
        let (name, value) =
            digest.authorize(&credentials, "REGISTER", "sip:pbx.example", b"", &mut entropy).unwrap();
        let octets = Builder::request("REGISTER", "sip:pbx.example")
            .header("Max-Forwards", 70)
            .header("From", "<sip:2001@pbx.example>;tag=8f1c2d3e")
            .header("To", "<sip:2001@pbx.example>")
            .header("Call-ID", "4a5b6c7d8e9f0a1b")
            .header("CSeq", format_args!("{number} REGISTER"))
            .header("Contact", "<sip:2001@192.0.2.1:5060>;expires=300")
            .header(name, value)
            .finish();
        client.send_request(at, to("192.0.2.2:5060"), OutgoingRequest::new(octets)).unwrap();
        let sent = client.poll_transmit().unwrap().octets;
        client_side.stop();
        let sent = Bytes::copy_from_slice(&sent);
        server_side.start();
        registrar.handle_timeout(at);
        registrar.handle_datagram(at, to("192.0.2.1:5060"), sent);
        let Some(Event::Request { id, message, .. }) = registrar.poll_event() else { panic!("no request") };
        let verdict = server.verify(
            at,
            message.header(Name::Authorization).unwrap(),
            "REGISTER",
            |uri| uri == b"sip:pbx.example",
            |_, _| Some(Secret::Plain("secret")),
        );
        assert!(matches!(verdict, Verdict::Granted { .. }), "{verdict:?}");
        let reply = Builder::reply(&message, Status::OK, "", Some("t1"))
            .header("Contact", "<sip:2001@192.0.2.1:5060>;expires=300")
            .finish();
        registrar.respond(at, id, reply).unwrap();
        let answer = registrar.poll_transmit().unwrap().octets;
        server_side.stop();
        let answer = Bytes::copy_from_slice(&answer);
        client_side.start();
        client.handle_datagram(at, to("192.0.2.2:5060"), answer);
        assert!(matches!(client.poll_event(), Some(Event::Response { .. })));
        client_side.stop();
    }
    (client_side.per(REGISTRATIONS), server_side.per(REGISTRATIONS))
}

fn calls() -> (f64, f64) {
    let mut at = Instant::now();
    let mut caller = new_endpoint("192.0.2.1:5060");
    let mut callee = new_endpoint("192.0.2.2:5060");
    let mut meter = Meter::default();
    meter.start();
    for _ in 0..CALLS {
        at += Duration::from_micros(300);
        caller.handle_timeout(at);
        callee.handle_timeout(at);
        let mut call = OutgoingCall::new(
            to("192.0.2.2:5060"),
            "sip:2002@192.0.2.2",
            "<sip:2001@pbx.example>",
            "<sip:2002@pbx.example>",
            "<sip:2001@192.0.2.1:5060>",
        );
        call.offer = Some(Bytes::from_static(SDP));
        let a = caller.invite(at, call).unwrap();
        pass(at, &mut caller, &mut callee);
        let Some(Event::Session { id: b, event: SessionEvent::Incoming { .. } }) = callee.poll_event() else {
            panic!("no call");
        };
        callee.progress(at, b, Status::RINGING, None, &[]).unwrap();
        callee.answer(at, b, Some(Bytes::from_static(SDP)), &[]).unwrap();
        pass(at, &mut caller, &mut callee);
        caller.bye(at, a, &[]).unwrap();
        pass(at, &mut caller, &mut callee);
        let events = std::iter::from_fn(|| caller.poll_event()).count();
        assert_eq!((events, std::iter::from_fn(|| callee.poll_event()).count()), (3, 2));
    }
    meter.stop();
    meter.per(CALLS)
}

/// Nanoseconds to send one of many, nanoseconds to run one out, octets held per transaction.
fn storm() -> (f64, f64, f64) {
    let now = Instant::now();
    let mut endpoint = new_endpoint("192.0.2.1:5060");
    let octets = Builder::request("OPTIONS", "sip:pbx.example")
        .header("From", "<sip:2001@pbx.example>;tag=1")
        .header("To", "<sip:pbx.example>")
        .header("Call-ID", "1")
        .header("CSeq", "1 OPTIONS")
        .finish();
    let held = HELD.load(Ordering::Relaxed);
    let start = Instant::now();
    for number in 0..ALIVE {
        let at = now + Duration::from_nanos(number * 100);
        endpoint.send_request(at, to("192.0.2.2:5060"), OutgoingRequest::new(octets.clone())).unwrap();
        while endpoint.poll_transmit().is_some() {}
    }
    let sending = start.elapsed().as_secs_f64() * 1e9 / ALIVE as f64;
    let octets = (HELD.load(Ordering::Relaxed) - held) as f64 / ALIVE as f64;
    let start = Instant::now();
    while let Some(at) = endpoint.poll_timeout() {
        endpoint.handle_timeout(at);
        while endpoint.poll_transmit().is_some() || endpoint.poll_event().is_some() {}
    }
    // Ten repetitions and the end.
    (sending, start.elapsed().as_secs_f64() * 1e9 / (ALIVE * 11) as f64, octets)
}

/// Carries messages until there are none.
fn pass(at: Instant, caller: &mut Endpoint, callee: &mut Endpoint) {
    loop {
        let mut quiet = true;
        while let Some(transmit) = caller.poll_transmit() {
            quiet = false;
            callee.handle_datagram(at, to("192.0.2.1:5060"), transmit.octets);
        }
        while let Some(transmit) = callee.poll_transmit() {
            quiet = false;
            caller.handle_datagram(at, to("192.0.2.2:5060"), transmit.octets);
        }
        if quiet {
            return;
        }
    }
}

fn new_endpoint(at: &str) -> Endpoint {
    let limits = Limits { transactions: 1 << 20, sessions: 1 << 20, ..Limits::default() };
    let mut endpoint = Endpoint::new(Config { limits, ..Config::default() }, Box::new(Dice(7)));
    let info = ListenerInfo { transport: Transport::Udp, sent_by: at.into(), contact_host_port: at.into() };
    endpoint.set_listener(ListenerId(0), info);
    endpoint
}

fn to(address: &str) -> Flow {
    Flow::udp(ListenerId(0), address.parse().unwrap())
}

/// Time and allocations between `start` and `stop`.
#[derive(Default)]
struct Meter {
    began: Option<(Instant, u64)>,
    time: Duration,
    allocations: u64,
}

impl Meter {
    fn start(&mut self) {
        self.began = Some((Instant::now(), COUNT.load(Ordering::Relaxed)));
    }

    fn stop(&mut self) {
        let (at, count) = self.began.take().unwrap();
        self.time += at.elapsed();
        self.allocations += COUNT.load(Ordering::Relaxed) - count;
    }

    /// Per second, and allocations of one.
    fn per(&self, count: u64) -> (f64, f64) {
        (count as f64 / self.time.as_secs_f64(), self.allocations as f64 / count as f64)
    }
}

struct Dice(u64);

impl Entropy for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *octet = (self.0 >> 56) as u8;
        }
    }
}

struct Counting;

// SAFETY: every call is passed on to the system allocator unchanged; only counters are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        HELD.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static COUNT: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicU64 = AtomicU64::new(0);

const REGISTRATIONS: u64 = 300_000;
const CALLS: u64 = 60_000;
const ALIVE: u64 = 100_000;
const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
m=audio 16384 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
