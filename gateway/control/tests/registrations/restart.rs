//! The gateway dies and starts again.

use std::time::Duration;

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};

#[test]
fn what_is_still_valid_is_not_repeated() {
    let mut world = World::new();
    let users: Vec<_> = (0..50).map(|n| world.add_user(&format!("{}", 2000 + n))).collect();
    let mut handsets: Vec<_> =
        (0..50).map(|n| Handset::new(&format!("{}", 2000 + n), PASSWORD, "10.0.0.1:5060")).collect();
    for handset in &mut handsets {
        handset.register(&mut world, 3600);
    }
    world.run_for(Duration::from_secs(10));
    let (requests, call_id) = (world.pbx.log.len(), world.pbx.log[0].call_id.clone());
    let cseq = world.pbx.log.iter().filter(|entry| entry.call_id == call_id).map(|entry| entry.cseq).max();

    let mut world = world.restart();
    assert_eq!((world.registrar.counts().users, world.registration.counts().held), (50, 50));
    assert!(users.iter().all(|user| world.registration.path(*user).is_some()));
    world.run_for(Duration::from_secs(20));
    assert_eq!(world.pbx.log.len(), requests, "nothing was repeated");
    // In time all refresh, and the registrar sees one registration that goes on.
    world.run_for(Duration::from_secs(90));
    assert_eq!(world.pbx.held(world.now), 50);
    let later = world.pbx.log[requests..].iter().find(|entry| entry.call_id == call_id).unwrap();
    assert!(Some(later.cseq) > cseq);
    // Old nonces are worth nothing after a restart; the handset is challenged once and goes on.
    let contact = format!("<{}>", handsets[0].contact());
    let response = handsets[0].send(&mut world, &contact, Some(600));
    assert_eq!(status(&response), 401);
    assert_eq!(status(&handsets[0].register(&mut world, 600)), 200);
    assert_eq!(world.registrar.counts().contacts, 50);
}

#[test]
fn what_ran_out_in_the_meantime_is_ended() {
    let mut world = World::new();
    world.add_user("2017");
    world.add_user("2018");
    Handset::new("2017", PASSWORD, "10.0.0.1:5060").register(&mut world, 60);
    Handset::new("2018", PASSWORD, "10.0.0.1:5060").register(&mut world, 3600);
    world.run_for(Duration::from_secs(10));
    let mut world = {
        let mut world = world;
        // Dead for a minute: timers of the old process do not run.
        world.now += Duration::from_secs(70);
        world.restart()
    };
    assert_eq!(world.registrar.counts().users, 1);
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.pbx.bindings.keys().collect::<Vec<_>>(), ["2018"], "2017 was taken back");
    assert_eq!((world.locations.len(), world.bindings.len()), (1, 1));
}
