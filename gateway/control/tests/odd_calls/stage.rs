//! A world whose PBX, or one of whose base stations, is played by the test, message by message.

use std::{net::SocketAddr, time::Duration};

use sip::{Builder, Message, Method, Status};
use testkit::{HandsetId, Script, World, WorldConfig};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A world in which everybody is registered.
pub(crate) fn registered(config: &WorldConfig) -> World {
    let mut world = World::new(config);
    world.register_all();
    world.tapped();
    world
}

/// The same, and the PBX leaves it to the test to answer.
pub(crate) fn without_pbx(config: &WorldConfig) -> World {
    let mut world = registered(config);
    take_the_pbx(&mut world);
    world
}

pub(crate) fn take_the_pbx(world: &mut World) {
    world.run_for(SECOND);
    world.pbx.set_script(Script::Silent);
    world.tapped();
}

/// The first handset calls; what the PBX gets.
pub(crate) fn invite_at_pbx(world: &mut World, number: &str) -> Message {
    world.at_base(0, |base, now| base.call(now, HandsetId(0), number));
    next_invite(world)
}

/// The next INVITE to the PBX.
pub(crate) fn next_invite(world: &mut World) -> Message {
    let pbx = world.pbx.address();
    next_to(world, pbx, &Method::Invite)
}

/// The next request with this method to this address.
pub(crate) fn next_to(world: &mut World, address: SocketAddr, method: &Method<'_>) -> Message {
    for _ in 0..200 {
        world.run_for(Duration::from_millis(100));
        let found = world.tapped().into_iter().find(|(flow, message)| {
            flow.remote == address && message.status().is_none() && message.method() == *method
        });
        if let Some((_, message)) = found {
            return message;
        }
    }
    panic!("no {method} to {address} within 20 s");
}

/// How often requests with this method went to this address since the tap was last looked at.
pub(crate) fn count_to(world: &mut World, address: SocketAddr, method: &Method<'_>) -> usize {
    let sent = world.tapped();
    let to = |flow: &sip::Flow, message: &Message| {
        flow.remote == address && message.status().is_none() && message.method() == *method
    };
    sent.iter().filter(|(flow, message)| to(flow, message)).count()
}

/// A response of the played PBX.
pub(crate) fn answer(world: &mut World, request: &Message, status: u16, tag: &str, sdp: Option<&str>) {
    answer_with(world, request, status, tag, &[], sdp);
}

/// The same with further headers.
pub(crate) fn answer_with(
    world: &mut World,
    request: &Message,
    status: u16,
    tag: &str,
    headers: &[(&str, &str)],
    sdp: Option<&str>,
) {
    let pbx = world.pbx.address();
    let octets = response(request, status, tag, pbx, headers, sdp);
    world.arrive_at_pbx_side(pbx, octets);
}

/// A request of the played PBX in the dialog that it answered with `tag`.
pub(crate) fn request(
    world: &mut World,
    invite: &Message,
    tag: &str,
    (method, cseq): (&str, u32),
    sdp: Option<&str>,
) {
    let pbx = world.pbx.address();
    let text = |name| String::from_utf8_lossy(invite.header(name).unwrap_or_default()).into_owned();
    let target = invite.contacts().find_map(Result::ok);
    let target = target.and_then(|contact| contact.address().map(|address| address.uri_raw.to_vec()));
    let target = String::from_utf8(target.unwrap_or_default()).expect("a URI");
    let builder = Builder::request(method, &target)
        .header("Via", format_args!("SIP/2.0/UDP {pbx};branch=z9hG4bK{tag}{cseq}{method}"))
        .header("Max-Forwards", 70)
        .header("From", format_args!("{};tag={tag}", text(sip::Name::To)))
        .header("To", text(sip::Name::From))
        .header("Call-ID", text(sip::Name::CallId))
        .header("CSeq", format_args!("{cseq} {method}"))
        .header("Contact", format_args!("<sip:pbx@{pbx}>"));
    let octets = match sdp {
        Some(sdp) => builder.body("application/sdp", sdp.as_bytes()),
        None => builder.finish(),
    };
    world.arrive_at_pbx_side(pbx, octets);
}

/// A description of the PBX with one audio line.
pub(crate) fn sdp(port: u16, lines: &str) -> String {
    format!(
        "v=0\r\no=- 7 {port} IN IP4 10.0.1.2\r\ns=-\r\nc=IN IP4 10.0.1.2\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 8\r\n{lines}"
    )
}

fn response(
    request: &Message,
    status: u16,
    tag: &str,
    own: SocketAddr,
    headers: &[(&str, &str)],
    sdp: Option<&str>,
) -> Vec<u8> {
    let mut builder = Builder::reply(request, Status(status), "", Some(tag));
    if status < 300 {
        builder = builder.header("Contact", format_args!("<sip:pbx@{own}>"));
    }
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    match sdp {
        Some(sdp) => builder.body("application/sdp", sdp.as_bytes()),
        None => builder.finish(),
    }
}
