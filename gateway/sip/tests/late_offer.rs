//! INVITE without SDP: the offer is in the 2xx, the answer in the ACK. RFC 3261 13.2.1.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, OFFER, reply};
use sip::{EndedBy, Refused, SessionEvent, SessionPhase};

#[test]
fn offer_in_the_200_and_answer_in_the_ack() {
    let mut net = Net::new(1);
    let mut call = net.call(net.ends[B].address);
    call.offer = None;
    let a = net.invite(call);
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).answer(now, b, Some(OFFER.into()), &[]).unwrap();
    let events = net.session_events(A);
    let [SessionEvent::Answered { body: Some(body), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(body, OFFER.as_bytes());
    assert_eq!(net.endpoint(A).session(a).unwrap().phase, SessionPhase::Accepted);
    net.seconds(3);
    assert_eq!(net.times("ACK"), 0);
    assert!(net.session_events(A).is_empty(), "repetitions of the 200 are no news");
    let now = net.now;
    net.endpoint(A).ack_with(now, a, ANSWER.into()).unwrap();
    assert_eq!(net.endpoint(A).ack_with(now, a, ANSWER.into()), Err(Refused::WrongState));
    let events = net.session_events(B);
    let [SessionEvent::Confirmed { body: Some(body) }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(body, ANSWER.as_bytes());
    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    net.assert_no_leak();
}

#[test]
fn an_owner_that_never_answers_loses_the_call() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let mut call = net.call(callee);
    call.offer = None;
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    assert!(!invite.lists(sip::Name::Supported, "100rel"), "a reliable 1xx would carry the offer");
    net.send(callee, A, reply(&invite, 200, "bob", callee).body("application/sdp", OFFER.as_bytes()));
    net.take(A);
    net.seconds(33);
    let events = net.session_events(A);
    assert!(matches!(events[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]), "{events:?}");
    let kinds: Vec<_> = net.inbox(callee).iter().map(net::what).collect();
    assert!(kinds.contains(&"ACK".into()) && kinds.contains(&"BYE".into()), "{kinds:?}");
    net.assert_no_leak();
}

#[test]
fn hanging_up_instead_acknowledges_first() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let mut call = net.call(callee);
    call.offer = None;
    let a = net.invite(call);
    let invite = net.expect(callee, "INVITE");
    net.send(callee, A, reply(&invite, 200, "bob", callee).body("application/sdp", OFFER.as_bytes()));
    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let kinds: Vec<_> = net.inbox(callee).iter().map(net::what).collect();
    assert_eq!(kinds, ["ACK", "BYE"]);
}
