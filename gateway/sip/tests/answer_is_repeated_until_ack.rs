//! Our 2xx is sent again until its ACK comes, on every transport; without an ACK the call is hung up.
//! RFC 3261 13.3.1.4, RFC 6026.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::time::Duration;

use net::{ANSWER, B, Net, request_to, to_tag};
use sip::{Builder, Config, EndedBy, Message, SessionEvent, Transport};

/// A scripted caller whose INVITE was answered by B; the caller has read nothing but the INVITE's responses.
fn answered(net: &mut Net) -> (std::net::SocketAddr, Message) {
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(
        caller,
        B,
        request_to(at_b, "INVITE", 1, "i", caller).body("application/sdp", net::OFFER.as_bytes()),
    );
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
    let ok = net.expect(caller, "200 INVITE");
    (caller, ok)
}

fn ack(ok: &Message, at_b: std::net::SocketAddr, caller: std::net::SocketAddr) -> Vec<u8> {
    Builder::request("ACK", &format!("sip:carol@{at_b}"))
        .header("Via", format!("SIP/2.0/UDP {caller};branch=z9hG4bKack;rport"))
        .raw_header("From", ok.header(sip::Name::From).unwrap())
        .raw_header("To", ok.header(sip::Name::To).unwrap())
        .header("Call-ID", "scripted")
        .header("CSeq", "1 ACK")
        .finish()
}

#[test]
fn intervals_double_up_to_t2_and_stop_with_the_ack() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut net = Net::with(1, transport, Config::default());
        let (caller, ok) = answered(&mut net);
        net.run_for(Duration::from_millis(11_900));
        // Sent at 0, 0.5, 1.5, 3.5, 7.5, 11.5 s.
        assert_eq!(net.times("200 INVITE"), 6, "{transport}");
        let at_b = net.ends[B].address;
        net.send(caller, B, ack(&ok, at_b, caller));
        net.send(caller, B, ack(&ok, at_b, caller));
        assert!(matches!(net.session_events(B)[..], [SessionEvent::Confirmed { .. }]), "each ACK once");
        net.seconds(60);
        assert_eq!(net.times("200 INVITE"), 6);
        assert!(!to_tag(&ok).is_empty());
    }
}

#[test]
fn without_ack_the_call_is_hung_up_after_64_t1() {
    let mut net = Net::new(1);
    let (caller, _) = answered(&mut net);
    net.seconds(31);
    assert!(net.session_events(B).is_empty());
    net.seconds(2);
    let events = net.session_events(B);
    assert!(matches!(events[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]), "{events:?}");
    net.inbox(caller);
    assert!(net.times("BYE") >= 1);
    net.assert_no_leak();
}

#[test]
fn an_invite_that_comes_again_is_swallowed() {
    let mut net = Net::new(1);
    let (caller, _) = answered(&mut net);
    let at_b = net.ends[B].address;
    net.send(
        caller,
        B,
        request_to(at_b, "INVITE", 1, "i", caller).body("application/sdp", net::OFFER.as_bytes()),
    );
    assert_eq!(net.endpoint(B).counts().sessions, 1);
    assert_eq!(net.times("200 INVITE"), 1);
}

#[test]
fn a_bye_of_ours_waits_for_the_ack() {
    let mut net = Net::new(1);
    let (caller, ok) = answered(&mut net);
    let b = sip::SessionId(u64::from(1_u32) << 32);
    let now = net.now;
    net.endpoint(B).bye(now, b, &[]).unwrap();
    net.settle();
    assert_eq!(net.times("BYE"), 0);
    let at_b = net.ends[B].address;
    net.send(caller, B, ack(&ok, at_b, caller));
    assert_eq!(net.times("BYE"), 1);
}
