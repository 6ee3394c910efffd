//! A proxy forks our INVITE: several early dialogs, several answers. RFC 3261 12.1, 13.2.2.4.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, Net, reply};
use sip::{Config, ForkId, Limits, SessionEvent};

#[test]
fn each_fork_is_told_apart_and_the_second_answer_is_hung_up() {
    let mut net = Net::new(1);
    let proxy = net.script("192.0.2.9:5060");
    let (one, two) = (net.script("192.0.2.11:5060"), net.script("192.0.2.12:5060"));
    let call = net.call(proxy);
    let a = net.invite(call);
    let invite = net.expect(proxy, "INVITE");
    net.send(proxy, A, reply(&invite, 180, "one", one).finish());
    net.send(proxy, A, reply(&invite, 183, "two", two).body("application/sdp", ANSWER.as_bytes()));
    net.send(proxy, A, reply(&invite, 180, "one", one).finish());
    let forks: Vec<_> = net
        .session_events(A)
        .iter()
        .map(|event| match event {
            SessionEvent::Progress { fork, body, .. } => (*fork, body.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(forks, [(ForkId(0), false), (ForkId(1), true), (ForkId(0), false)]);
    assert_eq!(net.endpoint(A).counts().dialogs, 2);

    net.send(proxy, A, reply(&invite, 200, "two", two).body("application/sdp", ANSWER.as_bytes()));
    net.expect(two, "ACK");
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Answered { fork: ForkId(1), .. }]));
    assert_eq!(net.endpoint(A).counts().dialogs, 1);

    let late = reply(&invite, 200, "one", one).body("application/sdp", ANSWER.as_bytes());
    net.send(proxy, A, late.clone());
    let inbox = net.inbox(one);
    assert_eq!(inbox.iter().map(net::what).collect::<Vec<_>>(), ["ACK", "BYE"]);
    assert!(inbox.iter().all(|message| net::to_tag(message) == "one"));
    net.send(proxy, A, late);
    assert_eq!(net.inbox(one).iter().filter(|message| net::what(message) == "ACK").count(), 1, "ACK again");
    assert!(net.session_events(A).is_empty(), "the call itself goes on");

    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let bye = net.expect(two, "BYE");
    net.send(two, A, reply(&bye, 200, "", two).finish());
    net.assert_no_leak();
}

#[test]
fn a_fork_that_answers_after_the_call_is_over_is_hung_up() {
    let mut net = Net::new(1);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    let a = net.invite(call);
    let invite = net.expect(callee, "INVITE");
    net.send(callee, A, reply(&invite, 200, "one", callee).body("application/sdp", ANSWER.as_bytes()));
    let now = net.now;
    net.endpoint(A).bye(now, a, &[]).unwrap();
    let inbox = net.inbox(callee);
    let bye = inbox.iter().find(|message| net::what(message) == "BYE").unwrap();
    net.send(callee, A, reply(bye, 200, "", callee).finish());
    net.inbox(callee);
    assert_eq!(net.endpoint(A).counts().sessions, 0);
    net.send(callee, A, reply(&invite, 200, "two", callee).body("application/sdp", ANSWER.as_bytes()));
    let kinds: Vec<_> = net.inbox(callee).iter().map(net::what).collect();
    assert_eq!(kinds, ["ACK", "BYE"]);
    net.assert_no_leak();
}

#[test]
fn forks_are_bounded() {
    let config = Config { limits: Limits { forks: 3, ..Limits::default() }, ..Config::default() };
    let mut net = Net::with(1, sip::Transport::Udp, config);
    let callee = net.script("192.0.2.9:5060");
    let call = net.call(callee);
    net.invite(call);
    let invite = net.expect(callee, "INVITE");
    for tag in 0..100 {
        net.send(callee, A, reply(&invite, 180, &format!("t{tag}"), callee).finish());
    }
    assert_eq!(net.endpoint(A).counts().dialogs, 3);
    assert_eq!(net.session_events(A).len(), 3);
    net.send(callee, A, reply(&invite, 200, "t99", callee).body("application/sdp", ANSWER.as_bytes()));
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Answered { .. }]), "a late one may still win");
}
