//! Keeping a registration alive.

use std::time::Duration;

use control::{
    fault::FaultCode,
    registration::{RegistrationEvent, State},
};

use crate::world::World;

#[test]
fn refreshes_follow_the_grant_and_need_no_second_round_trip() {
    let mut world = World::with(|settings| settings.pbx.expires = Duration::from_secs(3600));
    world.pbx.max_expires = 100;
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(3600));
    let log = &world.pbx.log;
    assert_eq!((log[0].status, log[1].status), (401, 200));
    assert!(log[1..].iter().all(|entry| entry.status == 200 && entry.authorized && entry.expires == 3600));
    assert!(log.iter().all(|entry| entry.call_id == log[0].call_id));
    assert!(log.windows(2).all(|pair| pair[1].cseq == pair[0].cseq + 1));
    for pair in log[1..].windows(2) {
        let pause = pair[1].at - pair[0].at;
        assert!((50..=76).contains(&pause.as_secs()), "{pause:?}");
    }
    let pauses: std::collections::BTreeSet<_> =
        log[1..].windows(2).map(|pair| (pair[1].at - pair[0].at).as_millis()).collect();
    assert!(pauses.len() > 40, "jittered");
    assert_eq!(world.registered, [RegistrationEvent::Registered { user }], "said once");
    world.assert_no_leak();
}

#[test]
fn a_thousand_users_spread_out_and_stay_spread() {
    let mut world = World::with(|settings| settings.pbx.register_rate = 1000);
    for n in 0..1000 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(300));
    assert_eq!(world.pbx.held(world.now), 1000);
    world.pbx.log.clear();
    world.run_for(Duration::from_secs(600));
    // 1000 users every 75 s on average are 13 per second.
    assert!(world.pbx.peak_rate() < 60, "{} in a second", world.pbx.peak_rate());
    assert_eq!(world.pbx.held(world.now), 1000);
}

#[test]
fn a_registrar_that_wants_longer_is_asked_for_longer_by_all() {
    let mut world = World::new();
    world.pbx.min_expires = 600;
    let users = [world.add_user("2017"), world.add_user("2018")];
    world.located(users[0]);
    world.run_for(Duration::from_secs(1));
    let asked: Vec<_> = world.pbx.log.iter().map(|entry| (entry.expires, entry.status)).collect();
    assert_eq!(asked, [(120, 401), (120, 423), (600, 200)]);
    world.located(users[1]);
    world.run_for(Duration::from_secs(1));
    assert!(world.pbx.log[3..].iter().all(|entry| entry.expires == 600));
    assert_eq!(world.pbx.held(world.now), 2);
    assert!(!world.has_fault(FaultCode::USER_REGISTRATION_FAILED));
}

#[test]
fn a_stale_nonce_is_renewed_in_passing() {
    let mut world = World::with(|settings| settings.pbx.expires = Duration::from_secs(10_000));
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(9_000));
    let statuses: Vec<_> = world.pbx.log.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses[..4], [401, 200, 401, 200], "the nonce was an hour old");
    assert!(world.registered.iter().all(|event| matches!(event, RegistrationEvent::Registered { .. })));
}

#[test]
fn the_path_knows_what_a_call_needs() {
    let mut world = World::new();
    world.pbx.service_route = Some("<sip:edge.example.org;lr>");
    let user = world.add_user_with("2017", |profile| profile.name = "anna".into());
    world.pbx.accounts.insert("anna".to_owned(), crate::world::PASSWORD.to_owned());
    assert!(world.registration.path(user).is_none());
    world.located(user);
    assert!(world.registration.path(user).is_none(), "not before the PBX has agreed");
    world.run_for(Duration::from_secs(1));
    let path = world.registration.path(user).unwrap();
    assert_eq!(&*path.contact, "sip:anna@192.0.2.10:5060");
    assert_eq!(path.routes, ["<sip:edge.example.org;lr>"]);
    assert_eq!(path.flow.unwrap().remote, crate::world::PBX_ADDRESS.parse().unwrap());
    let contact = path.contact.clone();
    let found = world.with_rooms(|_, registration, cx| {
        let uri = sip::Uri::parse(contact.as_bytes()).unwrap();
        let flow = sip::Flow::udp(crate::world::PBX_SIDE, crate::world::PBX_ADDRESS.parse().unwrap());
        registration.user_of_contact(cx, &flow, &uri)
    });
    assert_eq!(found, Some(user));
    assert!(matches!(world.registration.binding(user).unwrap().state, State::Registered { .. }));
}
