//! What a REGISTER refresh may allocate as a client: the request (2), its digest (1), its place on the wire (1).
//! The budget of the project is 8 per refresh for everything together.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sip::digest::{Client, Credentials};
use sip::{
    Builder, Config, Endpoint, Entropy, Event, Flow, ListenerId, ListenerInfo, Message, OutgoingRequest,
    Status, Transport,
};

struct Zero;

impl Entropy for Zero {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

#[test]
fn a_refresh_is_at_most_four_allocations() {
    #[allow(clippy::disallowed_methods, reason = "virtual time needs some origin")]
    let now = std::time::Instant::now();
    let mut endpoint = Endpoint::new(Config::default(), Box::new(Zero));
    let own = "192.0.2.1:5060".to_owned();
    let info = ListenerInfo { transport: Transport::Udp, sent_by: own.clone(), contact_host_port: own };
    endpoint.set_listener(ListenerId(0), info);
    let flow = Flow::udp(ListenerId(0), "192.0.2.2:5060".parse().unwrap());
    let credentials = Credentials { username: "2001".into(), password: "secret".into() };
    let mut digest = Client::new();
    let refusal = Builder::response(Status::UNAUTHORIZED, "").header(
        "WWW-Authenticate",
        r#"Digest realm="pbx", nonce="0123456789abcdef", qop="auth", algorithm=MD5"#,
    );
    digest.challenged(&Message::parse(refusal.finish()).unwrap()).unwrap();

    let mut refresh = |number: u32| {
        let (name, value) =
            digest.authorize(&credentials, "REGISTER", "sip:pbx.example", b"", &mut Zero).unwrap();
        let octets = Builder::request("REGISTER", "sip:pbx.example")
            .header("Max-Forwards", 70)
            .header("From", "<sip:2001@pbx.example>;tag=1")
            .header("To", "<sip:2001@pbx.example>")
            .header("Call-ID", "call")
            .header("CSeq", format_args!("{number} REGISTER"))
            .header("Contact", "<sip:2001@192.0.2.1:5060>;expires=300")
            .header(name, value)
            .finish();
        endpoint.send_request(now, flow, OutgoingRequest::new(octets)).unwrap();
        let sent = Message::parse(endpoint.poll_transmit().unwrap().octets).unwrap();
        // What the peer does is not counted.
        let counted = COUNT.with(Cell::get);
        let answer = Builder::reply(&sent, Status::OK, "", Some("t")).finish_bytes();
        drop(sent);
        COUNT.with(|count| count.set(counted));
        endpoint.handle_datagram(now, flow, answer);
        assert!(matches!(endpoint.poll_event(), Some(Event::Response { .. })));
    };
    // Slots, queues and tables are there after the first rounds.
    (1..10).for_each(&mut refresh);
    let before = COUNT.with(Cell::get);
    refresh(10);
    let spent = COUNT.with(Cell::get) - before;
    assert!(spent <= 4, "{spent} allocations");
}

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[allow(unsafe_code, reason = "a counting allocator cannot be written without")]
// SAFETY: every call is passed on to the system allocator unchanged; only a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
