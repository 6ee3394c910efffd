//! The PBX restarts and knows nobody.

use std::time::Duration;

use control::registration::RegistrationEvent;

use crate::world::World;

#[test]
fn everyone_is_back_within_one_life_and_nobody_storms() {
    let mut world = World::with(|settings| settings.pbx.register_rate = 100);
    for n in 0..500 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(120));
    assert_eq!(world.pbx.held(world.now), 500);
    world.pbx.forget();
    world.pbx.log.clear();
    world.registered.clear();
    world.run_for(Duration::from_secs(91));
    assert_eq!(world.pbx.held(world.now), 500);
    assert!(world.pbx.peak_rate() <= 102);
    // The new nonce was no reason to doubt the password.
    assert!(!world.registered.iter().any(|event| matches!(event, RegistrationEvent::Failed { .. })));
    world.assert_no_leak();
}
