//! baresip as a handset, and as a user of the PBX.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests on the real clock that print what they measured"
)]

use std::time::Duration;

use sip_interop::{
    Gateway, Handsets, Outcome, Phone, Scene, Settings, baresip, baresip::Baresip, kamailio,
    kamailio::Kamailio, play, skip, talk_hz, wait_for,
};

#[test]
fn as_a_handset() {
    play("baresip::as_a_handset", 51, |scene| calls(scene, Role::Handset));
}

#[test]
fn as_a_user_of_the_pbx() {
    play("baresip::as_a_user_of_the_pbx", 52, |scene| calls(scene, Role::PbxUser));
}

#[test]
fn with_sha_256_offered_first() {
    play("baresip::with_sha_256_offered_first", 53, |scene| {
        let settings = Settings {
            users: 2001..2002,
            access: "digests = [\"SHA-256\", \"MD5\"]",
            ..Settings::new(scene.sip(20))
        };
        let gateway = Gateway::start(scene, &settings);
        let (ip, registrar) = (scene.ip(40), scene.sip(1));
        let settings = baresip::Settings { ip, registrar, user: 2001, codec: "PCMA/8000/1", says_hz: 400.0 };
        let Some(_baresip) = Baresip::start(scene, settings) else { return skip("baresip is not installed") };
        assert_eq!(gateway.figure("located"), 1);
        Outcome::Done
    });
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Handset,
    PbxUser,
}

/// baresip calls a simulated handset and is called by one. Both hear each other.
fn calls(scene: &Scene, role: Role) -> Outcome {
    let settings = kamailio::Settings { max_expires: 120, extensions: Vec::new() };
    let Some(kamailio) = Kamailio::start(scene, &settings) else { return skip("kamailio is not installed") };
    // The first of the users is baresip's when it plays a handset.
    let settings = Settings { users: 2001..2006, ..Settings::new(kamailio.address()) };
    let gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, 2002..2006, 120);
    handsets.register_all();
    let (registrar, user, codec) = match role {
        Role::Handset => (scene.sip(1), 2001, "G722/16000/1,PCMA/8000/1"),
        Role::PbxUser => (kamailio.address(), 3001, "PCMA/8000/1"),
    };
    // A low tone: baresip's resampler from 16 to 8 kHz takes 38 dB off one of 1650 Hz.
    let says_hz = talk_hz(0, 1);
    let ip = scene.ip(40);
    let Some(mut baresip) = Baresip::start(scene, baresip::Settings { ip, registrar, user, codec, says_hz })
    else {
        return skip("baresip is not installed");
    };
    let bound = 4 + 1;
    handsets.wait("all users at kamailio", Duration::from_secs(20), |_| kamailio.registered().len() == bound);

    let called = Phone(0, 0);
    handsets.forget();
    baresip.command("dial", Some(&format!("sip:2002@{registrar}")));
    handsets.connected(called, "baresip's call to 2002");
    handsets.talk("baresip calls a handset", called, &[(called, says_hz)]);
    assert_hears(&baresip, "calling", talk_hz(0, 0));

    let from = Phone(1, 1);
    handsets.call_and_hear("a handset calls baresip", from, &user.to_string(), &[(from, says_hz)]);
    assert_hears(&baresip, "called", talk_hz(1, 1));
    handsets.during(|| gateway.assert_calls_are_gone());
    Outcome::Done
}

fn assert_hears(baresip: &Baresip, what: &str, hz: f32) {
    let mut level = None;
    wait_for("baresip's recording", Duration::from_secs(5), || {
        level = baresip.heard_dbm0(hz);
        level.is_some()
    });
    println!("  baresip {what} heard {hz} Hz at {:.1} dBm0", level.unwrap_or(f32::NEG_INFINITY));
    assert!(level.is_some_and(|level| level > -20.0), "{what}: {hz} Hz at {level:?} dBm0");
}
