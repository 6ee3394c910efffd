//! The transport reports an error; requests above the MTU go by a stream and come back to UDP when there is none.
//! RFC 3261 17.1.4, 18.1.1.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, B, Net, flow_of};
use sip::{Builder, ConnectionId, Event, Failure, Flow, OutgoingRequest, SessionEvent, Status, Transport};

fn message(size: usize) -> Vec<u8> {
    Builder::request("MESSAGE", "sip:bob@example.org")
        .header("From", "<sip:alice@example.org>;tag=1")
        .header("To", "<sip:bob@example.org>")
        .header("Call-ID", "m")
        .header("CSeq", "1 MESSAGE")
        .header("Max-Forwards", 70)
        .body("text/plain", &vec![b'x'; size])
}

#[test]
fn what_waits_on_the_path_fails_at_once() {
    let mut net = Net::new(1);
    let (dead, alive) = (net.script("192.0.2.8:5060"), net.script("192.0.2.9:5060"));
    let call = net.call(dead);
    net.invite(call);
    let now = net.now;
    let (to_dead, to_alive) = (net.flow(dead), net.flow(alive));
    let lost = net.endpoint(A).send_request(now, to_dead, OutgoingRequest::new(message(1))).unwrap();
    net.endpoint(A).send_request(now, to_alive, OutgoingRequest::new(message(1))).unwrap();
    net.settle();
    let now = net.now;
    net.endpoint(A).handle_transport_failed(now, to_dead);
    let events = net.take(A);
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Failed { id, reason: Failure::Transport } if *id == lost))
    );
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Session { event: SessionEvent::Failed { status: None, .. }, .. }
    )));
    assert_eq!(net.endpoint(A).counts().transactions, 1, "the other path is untouched");
    net.assert_no_leak();
}

#[test]
fn a_closed_connection_fails_its_own_requests_only() {
    let mut net = Net::with(1, Transport::Tcp, sip::Config::default());
    let peer = net.script("192.0.2.9:5060");
    let now = net.now;
    let flow = |number| Flow { connection: Some(ConnectionId(number)), ..flow_of(Transport::Tcp, peer) };
    let one = net.endpoint(A).send_request(now, flow(1), OutgoingRequest::new(message(1))).unwrap();
    net.endpoint(A).send_request(now, flow(2), OutgoingRequest::new(message(1))).unwrap();
    net.endpoint(A).handle_transport_failed(now, flow(1));
    let events = net.take(A);
    assert!(matches!(events[..], [Event::Failed { id, .. }] if id == one), "{events:?}");
}

#[test]
fn large_requests_go_by_the_stream_when_there_is_one() {
    for (size, fallback, expected) in
        [(100, true, Transport::Udp), (2000, true, Transport::Tcp), (2000, false, Transport::Udp)]
    {
        let mut net = Net::new(1);
        let to = net.ends[B].address;
        let tcp_fallback = fallback.then(|| flow_of(Transport::Tcp, to));
        let request = OutgoingRequest { octets: message(size), tcp_fallback };
        let now = net.now;
        net.endpoint(A).send_request(now, flow_of(Transport::Udp, to), request).unwrap();
        let events = net.take(B);
        let [Event::Request { flow, message, .. }] = &events[..] else { panic!("{events:?}") };
        assert_eq!(flow.transport, expected);
        assert_eq!(message.top_via().unwrap().transport, expected.as_str());
    }
}

#[test]
fn a_stream_that_cannot_be_had_is_replaced_by_udp() {
    let mut net = Net::new(1);
    let to = net.ends[B].address;
    net.filter = Some(Box::new(|packet| match packet.transport.is_reliable() {
        true => net::Fate::Drop,
        false => net::Fate::Pass,
    }));
    let (udp, tcp) = (flow_of(Transport::Udp, to), flow_of(Transport::Tcp, to));
    let request = OutgoingRequest { octets: message(2000), tcp_fallback: Some(tcp) };
    let now = net.now;
    net.endpoint(A).send_request(now, udp, request).unwrap();
    net.settle();
    let now = net.now;
    net.endpoint(A).handle_transport_failed(now, tcp);
    net.settle();
    assert!(net.take(A).is_empty(), "not failed");
    let events = net.take(B);
    let [Event::Request { id, message, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(message.top_via().unwrap().transport, "UDP");
    let reply = Builder::reply(message, Status::OK, "", Some("t")).finish();
    let now = net.now;
    net.endpoint(B).respond(now, *id, reply).unwrap();
    assert!(matches!(net.take(A)[..], [Event::Response { .. }]));
    let now = net.now;
    net.endpoint(A).handle_transport_failed(now, udp);
    assert!(net.take(A).is_empty());
    net.assert_no_leak();
}
