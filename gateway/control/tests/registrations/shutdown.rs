//! The gateway stops in good order.

use std::time::Duration;

use crate::world::World;

fn world_with(users: u32) -> World {
    let mut world = World::with(|settings| settings.pbx.register_rate = 100);
    for n in 0..users {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(30));
    assert_eq!(world.pbx.held(world.now), users as usize);
    world
}

#[test]
fn all_registrations_are_taken_back_at_the_rate() {
    let mut world = world_with(300);
    world.pbx.log.clear();
    world.with_rooms(|_, registration, cx| registration.shutdown(cx));
    assert!(world.run_until(Duration::from_secs(10), |world| world.registration.is_stopped()));
    assert_eq!(world.pbx.bindings.len(), 0);
    assert!(world.bindings.is_empty());
    assert!(world.pbx.peak_rate() <= 102);
    world.assert_no_leak();
    assert_eq!(world.registration.poll_timeout(), None);
}

#[test]
fn a_dead_pbx_does_not_keep_the_gateway_from_stopping() {
    let mut world = world_with(300);
    world.pbx.silent = true;
    world.with_rooms(|_, registration, cx| registration.shutdown(cx));
    assert!(world.run_until(Duration::from_secs(60), |world| world.registration.is_stopped()));
    assert!(world.now - world.start < Duration::from_secs(30 + 40));
}

#[test]
fn a_pbx_that_asked_for_quiet_does_not_either() {
    let mut world = world_with(10);
    world.pbx.refuses = Some((503, &[("Retry-After", "3600")]));
    world.run_for(Duration::from_secs(60));
    world.with_rooms(|_, registration, cx| registration.shutdown(cx));
    assert!(world.registration.is_stopped());
}
