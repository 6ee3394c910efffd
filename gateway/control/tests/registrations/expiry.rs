//! A handset is not heard again, or says good-bye.

use std::time::Duration;

use control::registrar::{Cause, RegistrarEvent};

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};

#[test]
fn a_location_that_runs_out_ends_the_registration_at_the_pbx() {
    let mut world = World::new();
    let user = world.add_user("2017");
    Handset::new("2017", PASSWORD, "10.0.0.1:5060").register(&mut world, 60);
    world.run_for(Duration::from_secs(59));
    assert_eq!(world.pbx.held(world.now), 1);
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.pbx.bindings.len(), 0, "taken back, not left to expire");
    assert_eq!(world.pbx.log.last().unwrap().expires, 0);
    assert_eq!(world.located[1], RegistrarEvent::Gone { user, device: None, cause: Cause::Expired });
    assert!(world.registration.is_empty() && world.locations.is_empty() && world.bindings.is_empty());
    world.assert_no_leak();
    assert_eq!((world.registrar.poll_timeout(), world.registration.poll_timeout()), (None, None));
}

#[test]
fn a_handset_that_leaves_is_gone_at_once() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 600);
    world.run_for(Duration::from_secs(5));
    let response = handset.register(&mut world, 0);
    assert_eq!((status(&response), response.contacts().count()), (200, 0));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.pbx.bindings.len(), 0);
    assert_eq!(world.located[1], RegistrarEvent::Gone { user, device: None, cause: Cause::Deregistered });
}

#[test]
fn a_short_absence_does_not_cost_the_registration() {
    // Gone and back before the PBX side got its turn.
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 1;
        settings.pbx.register_window = 1;
    });
    world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 600);
    world.run_for(Duration::from_secs(5));
    handset.register(&mut world, 0);
    handset.register(&mut world, 600);
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pbx.held(world.now), 1);
    assert_eq!(world.registration.counts().held, 1);
}

#[test]
fn all_contacts_are_removed_by_a_star() {
    let mut world = World::with(|settings| settings.access.max_contacts = 2);
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 600);
    assert_eq!(status(&handset.ask(&mut world, "*", Some(60))), 400);
    assert!(world.registrar.is_located(user));
    assert_eq!(status(&handset.ask(&mut world, "*", Some(0))), 200);
    assert!(!world.registrar.is_located(user));
}
