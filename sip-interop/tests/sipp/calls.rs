//! SIPp as a handset with digest that calls SIPp as a PBX, by UDP and by TCP.

use std::time::Duration;

use sip_interop::{Outcome, Scene, play, sipp, sipp::Sipp, skip};

use crate::stage::SippStage;

#[test]
fn handset_to_pbx_over_udp() {
    play("sipp::handset_to_pbx_over_udp", 21, |scene| handset_to_pbx(scene, "u1"));
}

#[test]
fn handset_to_pbx_over_tcp() {
    play("sipp::handset_to_pbx_over_tcp", 22, |scene| handset_to_pbx(scene, "t1"));
}

fn handset_to_pbx(scene: &Scene, transport: &str) -> Outcome {
    if !Sipp::installed() {
        return skip("sipp is not installed");
    }
    let SippStage { gateway, pbx } = SippStage::new(scene, 2001..2006, &[]);
    let file = scene.path("sipp-users.csv").display().to_string();
    let near = scene.sip(1).to_string();
    // By itself SIPp signs the address that it sends to instead of the Request-URI (RFC 7616 3.4.6 wants them equal).
    let uri = format!("600@{near}");
    let arguments =
        ["-t", transport, "-inf", &file, "-m", "20", "-r", "10", "-s", "600", "-auth_uri", &uri, &near];
    let caller = Sipp::start(scene, "caller", sipp::HANDSET_CALLER, scene.sip(32), &arguments);
    let totals = caller.finish(Duration::from_secs(30));
    println!("  20 calls, {transport}: {totals:?}");
    assert_eq!((totals.good, totals.failed), (20, 0));
    gateway.assert_calls_are_gone();
    assert_eq!(pbx.stop().failed, 0);
    Outcome::Done
}
