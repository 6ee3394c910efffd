//! What a server writes into a request it got, and what it takes over into the response.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use sip::message::{prepend_via, stamp_source};
use sip::{Builder, Message, Name, Status};

#[test]
fn a_reply_takes_over_what_rfc_3261_8_2_6_says() {
    let request = Message::parse(REQUEST).unwrap();
    let reply =
        Builder::reply(&request, Status::RINGING, "", Some("t2")).header("Contact", "<sip:b@h>").finish();
    let expected = "SIP/2.0 180 Ringing\r\n\
        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
        Via: SIP/2.0/TCP a.example.com;branch=z9hG4bK2, SIP/2.0/UDP b.example.com;branch=z9hG4bK3\r\n\
        Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n\
        From: \"A\" <sip:a@h>;tag=t1\r\n\
        To: <sip:b@h>;tag=t2\r\n\
        Call-ID: 1@h\r\n\
        CSeq: 7 INVITE\r\n\
        Contact: <sip:b@h>\r\n\
        Content-Length: 0\r\n\r\n";
    assert_eq!(String::from_utf8(reply).unwrap(), expected);
}

#[test]
fn a_100_carries_the_timestamp_and_no_route() {
    let request = Message::parse(REQUEST).unwrap();
    let octets = Builder::reply(&request, Status::TRYING, "", None).finish();
    let reply = Message::parse(&octets[..]).unwrap();
    assert_eq!(reply.header(Name::Timestamp), Some(&b"54.1"[..]));
    assert_eq!((reply.header(Name::RecordRoute), reply.to().unwrap().tag()), (None, None));
    let octets = Builder::reply(&request, Status::BUSY_HERE, "Besetzt", Some("t2")).finish();
    let reply = Message::parse(&octets[..]).unwrap();
    assert_eq!((reply.reason(), reply.header(Name::RecordRoute)), (&b"Besetzt"[..], None));
}

#[test]
fn a_to_with_a_tag_keeps_it() {
    let octets = b"BYE sip:b@h SIP/2.0\r\nt: <sip:b@h>;tag=old\r\n\r\n";
    let request = Message::parse(&octets[..]).unwrap();
    let reply = Builder::reply(&request, Status::OK, "", Some("new")).finish();
    assert_eq!(Message::parse(&reply[..]).unwrap().to().unwrap().tag(), Some(&b"old"[..]));
}

#[test]
fn a_reply_to_a_broken_request_is_a_message() {
    let octets = b"INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nTo: \"open <sip:b@h>\r\n\
        From: x\r\n y\r\nTo: <sip:second@h>\r\nCSeq: 1 INVITE\r\nCSeq: 2 INVITE\r\n\r\n";
    let request = Message::parse(&octets[..]).unwrap();
    let reply = Builder::reply(&request, Status::BAD_REQUEST, "a\r\nb", Some("t;x=\r\n1")).finish();
    let reply = Message::parse(&reply[..]).unwrap();
    assert_eq!(
        (reply.reason(), reply.lines(Name::To).count(), reply.lines(Name::CSeq).count()),
        (&b"a  b"[..], 1, 1)
    );
    assert_eq!(reply.header(Name::From), Some(&b"x y"[..]));
}

#[test]
fn the_source_is_written_where_it_differs_from_sent_by() {
    assert_eq!(stamped("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "192.0.2.1:6000"), None);
    assert_eq!(
        stamped("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "198.51.100.7:6000").unwrap(),
        "SIP/2.0/UDP 192.0.2.1:5060;received=198.51.100.7;branch=z9hG4bK1"
    );
    assert_eq!(
        stamped("SIP/2.0/UDP host.example.com;branch=z9hG4bK1", "192.0.2.1:5060").unwrap(),
        "SIP/2.0/UDP host.example.com;received=192.0.2.1;branch=z9hG4bK1"
    );
}

/// RFC 3581 4: `received` is added even when it is the same as `sent-by`.
#[test]
fn rport_is_filled_in_and_lies_are_replaced() {
    assert_eq!(
        stamped("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1", "192.0.2.1:6000").unwrap(),
        "SIP/2.0/UDP 192.0.2.1;received=192.0.2.1;rport=6000;branch=z9hG4bK1"
    );
    assert_eq!(
        stamped("SIP/2.0/UDP 192.0.2.1;received=203.0.113.9;rport=1;branch=z9hG4bK1", "[2001:db8::9]:6000")
            .unwrap(),
        "SIP/2.0/UDP 192.0.2.1;received=2001:db8::9;rport=6000;branch=z9hG4bK1"
    );
    assert_eq!(stamped("SIP/2.0/UDP [::ffff:192.0.2.1];branch=z9hG4bK1", "192.0.2.1:6000"), None);
}

/// A quoted string that does not end must not hide where the request came from.
#[test]
fn an_open_quote_does_not_swallow_the_source() {
    assert_eq!(
        stamped("SIP/2.0/UDP h;branch=z9hG4bK1;x=\"", "192.0.2.1:6000").unwrap(),
        "SIP/2.0/UDP h;received=192.0.2.1;branch=z9hG4bK1;x=\""
    );
}

#[test]
fn only_the_topmost_of_several_values_is_stamped() {
    assert_eq!(
        stamped("SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;rport;branch=2", "192.0.2.1:6000").unwrap(),
        "SIP/2.0/UDP a;received=192.0.2.1;branch=1, SIP/2.0/UDP b;rport;branch=2"
    );
}

#[test]
fn a_via_is_put_before_all_others() {
    let octets = prepend_via(REQUEST, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK0\r\nEvil: 1");
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.top_via().unwrap().sent_by, b"192.0.2.9");
    assert_eq!((message.vias().count(), message.header_named("Evil")), (4, None));
    assert!(octets.starts_with(b"INVITE sip:b@h SIP/2.0\r\nVia: "));
    assert_eq!(prepend_via(b"", "x"), b"");
}

/// The first Via line after stamping; everything else must be untouched.
fn stamped(via: &str, source: &str) -> Option<String> {
    let octets =
        format!("OPTIONS sip:b@h SIP/2.0\r\nX: 1\r\nv : {via}\r\nVia: SIP/2.0/UDP z;rport\r\n\r\nbody");
    let source: SocketAddr = source.parse().unwrap();
    let out = stamp_source(&Message::parse(octets.as_bytes()).unwrap(), source)?;
    let out = String::from_utf8(out.to_vec()).unwrap();
    let line = Message::parse(out.as_bytes()).unwrap().header(Name::Via).unwrap().to_vec();
    let line = String::from_utf8(line).unwrap();
    assert_eq!(out, octets.replacen(via, &line, 1));
    Some(line)
}

const REQUEST: &[u8] = b"INVITE sip:b@h SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
    Via: SIP/2.0/TCP a.example.com;branch=z9hG4bK2,\r\n SIP/2.0/UDP b.example.com;branch=z9hG4bK3\r\n\
    Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n\
    f: \"A\" <sip:a@h>;tag=t1\r\n\
    To: <sip:b@h>\r\n\
    i: 1@h\r\n\
    CSeq: 7 INVITE\r\n\
    Timestamp: 54.1\r\n\
    Content-Length: 0\r\n\r\n";
