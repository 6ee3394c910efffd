//! Timers A, B, E, F, G: what is sent again, how often, and when it is given up; streams send once.
//! RFC 3261 17.1.1.2, 17.1.2.2, 17.2.1.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::time::Duration;

use net::{A, B, Net, reply, request_to};
use sip::{Builder, Config, Event, Failure, OutgoingRequest, SessionEvent, Status, Transport};

fn options(net: &mut Net, to: std::net::SocketAddr) -> sip::ClientId {
    let octets = Builder::request("OPTIONS", "sip:bob@example.org")
        .header("From", "<sip:alice@example.org>;tag=1")
        .header("To", "<sip:bob@example.org>")
        .header("Call-ID", "options")
        .header("CSeq", "1 OPTIONS")
        .header("Max-Forwards", 70)
        .finish();
    let (now, flow) = (net.now, net.flow(to));
    let id = net.endpoint(A).send_request(now, flow, OutgoingRequest::new(octets)).unwrap();
    net.drain();
    id
}

fn at(net: &Net, kind: &str) -> Vec<u64> {
    net.sent.iter().filter(|(_, _, what)| what == kind).map(|(at, ..)| at.as_millis() as u64).collect()
}

#[test]
fn invite_is_sent_seven_times_over_udp_and_once_over_tcp() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut net = Net::with(1, transport, Config::default());
        let callee = net.script("192.0.2.9:5060");
        let call = net.call(callee);
        net.invite(call);
        net.run_for(Duration::from_millis(31_700));
        let expected: &[u64] =
            if transport.is_reliable() { &[0] } else { &[0, 500, 1500, 3500, 7500, 15_500, 31_500] };
        assert_eq!(at(&net, "INVITE"), expected);
        assert!(net.session_events(A).is_empty());
        net.seconds(1);
        let events = net.session_events(A);
        assert!(matches!(events[..], [SessionEvent::Failed { status: None, message: None }]), "{events:?}");
        net.assert_no_leak();
    }
}

#[test]
fn others_are_sent_eleven_times_over_udp_and_once_over_tcp() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut net = Net::with(1, transport, Config::default());
        let callee = net.script("192.0.2.9:5060");
        let id = options(&mut net, callee);
        net.seconds(33);
        let expected: &[u64] = if transport.is_reliable() {
            &[0]
        } else {
            &[0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]
        };
        assert_eq!(at(&net, "OPTIONS"), expected);
        let events = net.take(A);
        assert!(
            matches!(events[..], [Event::Failed { id: failed, reason: Failure::TimedOut }] if failed == id)
        );
        net.assert_no_leak();
    }
}

#[test]
fn a_provisional_slows_the_repetition_to_t2() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    options(&mut net, callee);
    let request = net.expect(callee, "OPTIONS");
    net.send(callee, A, reply(&request, 100, "", callee).finish());
    let start = net.elapsed().as_millis() as u64;
    net.seconds(9);
    assert_eq!(at(&net, "OPTIONS").len(), 3, "at 0 and twice at T2");
    assert!(at(&net, "OPTIONS")[1] >= start - 100 + 4000 - 100);
    net.send(callee, A, reply(&request, 200, "", callee).finish());
    net.send(callee, A, reply(&request, 200, "", callee).finish());
    assert_eq!(net.take(A).len(), 2, "100 and one 200");
    net.assert_no_leak();
}

#[test]
fn a_refusal_is_repeated_until_its_ack() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut net = Net::with(1, transport, Config::default());
        let caller = net.script("192.0.2.9:5060");
        let at_b = net.ends[B].address;
        net.send(caller, B, request_to(at_b, "INVITE", 1, "i", caller).finish());
        let b = net.ringing(B);
        let now = net.now;
        net.endpoint(B).reject(now, b, Status::BUSY_HERE, "", &[]).unwrap();
        let busy = net.expect(caller, "486 INVITE");
        assert!(matches!(net.session_events(B)[..], [SessionEvent::Ended { .. }]));
        net.run_for(Duration::from_millis(1500));
        let expected = if transport.is_reliable() { 1 } else { 3 };
        assert_eq!(net.times("486 INVITE"), expected, "{transport}");
        let ack = Builder::request("ACK", &format!("sip:carol@{at_b}"))
            .header("Via", format!("SIP/2.0/UDP {caller};branch=z9hG4bKi;rport"))
            .raw_header("From", busy.header(sip::Name::From).unwrap())
            .raw_header("To", busy.header(sip::Name::To).unwrap())
            .header("Call-ID", "scripted")
            .header("CSeq", "1 ACK")
            .finish();
        net.send(caller, B, ack);
        net.seconds(1);
        assert_eq!(net.times("486 INVITE"), expected);
        // Timer I: T4 to swallow further ACKs over UDP.
        assert_eq!(net.endpoint(B).counts().transactions, usize::from(!transport.is_reliable()));
        net.assert_no_leak();
        assert_eq!(net.times("486 INVITE"), expected);
    }
}

#[test]
fn our_ack_of_a_refusal_is_repeated_for_each_repetition() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let mut call = net.call(callee);
    call.routes = vec!["<sip:proxy;lr>".into()];
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    let busy = reply(&invite, 486, "bob", callee).finish();
    net.send(callee, A, busy.clone());
    let first = net.expect(callee, "ACK");
    net.send(callee, A, busy);
    let second = net.expect(callee, "ACK");
    assert_eq!(first.octets(), second.octets());
    assert_eq!(first.top_via().unwrap().branch(), invite.top_via().unwrap().branch());
    assert_eq!(first.header(sip::Name::Route), invite.header(sip::Name::Route));
    assert_eq!(net::to_tag(&first), "bob");
    assert_eq!(net.session_events(A).len(), 1);
    net.assert_no_leak();
}
