//! A contact port of its own for each user.

use std::time::Duration;

use control::{Output, settings::ContactPorts};
use sip::{Flow, ListenerId};

use crate::world::{PBX_ADDRESS, World};

fn world(count: u16) -> World {
    World::with(|settings| settings.pbx.contact_ports = ContactPorts::PerUser { first: 5100, count })
}

fn contact(world: &World, number: &str) -> String {
    world.pbx.bindings[number].0.clone()
}

#[test]
fn each_user_registers_from_and_with_its_own_port() {
    let mut world = world(10);
    let users =
        [world.add_user("2017"), world.add_user_with("2018", |profile| profile.fixed_sip_port = 7018)];
    for user in users {
        world.located(user);
    }
    world.run_for(Duration::from_secs(1));
    assert_eq!(contact(&world, "2017"), "sip:2017@192.0.2.10:5100");
    assert_eq!(contact(&world, "2018"), "sip:2018@192.0.2.10:7018");
    let listens: Vec<_> = world
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Listen { listener, bind, .. } => Some((listener.0, bind.to_string())),
            _ => None,
        })
        .collect();
    assert_eq!(listens, [(5100, "192.0.2.10:5100".to_owned()), (7018, "192.0.2.10:7018".to_owned())]);
    assert_eq!(world.registration.path(users[0]).unwrap().flow.unwrap().listener, ListenerId(5100));

    // The port tells whom the PBX means, whatever it writes into the Request-URI.
    let uri = sip::Uri::parse(b"sip:whoever@192.0.2.10:7018").unwrap();
    let flow = Flow::udp(ListenerId(7018), PBX_ADDRESS.parse().unwrap());
    let found = world.with_rooms(|_, registration, cx| registration.user_of_contact(cx, &flow, &uri));
    assert_eq!(found, Some(users[1]));

    world.outputs.clear();
    world.with_rooms(|_, registration, cx| registration.shutdown(cx));
    world.run_for(Duration::from_secs(1));
    let closed = world.outputs.iter().filter(|output| matches!(output, Output::Unlisten(_))).count();
    assert_eq!((closed, world.pbx.bindings.len()), (2, 0));
}

#[test]
fn a_port_that_cannot_be_opened_is_replaced() {
    let mut world = world(10);
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(1));
    world.with_rooms(|_, registration, cx| registration.handle_listen_failed(cx, ListenerId(5100)));
    world.run_for(Duration::from_secs(1));
    assert_eq!(contact(&world, "2017"), "sip:2017@192.0.2.10:5101");
    assert_eq!(world.registration.counts().bindings, 1);
}

#[test]
fn without_a_port_left_the_shared_one_serves() {
    let mut world = world(1);
    for number in ["2017", "2018"] {
        let user = world.add_user(number);
        world.located(user);
    }
    world.run_for(Duration::from_secs(1));
    assert_eq!(contact(&world, "2017"), "sip:2017@192.0.2.10:5100");
    assert_eq!(contact(&world, "2018"), "sip:2018@192.0.2.10:5060");
}

#[test]
fn ports_survive_a_restart() {
    let mut world = world(10);
    for number in ["2017", "2018"] {
        let user = world.add_user(number);
        world.located(user);
    }
    world.run_for(Duration::from_secs(1));
    let requests = world.pbx.log.len();
    // Nobody is located by a base here, so keep them by policy.
    world.settings.pbx.register_always = true;
    let mut world = world.restart();
    world.run_for(Duration::from_secs(30));
    assert_eq!((world.registration.counts().held, world.pbx.log.len()), (2, requests));
    let listens = world.outputs.iter().filter(|output| matches!(output, Output::Listen { .. })).count();
    assert_eq!(listens, 2);
}
