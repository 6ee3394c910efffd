//! kill -9 in the middle of calls: after the restart every registration that is still valid stands, on both sides, without a word to
//! the PBX, and calls go both ways again.

use std::time::Duration;

use sip_interop::{
    Gateway, Handsets, Outcome, Phone, Scene, Settings, kamailio, kamailio::Kamailio, play, skip, talk_hz,
};

#[test]
fn in_the_middle_of_calls() {
    play("crash::in_the_middle_of_calls", 43, kill_in_calls);
}

fn kill_in_calls(scene: &Scene) -> Outcome {
    let settings = kamailio::Settings { max_expires: 600, extensions: Vec::new() };
    let Some(kamailio) = Kamailio::start(scene, &settings) else { return skip("kamailio is not installed") };
    let settings = Settings { pbx: "expires_s = 600", ..Settings::new(kamailio.address()) };
    let mut gateway = Gateway::start(scene, &settings);
    let mut handsets = Handsets::new(scene, settings.users.clone(), 600);
    handsets.register_all();
    handsets.wait("20 users at kamailio", Duration::from_secs(30), |_| kamailio.registered().len() == 20);

    for call in 0..CALLS {
        handsets.call(Phone(0, call), &(2011 + call).to_string());
    }
    handsets.go_on(Duration::from_secs(1));
    assert_eq!(gateway.figure("calls"), 2 * CALLS as u64, "each call passes the gateway twice");
    let taken = kamailio.registers_taken();
    let cseq = kamailio.registered();
    assert_eq!(taken.len(), 20);

    gateway.process().kill();
    drop(gateway);
    let gateway = handsets.during(|| Gateway::start_again(scene));
    let status = gateway.status();
    println!(
        "  after the restart: users {}, located {}, registered {}, waiting {}, calls {}, RTP ports {}",
        status["users"],
        status["located"],
        status["registered"],
        status["waiting"],
        status["calls"],
        status["rtp_ports"]
    );
    for (figure, expected) in
        [("users", 20), ("located", 20), ("registered", 20), ("bindings", 20), ("calls", 0), ("rtp_ports", 0)]
    {
        assert_eq!(status[figure], expected, "{figure} after the restart: {status}");
    }

    // Handsets notice the end of their calls by themselves; fresh ones call and are called.
    let hz = |Phone(base, id): Phone| talk_hz(base, id);
    let (from, to) = (Phone(0, 8), Phone(1, 9));
    handsets.call_and_hear("after the restart", from, "2020", &[(from, hz(to)), (to, hz(from))]);
    handsets.go_on(Duration::from_secs(3));
    assert_eq!(kamailio.registers_taken(), taken, "a valid registration was repeated");
    assert_eq!(kamailio.registered(), cseq, "a valid registration was repeated");
    println!("  REGISTERs at kamailio since the kill: 0");
    handsets.during(|| gateway.assert_calls_are_gone());
    Outcome::Done
}

const CALLS: usize = 5;
