//! Handsets appear at base stations, their users appear at the PBX, and both stay.

use std::time::Duration;

use control::Input;
use testkit::{Conditions, HandsetId, Script, World, WorldConfig, user_number};

#[test]
fn every_located_handset_is_registered_at_the_pbx_and_refreshed() {
    let mut world = World::new(&WorldConfig { bases: 3, handsets: 20, ..WorldConfig::default() });
    world.register_all();
    world.run_for(Duration::from_secs(600));
    assert_eq!(world.pbx.registered(world.now()), 60);
    for user in 0..60 {
        let count = world.pbx.register_count(&user_number(user));
        // 120 s granted, refreshed after 60 to 80 %: between 72 and 96 s.
        assert!((6..=10).contains(&count), "user {user} was registered {count} times in 10 minutes");
    }
}

#[test]
fn a_burst_after_a_power_failure_is_paced_towards_the_pbx() {
    let config = WorldConfig { bases: 10, handsets: 100, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| settings.pbx.register_rate = 100);
    world.register_all();
    // Each registration is a challenge and an answer to it.
    assert!(world.pbx.peak_register_rate() <= 2 * 100 + 20, "{} per second", world.pbx.peak_register_rate());
}

#[test]
fn a_handset_that_leaves_is_taken_back_at_the_pbx() {
    let mut world = World::new(&WorldConfig::default());
    world.register_all();
    world.at_base(0, |base, now| base.unregister(now, HandsetId(0)));
    let gone = world.run_until(Duration::from_secs(10), |world| world.pbx.registered(world.now()) == 1);
    assert!(gone, "the PBX still knows a handset that has left");
    assert!(world.pbx.is_registered(world.now(), &user_number(1)));
}

#[test]
fn a_handset_that_vanishes_is_taken_back_when_its_location_expires() {
    let mut world = World::new(&WorldConfig { base_expires: 60, ..WorldConfig::default() });
    world.register_all();
    world.at_base(0, |base, _| base.vanish(HandsetId(0)));
    world.run_for(Duration::from_secs(70));
    assert!(!world.pbx.is_registered(world.now(), &user_number(0)));
    assert!(world.pbx.is_registered(world.now(), &user_number(1)));
}

#[test]
fn a_pbx_that_forgets_everybody_knows_all_again_after_one_refresh() {
    let mut world = World::new(&WorldConfig { handsets: 30, ..WorldConfig::default() });
    world.register_all();
    world.at_pbx(|pbx, _| pbx.forget_everybody());
    world.run_for(Duration::from_secs(100));
    assert_eq!(world.pbx.registered(world.now()), 30);
}

#[test]
fn a_pbx_that_was_away_for_an_hour_knows_all_again_within_the_longest_pause() {
    let mut world = World::new(&WorldConfig { handsets: 30, ..WorldConfig::default() });
    world.register_all();
    world.at_pbx(|pbx, _| pbx.set_script(Script::Silent));
    world.run_for(Duration::from_secs(3_600));
    world.at_pbx(|pbx, _| {
        pbx.forget_everybody();
        pbx.set_script(Script::Normal);
    });
    let back = world.run_until(Duration::from_secs(180), |world| world.pbx.registered(world.now()) == 30);
    assert!(back, "{} of 30 are back", world.pbx.registered(world.now()));
}

#[test]
fn a_restart_repeats_no_registration_that_is_still_valid() {
    let mut world = World::new(&WorldConfig { handsets: 20, ..WorldConfig::default() });
    world.register_all();
    // The PBX knows them before the gateway has heard so.
    world.run_for(Duration::from_secs(1));
    let before: Vec<u32> = (0..20).map(|user| world.pbx.register_count(&user_number(user))).collect();
    world.restart(Duration::from_secs(3), 7);
    world.run_for(Duration::from_secs(15));
    let after: Vec<u32> = (0..20).map(|user| world.pbx.register_count(&user_number(user))).collect();
    assert_eq!(before, after);
    world.run_for(Duration::from_secs(600));
    assert_eq!(world.pbx.registered(world.now()), 20);
}

#[test]
fn a_drain_takes_all_registrations_back() {
    let mut world = World::new(&WorldConfig { handsets: 20, ..WorldConfig::default() });
    world.register_all();
    world.input(Input::Drain { force: false });
    assert!(world.run_until(Duration::from_secs(40), |world| world.drained));
    assert_eq!(world.pbx.registered(world.now()), 0);
}

#[test]
fn registrations_survive_a_network_that_loses_a_fifth() {
    for seed in 1..=5 {
        let conditions = Conditions {
            loss_permille: 200,
            repeat_permille: 50,
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(80),
        };
        let mut world = World::new(&WorldConfig { seed, handsets: 20, conditions, ..WorldConfig::default() });
        world.register_all();
        world.run_for(Duration::from_secs(1_800));
        let registered = world.pbx.registered(world.now());
        assert!(registered >= 19, "seed {seed}: {registered} of 20 are registered after half an hour");
    }
}
