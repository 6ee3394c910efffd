//! A callee that requires 100rel gets PRACKs: in order, each once, in the right early dialog. RFC 3262 4, 7.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, reply};
use sip::{Message, Name, SessionEvent};

fn reliable(invite: &Message, rseq: u32, tag: &str, at: std::net::SocketAddr) -> Vec<u8> {
    reply(invite, 183, tag, at)
        .header("Require", "100rel")
        .header("RSeq", rseq)
        .header("Record-Route", "<sip:192.0.2.9;lr>")
        .body("application/sdp", ANSWER.as_bytes())
}

#[test]
fn each_is_acknowledged_once_and_in_order() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    assert!(invite.lists(Name::Supported, "100rel"));

    net.send(callee, A, reliable(&invite, 7, "bob", callee));
    let prack = net.expect(callee, "PRACK");
    assert_eq!(net::header(&prack, Name::RAck), "7 1 INVITE");
    assert_eq!((prack.cseq().unwrap().number, net::to_tag(&prack).as_str()), (2, "bob"));
    assert_eq!(net::header(&prack, Name::Route), "<sip:192.0.2.9;lr>");
    net.send(callee, A, reply(&prack, 200, "", callee).finish());
    // Again, out of order, next.
    net.send(callee, A, reliable(&invite, 7, "bob", callee));
    net.send(callee, A, reliable(&invite, 9, "bob", callee));
    assert!(net.inbox(callee).is_empty());
    net.send(callee, A, reliable(&invite, 8, "bob", callee));
    assert_eq!(net::header(&net.expect(callee, "PRACK"), Name::RAck), "8 1 INVITE");
    // Another early dialog counts for itself.
    net.send(callee, A, reliable(&invite, 100, "carol", callee));
    let inbox = net.inbox(callee);
    let other = inbox.iter().find(|message| net::to_tag(message) == "carol").unwrap();
    assert_eq!(net::header(other, Name::RAck), "100 1 INVITE");
    assert!(matches!(
        net.session_events(A)[..],
        [SessionEvent::Progress { .. }, SessionEvent::Progress { .. }, SessionEvent::Progress { .. }]
    ));
    net.send(callee, A, reply(&invite, 486, "bob", callee).finish());
    net.assert_no_leak();
}

#[test]
fn we_send_none_and_do_not_promise_to() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let invite = net::request_to(at_b, "INVITE", 1, "i", caller).header("Require", "100rel").finish();
    net.send(caller, B, invite);
    assert_eq!(net::header(&net.expect(caller, "420 INVITE"), Name::Unsupported), "100rel");
}
