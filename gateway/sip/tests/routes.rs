//! Record-Route becomes the route set, loose and strict, on both sides of a call. RFC 3261 12.1, 12.2.1.1.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, OFFER, reply, request_to};
use sip::{Builder, Name, SessionEvent};

fn routes(message: &sip::Message) -> Vec<String> {
    message.values(Name::Route).map(|route| String::from_utf8_lossy(route).into_owned()).collect()
}

#[test]
fn the_caller_reverses_them() {
    let mut net = Net::new(1);
    let (proxy, callee) = (net.script("192.0.2.9:5060"), net.script("192.0.2.10:5060"));
    let mut call = net.call(proxy);
    call.routes = vec!["<sip:192.0.2.9;lr>".into()];
    let a = net.invite(call);
    let invite = net.expect(proxy, "INVITE");
    assert_eq!(routes(&invite), ["<sip:192.0.2.9;lr>"]);
    let ok = reply(&invite, 200, "bob", callee).header("Record-Route", "<sip:far;lr>, <sip:192.0.2.9;lr>");
    net.send(proxy, A, ok.body("application/sdp", ANSWER.as_bytes()));
    let ack = net.expect(proxy, "ACK");
    assert_eq!(routes(&ack), ["<sip:192.0.2.9;lr>", "<sip:far;lr>"]);
    assert_eq!(ack.request_uri(), Some(&b"sip:bob@192.0.2.10:5060"[..]));
    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let bye = net.expect(proxy, "BYE");
    assert_eq!(routes(&bye), routes(&ack));
}

#[test]
fn the_owner_may_redirect_a_call() {
    let mut net = Net::new(1);
    let (proxy, other) = (net.script("192.0.2.9:5060"), net.script("192.0.2.10:5060"));
    let call = net.call(proxy);
    let a = net.invite(call);
    let invite = net.expect(proxy, "INVITE");
    let ok = reply(&invite, 200, "bob", proxy).header("Record-Route", "<sip:192.0.2.9;lr>");
    net.send(proxy, A, ok.body("application/sdp", ANSWER.as_bytes()));
    net.expect(proxy, "ACK");
    let (now, flow) = (net.now, net.flow(other));
    net.endpoint(A).redirect_flow(a, flow).unwrap();
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let bye = net.expect(other, "BYE");
    assert_eq!(routes(&bye), ["<sip:192.0.2.9;lr>"], "the route set itself stays");
}

#[test]
fn the_callee_does_not_and_obeys_a_strict_router() {
    let mut net = Net::new(1);
    let proxy = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let invite = request_to(at_b, "INVITE", 1, "i", proxy)
        .header("Record-Route", "<sip:192.0.2.9>")
        .header("Record-Route", "<sip:far;lr>");
    net.send(proxy, B, invite.body("application/sdp", OFFER.as_bytes()));
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
    let ok = net.expect(proxy, "200 INVITE");
    assert_eq!(ok.values(Name::RecordRoute).count(), 2);
    let ack = Builder::request("ACK", &format!("sip:carol@{at_b}"))
        .header("Via", format!("SIP/2.0/UDP {proxy};branch=z9hG4bKack;rport"))
        .raw_header("From", ok.header(Name::From).unwrap())
        .raw_header("To", ok.header(Name::To).unwrap())
        .header("Call-ID", "scripted")
        .header("CSeq", "1 ACK");
    net.send(proxy, B, ack.finish());
    assert!(matches!(net.session_events(B)[..], [SessionEvent::Confirmed { .. }]));
    let now = net.now;
    net.endpoint(B).bye(now, b, &[]).unwrap();
    let bye = net.expect(proxy, "BYE");
    assert_eq!(bye.request_uri(), Some(&b"sip:192.0.2.9"[..]));
    assert_eq!(routes(&bye), ["<sip:far;lr>", "<sip:bob@192.0.2.9:5060>"]);
}
