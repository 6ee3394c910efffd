//! SIPp on both sides: a PBX that takes any registration and any call, and handsets that register with digest.

use std::time::Duration;

use sip_interop::{Gateway, Scene, Settings, sipp, sipp::Sipp, wait_for};

/// The gateway between two SIPps, all users registered.
pub(crate) struct SippStage<'s> {
    pub(crate) gateway: Gateway<'s>,
    pub(crate) pbx: Sipp,
}

impl<'s> SippStage<'s> {
    pub(crate) fn new(scene: &'s Scene, users: std::ops::Range<u32>, pbx_arguments: &[&str]) -> Self {
        let address = scene.sip(30);
        let pbx = Sipp::start(scene, "pbx", sipp::CALLEE, address, pbx_arguments);
        let settings = Settings { users: users.clone(), ..Settings::new(address) };
        let gateway = Gateway::start(scene, &settings);
        let count = users.len().to_string();
        let file = Sipp::users(scene, users).display().to_string();
        let near = scene.sip(1).to_string();
        let arguments = ["-inf", &file, "-m", &count, "-r", "50", &near];
        let totals = Sipp::start(scene, "register", sipp::HANDSET_REGISTER, scene.sip(31), &arguments)
            .finish(Duration::from_secs(30));
        assert_eq!((totals.good.to_string(), totals.failed), (count.clone(), 0));
        wait_for("all users to be registered at the PBX", Duration::from_secs(20), || {
            gateway.figure("registered").to_string() == count
        });
        Self { gateway, pbx }
    }
}
