//! sipsak: is somebody there, and may I register.

use sip_interop::{Gateway, Outcome, Scene, Settings, play, sipsak, skip};

#[test]
fn sipsak_asks_and_registers() {
    play("hostile::sipsak_asks_and_registers", 31, probes);
}

fn probes(scene: &Scene) -> Outcome {
    if !sipsak::is_installed() {
        return skip("sipsak is not installed");
    }
    let gateway = Gateway::start(scene, &Settings::new(scene.sip(20)));
    sipsak::options(scene, scene.sip(1)).expect("OPTIONS at the access side");
    sipsak::options(scene, scene.sip(2)).expect("OPTIONS at the PBX side");
    sipsak::register(scene, scene.sip(1), "2001").expect("REGISTER");
    assert_eq!(gateway.figure("located"), 1);
    let refused = sipsak::register(scene, scene.sip(1), "2999").expect_err("an unknown user is refused");
    assert_eq!(gateway.figure("located"), 1);
    println!("  OPTIONS at both sides 200, REGISTER 200; of an unknown user: {}", status_line(&refused));
    Outcome::Done
}

fn status_line(text: &str) -> &str {
    text.lines().rfind(|line| line.starts_with("SIP/2.0 ")).unwrap_or("no answer")
}
