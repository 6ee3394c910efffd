//! Calls both ways, answered, refused, cancelled and ended from either side; nothing leaks.

use std::time::Duration;

use media_api::{Codec, Hears, LegIndex, SessionId};
use sip::Status;
use testkit::{BaseEvent, HandsetId, Manners, Service, World, WorldConfig, user_number};

const SECOND: Duration = Duration::from_secs(1);

fn registered(config: &WorldConfig) -> World {
    let mut world = World::new(config);
    world.register_all();
    world
}

#[test]
fn a_handset_calls_an_extension_and_is_bridged_by_transcoding() {
    let mut world = registered(&WorldConfig::default());
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    let (_, plan) = world.sessions.first_key_value().expect("a media session");
    assert_eq!(plan.legs[0].hears, Hears::Leg(LegIndex(1)));
    assert_eq!(plan.legs[1].hears, Hears::Leg(LegIndex(0)));
    assert_eq!(plan.legs[0].sending.map(|format| format.codec), Some(Codec::Pcma));
    assert_eq!(plan.legs[1].sending.map(|format| format.codec), Some(Codec::Pcmu));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
    assert!(world.records[0].answered.is_some());
}

#[test]
fn handsets_with_a_common_codec_are_relayed() {
    let config = WorldConfig {
        handset_codecs: vec![sdp::Codec::g722(), sdp::Codec::pcma()],
        pbx_codecs: vec![sdp::Codec::pcma()],
        ..WorldConfig::default()
    };
    let mut world = registered(&config);
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    let (_, plan) = world.sessions.first_key_value().expect("a media session");
    // G.722 comes first for the handset, but A-law spares the transcoding.
    assert_eq!(plan.legs[0].sending.map(|format| format.codec), Some(Codec::Pcma));
    assert_eq!(plan.legs[1].sending.map(|format| format.codec), Some(Codec::Pcma));
}

#[test]
fn the_pbx_calls_a_handset() {
    let mut world = registered(&WorldConfig::default());
    world.at_pbx(|pbx, now| pbx.call_user(now, &user_number(0), Service::Tone));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Rings(HandsetId(0)))));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.run_for(10 * SECOND);
    world.at_pbx(|pbx, now| pbx.hang_up_all(now));
    world.assert_nothing_leaked();
    assert!(world.heard(0, &BaseEvent::Ended(HandsetId(0))));
}

#[test]
fn a_handset_calls_a_handset_through_the_pbx() {
    let mut world = registered(&WorldConfig { bases: 2, handsets: 1, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Ringback(HandsetId(0)))));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0) && world.connected(1, 0)));
    assert_eq!(world.sessions.len(), 2, "one media session per passage through the gateway");
    world.at_base(1, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
}

#[test]
fn a_caller_that_gives_up_stops_the_ringing() {
    let mut world = registered(&WorldConfig { manners: Manners::Ring, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Rings(HandsetId(1)))));
    world.run_for(3 * SECOND);
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Ended(HandsetId(1)))));
    world.assert_nothing_leaked();
}

#[test]
fn what_the_callee_says_reaches_the_caller() {
    for (manners, told) in [
        (Manners::Refuse(Status(486)), 486),
        (Manners::Refuse(Status(603)), 603),
        (Manners::Refuse(Status(480)), 480),
        (Manners::Refuse(Status(404)), 480),
        (Manners::Refuse(Status(500)), 500),
    ] {
        let mut world = registered(&WorldConfig { manners, ..WorldConfig::default() });
        world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
        let failed = BaseEvent::Failed(HandsetId(0), Some(Status(told)));
        assert!(
            world.run_until(5 * SECOND, |world| world.heard(0, &failed)),
            "{manners:?}: {:?}",
            world.base_events
        );
        world.assert_nothing_leaked();
    }
}

#[test]
fn a_number_that_the_pbx_does_not_know_is_told_as_such() {
    let mut world = registered(&WorldConfig::default());
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "99999"));
    let failed = BaseEvent::Failed(HandsetId(0), Some(Status(404)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &failed)));
    world.assert_nothing_leaked();
}

#[test]
fn a_handset_that_says_nothing_is_unreachable() {
    let mut world = registered(&WorldConfig { manners: Manners::Silent, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    let failed = BaseEvent::Failed(HandsetId(0), Some(Status(480)));
    assert!(world.run_until(200 * SECOND, |world| world.heard(0, &failed)));
    world.assert_nothing_leaked();
}

#[test]
fn a_handset_with_a_wrong_password_cannot_call() {
    let mut world = World::new(&WorldConfig::default());
    world.register_all();
    world.at_base(0, |base, now| {
        let stranger = base.add(testkit::Handset {
            name: user_number(0),
            auth_name: user_number(0),
            password: "wrong".to_owned(),
            manners: Manners::Ring,
        });
        base.call(now, stranger, "600");
    });
    world.run_for(5 * SECOND);
    assert!(world.sessions.is_empty());
    assert!(!world.connected(0, 2));
}

#[test]
fn an_offer_that_is_left_to_the_callee_is_made_by_the_gateway() {
    let mut world = registered(&WorldConfig::default());
    world.at_base(0, |base, now| base.call_without_offer(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.run_for(SECOND);
    let (_, plan) = world.sessions.first_key_value().expect("a media session");
    assert_eq!(plan.legs[0].hears, Hears::Leg(LegIndex(1)));
    assert_eq!(plan.legs[0].sending.map(|format| format.codec), Some(Codec::Pcma));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
}

#[test]
fn a_hold_is_told_to_the_other_side_and_taken_back() {
    let mut world = registered(&WorldConfig { bases: 2, handsets: 1, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0) && world.connected(1, 0)));
    world.at_base(0, |base, now| base.set_direction(now, HandsetId(0), sdp::Direction::SendOnly));
    world.run_for(2 * SECOND);
    let held = world.bases[1].stream(HandsetId(0)).expect("a stream").direction;
    assert_eq!(held, sdp::Direction::RecvOnly);
    world.at_base(0, |base, now| base.set_direction(now, HandsetId(0), sdp::Direction::SendRecv));
    world.run_for(2 * SECOND);
    let resumed = world.bases[1].stream(HandsetId(0)).expect("a stream").direction;
    assert_eq!(resumed, sdp::Direction::SendRecv);
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.assert_nothing_leaked();
}

#[test]
fn both_sides_can_hold_each_other_without_chasing() {
    let mut world = registered(&WorldConfig { bases: 2, handsets: 1, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0) && world.connected(1, 0)));
    for (base, direction) in [
        (0, sdp::Direction::SendOnly),
        (1, sdp::Direction::SendOnly),
        (0, sdp::Direction::SendRecv),
        (1, sdp::Direction::SendRecv),
    ] {
        world.at_base(base, |base, now| base.set_direction(now, HandsetId(0), direction));
        world.run_for(5 * SECOND);
    }
    let before = world.network.figures();
    world.run_for(10 * SECOND);
    assert!(world.network.figures().0 - before.0 < 20, "re-INVITEs go back and forth");
    for base in 0..2 {
        let direction = world.bases[base].stream(HandsetId(0)).expect("a stream").direction;
        assert_eq!(direction, sdp::Direction::SendRecv, "base {base}");
    }
}

#[test]
fn a_call_that_rings_too_long_is_ended() {
    let config = WorldConfig { manners: Manners::Ring, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| settings.calls.ring_timeout = 20 * SECOND);
    world.register_all();
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    let failed = BaseEvent::Failed(HandsetId(0), Some(Status(480)));
    assert!(world.run_until(30 * SECOND, |world| world.heard(0, &failed)));
    world.assert_nothing_leaked();
}

#[test]
fn above_the_limit_calls_are_refused() {
    let config = WorldConfig { handsets: 3, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| settings.calls.max_calls = 1);
    world.register_all();
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.at_base(0, |base, now| base.call(now, HandsetId(1), "600"));
    let failed = BaseEvent::Failed(HandsetId(1), Some(Status(503)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &failed)));
}

#[test]
fn without_free_ports_a_call_is_refused_and_a_fault_raised_until_one_is_free() {
    let config = WorldConfig { handsets: 3, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| settings.media.ports.pairs = 1);
    world.register_all();
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.at_base(0, |base, now| base.call(now, HandsetId(1), "600"));
    let failed = BaseEvent::Failed(HandsetId(1), Some(Status(503)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &failed)));
    assert!(world.faults.iter().any(|fault| fault.raised && fault.code.0 == 0x0011_0050));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.run_for(5 * SECOND);
    world.at_base(0, |base, now| base.call(now, HandsetId(2), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 2)));
    assert!(world.faults.iter().any(|fault| !fault.raised && fault.code.0 == 0x0011_0050));
}

#[test]
fn a_media_plane_that_refuses_ends_the_call() {
    let mut world = registered(&WorldConfig { manners: Manners::Ring, ..WorldConfig::default() });
    world.at_base(0, |base, now| base.call(now, HandsetId(0), &user_number(1)));
    assert!(world.run_until(5 * SECOND, |world| !world.sessions.is_empty()));
    let session = *world.sessions.first_key_value().expect("a session").0;
    world.sessions.remove(&session);
    let reason = media_api::Refusal::Sessions;
    world.input(control::Input::Media(media_api::Event::Refused { session: SessionId(session.0), reason }));
    let failed = BaseEvent::Failed(HandsetId(0), Some(Status(503)));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &failed)));
    world.assert_nothing_leaked();
}

#[test]
fn a_caller_that_hangs_up_is_rid_of_the_call_at_once() {
    let mut world = registered(&WorldConfig::default());
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.run_for(3 * SECOND);
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.run_for(SECOND);
    assert!(world.heard(0, &BaseEvent::Ended(HandsetId(0))));
    assert!(world.sessions.is_empty());
}
