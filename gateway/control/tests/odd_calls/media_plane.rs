//! A media plane that does not do its part, and the ports.

use media_api::{Event, SessionId};
use testkit::{BaseEvent, HandsetId, World, WorldConfig};

use crate::stage::{SECOND, registered};

#[test]
fn a_media_session_that_is_lost_ends_the_call() {
    let mut world = registered(&WorldConfig::default());
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    let (session, _) = world.sessions.pop_first().expect("a session");
    world.input(control::Input::Media(Event::Closed { session, legs: Vec::new() }));
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Ended(HandsetId(0)))));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_media_plane_that_never_says_that_it_closed_holds_no_call() {
    let mut world = registered(&WorldConfig::default());
    world.media_is_mute = true;
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.run_for(60 * SECOND);
    assert_eq!(world.core().held().calls, 0);
    assert_eq!(world.records.len(), 1);
    world.input(control::Input::Drain { force: false });
    world.run_for(60 * SECOND);
    assert!(world.drained);
}

#[test]
fn reports_about_calls_that_are_not_are_ignored() {
    let mut world = registered(&WorldConfig::default());
    for session in [0, 1, u64::MAX] {
        let session = SessionId(session);
        world.input(control::Input::Media(Event::Closed { session, legs: Vec::new() }));
        let reason = media_api::Refusal::Unknown;
        world.input(control::Input::Media(Event::Refused { session, reason }));
    }
    world.assert_nothing_leaked();
}

#[test]
fn a_worker_whose_ports_rest_is_passed_over() {
    let config = WorldConfig { handsets: 4, ..WorldConfig::default() };
    let mut world = World::with_settings(&config, |settings| {
        settings.media.ports.pairs = 4;
        settings.media.workers = 2;
        settings.media.quarantine = 600 * SECOND;
    });
    world.register_all();
    // Each worker has two pairs. Two calls that end make two of them rest; two that stay must both find one.
    for handset in 0..2 {
        world.at_base(0, |base, now| base.call(now, HandsetId(handset), "600"));
        assert!(world.run_until(5 * SECOND, |world| world.connected(0, handset)), "{handset}");
        world.at_base(0, |base, now| base.hang_up(now, HandsetId(handset)));
        world.run_for(SECOND);
    }
    for handset in 2..4 {
        world.at_base(0, |base, now| base.call(now, HandsetId(handset), "600"));
        assert!(world.run_until(5 * SECOND, |world| world.connected(0, handset)), "{handset}");
    }
}
