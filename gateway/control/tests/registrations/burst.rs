//! A base station reboots: all of its handsets register at once.

use std::time::Duration;

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};

#[test]
fn a_thousand_handsets_come_at_once_and_all_get_through() {
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 200;
        settings.pbx.register_window = 50;
    });
    let users: Vec<_> = (0..1000).map(|n| world.add_user(&format!("{}", 2000 + n))).collect();
    for n in 0..1000 {
        let mut handset = Handset::new(&format!("{}", 2000 + n), PASSWORD, "10.0.0.1:5060");
        // Answered at this very moment, whatever the PBX side has queued.
        let response = handset.register(&mut world, 600);
        assert_eq!(status(&response), 200);
    }
    assert_eq!(world.registrar.counts().users, 1000);
    let started = world.now;
    assert!(world.run_until(Duration::from_secs(60), |world| world.pbx.held(world.now) == 1000));
    // Two requests for each at 200 per second.
    let took = world.now - started;
    assert!((9..=11).contains(&took.as_secs()), "{took:?}");
    assert!(world.pbx.peak_rate() <= 200 + 4, "{} in a second", world.pbx.peak_rate());
    world.run_for(Duration::from_secs(1));
    assert!(users.iter().all(|user| world.registration.path(*user).is_some()));
    assert_eq!(world.registration.counts().held, 1000);
    assert_eq!(world.registration.counts().waiting, 0);
}

#[test]
fn lifetimes_are_spread_so_that_the_burst_does_not_come_back() {
    let mut world = World::new();
    let mut granted = std::collections::BTreeSet::new();
    for n in 0..100 {
        world.add_user(&format!("{}", 2000 + n));
        let mut handset = Handset::new(&format!("{}", 2000 + n), PASSWORD, "10.0.0.1:5060");
        let response = handset.register(&mut world, 600);
        let contact = response.contacts().next().unwrap().unwrap();
        granted.insert(contact.expires().unwrap());
    }
    assert!(granted.iter().all(|seconds| (540..=600).contains(seconds)), "{granted:?}");
    assert!(granted.len() > 40, "{granted:?}");
}

#[test]
fn vip_and_canary_users_go_first() {
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 10;
        settings.pbx.register_window = 1;
    });
    let ordinary: Vec<_> = (0..5).map(|n| world.add_user(&format!("{}", 2000 + n))).collect();
    let vip = world.add_user_with("3000", |profile| profile.vip = true);
    let canary = world.add_user_with("4000", |profile| profile.visibility_check = true);
    for user in ordinary.into_iter().chain([vip, canary]) {
        world.located(user);
    }
    world.run_for(Duration::from_secs(10));
    let mut order: Vec<&str> = world.pbx.log.iter().map(|entry| entry.user.as_str()).collect();
    order.dedup();
    // The first one was sent before the others came; its challenge is answered before anyone else's turn.
    assert_eq!(order, ["2000", "4000", "3000", "2001", "2002", "2003", "2004"]);
}
