//! 401 and 407 to INVITE, BYE and requests in a dialog: answered with digest, given up when refused.
//! RFC 3261 22, RFC 8760.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::net::SocketAddr;

use net::{A, ANSWER, B, Net, reply};
use sip::digest::{Algorithm, Credentials, Secret, Server, Verdict};
use sip::{Event, Message, Name, SessionEvent, Status};

fn alice() -> Option<Credentials> {
    Some(Credentials { username: "alice".into(), password: "secret".into() })
}

/// A challenge of a scripted peer.
fn challenge(net: &mut Net, from: SocketAddr, request: &Message, status: u16, value: &str) {
    let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    net.send(from, A, reply(request, status, "challenge", from).header(name, value).finish());
}

/// What the peer has got besides ACKs.
fn next(net: &mut Net, at: SocketAddr) -> Message {
    let mut inbox = net.inbox(at);
    inbox.retain(|message| net::what(message) != "ACK");
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    inbox.remove(0)
}

fn verify(server: &mut Server, net: &Net, message: &Message, name: Name) -> Verdict {
    let value = message.header(name).expect("credentials");
    let uri = message.request_uri().unwrap();
    server.verify(
        net.now,
        value,
        message.method().as_str(),
        |digest_uri| digest_uri == uri,
        |username, _| (username == "alice").then_some(Secret::Plain("secret")),
    )
}

#[test]
fn every_algorithm_is_answered_so_that_a_server_grants_it() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256] {
        let mut net = Net::new(1);
        let mut server = Server::new("pbx", [3; 32]);
        let peer = net.script("192.0.2.9:5060");
        let mut call = net.call(peer);
        call.credentials = alice();
        let a = net.invite(call);
        let first = net.expect(peer, "INVITE");
        assert_eq!(first.header(Name::Authorization), None);
        let value = server.challenge(net.now, &[algorithm], false).remove(0);
        challenge(&mut net, peer, &first, 401, &value);
        let second = next(&mut net, peer);
        assert_eq!(
            verify(&mut server, &net, &second, Name::Authorization),
            Verdict::Granted { username: "alice".into() }
        );
        assert_eq!(
            verify(&mut server, &net, &second, Name::Authorization),
            Verdict::Stale,
            "a count serves once"
        );
        assert_eq!(second.cseq().unwrap().number, 2);
        assert_eq!(second.call_id(), first.call_id());
        assert_eq!(second.header(Name::From), first.header(Name::From));
        assert_eq!(second.body(), first.body());
        assert_ne!(second.top_via().unwrap().branch(), first.top_via().unwrap().branch());

        net.send(peer, A, reply(&second, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
        let ack = net.expect(peer, "ACK");
        assert_eq!(ack.header(Name::Authorization), second.header(Name::Authorization), "RFC 3261 22.1");
        assert!(matches!(net.session_events(A)[..], [SessionEvent::Answered { .. }]));

        // The nonce serves on, and a stale one is replaced.
        let now = net.now;
        net.endpoint(A).bye(now, a, &[]).unwrap();
        let bye = next(&mut net, peer);
        assert!(matches!(verify(&mut server, &net, &bye, Name::Authorization), Verdict::Granted { .. }));
        assert!(net::header(&bye, Name::Authorization).contains("nc=00000002"));
        let value = server.challenge(net.now, &[algorithm], true).remove(0);
        challenge(&mut net, peer, &bye, 401, &value);
        let bye = next(&mut net, peer);
        assert!(matches!(verify(&mut server, &net, &bye, Name::Authorization), Verdict::Granted { .. }));
        net.send(peer, A, reply(&bye, 200, "", peer).finish());
        assert!(matches!(net.session_events(A)[..], [SessionEvent::Ended { .. }]));
        net.assert_no_leak();
    }
}

#[test]
fn a_second_refusal_is_final() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let mut call = net.call(peer);
    call.credentials = alice();
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    challenge(&mut net, peer, &invite, 401, r#"Digest realm="r", nonce="one", qop="auth""#);
    let invite = next(&mut net, peer);
    challenge(&mut net, peer, &invite, 401, r#"Digest realm="r", nonce="two", qop="auth""#);
    let events = net.session_events(A);
    assert!(matches!(events[..], [SessionEvent::Failed { status: Some(Status(401)), .. }]), "{events:?}");
    assert_eq!(net.times("INVITE"), 2);
    net.assert_no_leak();
}

#[test]
fn stale_is_tried_again_but_not_for_ever() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let mut call = net.call(peer);
    call.credentials = alice();
    net.invite(call);
    let mut invite = net.expect(peer, "INVITE");
    for round in 0..10 {
        let value = format!(r#"Digest realm="r", nonce="n{round}", stale=true, qop="auth""#);
        challenge(&mut net, peer, &invite, 407, &value);
        let mut inbox = net.inbox(peer);
        inbox.retain(|message| net::what(message) == "INVITE");
        match inbox.pop() {
            Some(again) => invite = again,
            None => break,
        }
    }
    assert!((3..6).contains(&net.times("INVITE")), "{}", net.times("INVITE"));
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Failed { status: Some(Status(407)), .. }]));
}

#[test]
fn a_proxy_and_the_callee_may_both_ask() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let mut call = net.call(peer);
    call.credentials = alice();
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    challenge(&mut net, peer, &invite, 407, r#"Digest realm="proxy", nonce="p", qop="auth""#);
    let invite = next(&mut net, peer);
    challenge(&mut net, peer, &invite, 401, r#"Digest realm="callee", nonce="c", qop="auth""#);
    let invite = next(&mut net, peer);
    assert!(net::header(&invite, Name::ProxyAuthorization).contains("realm=\"proxy\""));
    assert!(net::header(&invite, Name::ProxyAuthorization).contains("nc=00000002"));
    assert!(net::header(&invite, Name::Authorization).contains("realm=\"callee\""));
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    assert!(matches!(net.session_events(A)[..], [SessionEvent::Answered { .. }]));
}

#[test]
fn several_challenges_of_one_realm_the_topmost_known_counts() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let mut call = net.call(peer);
    call.credentials = alice();
    net.invite(call);
    let invite = net.expect(peer, "INVITE");
    let refusal = reply(&invite, 401, "c", peer)
        .header("WWW-Authenticate", r#"Digest realm="r", nonce="x", algorithm=SHA-1024, qop="auth""#)
        .header("WWW-Authenticate", r#"Digest realm="r", nonce="y", algorithm=SHA-512-256, qop="auth""#)
        .header("WWW-Authenticate", r#"Digest realm="r", nonce="z", algorithm=MD5, qop="auth""#);
    net.send(peer, A, refusal.finish());
    let invite = next(&mut net, peer);
    assert_eq!(invite.lines(Name::Authorization).count(), 1);
    assert!(net::header(&invite, Name::Authorization).contains("algorithm=SHA-512-256"));
}

#[test]
fn without_credentials_the_refusal_is_the_owners() {
    let mut net = Net::new(1);
    let call = net.call(net.ends[B].address);
    net.invite(call);
    let b = net.ringing(B);
    let now = net.now;
    let headers = [("WWW-Authenticate".to_owned(), r#"Digest realm="r", nonce="n""#.to_owned())];
    net.endpoint(B).reject(now, b, Status::UNAUTHORIZED, "", &headers).unwrap();
    let events = net.session_events(A);
    let [SessionEvent::Failed { status: Some(Status(401)), message: Some(message) }] = &events[..] else {
        panic!("{events:?}");
    };
    assert!(message.header(Name::WwwAuthenticate).is_some());
    net.assert_no_leak();
}

#[test]
fn requests_in_the_dialog_are_sent_again_under_the_same_id() {
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let mut call = net.call(peer);
    call.credentials = alice();
    let a = net.invite(call);
    let invite = net.expect(peer, "INVITE");
    net.send(peer, A, reply(&invite, 200, "bob", peer).body("application/sdp", ANSWER.as_bytes()));
    net.inbox(peer);
    net.take(A);
    let now = net.now;
    let body = Some(("application/dtmf-relay", &b"Signal=5\r\n"[..]));
    let id = net.endpoint(A).send_in_dialog(now, a, "INFO", &[], body).unwrap();
    let info = net.expect(peer, "INFO");
    challenge(&mut net, peer, &info, 407, r#"Digest realm="r", nonce="n", qop="auth-int""#);
    let again = net.expect(peer, "INFO");
    assert_eq!((again.body(), again.cseq().unwrap().number), (info.body(), 3));
    assert!(net::header(&again, Name::ProxyAuthorization).contains("qop=auth-int"));
    net.send(peer, A, reply(&again, 200, "", peer).finish());
    let events = net.take(A);
    assert!(
        matches!(&events[..], [Event::Response { id: of, message }] if *of == id && message.status() == Some(Status::OK))
    );
}
