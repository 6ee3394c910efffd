//! REGISTER, OPTIONS, MESSAGE...: handed to the owner once, answered once, repeated from memory.
//! RFC 3261 17.2.2, RFC 4320; 17.2.3 for peers of RFC 2543.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::time::Duration;

use net::{A, B, Net, request_to};
use sip::{Builder, Event, Refused, ServerId, Status};

fn request(net: &mut Net) -> (ServerId, sip::Message) {
    let mut events = net.take(B);
    assert_eq!(events.len(), 1, "{events:?}");
    match events.remove(0) {
        Event::Request { id, message, .. } => (id, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_register_and_its_answer() {
    let mut net = Net::new(1);
    let to = net.ends[B].address;
    let register = Builder::request("REGISTER", "sip:example.org")
        .header("From", "<sip:alice@example.org>;tag=1")
        .header("To", "<sip:alice@example.org>")
        .header("Call-ID", "r")
        .header("CSeq", "1 REGISTER")
        .header("Max-Forwards", 70)
        .header("Contact", "<sip:alice@192.0.2.1>")
        .finish();
    let (now, flow) = (net.now, net.flow(to));
    let id = net.endpoint(A).send_request(now, flow, sip::OutgoingRequest::new(register)).unwrap();
    let (server, message) = request(&mut net);
    let reply = Builder::reply(&message, Status::OK, "", Some("t")).header("Expires", 60).finish();
    let now = net.now;
    net.endpoint(B).respond(now, server, reply.clone()).unwrap();
    assert_eq!(net.endpoint(B).respond(now, server, reply), Err(Refused::UnknownTransaction));
    let events = net.take(A);
    let [Event::Response { id: of, message }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((*of, message.expires()), (id, Some(60)));
    assert_eq!(net.endpoint(A).counts().transactions, 0, "over with the final response");
    net.assert_no_leak();
}

#[test]
fn repetitions_are_answered_from_memory_for_64_t1() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let octets = request_to(at_b, "MESSAGE", 1, "m", peer).finish();
    net.send(peer, B, octets.clone());
    net.send(peer, B, octets.clone());
    let (id, message) = request(&mut net);
    let now = net.now;
    net.endpoint(B).respond(now, id, Builder::reply(&message, Status::OK, "", Some("t")).finish()).unwrap();
    let first = net.expect(peer, "200 MESSAGE");
    net.seconds(30);
    net.send(peer, B, octets.clone());
    assert_eq!(net.expect(peer, "200 MESSAGE").octets(), first.octets());
    assert!(net.take(B).is_empty());
    net.seconds(3);
    assert_eq!(net.endpoint(B).counts().transactions, 0);
    net.send(peer, B, octets);
    request(&mut net);
}

#[test]
fn a_slow_owner_is_covered_by_a_late_100_and_then_by_silence() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let octets = request_to(at_b, "MESSAGE", 1, "m", peer).finish();
    net.send(peer, B, octets.clone());
    let (id, message) = request(&mut net);
    let now = net.now;
    let provisional = Builder::reply(&message, Status::RINGING, "", Some("t")).finish();
    net.endpoint(B).respond(now, id, provisional).unwrap();
    net.run_for(Duration::from_millis(3200));
    assert!(net.inbox(peer).is_empty(), "RFC 4320 4.1: nothing before timer E reaches T2, and no 180 ever");
    net.run_for(Duration::from_millis(300));
    net.expect(peer, "100 MESSAGE");
    net.send(peer, B, octets);
    net.expect(peer, "100 MESSAGE");
    net.seconds(30);
    let now = net.now;
    let late = Builder::reply(&message, Status::OK, "", Some("t")).finish();
    assert_eq!(net.endpoint(B).respond(now, id, late), Err(Refused::UnknownTransaction));
    assert!(net.inbox(peer).is_empty());
    net.assert_no_leak();
}

#[test]
fn nobody_says_408() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(peer, B, request_to(at_b, "MESSAGE", 1, "m", peer).finish());
    let (id, message) = request(&mut net);
    let now = net.now;
    net.endpoint(B).respond(now, id, Builder::reply(&message, Status(408), "", Some("t")).finish()).unwrap();
    assert!(net.inbox(peer).is_empty());
    assert_eq!(net.endpoint(B).counts().transactions, 0);
}

#[test]
fn a_notify_of_a_dialog_of_the_owner_reaches_it() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let notify = String::from_utf8(request_to(at_b, "NOTIFY", 1, "n", peer).finish()).unwrap();
    net.send(peer, B, notify.replace("To: <sip:carol@example.org>", "To: <sip:carol@example.org>;tag=owner"));
    request(&mut net);
}

#[test]
fn peers_without_the_branch_cookie_are_told_apart() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let old = |cseq: u32| {
        let text = String::from_utf8(request_to(at_b, "INVITE", cseq, "x", peer).finish()).unwrap();
        text.replace(";branch=z9hG4bKx", "")
    };
    net.send(peer, B, old(1));
    net.send(peer, B, old(1));
    let b = net.ringing(B);
    net.send(peer, B, old(2));
    assert_eq!(net.take(B).len(), 1, "another CSeq, another INVITE");
    let now = net.now;
    net.endpoint(B).reject(now, b, Status::BUSY_HERE, "", &[]).unwrap();
    let busy = net.inbox(peer).into_iter().find(|message| net::what(message) == "486 INVITE").unwrap();
    let tag = net::to_tag(&busy);
    let ack = old(1)
        .replace("INVITE", "ACK")
        .replace("<sip:carol@example.org>", &format!("<sip:carol@example.org>;tag={tag}"));
    net.send(peer, B, ack);
    let before = net.times("486 INVITE");
    net.seconds(3);
    assert_eq!(net.times("486 INVITE"), before, "the ACK has found its INVITE");
    let cancel = old(2).replace("INVITE", "CANCEL");
    net.send(peer, B, cancel);
    let kinds: Vec<_> = net.inbox(peer).iter().map(net::what).collect();
    assert!(kinds.contains(&"487 INVITE".to_owned()), "{kinds:?}");
    net.assert_no_leak();
}

#[test]
fn sessions_have_their_own_verbs() {
    let mut net = Net::new(1);
    let to = net.ends[B].address;
    let (now, flow) = (net.now, net.flow(to));
    for method in ["INVITE", "ACK", "CANCEL"] {
        let octets = request_to(to, method, 1, "x", to).finish();
        let refused = net.endpoint(A).send_request(now, flow, sip::OutgoingRequest::new(octets));
        assert_eq!(refused, Err(Refused::Malformed));
    }
    let mut nowhere = flow;
    nowhere.listener = sip::ListenerId(99);
    let octets = request_to(to, "OPTIONS", 1, "x", to).finish();
    let refused = net.endpoint(A).send_request(now, nowhere, sip::OutgoingRequest::new(octets));
    assert_eq!(refused, Err(Refused::UnknownListener));
    assert_eq!(net.endpoint(A).counts(), sip::Counts::default());
}
