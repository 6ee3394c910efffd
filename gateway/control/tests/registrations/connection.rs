//! Registrations over a connection.

use std::time::Duration;

use control::{Output, settings::Listener};
use sip::{ConnectionId, Flow, Transport};

use crate::{
    handset::Handset,
    world::{ACCESS, PASSWORD, PBX_SIDE, World},
};

fn tcp_world() -> World {
    World::with(|settings| {
        settings.pbx.transport = Transport::Tcp;
        settings.pbx.register_rate = 100;
        let address = "192.0.2.10:5060";
        settings.pbx.listeners = vec![Listener {
            id: PBX_SIDE,
            transport: Transport::Tcp,
            bind: address.parse().unwrap(),
            advertised: address.to_owned(),
        }];
    })
}

fn connects(world: &mut World) -> Vec<Flow> {
    let outputs = std::mem::take(&mut world.outputs);
    outputs
        .into_iter()
        .filter_map(|output| if let Output::Connect(flow) = output { Some(flow) } else { None })
        .collect()
}

#[test]
fn all_share_one_connection_and_register_again_when_it_breaks() {
    let mut world = tcp_world();
    for n in 0..200 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    let flows = connects(&mut world);
    assert_eq!((flows.len(), world.pbx.log.len()), (1, 0));
    assert!(flows[0].connection.is_some());
    world.with_rooms(|_, registration, cx| registration.handle_opened(cx, flows[0]));
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.pbx.held(world.now), 200);
    let path_flow = world.registration.bindings().next().unwrap().path.flow;
    assert_eq!(path_flow, Some(flows[0]));
    assert!(world.registration.bindings().next().unwrap().path.contact.ends_with(";transport=tcp"));

    world.pbx.log.clear();
    world.with_rooms(|_, registration, cx| registration.handle_flow_failed(cx, flows[0]));
    let waiting = world.registration.bindings().map(|binding| binding.path.flow.unwrap());
    assert!(waiting.into_iter().all(|flow| flow.connection.is_none()), "no call goes by the broken one");
    let again = connects(&mut world);
    assert_eq!(again.len(), 1);
    assert_ne!(again[0].connection, flows[0].connection);
    world.with_rooms(|_, registration, cx| registration.handle_opened(cx, again[0]));
    world.run_for(Duration::from_secs(3));
    assert_eq!(world.pbx.log.len(), 200, "everyone, once");
    assert!(world.pbx.peak_rate() <= 102);
    assert!(world.registration.bindings().all(|binding| binding.path.flow == Some(again[0])));
}

#[test]
fn a_connection_that_cannot_be_opened_is_tried_again_ever_more_slowly() {
    let mut world = tcp_world();
    let user = world.add_user("2017");
    world.located(user);
    let mut tries = Vec::new();
    for _ in 0..3600 {
        for flow in connects(&mut world) {
            tries.push(world.now);
            world.with_rooms(|_, registration, cx| registration.handle_flow_failed(cx, flow));
        }
        world.run_for(Duration::from_secs(1));
    }
    assert!((15..60).contains(&tries.len()), "{} in an hour", tries.len());
    let last = tries[tries.len() - 1] - tries[tries.len() - 2];
    assert!(last >= Duration::from_secs(149), "{last:?}");
}

#[test]
fn handsets_on_a_broken_connection_get_a_moment_to_come_back() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let connection = |number| Flow {
        connection: Some(ConnectionId(number)),
        transport: Transport::Tcp,
        ..Flow::udp(ACCESS, "10.0.0.1:40000".parse().unwrap())
    };
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:40000");
    handset.flow = Some(connection(1));
    handset.register(&mut world, 600);
    world.run_for(Duration::from_secs(5));
    world.with_rooms(|registrar, _, cx| registrar.handle_flow_failed(cx, connection(1)));
    world.run_for(Duration::from_secs(20));
    assert!(world.registrar.is_located(user));
    handset.flow = Some(connection(2));
    handset.register(&mut world, 600);
    world.run_for(Duration::from_secs(60));
    assert!(world.registrar.is_located(user), "it came back in time");
    world.with_rooms(|registrar, _, cx| registrar.handle_flow_failed(cx, connection(2)));
    world.run_for(Duration::from_secs(31));
    assert!(!world.registrar.is_located(user));
    assert_eq!(world.pbx.held(world.now), 0);
}

#[test]
fn a_break_with_requests_under_way_is_one_failure_not_many() {
    let mut world = tcp_world();
    for n in 0..20 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    let flow = connects(&mut world)[0];
    world.pbx.silent = true;
    world.with_rooms(|_, registration, cx| registration.handle_opened(cx, flow));
    world.run_for(Duration::from_secs(1));
    assert!(world.registration.counts().open >= 20);
    world.pbx.silent = false;
    world.endpoint.handle_transport_failed(world.now, flow);
    world.with_rooms(|_, registration, cx| registration.handle_flow_failed(cx, flow));
    let flow = connects(&mut world)[0];
    world.with_rooms(|_, registration, cx| registration.handle_opened(cx, flow));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.pbx.held(world.now), 20);
}

#[test]
fn a_proxy_that_takes_connections_only_to_drop_them_is_not_hammered() {
    let mut world = tcp_world();
    for n in 0..50 {
        let user = world.add_user(&format!("{}", 2000 + n));
        world.located(user);
    }
    world.pbx.silent = true;
    let mut opened = 0;
    for _ in 0..3600 {
        for flow in connects(&mut world) {
            opened += 1;
            world.with_rooms(|_, registration, cx| registration.handle_opened(cx, flow));
            world.endpoint.handle_transport_failed(world.now, flow);
            world.with_rooms(|_, registration, cx| registration.handle_flow_failed(cx, flow));
        }
        world.run_for(Duration::from_secs(1));
    }
    assert!((10..60).contains(&opened), "{opened} connections in an hour");
    assert_eq!(world.registration.counts().bindings, 50);
}
