//! The configuration changes while everyone is registered.

use std::time::Duration;

use crate::world::World;

fn world() -> World {
    let mut world = World::with(|settings| settings.pbx.register_rate = 100);
    for n in 0..100 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.pbx.held(world.now), 100);
    world.pbx.log.clear();
    world
}

#[test]
fn what_does_not_concern_registrations_costs_none() {
    let mut world = world();
    world.settings.pbx.register_window = 7;
    world.settings.access.max_contacts = 2;
    world.with_rooms(|_, registration, cx| registration.handle_reload(cx));
    world.run_for(Duration::from_secs(10));
    assert!(world.pbx.log.is_empty());
}

#[test]
fn another_domain_is_another_registration_for_everyone_at_the_rate() {
    let mut world = world();
    world.settings.pbx.domain = "other.example.org".to_owned();
    world.with_rooms(|_, registration, cx| registration.handle_reload(cx));
    world.run_for(Duration::from_secs(10));
    let (leaving, coming): (Vec<_>, Vec<_>) = world.pbx.log.iter().partition(|entry| entry.expires == 0);
    assert!(leaving.len() >= 100 && coming.len() >= 100);
    assert!(world.pbx.peak_rate() <= 102);
    assert_eq!((world.pbx.held(world.now), world.registration.counts().held), (100, 100));
}

#[test]
fn another_proxy_is_told_of_everyone() {
    let mut world = world();
    world.settings.pbx.proxy_host = "192.0.2.2".to_owned();
    world.with_rooms(|_, registration, cx| registration.handle_reload(cx));
    world.run_for(Duration::from_secs(10));
    assert!(world.pbx.log.len() >= 100);
    let there = "192.0.2.2:5060".parse().unwrap();
    assert!(world.registration.bindings().all(|binding| binding.path.flow.unwrap().remote == there));
}
