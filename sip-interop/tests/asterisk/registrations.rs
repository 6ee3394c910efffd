//! Twenty handsets: registered with digest at the gateway and by it at Asterisk, refreshed, and taken back by a drain.

use std::time::{Duration, Instant};

use sip_interop::{Gateway, Handsets, Outcome, Scene, Settings, asterisk, asterisk::Asterisk, play, skip};

#[test]
fn over_udp() {
    play("asterisk::registrations_over_udp", 11, |scene| registrations(scene, "udp"));
}

#[test]
fn over_tcp() {
    play("asterisk::registrations_over_tcp", 12, |scene| registrations(scene, "tcp"));
}

fn registrations(scene: &Scene, transport: &'static str) -> Outcome {
    let peer = asterisk::Settings { max_expires: 15, codecs: "alaw", users: 2001..2021 };
    let asterisk = match Asterisk::start(scene, &peer) {
        Ok(asterisk) => asterisk,
        Err(reason) => return skip(reason),
    };
    let settings = Settings { transport, ..Settings::new(asterisk.address()) };
    let mut gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, settings.users.clone(), 120);
    let at_gateway = handsets.register_all();
    let begin = Instant::now();
    handsets.wait("20 users at asterisk", Duration::from_secs(30), |_| asterisk.registered().len() == 20);
    let at_pbx = begin.elapsed().as_millis();

    let first = asterisk.registered();
    handsets.wait("20 refreshes at asterisk", Duration::from_secs(30), |_| {
        let now = asterisk.registered();
        assert_eq!(now.len(), 20, "a registration was lost");
        first.iter().all(|(user, ends)| now[user] > *ends)
    });
    let refreshed = begin.elapsed().as_millis();

    handsets.during(|| gateway.drain());
    let left = asterisk.registered();
    assert!(left.is_empty(), "left at asterisk after the drain: {left:?}");
    println!(
        "  20 handsets at the gateway in {at_gateway} ms, at asterisk over {transport} {at_pbx} ms later, all refreshed \
         after {refreshed} ms, 0 left after the drain"
    );
    Outcome::Done
}
