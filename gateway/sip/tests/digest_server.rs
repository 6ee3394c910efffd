//! Digest as a server: nonces that age, counts that serve once, no way to bid down, bounded memory.
//! RFC 7616 3, RFC 8760 2.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::time::{Duration, Instant};

use net::Seeded;
use sip::digest::{Algorithm, Client, Credentials, Secret, Server, Verdict, ha1};
use sip::{Builder, Message, Status};

const ALL: [Algorithm; 3] = [Algorithm::Sha512_256, Algorithm::Sha256, Algorithm::Md5];

fn zero() -> Instant {
    #[allow(clippy::disallowed_methods, reason = "virtual time needs some origin")]
    Instant::now()
}

fn account(password: &str) -> Credentials {
    Credentials { username: "01 \"x\"".into(), password: password.into() }
}

/// A client that has taken these challenges.
fn challenged(values: &[String]) -> Client {
    let mut refusal = Builder::response(Status::UNAUTHORIZED, "");
    for value in values {
        refusal = refusal.header("WWW-Authenticate", value);
    }
    let mut client = Client::new();
    client.challenged(&Message::parse(refusal.finish()).unwrap()).unwrap();
    client
}

fn answer(client: &mut Client, password: &str) -> String {
    client.authorize(&account(password), "REGISTER", "sip:pbx", b"", &mut Seeded(1)).unwrap().1
}

fn verify(server: &mut Server, now: Instant, value: &str) -> Verdict {
    let secret = |username: &str, realm: &str| {
        (username == "01 \"x\"" && realm == "pbx").then_some(Secret::Plain("right"))
    };
    server.verify(now, value.as_bytes(), "REGISTER", |uri| uri == b"sip:pbx", secret)
}

fn granted() -> Verdict {
    Verdict::Granted { username: "01 \"x\"".into() }
}

#[test]
fn each_count_serves_once_and_the_nonce_for_an_hour() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    let mut client = challenged(&server.challenge(zero, &ALL, false));
    let first = answer(&mut client, "right");
    assert!(first.contains("algorithm=SHA-512-256"), "the first one offered that is known");
    let second = answer(&mut client, "right");
    assert_eq!(verify(&mut server, zero, &second), granted(), "UDP reorders");
    assert_eq!(verify(&mut server, zero, &first), granted());
    assert_eq!(verify(&mut server, zero, &first), Verdict::Stale);
    let third = answer(&mut client, "right");
    assert_eq!(verify(&mut server, zero + Duration::from_secs(3601), &third), Verdict::Stale);
    assert!(server.challenge(zero, &ALL, true).iter().all(|value| value.ends_with(", stale=true")));
}

#[test]
fn wrong_is_denied_even_when_stale() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    let mut client = challenged(&server.challenge(zero, &ALL, false));
    let wrong = answer(&mut client, "wrong");
    assert_eq!(verify(&mut server, zero, &wrong), Verdict::Denied);
    assert_eq!(verify(&mut server, zero + Duration::from_secs(9999), &wrong), Verdict::Denied);
    let right = answer(&mut client, "right");
    let method =
        server.verify(zero, right.as_bytes(), "INVITE", |_| true, |_, _| Some(Secret::Plain("right")));
    assert_eq!(method, Verdict::Denied, "made for another method");
    let elsewhere =
        server.verify(zero, right.as_bytes(), "REGISTER", |_| false, |_, _| Some(Secret::Plain("right")));
    assert_eq!(elsewhere, Verdict::Denied, "made for another URI");
    let unknown = server.verify(zero, right.as_bytes(), "REGISTER", |_| true, |_, _| None);
    assert_eq!(unknown, Verdict::Denied);
    let realm = Server::new("other", [5; 32]).verify(
        zero,
        right.as_bytes(),
        "REGISTER",
        |_| true,
        |_, _| Some(Secret::Plain("right")),
    );
    assert_eq!(realm, Verdict::Denied);
}

#[test]
fn after_a_restart_every_nonce_is_stale_and_no_client_is_turned_away() {
    let zero = zero();
    let mut client = challenged(&Server::new("pbx", [5; 32]).challenge(zero, &ALL, false));
    let value = answer(&mut client, "right");
    for secret in [[5; 32], [6; 32]] {
        assert_eq!(verify(&mut Server::new("pbx", secret), zero, &value), Verdict::Stale);
    }
}

#[test]
fn an_algorithm_that_was_not_offered_is_denied() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    let strong = server.challenge(zero, &[Algorithm::Sha256], false).remove(0);
    let weakened = strong.replace("SHA-256", "MD5");
    assert_eq!(verify(&mut server, zero, &answer(&mut challenged(&[weakened]), "right")), Verdict::Denied);
    assert_eq!(verify(&mut server, zero, &answer(&mut challenged(&[strong]), "right")), granted());
}

#[test]
fn session_algorithms_stored_hashes_and_the_form_without_qop() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    for algorithm in ALL {
        let stored = ha1(algorithm, "01 \"x\"", "pbx", "right");
        for change in [("", ""), ("algorithm=", "algorithm=X"), (", qop=\"auth\"", "")] {
            let mut value = server.challenge(zero, &[algorithm], false).remove(0);
            if change.1.ends_with('X') {
                value =
                    value.replace(&format!("algorithm={algorithm}"), &format!("algorithm={algorithm}-sess"));
            } else {
                value = value.replace(change.0, change.1);
            }
            let value = answer(&mut challenged(&[value]), "right");
            let verdict = server.verify(
                zero,
                value.as_bytes(),
                "REGISTER",
                |_| true,
                |_, _| Some(Secret::Ha1 { algorithm, hex: stored.as_str() }),
            );
            assert_eq!(verdict, granted(), "{algorithm} {change:?}");
        }
        let other = ALL.into_iter().find(|other| *other != algorithm).unwrap();
        let value = answer(&mut challenged(&server.challenge(zero, &[algorithm], false)), "right");
        let verdict = server.verify(
            zero,
            value.as_bytes(),
            "REGISTER",
            |_| true,
            |_, _| Some(Secret::Ha1 { algorithm: other, hex: stored.as_str() }),
        );
        assert_eq!(verdict, Verdict::Denied, "a hash of another algorithm proves nothing");
    }
}

#[test]
fn a_flood_of_challenges_makes_old_nonces_stale_but_never_replayable() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    let mut client = challenged(&server.challenge(zero, &[Algorithm::Md5], false));
    let used = answer(&mut client, "right");
    assert_eq!(verify(&mut server, zero, &used), granted());
    for _ in 0..70_000 {
        server.challenge(zero, &[Algorithm::Md5], false);
    }
    assert_eq!(verify(&mut server, zero, &used), Verdict::Stale);
    assert_eq!(verify(&mut server, zero, &answer(&mut client, "right")), Verdict::Stale);
}

#[test]
fn what_cannot_be_read_is_malformed_and_harmless() {
    let zero = zero();
    let mut server = Server::new("pbx", [5; 32]);
    let whole = answer(&mut challenged(&server.challenge(zero, &[Algorithm::Md5], false)), "right");
    for value in ["", "Basic QWxh", "Digest", "Digest realm=\"pbx\"", "Bearer x"] {
        assert_eq!(verify(&mut server, zero, value), Verdict::Malformed, "{value}");
    }
    let mut dice = Seeded(3);
    for _ in 0..20_000 {
        let mut octets = whole.clone().into_bytes();
        let at = dice.below(octets.len() as u64) as usize;
        match dice.below(3) {
            0 => octets[at] = dice.next() as u8,
            1 => octets.truncate(at),
            _ => drop(octets.remove(at)),
        }
        let _ = server.verify(zero, &octets, "REGISTER", |_| true, |_, _| Some(Secret::Plain("right")));
    }
}
