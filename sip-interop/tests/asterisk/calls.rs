//! Calls with Asterisk: its extensions, its own calls, and handsets through it. Audio is proven by the tone each side hears.

use std::time::Duration;

use sip_interop::{
    Gateway, Handsets, MILLIWATT_HZ, Outcome, Phone, Scene, Settings, asterisk, asterisk::Asterisk, play,
    skip, talk_hz,
};

#[test]
fn in_a_law() {
    play("asterisk::calls_in_a_law", 13, |scene| calls(scene, "udp", "alaw"));
}

#[test]
fn in_g722_over_tcp() {
    play("asterisk::calls_in_g722_over_tcp", 14, |scene| calls(scene, "tcp", "g722,ulaw"));
}

fn calls(scene: &Scene, transport: &'static str, codecs: &'static str) -> Outcome {
    let peer = asterisk::Settings { max_expires: 120, codecs, users: 2001..2011 };
    let asterisk = match Asterisk::start(scene, &peer) {
        Ok(asterisk) => asterisk,
        Err(reason) => return skip(reason),
    };
    let settings = Settings { transport, users: 2001..2011, ..Settings::new(asterisk.address()) };
    let gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, settings.users.clone(), 120);
    handsets.register_all();
    handsets.wait("10 users at asterisk", Duration::from_secs(30), |_| asterisk.registered().len() == 10);

    let hz = |Phone(base, id): Phone| talk_hz(base, id);
    for from in [Phone(0, 0), Phone(1, 0)] {
        handsets.call_and_hear("handset to echo", from, "600", &[(from, hz(from))]);
        handsets.call_and_hear("handset to milliwatt", from, "601", &[(from, MILLIWATT_HZ)]);
    }
    for (called, number) in [(Phone(0, 1), "2002"), (Phone(1, 1), "2007")] {
        handsets.forget();
        let originate = format!("channel originate PJSIP/{number} application Milliwatt");
        handsets.during(|| asterisk.command(&originate));
        handsets.connected(called, "asterisk's call");
        handsets.talk("asterisk to handset", called, &[(called, MILLIWATT_HZ)]);
    }
    for (from, number, to) in [(Phone(0, 2), "2008", Phone(1, 2)), (Phone(0, 3), "2005", Phone(0, 4))] {
        handsets.call_and_hear("handset to handset", from, number, &[(from, hz(to)), (to, hz(from))]);
    }
    handsets.during(|| gateway.assert_calls_are_gone());
    Outcome::Done
}
