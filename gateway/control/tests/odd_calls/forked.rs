//! One user at two base stations.

use std::time::Duration;

use media_api::{Hears, LegIndex};
use sip::Status;
use testkit::{BaseEvent, Handset, HandsetId, Manners, Service, World, WorldConfig, user_number};

use crate::stage::SECOND;

/// The first handset of base 0 is known at base 1 as well, and rings for ever there.
fn at_two_bases() -> (World, HandsetId) {
    let config = WorldConfig { bases: 2, handsets: 1, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| settings.access.max_contacts = 2);
    world.register_all();
    let mut twin = HandsetId(0);
    world.at_base(1, |base, now| {
        let name = user_number(0);
        twin = base.add(Handset {
            auth_name: name.clone(),
            name,
            password: "a password of the test bed".to_owned(),
            manners: Manners::Ring,
        });
        base.register(now, twin);
    });
    assert!(world.run_until(5 * SECOND, |world| world.heard(1, &BaseEvent::Registered(twin))));
    (world, twin)
}

fn answered_at_the_first_while_the_second_is_gone() -> World {
    let (mut world, twin) = at_two_bases();
    world.at_pbx(|pbx, now| pbx.call_user(now, &user_number(0), Service::Tone));
    assert!(world.run_until(5 * SECOND, |world| world.heard(1, &BaseEvent::Rings(twin))));
    let gone = world.bases[1].address().ip();
    world.network.set_cut_off(gone, true);
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world
}

#[test]
fn the_handset_that_answers_wins_and_the_other_stops_ringing() {
    let (mut world, twin) = at_two_bases();
    world.at_pbx(|pbx, now| pbx.call_user(now, &user_number(0), Service::Tone));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(1, &BaseEvent::Ended(twin))));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_busy_handset_does_not_end_the_call_of_the_other() {
    let (mut world, twin) = at_two_bases();
    world.bases[1].set_manners(twin, Manners::Refuse(Status(486)));
    world.at_pbx(|pbx, now| pbx.call_user(now, &user_number(0), Service::Tone));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
}

#[test]
fn a_call_ends_though_the_other_base_never_takes_the_cancel() {
    let mut world = answered_at_the_first_while_the_second_is_gone();
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.run_for(SECOND);
    assert!(world.sessions.is_empty(), "the caller still hears the other base station");
    let gone = world.bases[1].address().ip();
    world.run_for(40 * SECOND);
    world.network.set_cut_off(gone, false);
    world.run_for(Duration::from_secs(200));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_hold_reaches_the_handset_that_answered() {
    let mut world = answered_at_the_first_while_the_second_is_gone();
    let before = world.bases[0].stream(HandsetId(0)).expect("a stream").direction;
    assert_eq!(before, sdp::Direction::SendRecv);
    world.at_base(0, |base, now| base.set_direction(now, HandsetId(0), sdp::Direction::SendOnly));
    world.run_for(2 * SECOND);
    let (_, plan) = world.sessions.first_key_value().expect("a media session");
    assert_eq!(plan.legs[1].hears, Hears::Leg(LegIndex(0)));
    assert!(!plan.legs[1].send, "a held handset is sent media");
}
