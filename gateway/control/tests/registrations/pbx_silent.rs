//! The PBX is dead, frozen or unreachable.

use std::time::Duration;

use control::fault::FaultCode;

use crate::world::World;

#[test]
fn a_dead_pbx_is_probed_by_one_and_all_come_back_at_the_rate() {
    let mut world = World::with(|settings| {
        settings.pbx.register_rate = 100;
        settings.pbx.register_window = 20;
        settings.pbx.timeout = Duration::from_secs(8);
        settings.pbx.backoff = (Duration::from_secs(4), Duration::from_secs(60));
    });
    for n in 0..1000 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.run_for(Duration::from_secs(60));
    assert_eq!(world.pbx.held(world.now), 1000);
    world.pbx.silent = true;
    world.run_for(Duration::from_secs(600));
    assert!(world.has_fault(FaultCode::REGISTRATIONS_DOWN));
    assert_eq!(world.registration.counts().held, 0);
    // One probe at a time now; a few retransmissions each.
    world.pbx.log.clear();
    world.run_for(Duration::from_secs(600));
    let calls: std::collections::BTreeSet<_> = world.pbx.log.iter().map(|e| (&e.call_id, e.cseq)).collect();
    assert!((8..=25).contains(&calls.len()), "{} probes in ten minutes", calls.len());

    world.pbx.silent = false;
    world.pbx.forget();
    world.pbx.log.clear();
    let from = world.now;
    assert!(world.run_until(Duration::from_secs(200), |world| world.pbx.held(world.now) == 1000));
    let took = world.now - from;
    // The pause of the last probe, then 2000 requests at 100 per second.
    assert!(took <= Duration::from_secs(60 + 8 + 21), "{took:?}");
    assert!(world.pbx.peak_rate() <= 102, "{} in a second", world.pbx.peak_rate());
    assert!(!world.has_fault(FaultCode::REGISTRATIONS_DOWN));
}

#[test]
fn one_lost_request_takes_nobody_down() {
    let mut world = World::with(|settings| settings.pbx.timeout = Duration::from_secs(4));
    let users = [world.add_user("2017"), world.add_user("2018")];
    world.located(users[0]);
    world.run_for(Duration::from_secs(1));
    world.pbx.silent = true;
    world.located(users[1]);
    world.run_for(Duration::from_millis(4500));
    world.pbx.silent = false;
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pbx.held(world.now), 2);
    assert!(!world.has_fault(FaultCode::REGISTRATIONS_DOWN));
    world.assert_no_leak();
}
