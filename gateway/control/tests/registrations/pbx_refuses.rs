//! The PBX answers, but not as wished.

use std::time::Duration;

use control::{
    fault::FaultCode,
    registration::{RegistrationEvent, State},
};

use crate::world::World;

#[test]
fn a_refused_user_is_tried_again_slowly_and_the_fault_stands_until_it_works() {
    let mut world = World::new();
    let user = world.add_user("2017");
    world.pbx.accounts.insert("2017".to_owned(), "another".to_owned());
    world.located(user);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.pbx.log.iter().map(|entry| entry.status).collect::<Vec<_>>(), [401, 403]);
    assert!(world.has_fault(FaultCode::USER_REGISTRATION_FAILED));
    let binding = world.registration.binding(user).unwrap();
    assert_eq!(binding.last.unwrap().status, Some(sip::Status(403)));
    assert!(matches!(binding.state, State::Resting { held: None, .. }));
    world.run_for(Duration::from_secs(3600));
    let attempts = world.pbx.log.iter().filter(|entry| entry.status == 403).count();
    assert!((12..=25).contains(&attempts), "{attempts} attempts in an hour");
    world.pbx.accounts.insert("2017".to_owned(), crate::world::PASSWORD.to_owned());
    world.run_for(Duration::from_secs(301));
    assert_eq!(world.pbx.held(world.now), 1);
    assert!(!world.has_fault(FaultCode::USER_REGISTRATION_FAILED));
    assert_eq!(world.registered.last(), Some(&RegistrationEvent::Registered { user }));
}

#[test]
fn a_new_password_is_tried_at_once() {
    let mut world = World::new();
    let user = world.add_user("2017");
    world.pbx.accounts.insert("2017".to_owned(), "another".to_owned());
    world.located(user);
    world.run_for(Duration::from_secs(10));
    let account = control::directory::Account {
        sip_password: Some(control::directory::Secret::new("another")),
        ..Default::default()
    };
    let parts = control::directory::UserParts { account: Some(account), ..Default::default() };
    let wall = world.wall();
    let changes = world.directory.plan_edit_user(wall, user, parts).unwrap();
    world.directory.apply_all(&changes);
    world.with_rooms(|_, registration, cx| registration.user_changed(cx, user));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.pbx.held(world.now), 1);
}

#[test]
fn another_number_ends_the_old_registration_and_begins_another() {
    let mut world = World::new();
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(1));
    let mut profile = world.directory.user(user).unwrap().profile.clone();
    profile.number = "3017".into();
    world.pbx.accounts.insert("3017".to_owned(), crate::world::PASSWORD.to_owned());
    let parts = control::directory::UserParts { profile: Some(Box::new(profile)), ..Default::default() };
    let wall = world.wall();
    let changes = world.directory.plan_edit_user(wall, user, parts).unwrap();
    world.directory.apply_all(&changes);
    world.with_rooms(|_, registration, cx| registration.user_changed(cx, user));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.pbx.bindings.keys().collect::<Vec<_>>(), ["3017"]);
    assert_eq!(world.registration.counts().bindings, 1);
}

#[test]
fn a_503_with_retry_after_stops_everyone_for_so_long() {
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 100;
        settings.pbx.register_window = 10;
    });
    world.pbx.refuses = Some((503, &[("Retry-After", "120")]));
    for n in 0..500 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(119));
    let asked = world.pbx.log.len();
    assert!(asked <= 30, "{asked} requests at a PBX that asked for quiet");
    world.pbx.refuses = None;
    let from = world.now;
    assert!(world.run_until(Duration::from_secs(60), |world| world.pbx.held(world.now) == 500));
    assert!(world.now - from < Duration::from_secs(15), "{:?}", world.now - from);
    assert!(world.pbx.peak_rate() <= 102);
}

#[test]
fn retry_after_can_be_switched_off() {
    let mut world = World::with(|settings| settings.pbx.ignore_retry_after = true);
    world.pbx.refuses = Some((503, &[("Retry-After", "3600")]));
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(1));
    world.pbx.refuses = None;
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pbx.held(world.now), 1);
}

#[test]
fn pauses_grow_to_the_cap_and_never_end() {
    let mut world = World::new();
    world.pbx.refuses = Some((500, &[]));
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(6 * 3600));
    let tries: Vec<_> =
        world.pbx.log.iter().filter(|entry| entry.status == 500).map(|entry| entry.at).collect();
    let pauses: Vec<_> = tries.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert!(pauses[0] <= 4 && pauses[1] <= 8, "{pauses:?}");
    assert!(pauses[8..].iter().all(|pause| (150..=301).contains(pause)), "{pauses:?}");
    assert!(pauses.len() > 60);
    assert!(world.has_fault(FaultCode::REGISTRATIONS_DOWN));
    world.pbx.refuses = None;
    world.run_for(Duration::from_secs(301));
    assert_eq!(world.pbx.held(world.now), 1);
    assert!(!world.has_fault(FaultCode::REGISTRATIONS_DOWN));
}

#[test]
fn a_refusal_does_not_hide_what_is_still_held() {
    let mut world = World::new();
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(1));
    world.pbx.refuses = Some((500, &[]));
    world.run_for(Duration::from_secs(100));
    assert!(world.registration.path(user).is_some(), "the PBX still holds it for a while");
    world.run_for(Duration::from_secs(30));
    assert!(world.registration.path(user).is_none());
    assert_eq!(
        world.registered.iter().filter(|event| **event == RegistrationEvent::Lost { user }).count(),
        1
    );
}

#[test]
fn a_change_of_its_record_does_not_bring_a_user_back_that_is_leaving() {
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 1;
        settings.pbx.register_window = 1;
    });
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(5));
    world.with_rooms(|_, registration, cx| {
        registration.user_gone(cx, user, control::registrar::Cause::Expired);
    });
    world.settings.pbx.domain = "other.example.org".to_owned();
    world.with_rooms(|_, registration, cx| registration.handle_reload(cx));
    world.run_for(Duration::from_secs(10));
    assert_eq!((world.pbx.bindings.len(), world.registration.counts().bindings), (0, 0));
}
