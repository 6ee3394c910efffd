//! Who may call at which side.

use std::net::SocketAddr;

use testkit::{BaseEvent, HandsetId, World, WorldConfig, user_number};

use crate::stage::{SECOND, registered, sdp};

fn invite_from(source: SocketAddr, number: &str) -> Vec<u8> {
    let body = sdp(40_000, "");
    sip::Builder::request("INVITE", &format!("sip:{number}@10.0.1.1:5060"))
        .header("Via", format_args!("SIP/2.0/UDP {source};branch=z9hG4bKstranger"))
        .header("Max-Forwards", 70)
        .header("From", "<sip:stranger@10.9.9.9>;tag=s")
        .header("To", format_args!("<sip:{number}@10.0.1.1>"))
        .header("Call-ID", "stranger")
        .header("CSeq", "1 INVITE")
        .header("Contact", format_args!("<sip:stranger@{source}>"))
        .body("application/sdp", body.as_bytes())
}

fn final_status(world: &mut World, to: SocketAddr) -> Option<u16> {
    let sent = world.tapped();
    sent.iter()
        .filter(|(flow, _)| flow.remote == to)
        .filter_map(|(_, message)| message.status())
        .map(|status| status.0)
        .find(|status| *status >= 200)
}

#[test]
fn a_stranger_at_the_pbx_side_rings_nobody() {
    let mut world = registered(&WorldConfig::default());
    let stranger: SocketAddr = "10.9.9.9:5060".parse().unwrap();
    world.arrive_at_pbx_side(stranger, invite_from(stranger, &user_number(0)));
    assert_eq!(final_status(&mut world, stranger), Some(403));
    world.run_for(SECOND);
    assert!(!world.heard(0, &BaseEvent::Rings(HandsetId(0))));
    world.assert_nothing_leaked();
}

#[test]
fn a_stranger_from_a_configured_network_may_call() {
    let mut world = World::with_settings(&WorldConfig::default(), |settings| {
        settings.pbx.callers = vec!["10.9.0.0/16".parse().unwrap()];
    });
    world.register_all();
    let stranger: SocketAddr = "10.9.9.9:5060".parse().unwrap();
    world.arrive_at_pbx_side(stranger, invite_from(stranger, &user_number(0)));
    assert!(world.run_until(SECOND, |world| world.heard(0, &BaseEvent::Rings(HandsetId(0)))));
}

#[test]
fn a_handset_is_challenged_at_the_access_side_even_from_the_address_of_the_pbx() {
    let mut world = registered(&WorldConfig::default());
    let pbx = world.pbx.address();
    world.arrive_at_access(pbx, invite_from(pbx, &user_number(0)));
    assert_eq!(final_status(&mut world, pbx), Some(401));
    world.assert_nothing_leaked();
}

#[test]
fn nobody_registers_at_the_pbx_side() {
    let mut world = registered(&WorldConfig::default());
    let pbx = world.pbx.address();
    let register = sip::Builder::request("REGISTER", "sip:10.0.1.1")
        .header("Via", format_args!("SIP/2.0/UDP {pbx};branch=z9hG4bKregister"))
        .header("Max-Forwards", 70)
        .header("From", "<sip:2000@10.0.1.1>;tag=s")
        .header("To", "<sip:2000@10.0.1.1>")
        .header("Call-ID", "register")
        .header("CSeq", "1 REGISTER")
        .header("Contact", format_args!("<sip:2000@{pbx}>"))
        .finish();
    world.arrive_at_pbx_side(pbx, register);
    assert_eq!(final_status(&mut world, pbx), Some(403));
}
