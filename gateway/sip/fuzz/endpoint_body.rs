//! Body of the endpoint's fuzz target: an endpoint with live sessions of every state, fed with mutations of messages that
//! fit those sessions, with raw octets, with time and with the whims of an owner.
//!
//! It must never panic, never exceed its limits, end every session exactly once, and hold nothing when all is over.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::digest::Credentials;
use sip::{
    Builder, Config, Counts, Endpoint, Entropy, Event, Flow, Limits, ListenerId, ListenerInfo, Message, Name,
    OutgoingCall, OutgoingRequest, SessionEvent, SessionId, Status, Transport,
};

/// Runs one input. `zero` is the origin of time.
pub(crate) fn endpoint(zero: Instant, input: &[u8]) {
    let mut storm = Storm::new(zero);
    let mut rest = input;
    while let [kind, which, position, value, tail @ ..] = rest {
        rest = storm.step(*kind, *which, *position, *value, tail);
        storm.drain(*value);
        storm.check_bounds();
    }
    storm.finish();
}

struct Storm {
    now: Instant,
    endpoint: Endpoint,
    /// Messages that fit the sessions.
    corpus: Vec<Vec<u8>>,
    /// Terminal events seen per session.
    sessions: BTreeMap<SessionId, u32>,
    requests: Vec<(sip::ServerId, Message)>,
}

impl Storm {
    fn new(now: Instant) -> Storm {
        let limits = Limits { transactions: 48, sessions: 12, forks: 3, ..Limits::default() };
        let mut endpoint = Endpoint::new(Config { limits, ..Config::default() }, Box::new(Counter(1)));
        for (id, transport) in [(UDP, Transport::Udp), (TCP, Transport::Tcp)] {
            let own = "192.0.2.1:5060".to_owned();
            endpoint
                .set_listener(id, ListenerInfo { transport, sent_by: own.clone(), contact_host_port: own });
        }
        let mut storm =
            Storm { now, endpoint, corpus: Vec::new(), sessions: BTreeMap::new(), requests: Vec::new() };
        storm.call_out(true);
        storm.call_out(false);
        storm.call_in();
        storm.corpus.push(inbound("REGISTER", 1, "r").finish());
        storm.corpus.push(inbound("OPTIONS", 2, "o").header("Require", "x").finish());
        storm
    }

    /// A call of ours: responses to its INVITE and requests back. The second is answered, so it is confirmed.
    fn call_out(&mut self, early: bool) {
        let mut call =
            OutgoingCall::new(flow(), "sip:bob@192.0.2.9", "<sip:a@h>", "<sip:b@h>", "<sip:a@192.0.2.1>");
        call.offer = Some(Bytes::from_static(SDP));
        call.credentials = Some(Credentials { username: "a".into(), password: "b".into() });
        let Ok(id) = self.endpoint.invite(self.now, call) else { return };
        self.sessions.insert(id, 0);
        let Some(invite) = self.sent() else { return };
        let reply = |status: u16, tag: &str| {
            Builder::reply(&invite, Status(status), "", Some(tag))
                .header("Contact", "<sip:bob@192.0.2.9>")
                .header("Record-Route", "<sip:192.0.2.9;lr>, <sip:p>")
        };
        let ok = reply(200, "bob").header("Session-Expires", "90").body("application/sdp", SDP);
        if early {
            let reliable = reply(183, "bob").header("Require", "100rel").header("RSeq", 1);
            self.corpus.push(reliable.body("application/sdp", SDP));
            let challenge = r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#;
            self.corpus.push(reply(401, "x").header("WWW-Authenticate", challenge).finish());
            self.corpus.extend([reply(100, "").finish(), reply(180, "carol").finish()]);
            self.corpus.extend([reply(486, "bob").finish(), ok]);
        } else {
            self.feed(ok.clone());
            self.corpus.push(ok);
        }
        for (cseq, method) in METHODS.into_iter().enumerate() {
            let back = back(&invite, method, cseq);
            let sdp = matches!(method, "INVITE" | "UPDATE" | "ACK");
            self.corpus.push(if sdp { back.body("application/sdp", SDP) } else { back.finish() });
        }
        self.drain(0);
    }

    /// A call to us: its INVITE, CANCEL, and requests in its dialog.
    fn call_in(&mut self) {
        self.feed(inbound("INVITE", 1, "i").header("Session-Expires", "90").body("application/sdp", SDP));
        let id = std::iter::from_fn(|| self.endpoint.poll_event()).find_map(|event| match event {
            Event::Session { id, event: SessionEvent::Incoming { .. } } => Some(id),
            _ => None,
        });
        let Some(id) = id else { return };
        self.sessions.insert(id, 0);
        let _ = self.endpoint.progress(self.now, id, Status::RINGING, None, &[]);
        let _ = self.endpoint.answer(self.now, id, Some(Bytes::from_static(SDP)), &[]);
        let tag = self.endpoint.session(id).map(|session| session.local_tag.clone()).unwrap_or_default();
        self.corpus.push(inbound("INVITE", 7, "second").body("application/sdp", SDP));
        self.corpus.push(inbound("CANCEL", 7, "second").finish());
        for (cseq, method) in METHODS.into_iter().enumerate() {
            let number = if method == "ACK" { 1 } else { cseq + 2 };
            let text = String::from_utf8_lossy(&inbound(method, number, method).finish()).into_owned();
            self.corpus
                .push(text.replace("To: <sip:carol@h>", &format!("To: <sip:carol@h>;tag={tag}")).into());
        }
    }

    /// One move of four octets; returns what is left of the input.
    fn step<'a>(&mut self, kind: u8, which: u8, position: u8, value: u8, tail: &'a [u8]) -> &'a [u8] {
        let fitting = self.corpus[usize::from(which) % self.corpus.len()].clone();
        match kind % 12 {
            0..=2 => self.feed(fitting),
            3..=6 => self.feed(mutated(fitting, kind, position, value)),
            7 => self.pass(Duration::from_millis(u64::from(value) * 100)),
            8 => self.pass(Duration::from_secs(u64::from(value))),
            9 => {
                let (raw, rest) = tail.split_at(tail.len().min(usize::from(value)));
                self.feed(raw.to_vec());
                return rest;
            }
            10 => self.own(which, position, value),
            _ => self.endpoint.handle_transport_failed(self.now, flow()),
        }
        tail
    }

    /// The owner does something.
    fn own(&mut self, which: u8, verb: u8, value: u8) {
        let now = self.now;
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        let id = ids[usize::from(which) % ids.len()];
        let endpoint = &mut self.endpoint;
        let body = || Bytes::from_static(SDP);
        let _ = match verb % 12 {
            0 => endpoint.cancel(now, id, &[]),
            1 => endpoint.bye(now, id, &[]),
            2 => endpoint.offer(now, id, body()),
            3 => endpoint.update(now, id, body()),
            4 => endpoint.accept_offer(now, id, body()),
            5 => endpoint.reject_offer(now, id, Status(400 + u16::from(value))),
            6 => endpoint.ack_with(now, id, body()),
            7 => endpoint.answer(now, id, Some(body()), &[]),
            8 => endpoint.progress(now, id, Status(100 + u16::from(value)), None, &[]),
            9 => endpoint.send_in_dialog(now, id, "INFO", &[], None).map(|_| ()),
            10 => endpoint.reject(now, id, Status(u16::from(value) * 3), "no", &[]),
            _ => {
                let octets = inbound("OPTIONS", 1, "own").finish();
                endpoint.send_request(now, flow(), OutgoingRequest::new(octets)).map(|_| ())
            }
        };
    }

    fn feed(&mut self, octets: Vec<u8>) {
        self.endpoint.handle_datagram(self.now, flow(), octets.into());
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.endpoint.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.endpoint.handle_timeout(self.now);
            self.drain(1);
        }
        self.now = end;
    }

    /// Takes events and transmissions. Responses to what was sent join the corpus, so that later moves fit as well.
    fn drain(&mut self, whim: u8) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Session { id, event: SessionEvent::Request { id: request, message } } => {
                    assert_eq!(self.sessions.get(&id), Some(&0));
                    self.requests.push((request, message));
                }
                Event::Session { id, event } => {
                    let terminals = self.sessions.entry(id).or_default();
                    assert_eq!(*terminals, 0, "{event:?} after the end");
                    *terminals += u32::from(event.is_terminal());
                }
                Event::Request { id, message, .. } => self.requests.push((id, message)),
                Event::Response { .. } | Event::Failed { .. } => {}
            }
        }
        if whim.is_multiple_of(3)
            && let Some((id, message)) = self.requests.pop()
        {
            let reply = Builder::reply(&message, Status(200 + u16::from(whim)), "", Some("own")).finish();
            let _ = self.endpoint.respond(self.now, id, reply);
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let message = Message::parse(transmit.octets).expect("what is sent can be read");
            if message.is_request() && message.method() != sip::Method::Ack && self.corpus.len() < 200 {
                let status = [200, 180, 481, 491, 407][usize::from(whim) % 5];
                let reply = Builder::reply(&message, Status(status), "", Some("bob"));
                self.corpus.push(reply.header("Contact", "<sip:bob@192.0.2.9>").body("application/sdp", SDP));
            }
        }
    }

    fn check_bounds(&self) {
        let counts = self.endpoint.counts();
        assert!(counts.transactions <= 48 + 6 && counts.sessions <= 12, "{counts:?}");
        assert!(counts.dialogs <= counts.sessions * 4, "{counts:?}");
        assert!(counts.timers <= counts.transactions + counts.sessions, "{counts:?}");
    }

    /// Everybody hangs up; then nothing is left.
    fn finish(&mut self) {
        for _ in 0..3 {
            let live: Vec<SessionId> = self.sessions.keys().copied().collect();
            for id in live {
                let _ = self.endpoint.bye(self.now, id, &[]);
            }
            self.drain(1);
            self.pass(Duration::from_secs(300));
        }
        assert_eq!(self.endpoint.counts(), Counts::default());
        assert!(self.sessions.values().all(|terminals| *terminals == 1), "{:?}", self.sessions);
    }

    /// The first message to send.
    fn sent(&mut self) -> Option<Message> {
        Message::parse(self.endpoint.poll_transmit()?.octets).ok()
    }
}

fn mutated(mut octets: Vec<u8>, kind: u8, position: u8, value: u8) -> Vec<u8> {
    let at = octets.len() * usize::from(position) / 256;
    let end = (at + 1 + usize::from(value) / 8).min(octets.len());
    match kind % 12 {
        3 => octets[at] = value,
        4 => drop(octets.drain(at..end)),
        5 => {
            let copy = octets[at..end].to_vec();
            octets.splice(at..at, copy);
        }
        _ => octets.truncate(at),
    }
    octets
}

fn inbound(method: &str, cseq: usize, branch: &str) -> Builder {
    Builder::request(method, "sip:carol@192.0.2.1")
        .header("Via", format_args!("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{branch};rport"))
        .header("From", "<sip:bob@h>;tag=bob")
        .header("To", "<sip:carol@h>")
        .header("Call-ID", "in")
        .header("CSeq", format_args!("{cseq} {method}"))
        .header("Max-Forwards", 70)
        .header("Contact", "<sip:bob@192.0.2.9>")
        .header("Supported", "timer")
}

fn back(invite: &Message, method: &str, cseq: usize) -> Builder {
    let text = |name| String::from_utf8_lossy(invite.header(name).unwrap_or_default()).into_owned();
    Builder::request(method, "sip:a@192.0.2.1")
        .header("Via", format_args!("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK{method}{cseq};rport"))
        .header("From", format_args!("{};tag=bob", text(Name::To)))
        .header("To", text(Name::From))
        .header("Call-ID", text(Name::CallId))
        .header("CSeq", format_args!("{cseq} {method}"))
        .header("Max-Forwards", 70)
        .header("Contact", "<sip:bob@192.0.2.9:5070>")
        .header("Session-Expires", "90;refresher=uac")
}

fn flow() -> Flow {
    Flow::udp(UDP, SocketAddr::from(([192, 0, 2, 9], 5060)))
}

struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *octet = (self.0 >> 56) as u8;
        }
    }
}

const UDP: ListenerId = ListenerId(0);
const TCP: ListenerId = ListenerId(1);
const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n";
const METHODS: [&str; 8] = ["INVITE", "ACK", "UPDATE", "INFO", "PRACK", "OPTIONS", "NOTIFY", "BYE"];
