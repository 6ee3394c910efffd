//! Device accounts: the IPEI registers with its authentication code, the user comes and goes.

use std::time::Duration;

use control::registrar::{Cause, RegistrarEvent};

use crate::{
    handset::{Handset, status},
    world::World,
};

const IPEI: &str = "0358600170177";

#[test]
fn free_seating_moves_the_registration_with_the_user() {
    let mut world = World::new();
    let (anna, bert) = (world.add_user("2017"), world.add_user("2018"));
    let device = world.add_device(IPEI, Some("1234"));
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    let mut handset = Handset::new(IPEI, "1234", "10.0.0.1:5060");
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
    assert!(world.directory.device(device).unwrap().equipment.details.subscribed_ms.is_some());
    world.run_for(Duration::from_secs(5));
    assert_eq!((world.pbx.log.len(), world.registrar.counts().accounts), (0, 1), "nobody is logged in");

    let change = |world: &mut World, user| {
        let wall = world.wall();
        let changes = match user {
            Some(user) => world.directory.plan_login(wall, device, user).unwrap(),
            None => world.directory.plan_logout(wall, device).unwrap(),
        };
        world.directory.apply_all(&changes);
        world.with_rooms(|registrar, _, cx| registrar.handle_changes(cx, &changes));
        world.run_for(Duration::from_secs(5));
    };
    change(&mut world, Some(anna));
    assert_eq!(world.pbx.bindings.keys().collect::<Vec<_>>(), ["2017"]);
    change(&mut world, Some(bert));
    assert_eq!(world.pbx.bindings.keys().collect::<Vec<_>>(), ["2018"]);
    change(&mut world, None);
    assert_eq!(world.pbx.bindings.len(), 0);
    let device = Some(device);
    assert_eq!(
        world.located,
        [
            RegistrarEvent::Located { user: anna, device },
            RegistrarEvent::Gone { user: anna, device, cause: Cause::Unbound },
            RegistrarEvent::Located { user: bert, device },
            RegistrarEvent::Gone { user: bert, device, cause: Cause::Unbound },
        ]
    );
    assert_eq!(world.registrar.counts().accounts, 1, "the handset is still there");
}

#[test]
fn a_login_elsewhere_takes_the_user_along() {
    let mut world = World::new();
    let anna = world.add_user("2017");
    let devices =
        [world.add_device("035860017017", Some("1111")), world.add_device("035860017018", Some("2222"))];
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    for (ipei, code, base) in
        [("035860017017", "1111", "10.0.0.1:5060"), ("035860017018", "2222", "10.0.0.2:5060")]
    {
        assert_eq!(status(&Handset::new(ipei, code, base).register(&mut world, 600)), 200);
    }
    for device in devices {
        let wall = world.wall();
        let changes = world.directory.plan_login(wall, device, anna).unwrap();
        world.directory.apply_all(&changes);
        world.with_rooms(|registrar, _, cx| registrar.handle_changes(cx, &changes));
        world.run_for(Duration::from_secs(5));
        let bases: Vec<_> =
            world.registrar.locations(anna).map(|location| location.flow.remote.ip()).collect();
        assert_eq!(bases.len(), 1);
        assert_eq!(world.pbx.held(world.now), 1);
    }
    let base = world.registrar.locations(anna).next().unwrap().flow.remote;
    assert_eq!(base, "10.0.0.2:5060".parse().unwrap());
}

#[test]
fn an_unknown_handset_gets_in_only_while_a_window_is_open() {
    let mut world = World::with(|settings| {
        settings.access.system_auth_code = Some("87654321".parse().unwrap());
        settings.access.subscription.auto_create = true;
    });
    // A device that has subscribed long ago: the system is no longer new.
    world.add_device("035860017018", None);
    let mut handset = Handset::new(IPEI, "87654321", "10.0.0.1:5060");
    assert_eq!(status(&handset.register(&mut world, 600)), 403);
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    handset.reboot("again");
    handset.credentials.password = "11111111".to_owned();
    assert_eq!(status(&handset.register(&mut world, 600)), 403, "the window does not replace the code");
    handset.reboot("right");
    handset.credentials.password = "87654321".to_owned();
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
    let device = world.directory.device_by_ipei(&IPEI.parse().unwrap()).unwrap().id;
    assert!(world.directory.user_of_device(device).is_none());
    // Once in, it stays in when the window is shut.
    world.with_rooms(|registrar, _, _| registrar.subscription().close());
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
}

#[test]
fn a_wildcard_subscription_takes_the_user_from_the_old_handset() {
    let mut world = World::with(|settings| {
        settings.access.system_auth_code = Some("87654321".parse().unwrap());
    });
    let anna = world.add_user("2017");
    let old = world.add_device("035860017018", Some("1234"));
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    let wall = world.wall();
    let changes = world.directory.plan_assign(wall, old, anna).unwrap();
    world.directory.apply_all(&changes);
    Handset::new("035860017018", "1234", "10.0.0.1:5060").register(&mut world, 600);
    assert_eq!(world.registrar.locations(anna).count(), 1);

    world.with_rooms(|registrar, _, cx| registrar.subscription().open_wildcard(cx.now));
    let mut new = Handset::new(&format!("{IPEI}*2017"), "87654321", "10.0.0.2:5060");
    new.aor = IPEI.to_owned();
    assert_eq!(status(&new.register(&mut world, 600)), 200);
    let bases: Vec<_> = world.registrar.locations(anna).map(|location| location.flow.remote).collect();
    assert_eq!(bases, [new.base]);
}

#[test]
fn a_deleted_device_is_gone() {
    let mut world = World::new();
    let anna = world.add_user("2017");
    let device = world.add_device(IPEI, Some("1234"));
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    let wall = world.wall();
    let changes = world.directory.plan_assign(wall, device, anna).unwrap();
    world.directory.apply_all(&changes);
    Handset::new(IPEI, "1234", "10.0.0.1:5060").register(&mut world, 600);
    world.run_for(Duration::from_secs(5));
    assert_eq!(world.pbx.held(world.now), 1);
    let wall = world.wall();
    let changes = world.directory.plan_delete_device(wall, device).unwrap();
    world.directory.apply_all(&changes);
    world.with_rooms(|registrar, _, cx| registrar.handle_changes(cx, &changes));
    world.run_for(Duration::from_secs(5));
    assert_eq!((world.pbx.held(world.now), world.registrar.counts().accounts), (0, 0));
    assert!(world.locations.is_empty());
}

#[test]
fn guesses_at_the_system_code_count_together_and_hurt_no_one_who_is_in() {
    let mut world = World::with(|settings| {
        settings.access.system_auth_code = Some("87654321".parse().unwrap());
        settings.access.subscription.auto_create = true;
    });
    world.with_rooms(|registrar, _, cx| registrar.subscription().open(cx.now));
    // A handset that came in with the system code and goes on using it, behind the same address as the thief.
    let base = "10.0.0.1:5060";
    let mut honest = Handset::new(IPEI, "87654321", base);
    assert_eq!(status(&honest.register(&mut world, 600)), 200);
    let mut last = None;
    for psn in 0..11 {
        let ipei = dect::Ipei::new(3586, 20_000 + psn).unwrap().compact();
        let mut thief = Handset::new(&ipei, "00000000", base);
        let response = thief.register(&mut world, 600);
        assert_eq!(status(&response), 403);
        last = response.retry_after();
    }
    assert_eq!(last, Some(60), "another name for each guess does not help");
    honest.reboot("again");
    assert_eq!(status(&honest.register(&mut world, 600)), 200);
}
