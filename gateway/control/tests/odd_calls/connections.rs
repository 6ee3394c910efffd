//! Calls whose connection goes away.

use control::Input;
use sip::{Flow, Method, Transport};
use testkit::{BaseEvent, HandsetId, World, WorldConfig};

use crate::stage::SECOND;

fn over_tcp() -> (World, Flow) {
    let mut world = World::new(&WorldConfig { pbx_transport: Transport::Tcp, ..WorldConfig::default() });
    world.tapped();
    world.register_all();
    let pbx = world.pbx.address();
    let sent = world.tapped();
    let flow = sent.iter().find(|(flow, _)| flow.remote == pbx).expect("a REGISTER").0;
    assert!(flow.connection.is_some());
    (world, flow)
}

#[test]
fn a_call_is_hung_up_over_the_connection_that_came_after() {
    let (mut world, flow) = over_tcp();
    world.run_for(SECOND);
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    assert!(world.run_until(5 * SECOND, |world| world.connected(0, 0)));
    world.input(Input::StreamClosed(flow));
    world.run_for(SECOND);
    world.tapped();
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    world.run_for(SECOND);
    let sent = world.tapped();
    let is_bye = |message: &sip::Message| message.status().is_none() && message.method() == Method::Bye;
    let bye = sent.iter().find(|(_, message)| is_bye(message));
    let (by, _) = bye.expect("a BYE to the PBX");
    assert_ne!(by.connection, flow.connection, "the BYE goes by a connection that is gone");
    assert_eq!(by.remote, flow.remote);
    world.assert_nothing_leaked();
}

#[test]
fn a_call_that_is_being_set_up_fails_with_its_connection() {
    let (mut world, flow) = over_tcp();
    world.run_for(SECOND);
    world.pbx.set_script(testkit::Script::Silent);
    world.at_base(0, |base, now| base.call(now, HandsetId(0), "600"));
    world.run_for(SECOND);
    world.input(Input::StreamClosed(flow));
    let failed = |world: &World| {
        world.base_events.iter().any(|(_, event)| matches!(event, BaseEvent::Failed(_, Some(_))))
    };
    assert!(world.run_until(SECOND, failed));
    assert_eq!(world.records.len(), 1);
    world.assert_nothing_leaked();
}
