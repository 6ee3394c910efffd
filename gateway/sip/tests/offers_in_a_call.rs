//! re-INVITE and UPDATE in an established call, from both sides: accepted, refused, cancelled by silence, colliding.
//! RFC 3261 14, RFC 3311.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, OFFER, reply, request_back};
use sip::{EndedBy, Message, Refused, SessionEvent, SessionId, Status};

fn ids(net: &mut Net, from: usize) -> (usize, SessionId, usize, SessionId) {
    let (a, b) = net.established();
    if from == A { (A, a, B, b) } else { (B, b, A, a) }
}

fn offered(net: &mut Net, end: usize) -> Message {
    let mut events = net.session_events(end);
    assert_eq!(events.len(), 1, "{events:?}");
    match events.remove(0) {
        SessionEvent::Offered { message, body } => {
            assert_eq!(body.as_deref(), Some(OFFER.as_bytes()));
            message
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn accepted_either_way_by_either_method() {
    for from in [A, B] {
        for invite in [true, false] {
            let mut net = Net::new(1);
            let (from, id, to, peer) = ids(&mut net, from);
            let now = net.now;
            let endpoint = net.endpoint(from);
            let start = if invite { sip::Endpoint::offer } else { sip::Endpoint::update };
            start(endpoint, now, id, OFFER.into()).unwrap();
            assert_eq!(start(endpoint, now, id, OFFER.into()), Err(Refused::OfferPending));
            offered(&mut net, to);
            let now = net.now;
            net.endpoint(to).accept_offer(now, peer, ANSWER.into()).unwrap();
            let events = net.session_events(from);
            let [SessionEvent::OfferAnswered { body: Some(body) }] = &events[..] else {
                panic!("{events:?}")
            };
            assert_eq!(body, ANSWER.as_bytes());
            assert!(net.session_events(to).is_empty());
            let now = net.now;
            net.endpoint(to).bye(now, peer, &[]).unwrap();
            net.assert_no_leak();
        }
    }
}

#[test]
fn refused_and_the_call_goes_on() {
    for from in [A, B] {
        let mut net = Net::new(1);
        let (from, id, to, peer) = ids(&mut net, from);
        let now = net.now;
        net.endpoint(from).offer(now, id, OFFER.into()).unwrap();
        offered(&mut net, to);
        let now = net.now;
        net.endpoint(to).reject_offer(now, peer, Status::NOT_ACCEPTABLE_HERE).unwrap();
        let events = net.session_events(from);
        assert!(
            matches!(events[..], [SessionEvent::OfferRejected { status: Some(Status(488)) }]),
            "{events:?}"
        );
        let now = net.now;
        net.endpoint(from).offer(now, id, OFFER.into()).unwrap();
        offered(&mut net, to);
    }
}

#[test]
fn both_at_once_get_491_and_the_owner_of_the_call_id_comes_second() {
    for seed in 0..20 {
        let mut net = Net::new(seed);
        let (a, b) = net.established();
        let now = net.now;
        net.endpoint(A).offer(now, a, OFFER.into()).unwrap();
        net.endpoint(B).offer(now, b, OFFER.into()).unwrap();
        net.settle();
        assert_eq!(net.times("491 INVITE"), 2);
        net.run_for(std::time::Duration::from_millis(1950));
        // B, which does not own the Call-ID, has sent again within 2 s.
        offered(&mut net, A);
        let now = net.now;
        net.endpoint(A).accept_offer(now, a, ANSWER.into()).unwrap();
        net.seconds(8);
        let events = net.session_events(B);
        assert!(
            matches!(events[..], [SessionEvent::OfferAnswered { .. }, SessionEvent::Offered { .. }]),
            "seed {seed}: {events:?}"
        );
        let now = net.now;
        net.endpoint(B).accept_offer(now, b, ANSWER.into()).unwrap();
        assert!(matches!(net.session_events(A)[..], [SessionEvent::OfferAnswered { .. }]));
        let now = net.now;
        net.endpoint(A).bye(now, a, &[]).unwrap();
        net.assert_no_leak();
    }
}

#[test]
fn a_second_offer_before_the_answer_to_the_first_gets_500_with_retry_after() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    let a = net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    net.send(
        peer,
        A,
        request_back(&invite, "INVITE", 1, "bob", peer).body("application/sdp", OFFER.as_bytes()),
    );
    assert_eq!(net.session_events(A).len(), 1);
    net.send(
        peer,
        A,
        request_back(&invite, "INVITE", 2, "bob", peer).body("application/sdp", OFFER.as_bytes()),
    );
    let refusal = net.inbox(peer).into_iter().find(|message| net::what(message) == "500 INVITE").unwrap();
    assert!(refusal.retry_after().unwrap() <= 10);
    net.send(
        peer,
        A,
        request_back(&invite, "UPDATE", 3, "bob", peer).body("application/sdp", OFFER.as_bytes()),
    );
    net.expect(peer, "500 UPDATE");
    // A BYE ends it all; the open re-INVITE is answered 487.
    net.send(peer, A, request_back(&invite, "BYE", 4, "bob", peer).finish());
    let kinds: Vec<_> = net.inbox(peer).iter().map(net::what).collect();
    assert!(kinds.contains(&"487 INVITE".to_owned()) && kinds.contains(&"200 BYE".to_owned()), "{kinds:?}");
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Ended { by: EndedBy::Peer, .. }]));
    assert!(net.endpoint(A).session(a).is_none());
    net.assert_no_leak();
}

#[test]
fn without_sdp_a_reinvite_asks_for_an_offer() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    let a = net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    net.send(peer, A, request_back(&invite, "INVITE", 1, "bob", peer).finish());
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Offered { body: None, .. }]));
    let now = net.now;
    net.endpoint(A).accept_offer(now, a, OFFER.into()).unwrap();
    let inbox = net.inbox(peer);
    let ok = inbox.iter().find(|message| net::what(message) == "200 INVITE").unwrap();
    assert_eq!(ok.body(), OFFER.as_bytes());
    let ack = request_back(&invite, "ACK", 1, "bob", peer).body("application/sdp", ANSWER.as_bytes());
    net.send(peer, A, ack);
    let events = net.session_events(A);
    let [SessionEvent::OfferAnswered { body: Some(body) }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(body, ANSWER.as_bytes());
    net.seconds(40);
    assert!(net.session_events(A).is_empty());
}

#[test]
fn the_new_contact_is_the_target_from_then_on() {
    let mut net = Net::new(1);
    let (peer, moved) = (net.script("192.0.2.9:5060"), net.script("192.0.2.10:5070"));
    let call = net.call(peer);
    let a = net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    let update = request_back(&invite, "UPDATE", 1, "bob", moved);
    net.send(peer, A, update.finish());
    let ok = net.inbox(moved);
    assert_eq!(ok.len(), 0, "the response goes where the request came from");
    net.expect(peer, "200 UPDATE");
    assert!(net.session_events(A).is_empty(), "no SDP, no offer");
    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let bye = net.expect(moved, "BYE");
    assert_eq!(bye.request_uri(), Some(&b"sip:bob@192.0.2.10:5070"[..]));
}

#[test]
fn silence_481_and_408_end_the_call() {
    for answer in [None, Some(481), Some(408)] {
        let mut net = Net::new(1);
        let peer = net.script("192.0.2.9:5060");
        let call = net.call(peer);
        let a = net.invite(call);
        let invite = net.expect(peer, "INVITE");
        net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
        net.inbox(peer);
        net.take(A);
        let now = net.now;
        net.endpoint(A).offer(now, a, OFFER.into()).unwrap();
        let again = net.expect(peer, "INVITE");
        assert_eq!(net::to_tag(&again), "bob");
        match answer {
            Some(status) => net.send(peer, A, reply(&again, status, "bob", peer).finish()),
            None => net.seconds(33),
        }
        let events = net.session_events(A);
        assert!(matches!(events[..], [SessionEvent::Ended { by: EndedBy::Timeout, .. }]), "{events:?}");
        assert!(net.inbox(peer).iter().any(|message| net::what(message) == "BYE"));
        net.assert_no_leak();
    }
}

#[test]
fn an_owner_that_never_decides_is_decided_for() {
    let mut net = Net::new(1);
    let (a, b) = net.established();
    let now = net.now;
    net.endpoint(A).offer(now, a, OFFER.into()).unwrap();
    offered(&mut net, B);
    net.seconds(400);
    let events = net.session_events(A);
    assert!(matches!(events[..], [SessionEvent::OfferRejected { status: Some(_) }]), "{events:?}");
    let now = net.now;
    assert_eq!(net.endpoint(B).accept_offer(now, b, ANSWER.into()), Err(Refused::WrongState));
    net.endpoint(B).bye(now, b, &[]).unwrap();
    net.assert_no_leak();
}
