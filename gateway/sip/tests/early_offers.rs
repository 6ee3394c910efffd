//! re-INVITE and UPDATE before the call is answered. RFC 3261 14.2, RFC 3311 5.2.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, B, Net, OFFER, reply, request_back, request_to};
use sip::{SessionEvent, Status};

#[test]
fn the_callee_asks_the_caller_to_come_back() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, request_to(at_b, "INVITE", 1, "i", caller).body("application/sdp", OFFER.as_bytes()));
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).progress(now, b, Status::RINGING, None, &[]).unwrap();
    let ringing = net.inbox(caller).pop().unwrap();
    for (cseq, method) in [(2, "INVITE"), (3, "UPDATE")] {
        let again = sip::Builder::request(method, &format!("sip:carol@{at_b}"))
            .header("Via", format!("SIP/2.0/UDP {caller};branch=z9hG4bKagain{cseq};rport"))
            .raw_header("From", ringing.header(sip::Name::From).unwrap())
            .raw_header("To", ringing.header(sip::Name::To).unwrap())
            .header("Call-ID", "scripted")
            .header("CSeq", format!("{cseq} {method}"))
            .header("Contact", format!("<sip:bob@{caller}>"));
        net.send(caller, B, again.body("application/sdp", OFFER.as_bytes()));
        let refusal = net.expect(caller, &format!("500 {method}"));
        assert!(refusal.retry_after().is_some());
    }
    assert!(net.session_events(B).is_empty());
}

#[test]
fn the_caller_says_that_its_own_is_pending() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    net.send(callee, A, reply(&invite, 180, "bob", callee).finish());
    for (cseq, method) in [(1, "INVITE"), (2, "UPDATE")] {
        let octets =
            request_back(&invite, method, cseq, "bob", callee).body("application/sdp", OFFER.as_bytes());
        net.send(callee, A, octets);
        net.expect(callee, &format!("491 {method}"));
    }
    // Without SDP an UPDATE is only a new target.
    net.send(callee, A, request_back(&invite, "UPDATE", 3, "bob", callee).finish());
    net.expect(callee, "200 UPDATE");
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Progress { .. }]));
}
