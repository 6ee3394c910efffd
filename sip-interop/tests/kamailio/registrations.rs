//! Twenty handsets: registered with digest at the gateway and by it at Kamailio, refreshed, and taken back by a drain.

use std::time::{Duration, Instant};

use sip_interop::{Gateway, Handsets, Outcome, Scene, Settings, kamailio, kamailio::Kamailio, play, skip};

#[test]
fn over_udp() {
    play("kamailio::registrations_over_udp", 1, |scene| registrations(scene, "udp"));
}

#[test]
fn over_tcp() {
    play("kamailio::registrations_over_tcp", 2, |scene| registrations(scene, "tcp"));
}

fn registrations(scene: &Scene, transport: &'static str) -> Outcome {
    let settings = kamailio::Settings { max_expires: 12, extensions: Vec::new() };
    let Some(kamailio) = Kamailio::start(scene, &settings) else { return skip("kamailio is not installed") };
    let settings = Settings { transport, access: "min_expires_s = 10", ..Settings::new(kamailio.address()) };
    let mut gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, settings.users.clone(), 12);
    let at_gateway = handsets.register_all();
    let begin = Instant::now();
    handsets.wait("20 users at kamailio", Duration::from_secs(30), |_| kamailio.registered().len() == 20);
    let at_pbx = begin.elapsed().as_millis();
    assert_eq!(gateway.figure("registered"), 20);

    // Kamailio grants 12 s, and the gateway grants the handsets 12 s: both refresh within that, nobody twice as often.
    let first = kamailio.registered();
    handsets.forget();
    handsets.wait("20 refreshes at kamailio", Duration::from_secs(20), |_| {
        let now = kamailio.registered();
        assert_eq!(now.len(), 20, "a registration was lost");
        first.iter().all(|(user, cseq)| now[user] > *cseq)
    });
    let refreshed = begin.elapsed().as_millis();
    let handsets_again = handsets.all().iter().filter(|phone| handsets.registered_again(**phone)).count();
    assert_eq!(handsets_again, 20, "handsets that refreshed at the gateway");
    let taken = kamailio.registers_taken();
    let most = taken.values().max().copied();

    handsets.during(|| gateway.drain());
    let left = kamailio.registered();
    assert!(left.is_empty(), "left at kamailio after the drain: {left:?}");
    println!(
        "  20 handsets at the gateway in {at_gateway} ms, at kamailio over {transport} {at_pbx} ms later, all refreshed \
         after {refreshed} ms with at most {most:?} REGISTERs per user, 0 left after the drain"
    );
    Outcome::Done
}
