//! INFO, REFER, NOTIFY, MESSAGE, OPTIONS in the dialog of a call. RFC 3261 12.2, RFC 6086, RFC 3515.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, B, Net, reply, request_back};
use sip::{Builder, EndedBy, Event, Failure, Name, SessionEvent, Status};

#[test]
fn both_sides_ask_and_answer() {
    for from in [A, B] {
        let mut net = Net::new(1);
        let (a, b) = net.established();
        let (id, to) = if from == A { (a, B) } else { (b, A) };
        let now = net.now;
        let headers = [("Refer-To".to_owned(), "<sip:dave@example.org>".to_owned())];
        let client = net.endpoint(from).send_in_dialog(now, id, "REFER", &headers, None).unwrap();
        let events = net.session_events(to);
        let [SessionEvent::Request { id: server, message }] = &events[..] else { panic!("{events:?}") };
        assert_eq!(net::header(message, Name::ReferTo), "<sip:dave@example.org>");
        assert!(message.header(Name::Contact).is_some(), "REFER refreshes the target");
        let accepted = Builder::reply(message, Status::ACCEPTED, "", None).finish();
        let now = net.now;
        net.endpoint(to).respond(now, *server, accepted).unwrap();
        let events = net.take(from);
        assert!(matches!(&events[..], [Event::Response { id, message }]
            if *id == client && message.status() == Some(Status::ACCEPTED)));
        let now = net.now;
        net.endpoint(from).bye(now, id, &[]).unwrap();
        net.assert_no_leak();
    }
}

#[test]
fn options_is_answered_inside() {
    let mut net = Net::new(1);
    let (a, _) = net.established();
    let now = net.now;
    net.endpoint(A).send_in_dialog(now, a, "OPTIONS", &[], None).unwrap();
    let events = net.take(A);
    let [Event::Response { message, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(message.status(), Some(Status::OK));
    assert!(message.lists(Name::Allow, "UPDATE") && message.lists(Name::Supported, "timer"));
    assert!(net.take(B).is_empty());
}

#[test]
fn a_peer_that_has_lost_the_dialog_ends_the_call() {
    for answer in [Some(481), None] {
        let mut net = Net::new(1);
        let peer = net.script("192.0.2.9:5060");
        let call = net.call(peer);
        let a = net.invite(call);
        let invite = net.expect(peer, "INVITE");
        net.send(peer, A, reply(&invite, 200, "bob", peer).finish());
        net.take(A);
        net.inbox(peer);
        let now = net.now;
        let client = net.endpoint(A).send_in_dialog(now, a, "INFO", &[], None).unwrap();
        let info = net.expect(peer, "INFO");
        match answer {
            Some(status) => net.send(peer, A, reply(&info, status, "", peer).finish()),
            None => net.seconds(33),
        }
        let events = net.take(A);
        match &events[..] {
            [
                Event::Response { id, .. },
                Event::Session { event: SessionEvent::Ended { by: EndedBy::Timeout, .. }, .. },
            ] if answer.is_some() => assert_eq!(*id, client),
            [
                Event::Failed { id, reason: Failure::TimedOut },
                Event::Session { event: SessionEvent::Ended { .. }, .. },
            ] => {
                assert_eq!(*id, client);
            }
            other => panic!("{other:?}"),
        }
        net.assert_no_leak();
    }
}

#[test]
fn what_an_owner_leaves_open_does_not_stay() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).finish());
    net.send(peer, A, request_back(&invite, "INFO", 1, "bob", peer).finish());
    net.send(peer, A, request_back(&invite, "BYE", 2, "bob", peer).finish());
    let events = net.session_events(A);
    assert!(matches!(
        events[..],
        [.., SessionEvent::Request { .. }, SessionEvent::Ended { by: EndedBy::Peer, .. }]
    ));
    net.assert_no_leak();
}

#[test]
fn an_unknown_method_in_the_dialog_is_not_passed_on() {
    let mut net = Net::new(1);
    let (a, _) = net.established();
    let now = net.now;
    net.endpoint(A).send_in_dialog(now, a, "DANCE", &[], None).unwrap();
    let events = net.take(A);
    assert!(matches!(&events[..], [Event::Response { message, .. }]
        if message.status() == Some(Status::NOT_IMPLEMENTED)));
    assert!(net.endpoint(A).send_in_dialog(now, a, "BYE", &[], None).is_err());
}
