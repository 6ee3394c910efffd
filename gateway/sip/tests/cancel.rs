//! CANCEL: held until a provisional response, answered by 487, and crossing a 200. RFC 3261 9, 15.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, reply};
use sip::{Name, SessionEvent, Status};

#[test]
fn the_callee_hears_of_it_and_the_caller_fails_with_487() {
    let mut net = Net::new(1);
    let call = net.call(net.ends[B].address);
    let a = net.invite(call);
    net.ringing(B);
    let now = net.now;
    let headers = [("Reason".to_owned(), "SIP;cause=200".to_owned())];
    net.endpoint(A).cancel(now, a, &headers).unwrap();
    net.endpoint(A).cancel(now, a, &[]).unwrap();
    let events = net.session_events(B);
    let [SessionEvent::Cancelled { message }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(net::header(message, Name::Reason), "SIP;cause=200");
    let events = net.session_events(A);
    assert!(matches!(events[..], [SessionEvent::Failed { status: Some(Status(487)), .. }]), "{events:?}");
    assert_eq!(net.times("CANCEL"), 1);
    net.assert_no_leak();
}

#[test]
fn it_waits_for_the_first_provisional() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    let a = net.invite(call);
    let invite = net.expect(callee, "INVITE");
    let now = net.now;
    net.endpoint(A).cancel(now, a, &[]).unwrap();
    net.settle();
    assert_eq!(net.times("CANCEL"), 0);
    net.send(callee, A, reply(&invite, 100, "", callee).finish());
    let cancel = net.expect(callee, "CANCEL");
    assert_eq!(cancel.request_uri(), invite.request_uri());
    assert_eq!(cancel.top_via().unwrap().branch(), invite.top_via().unwrap().branch());
    assert_eq!(cancel.cseq().unwrap().number, invite.cseq().unwrap().number);
    assert_eq!(cancel.header(Name::To), invite.header(Name::To));
    assert_eq!(cancel.values(Name::Via).count(), 1);
    net.seconds(2);
    assert_eq!(net.times("CANCEL"), 3, "sent again until answered");
    net.send(callee, A, reply(&cancel, 200, "x", callee).finish());
    net.send(callee, A, reply(&invite, 487, "x", callee).finish());
    let ack = net.inbox(callee).pop().unwrap();
    assert_eq!(net::what(&ack), "ACK");
    assert_eq!(ack.top_via().unwrap().branch(), invite.top_via().unwrap().branch());
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Failed { status: Some(Status(487)), .. }]));
    let sent = net.times("CANCEL");
    net.assert_no_leak();
    assert_eq!(net.times("CANCEL"), sent);
}

#[test]
fn a_200_that_crosses_it_is_acknowledged_and_hung_up() {
    for provisional_first in [true, false] {
        let mut net = Net::new(1);
        let callee = net.script("192.0.2.9:5060");
        let call = net.call(callee);
        let a = net.invite(call);
        let invite = net.expect(callee, "INVITE");
        if provisional_first {
            net.send(callee, A, reply(&invite, 180, "bob", callee).finish());
        }
        net.take(A);
        let now = net.now;
        net.endpoint(A).cancel(now, a, &[]).unwrap();
        net.send(callee, A, reply(&invite, 200, "bob", callee).body("application/sdp", ANSWER.as_bytes()));
        let inbox = net.inbox(callee);
        let bye = inbox.iter().find(|message| net::what(message) == "BYE").expect("BYE");
        assert!(inbox.iter().any(|message| net::what(message) == "ACK"));
        assert_eq!(net::to_tag(bye), "bob");
        assert!(net.session_events(A).is_empty(), "not over before the BYE is");
        net.send(callee, A, reply(bye, 200, "", callee).finish());
        let events = net.session_events(A);
        assert!(matches!(events[..], [SessionEvent::Failed { status: Some(Status(487)), .. }]), "{events:?}");
        net.assert_no_leak();
    }
}

#[test]
fn a_callee_that_never_answers_the_invite_is_given_up() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    let a = net.invite(call);
    let invite = net.expect(callee, "INVITE");
    net.send(callee, A, reply(&invite, 180, "bob", callee).finish());
    let now = net.now;
    net.endpoint(A).cancel(now, a, &[]).unwrap();
    net.seconds(33);
    let events = net.session_events(A);
    assert!(matches!(events[..], [_, SessionEvent::Failed { status: None, .. }]), "{events:?}");
    net.assert_no_leak();
}

#[test]
fn one_without_an_invite_gets_481() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, net::request_to(at_b, "CANCEL", 1, "none", caller).finish());
    net.expect(caller, "481 CANCEL");
    net.assert_no_leak();
}

#[test]
fn after_the_answer_it_changes_nothing() {
    let mut net = Net::new(1);
    let caller = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(caller, B, net::request_to(at_b, "INVITE", 1, "i", caller).finish());
    let b = net.ringing(B);
    let now = net.now;
    net.endpoint(B).answer(now, b, Some(ANSWER.into()), &[]).unwrap();
    let ok = net.expect(caller, "200 INVITE");
    net.send(caller, B, net::request_to(at_b, "CANCEL", 1, "i", caller).finish());
    let inbox = net.inbox(caller);
    let cancelled = inbox.iter().find(|message| net::what(message) == "200 CANCEL").expect("200 CANCEL");
    assert_eq!(net::to_tag(cancelled), net::to_tag(&ok));
    assert!(net.session_events(B).is_empty());
}
