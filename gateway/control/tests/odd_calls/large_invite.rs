//! An INVITE above the MTU goes by TCP where both sides can (RFC 3261 18.1.1).

use sip::Transport;
use testkit::{HandsetId, WorldConfig};

use crate::stage::{SECOND, registered};

fn transport_of_invite(number: &str) -> Transport {
    let mut world = registered(&WorldConfig::default());
    let pbx = world.pbx.address();
    world.at_base(0, |base, now| base.call(now, HandsetId(0), number));
    world.run_for(SECOND);
    let sent = world.tapped();
    let invite = sent.iter().find(|(flow, message)| {
        flow.remote == pbx && message.is_request() && message.method() == sip::Method::Invite
    });
    invite.expect("an INVITE to the PBX").0.transport
}

#[test]
fn a_small_invite_stays_on_udp() {
    assert_eq!(transport_of_invite("600"), Transport::Udp);
}

#[test]
fn a_large_invite_goes_by_tcp() {
    assert_eq!(transport_of_invite(&"7".repeat(600)), Transport::Tcp);
}
