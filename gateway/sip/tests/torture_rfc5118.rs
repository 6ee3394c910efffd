//! RFC 5118: IPv6 in SIP. What we do with each message of the shared vectors and why.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;
mod torture;

use std::net::IpAddr;

use sip::{Host, Message};

use self::torture::{Case, Verdict, check};

#[test]
fn every_message_is_in_the_table_and_does_what_it_says() {
    let Some(files) = shared::vectors("sip-torture-rfc5118", "dat") else { return };
    for (file, octets) in &files {
        let name = file.strip_suffix(".dat").unwrap();
        let case = TABLE.iter().find(|case| case.name == name);
        check(case.unwrap_or_else(|| panic!("{file} is not in the table")), octets);
    }
    assert_eq!(files.len(), TABLE.len());
}

#[test]
fn ports_are_told_from_the_last_group_by_the_brackets() {
    with("port-unambiguous", |message| {
        let uri = message.uri().unwrap();
        assert_eq!((uri.host, uri.port), (v6("2001:db8::10"), Some(5070)));
    });
}

#[test]
fn two_and_three_colons_are_the_same_address() {
    for name in ["ipv6-correct-abnf-2-colons", "ipv6-bug-abnf-3-colons"] {
        with(name, |message| {
            assert_eq!(message.uri().unwrap().host, v6("2001:db8::c000:201"));
            assert_eq!(message.to().unwrap().uri().unwrap().host, v6("2001:db8::c000:201"));
        });
    }
}

#[test]
fn both_families_in_the_vias_of_one_message() {
    with("mult-ip-in-header", |message| {
        let vias: Vec<_> = message.vias().map(Result::unwrap).collect();
        let hosts: Vec<_> = vias.iter().map(|via| via.host).collect();
        assert_eq!(hosts, [v6("2001:db8::9:1"), Host::V4([192, 0, 2, 1].into()), v6("2001:db8::9:255")]);
        assert_eq!(vias[0].port, Some(6050));
        assert_eq!(vias[2].received(), Some(IpAddr::from([192, 0, 2, 200])));
    });
}

#[test]
fn contacts_and_vias_hold_references() {
    with("ipv6-in-sdp.clfixed", |message| {
        let contact = message.contacts().next().unwrap().unwrap();
        assert_eq!(contact.address().unwrap().uri().unwrap().host, v6("2001:db8::20"));
        assert_eq!(message.top_via().unwrap().host, v6("2001:db8::20"));
        assert_eq!(message.part("application/sdp").unwrap().len(), 251);
    });
}

/// RFC 5118 4.5: `received` without brackets, as RFC 3261 has it, and with.
#[test]
fn received_is_read_with_and_without_brackets() {
    for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
        let octets = format!(
            "BYE sip:user@[2001:db8::10] SIP/2.0\r\n\
             Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111\r\n\r\n"
        );
        let message = Message::parse(octets.as_bytes()).unwrap();
        let expected: IpAddr = "2001:db8::9:255".parse().unwrap();
        assert_eq!(message.top_via().unwrap().received(), Some(expected));
    }
}

/// RFC 5118 4.3: inside the brackets a port cannot be told; the whole is the address.
#[test]
fn an_ambiguous_port_is_part_of_the_address() {
    let message = Message::parse(&b"REGISTER sip:[2001:db8::10:5070] SIP/2.0\r\n\r\n"[..]).unwrap();
    let uri = message.uri().unwrap();
    assert_eq!((uri.host, uri.port), (v6("2001:db8::10:5070"), None));
}

/// RFC 5118 4.9
#[test]
fn ipv4_mapped_addresses_stay_ipv6() {
    let octets = b"INVITE sip:user@example.com SIP/2.0\r\nVia: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\r\n\
        Contact: \"T. desk phone\" <sip:ted@[::ffff:192.0.2.2]>\r\n\r\n";
    let message = Message::parse(&octets[..]).unwrap();
    let via = message.top_via().unwrap();
    assert_eq!((via.host, via.port), (v6("::ffff:192.0.2.10"), Some(19823)));
    let contact = message.contacts().next().unwrap().unwrap();
    assert_eq!(contact.address().unwrap().uri().unwrap().host, v6("::ffff:192.0.2.2"));
}

fn v6(address: &str) -> Host<'static> {
    Host::V6(address.parse().unwrap())
}

fn with(name: &str, check: impl FnOnce(&Message<&[u8]>)) {
    let Some(files) = shared::vectors("sip-torture-rfc5118", "dat") else { return };
    let (_, octets) = files.iter().find(|(file, _)| file.strip_suffix(".dat") == Some(name)).unwrap();
    check(&Message::parse(&octets[..]).unwrap());
}

const fn case(name: &'static str, headers: usize, verdict: Verdict, why: &'static str) -> Case {
    Case { name, headers, verdict, why }
}

const TABLE: &[Case] = &[
    case(
        "ipv6-bad",
        8,
        Verdict::Answer(400, "Malformed Request-URI: no host"),
        "4.2: an IPv6 address without brackets",
    ),
    case(
        "ipv6-bug-abnf-3-colons",
        7,
        Verdict::Accept,
        "4.10: the grammar of RFC 3261 made it; read as two colons",
    ),
    case("ipv6-correct-abnf-2-colons", 7, Verdict::Accept, "4.10: sound"),
    case(
        "ipv6-in-sdp",
        9,
        Verdict::Answer(400, "Body shorter than Content-Length"),
        "4.6: sound but for the length, printed too large",
    ),
    case("ipv6-in-sdp.clfixed", 9, Verdict::Accept, "4.6: sound"),
    case("mult-ip-in-header", 9, Verdict::Accept, "4.7: sound"),
    case("port-unambiguous", 8, Verdict::Accept, "4.4: sound"),
];
