//! The caller acknowledges each repetition of a 2xx, also when the session is long over. RFC 3261 13.2.2.4, RFC 6026.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, Net, reply};
use sip::SessionEvent;

#[test]
fn repetitions_get_the_same_ack() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    let id = net.invite(call);
    let invite = net.expect(callee, "INVITE");
    let ok = reply(&invite, 200, "bob", callee).body("application/sdp", ANSWER.as_bytes());
    net.send(callee, A, ok.clone());
    let first = net.expect(callee, "ACK");
    net.send(callee, A, ok.clone());
    let second = net.expect(callee, "ACK");
    assert_eq!(first.octets(), second.octets());
    assert_eq!(first.cseq().unwrap().number, 1);
    assert_eq!(first.request_uri(), Some(&b"sip:bob@192.0.2.9:5060"[..]));
    assert_ne!(first.top_via().unwrap().branch(), invite.top_via().unwrap().branch());
    assert_eq!(net.session_events(A).len(), 1, "answered once");

    let now = net.now;
    net.endpoint(A).bye(now, id, &[]).unwrap();
    let bye = net.expect(callee, "BYE");
    net.send(callee, A, reply(&bye, 200, "", callee).finish());
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Ended { .. }]));
    net.send(callee, A, ok);
    net.expect(callee, "ACK");
    net.assert_no_leak();
}
