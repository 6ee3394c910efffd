//! Calls through Kamailio, audio both ways.

use std::time::Duration;

use sip_interop::{
    Gateway, Handsets, Outcome, Phone, Scene, Settings, kamailio, kamailio::Kamailio, play, sipp, sipp::Sipp,
    skip, talk_hz,
};

#[test]
fn over_udp() {
    play("kamailio::calls_over_udp", 3, |scene| calls(scene, "udp"));
}

#[test]
fn over_tcp() {
    play("kamailio::calls_over_tcp", 4, |scene| calls(scene, "tcp"));
}

fn calls(scene: &Scene, transport: &'static str) -> Outcome {
    let callee = scene.sip(30);
    let settings = kamailio::Settings { max_expires: 60, extensions: vec![("600", callee)] };
    let Some(kamailio) = Kamailio::start(scene, &settings) else { return skip("kamailio is not installed") };
    let settings = Settings { transport, users: 2001..2011, ..Settings::new(kamailio.address()) };
    let gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, settings.users.clone(), 120);
    handsets.register_all();
    handsets.wait("10 users at kamailio", Duration::from_secs(30), |_| kamailio.registered().len() == 10);

    let hz = |Phone(base, id): Phone| talk_hz(base, id);
    // A-law to G.722, and A-law to A-law.
    for (from, number, to) in [(Phone(0, 0), "2007", Phone(1, 1)), (Phone(0, 1), "2003", Phone(0, 2))] {
        handsets.call_and_hear("handset to handset", from, number, &[(from, hz(to)), (to, hz(from))]);
    }
    if Sipp::installed() {
        let sipp = Sipp::start(scene, "callee", sipp::CALLEE, callee, &["-rtp_echo"]);
        for from in [Phone(0, 3), Phone(1, 3)] {
            handsets.call_and_hear("handset to SIPp's echo", from, "600", &[(from, hz(from))]);
        }
        assert_eq!(sipp.stop().failed, 0);
        from_pbx(scene, &mut handsets, &kamailio);
    } else {
        println!("  skipped: sipp is not installed, no calls with it");
    }
    handsets.during(|| gateway.assert_calls_are_gone());
    Outcome::Done
}

/// SIPp calls a handset through Kamailio and takes back what it hears.
fn from_pbx(scene: &Scene, handsets: &mut Handsets, kamailio: &Kamailio<'_>) {
    let called = Phone(1, 2);
    let target = kamailio.address().to_string();
    handsets.forget();
    let arguments = ["-rtp_echo", "-m", "1", "-s", "2008", target.as_str()];
    let sipp = Sipp::start(scene, "caller", sipp::PBX_CALLER, scene.sip(31), &arguments);
    handsets.connected(called, "the call of SIPp to 2008");
    handsets.assert_heard("SIPp to handset, echo", &[(called, talk_hz(called.0, called.1))]);
    let totals = handsets.during(|| sipp.finish(Duration::from_secs(20)));
    assert_eq!((totals.good, totals.failed), (1, 0));
}
