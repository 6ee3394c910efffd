//! Session timers: whose turn it is to refresh, by what, and what happens when nobody does. RFC 4028.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::time::Duration;

use net::{A, ANSWER, B, Net, OFFER, header, reply, request_back, request_to};
use sip::{EndedBy, Message, Name, SessionEvent, Status};

/// A call of A to a scripted callee whose 200 says this.
fn answered(net: &mut Net, headers: &[(&str, &str)]) -> (std::net::SocketAddr, Message) {
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    let mut ok = reply(&invite, 200, "bob", callee);
    for (name, value) in headers {
        ok = ok.header(name, value);
    }
    net.send(callee, A, ok.body("application/sdp", ANSWER.as_bytes()));
    net.inbox(callee);
    net.take(A);
    (callee, invite)
}

#[test]
fn we_refresh_by_update_when_the_peer_can() {
    let mut net = Net::new(1);
    let (callee, _) =
        answered(&mut net, &[("Session-Expires", "180;refresher=uac"), ("Allow", "INVITE, UPDATE")]);
    net.seconds(89);
    assert_eq!(net.times("UPDATE"), 0);
    net.seconds(1);
    let update = net.expect(callee, "UPDATE");
    assert_eq!(header(&update, Name::SessionExpires), "180;refresher=uac");
    assert!(update.body().is_empty());
    let ok = reply(&update, 200, "bob", callee).header("Session-Expires", "180;refresher=uac").finish();
    net.send(callee, A, ok);
    net.seconds(91);
    assert!(net.session_events(A).is_empty(), "a refresh is no news");
    assert!(net.times("UPDATE") > 1);
}

#[test]
fn we_refresh_by_reinvite_with_the_sdp_we_sent_last_when_it_cannot() {
    let mut net = Net::new(1);
    let (callee, _) = answered(&mut net, &[("Session-Expires", "180"), ("Allow", "INVITE")]);
    net.seconds(90);
    let invite = net.expect(callee, "INVITE");
    assert_eq!(invite.body(), OFFER.as_bytes());
    assert_eq!(header(&invite, Name::SessionExpires), "180;refresher=uac");
    let ok = reply(&invite, 200, "bob", callee).header("Session-Expires", "180;refresher=uac");
    net.send(callee, A, ok.body("application/sdp", ANSWER.as_bytes()));
    net.expect(callee, "ACK");
}

#[test]
fn a_refresh_that_fails_ends_the_call_at_the_end_of_the_interval() {
    let mut net = Net::new(1);
    let (callee, _) = answered(&mut net, &[("Session-Expires", "180"), ("Allow", "INVITE, UPDATE")]);
    net.seconds(90);
    let update = net.expect(callee, "UPDATE");
    net.send(callee, A, reply(&update, 503, "bob", callee).finish());
    net.seconds(85);
    assert!(net.session_events(A).is_empty());
    net.seconds(6);
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]));
    assert!(net.times("BYE") > 0);
    net.assert_no_leak();
}

#[test]
fn a_peer_that_does_not_refresh_is_hung_up() {
    let mut net = Net::new(1);
    let (callee, invite) = answered(&mut net, &[("Session-Expires", "180;refresher=uas")]);
    net.seconds(100);
    let refresh = request_back(&invite, "UPDATE", 1, "bob", callee)
        .header("Supported", "timer")
        .header("Session-Expires", "180;refresher=uac");
    net.send(callee, A, refresh.finish());
    let ok = net.expect(callee, "200 UPDATE");
    assert_eq!(header(&ok, Name::SessionExpires), "180;refresher=uac");
    assert_eq!(header(&ok, Name::Require), "timer");
    net.seconds(140);
    assert!(net.session_events(A).is_empty());
    net.seconds(10);
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]));
    net.assert_no_leak();
}

#[test]
fn the_callee_goes_along_with_the_caller() {
    for (supported, asked, granted, ours) in [
        ("timer", "120;refresher=uas", "120;refresher=uas", true),
        ("timer", "120", "120;refresher=uac", false),
        ("replaces", "120", "120;refresher=uas", true),
    ] {
        let mut net = Net::new(1);
        let caller = net.script("192.0.2.9:5060");
        let at_b = net.ends[B].address;
        let invite = request_to(at_b, "INVITE", 1, "i", caller)
            .header("Supported", supported)
            .header("Session-Expires", asked)
            .header("Allow", "INVITE, UPDATE");
        net.send(caller, B, invite.body("application/sdp", OFFER.as_bytes()));
        let b = net.ringing(B);
        let now = net.now;
        net.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
        let ok = net.expect(caller, "200 INVITE");
        assert_eq!(header(&ok, Name::SessionExpires), granted);
        assert_eq!(ok.lists(Name::Require, "timer"), !ours);
        let ack = sip::Builder::request("ACK", &format!("sip:carol@{at_b}"))
            .header("Via", format!("SIP/2.0/UDP {caller};branch=z9hG4bKack;rport"))
            .raw_header("From", ok.header(Name::From).unwrap())
            .raw_header("To", ok.header(Name::To).unwrap())
            .header("Call-ID", "scripted")
            .header("CSeq", "1 ACK");
        net.send(caller, B, ack.finish());
        net.run_for(Duration::from_secs(62));
        assert_eq!(net.times("UPDATE") > 0, ours);
    }
}

#[test]
fn the_owner_may_ask_and_422_is_obeyed() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let mut call = net.call(callee);
    call.session_expires = Some(Duration::from_secs(90));
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    assert_eq!(header(&invite, Name::SessionExpires), "90");
    net.send(callee, A, reply(&invite, 422, "x", callee).header("Min-SE", 300).finish());
    let inbox = net.inbox(callee);
    let again = inbox.iter().find(|message| net::what(message) == "INVITE").unwrap();
    assert_eq!(
        (header(again, Name::SessionExpires), header(again, Name::MinSe)),
        ("300".into(), "300".into())
    );
    assert_eq!(again.body(), OFFER.as_bytes());
    net.send(callee, A, reply(again, 422, "x", callee).header("Min-SE", 300).finish());
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Failed { status: Some(Status(422)), .. }]));
    net.assert_no_leak();
}
