//! A call that nobody answers ends: timer C on the caller's side, the same limit on the callee's, and the minute of
//! RFC 3261 13.3.1.1 in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, B, Net, reply, request_to};
use sip::{EndedBy, SessionEvent, Status};

#[test]
fn the_caller_cancels() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    net.send(callee, A, reply(&invite, 180, "bob", callee).finish());
    net.seconds(100);
    net.send(callee, A, reply(&invite, 180, "bob", callee).finish());
    net.seconds(184);
    assert_eq!(net.times("CANCEL"), 0, "a provisional starts it again (RFC 3261 16.7)");
    net.seconds(2);
    assert!(net.times("CANCEL") > 0);
    net.send(callee, A, reply(&invite, 487, "bob", callee).finish());
    assert!(matches!(
        net.session_events(A)[..],
        [.., SessionEvent::Failed { status: Some(Status(487)), .. }]
    ));
    net.assert_no_leak();
}

#[test]
fn the_callee_repeats_its_180_and_gives_up() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, request_to(at_b, "INVITE", 1, "i", caller).finish());
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).progress(now, b, Status::RINGING, None, &[]).unwrap();
    net.seconds(184);
    assert_eq!(net.times("180 INVITE"), 4, "at 0, 60, 120 and 180 s");
    assert!(net.session_events(B).is_empty());
    net.seconds(2);
    assert!(matches!(net.session_events(B)[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]));
    assert!(net.inbox(caller).iter().any(|message| net::what(message) == "480 INVITE"));
    net.assert_no_leak();
}

#[test]
fn the_caller_says_how_long() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, request_to(at_b, "INVITE", 1, "i", caller).header("Expires", 20).finish());
    net.ringing(B);
    net.seconds(19);
    assert!(net.session_events(B).is_empty());
    net.seconds(1);
    assert!(matches!(net.session_events(B)[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]));
    assert!(net.inbox(caller).iter().any(|message| net::what(message) == "487 INVITE"));
    net.assert_no_leak();
}

#[test]
fn the_caller_may_hang_up_an_early_dialog() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, request_to(at_b, "INVITE", 1, "i", caller).finish());
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).progress(now, b, Status::RINGING, None, &[]).unwrap();
    let ringing = net.inbox(caller).pop().unwrap();
    let bye = sip::Builder::request("BYE", &format!("sip:carol@{at_b}"))
        .header("Via", format!("SIP/2.0/UDP {caller};branch=z9hG4bKbye;rport"))
        .raw_header("From", ringing.header(sip::Name::From).unwrap())
        .raw_header("To", ringing.header(sip::Name::To).unwrap())
        .header("Call-ID", "scripted")
        .header("CSeq", "2 BYE");
    net.send(caller, B, bye.finish());
    let kinds: Vec<_> = net.inbox(caller).iter().map(net::what).collect();
    assert_eq!(kinds, ["200 BYE", "487 INVITE"]);
    assert!(matches!(net.session_events(B)[..], [SessionEvent::Ended { by: EndedBy::Peer, .. }]));
    net.assert_no_leak();
}
