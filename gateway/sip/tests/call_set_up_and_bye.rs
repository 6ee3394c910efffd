//! INVITE, 180, 200, ACK, BYE: from either side, over UDP and TCP. RFC 3261 13, 15.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, OFFER};
use sip::{Config, EndedBy, SessionEvent, SessionPhase, Status, Transport};

fn call_and_hang_up(transport: Transport, hanging_up: usize) {
    let mut net = Net::with(1, transport, Config::default());
    let call = net.call(net.ends[B].address);
    let a = net.invite(call);
    let events = net.take(B);
    let [sip::Event::Session { id: b, event: SessionEvent::Incoming { offer, .. } }] = &events[..] else {
        panic!("{events:?}");
    };
    let b = *b;
    assert_eq!(offer.as_deref(), Some(OFFER.as_bytes()));

    let now = net.now;
    net.endpoint(B).progress(now, b, Status::RINGING, None, &[]).unwrap();
    assert!(matches!(&net.session_events(A)[..], [SessionEvent::Progress { body: None, .. }]));
    let now = net.now;
    net.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
    let events = net.session_events(A);
    let [SessionEvent::Answered { body, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(body.as_deref(), Some(ANSWER.as_bytes()));
    assert!(matches!(&net.session_events(B)[..], [SessionEvent::Confirmed { body: None }]));
    assert_eq!(net.endpoint(A).session(a).unwrap().phase, SessionPhase::Confirmed);
    assert_eq!(net.endpoint(A).counts().dialogs, 1);

    let (id, other) = if hanging_up == A { (a, B) } else { (b, A) };
    let now = net.now;
    net.endpoint(hanging_up).bye(now, id, &[]).unwrap();
    let local = net.session_events(hanging_up);
    assert!(matches!(&local[..], [SessionEvent::Ended { by: EndedBy::Local, .. }]), "{local:?}");
    let peer = net.session_events(other);
    assert!(matches!(&peer[..], [SessionEvent::Ended { by: EndedBy::Peer, .. }]), "{peer:?}");
    assert!(net.endpoint(A).session(a).is_none());
    assert_eq!(net.sent.len(), 7, "{:?}", net.sent);
    net.assert_no_leak();
}

#[test]
fn caller_hangs_up() {
    call_and_hang_up(Transport::Udp, A);
    call_and_hang_up(Transport::Tcp, A);
}

#[test]
fn callee_hangs_up() {
    call_and_hang_up(Transport::Udp, B);
    call_and_hang_up(Transport::Tcp, B);
}
