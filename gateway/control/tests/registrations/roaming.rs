//! A handset moves between base stations.

use std::time::Duration;

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};
use control::registrar::RegistrarEvent;

#[test]
fn the_newest_base_has_the_handset_and_the_pbx_hears_nothing_of_it() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let mut here = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    let mut there = here.at("10.0.0.2:5060");
    assert_eq!(status(&here.register(&mut world, 600)), 200);
    world.run_for(Duration::from_secs(10));
    let registers = world.pbx.log.len();

    let response = there.register(&mut world, 600);
    assert_eq!(status(&response), 200);
    assert_eq!(response.contacts().count(), 1);
    // The base that was left cleans up late.
    assert_eq!(status(&here.register(&mut world, 0)), 200);

    let contacts: Vec<_> = world.registrar.locations(user).map(|location| location.contact.clone()).collect();
    assert_eq!(contacts, [there.contact()]);
    assert_eq!(world.registrar.locations(user).next().unwrap().flow.remote, there.base);
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pbx.log.len(), registers);
    assert_eq!(
        world.located,
        [RegistrarEvent::Located { user, device: None }, RegistrarEvent::Moved { user, device: None },]
    );
    // Only the new place is stored.
    assert_eq!(world.locations.len(), 1);
}

#[test]
fn with_two_contacts_both_places_ring_until_the_old_one_ends() {
    let mut world = World::with(|settings| settings.access.max_contacts = 2);
    let user = world.add_user("2017");
    let mut here = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    let mut there = here.at("10.0.0.2:5060");
    here.register(&mut world, 60);
    world.run_for(Duration::from_secs(10));
    let response = there.register(&mut world, 600);
    let listed: Vec<_> = response.contacts().map(|contact| contact.unwrap().expires().unwrap()).collect();
    assert_eq!((listed.len(), listed[1]), (2, 50), "what is left of the older one");
    assert_eq!(world.registrar.locations(user).count(), 2);
    world.run_for(Duration::from_secs(51));
    assert_eq!(world.registrar.locations(user).count(), 1);
    assert!(world.registrar.is_located(user));
}

#[test]
fn a_rebooted_base_starts_to_count_anew() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    for _ in 0..5 {
        handset.register(&mut world, 600);
    }
    handset.reboot("after-reboot");
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
    assert_eq!(world.registrar.locations(user).count(), 1);
}
