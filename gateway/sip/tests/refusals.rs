//! What the endpoint answers by itself, without remembering it. RFC 3261 8.2, 12.2.2, 16.3, 21; RFC 3581.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use net::{A, ANSWER, B, Net, header, reply, request_back, request_to};
use sip::{Config, Counts, Event, Limits, Name, SessionEvent, Transport};

fn refused(name: &str, value: &str, method: &str, expected: &str) -> sip::Message {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let request = request_to(at_b, method, 1, "x", peer).header(name, value).finish();
    net.send(peer, B, request.clone());
    let first = net.expect(peer, expected);
    assert_eq!(net.endpoint(B).counts(), Counts::default(), "nothing is remembered");
    net.send(peer, B, request);
    let second = net.expect(peer, expected);
    assert_eq!(first.octets(), second.octets(), "RFC 3261 8.2.7: the same tag");
    assert!(!net::to_tag(&first).is_empty());
    assert!(net.take(B).is_empty());
    first
}

#[test]
fn unknown_extensions_get_420_and_are_named() {
    let response = refused("Require", "timer, foo, x.bar", "INVITE", "420 INVITE");
    assert_eq!(header(&response, Name::Unsupported), "foo, x.bar");
    refused("Proxy-Require", "foo", "REGISTER", "420 REGISTER");
}

#[test]
fn methods_not_allowed_and_not_known() {
    let response = refused("X", "y", "PUBLISH", "405 PUBLISH");
    assert!(header(&response, Name::Allow).contains("INVITE"));
    refused("X", "y", "DANCE", "501 DANCE");
}

#[test]
fn requests_of_no_dialog_get_481() {
    for method in ["BYE", "UPDATE", "PRACK", "INFO"] {
        refused("X", "y", method, &format!("481 {method}"));
    }
}

#[test]
fn a_dialog_that_is_not_ours_gets_481() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    for (cseq, method) in [(1, "BYE"), (2, "INVITE"), (3, "OPTIONS"), (4, "REFER"), (5, "MESSAGE")] {
        // The right Call-ID and the right tag of ours, but another tag of the peer.
        net.send(peer, A, request_back(&invite, method, cseq, "mallory", peer).finish());
        net.expect(peer, &format!("481 {method}"));
    }
    assert!(net.take(A).is_empty());
}

#[test]
fn a_lower_sequence_number_gets_500() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    net.send(peer, A, request_back(&invite, "OPTIONS", 7, "bob", peer).finish());
    net.expect(peer, "200 OPTIONS");
    net.send(peer, A, request_back(&invite, "BYE", 6, "bob", peer).finish());
    net.expect(peer, "500 BYE");
    assert!(net.take(A).is_empty(), "the call goes on");
}

#[test]
fn no_hops_left() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    let zero = |method: &str| {
        let text = String::from_utf8(request_to(at_b, method, 1, method, peer).finish()).unwrap();
        text.replace("Max-Forwards: 70", "Max-Forwards: 0")
    };
    net.send(peer, B, zero("INVITE"));
    net.expect(peer, "483 INVITE");
    // The last hop answers OPTIONS: that is how a path is traced (RFC 3261 11).
    net.send(peer, B, zero("OPTIONS"));
    assert!(matches!(net.take(B)[..], [Event::Request { .. }]));
}

#[test]
fn the_same_request_by_another_path_gets_482() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    net.send(peer, B, request_to(at_b, "INVITE", 1, "path1", peer).finish());
    net.send(peer, B, request_to(at_b, "INVITE", 1, "path2", peer).finish());
    net.expect(peer, "482 INVITE");
    assert_eq!(net.session_events(B).len(), 1);
}

#[test]
fn a_body_that_is_no_sdp_gets_415_unless_it_is_optional() {
    for (disposition, refused) in [("session", true), ("render;handling=optional", false)] {
        let mut net = Net::new(1);
        let peer = net.script("192.0.2.9:5060");
        let at_b = net.ends[B].address;
        let invite = request_to(at_b, "INVITE", 1, "x", peer).header("Content-Disposition", disposition);
        net.send(peer, B, invite.body("text/plain", b"hello"));
        if refused {
            assert_eq!(header(&net.expect(peer, "415 INVITE"), Name::Accept), "application/sdp");
        }
        assert_eq!(net.take(B).is_empty(), refused);
    }
}

#[test]
fn broken_requests_get_400_and_broken_responses_nothing() {
    let response = refused("Max-Forwards", "many", "OPTIONS", "400 OPTIONS");
    assert!(!response.reason().is_empty());
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    net.send(peer, B, request_to(peer, "ACK", 1, "a", peer).header("CSeq", "2 ACK").finish());
    net.send(peer, B, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n\r\n");
    assert!(net.inbox(peer).is_empty() && net.take(B).is_empty());
}

#[test]
fn above_the_limits_503_with_retry_after_but_calls_can_still_end() {
    let limits = Limits { transactions: 8, sessions: 3, ..Limits::default() };
    let mut net = Net::with(1, Transport::Udp, Config { limits, ..Config::default() });
    let peer = net.script("192.0.2.9:5060");
    let call = net.call(peer);
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.take(A);
    net.inbox(peer);
    let at_a = net.ends[A].address;
    for number in 0..100 {
        let request = request_to(at_a, "MESSAGE", number + 1, &format!("m{number}"), peer);
        net.send(peer, A, request.finish());
    }
    // Those that were let in are covered by a 100 meanwhile.
    let mut refused = net.inbox(peer);
    refused.retain(|message| net::what(message) == "503 MESSAGE");
    assert_eq!(refused.len(), 93);
    assert!(refused.iter().all(|message| message.retry_after() == Some(5)));
    assert_eq!(net.endpoint(A).counts().transactions, 8);
    net.send(peer, A, request_back(&invite, "BYE", 1, "bob", peer).finish());
    net.expect(peer, "200 BYE");
    assert!(
        net.take(A)
            .iter()
            .any(|event| matches!(event, Event::Session { event: SessionEvent::Ended { .. }, .. }))
    );
    net.assert_no_leak();
}

#[test]
fn sessions_are_bounded() {
    let limits = Limits { sessions: 3, ..Limits::default() };
    let mut net = Net::with(1, Transport::Udp, Config { limits, ..Config::default() });
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    for number in 0..5 {
        let invite = request_to(at_b, "INVITE", number + 1, &format!("i{number}"), peer);
        net.send(peer, B, invite.finish());
    }
    let refused = net.inbox(peer).iter().filter(|message| net::what(message) == "503 INVITE").count();
    assert_eq!(refused, 2);
    assert_eq!(net.endpoint(B).counts().sessions, 3);
    net.assert_no_leak();
}

#[test]
fn responses_go_to_where_the_request_came_from_or_says() {
    let mut net = Net::new(1);
    let (source, said) = (net.script("192.0.2.9:40000"), net.script("192.0.2.9:5080"));
    let at_b = net.ends[B].address;
    let request = |rport: &str, branch: &str| {
        let text = String::from_utf8(request_to(at_b, "BYE", 1, branch, said).finish()).unwrap();
        text.replace(";rport", rport).replace("192.0.2.9:5080;", "10.0.0.1:5080;")
    };
    net.send(source, B, request(";rport", "r"));
    let response = net.expect(source, "481 BYE");
    let via = response.top_via().unwrap();
    assert_eq!((via.received(), via.rport()), (Some(source.ip()), Some(Some(40000))));
    // RFC 3261 18.2.2: without rport the port of sent-by, at the source address.
    net.send(source, B, request("", "s"));
    let response = net.expect(said, "481 BYE");
    assert_eq!(response.top_via().unwrap().received(), Some(source.ip()));
}
