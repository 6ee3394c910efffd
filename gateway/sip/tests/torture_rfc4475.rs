//! RFC 4475: the messages that the shared vectors hold byte for byte, what we do with each and why, and what is to be
//! read in those that are sound. The other messages of the RFC are in `torture_rfc4475_written.rs`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;
mod torture;

use sip::header::{Contact, QValue};
use sip::syntax::unfold;
use sip::{Host, Message, Method, Name, ParseError, Scheme, Status};

use self::torture::{Case, Verdict, check};

#[test]
fn every_message_is_in_the_table_and_does_what_it_says() {
    let Some(files) = shared::vectors("sip-torture-rfc4475", "dat") else { return };
    for (file, octets) in &files {
        let name = file.strip_suffix(".dat").unwrap();
        let case = TABLE.iter().find(|case| case.name == name);
        check(case.unwrap_or_else(|| panic!("{file} is not in the table")), octets);
    }
    for case in TABLE {
        assert!(
            files.iter().any(|(file, _)| file.strip_suffix(".dat") == Some(case.name)),
            "no file {}",
            case.name
        );
    }
}

#[test]
fn wsinv_folding_white_space_compact_forms() {
    with("wsinv", |message| {
        assert_eq!(message.uri().unwrap().param("unknownparam"), Some(&b""[..]));
        let to = message.to().unwrap();
        assert_eq!(
            (to.uri_raw, to.tag()),
            (&b"sip:vivekg@chair-dnrc.example.com"[..], Some(&b"1918181833n"[..]))
        );
        let from = message.from_().unwrap();
        assert_eq!(from.display_unquoted().unwrap(), &br#"J Rosenberg \""#[..]);
        assert_eq!((from.uri_raw, from.tag()), (&b"sip:jdrosen@example.com"[..], Some(&b"98asjd8"[..])));
        assert_eq!(message.max_forwards(), Some(68));
        assert_eq!(message.call_id(), Ok(&b"wsinv.ndaksdj@192.0.2.1"[..]));
        let cseq = message.cseq().unwrap();
        assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
        let vias: Vec<_> = message.vias().map(Result::unwrap).collect();
        let hops: Vec<_> =
            vias.iter().map(|via| (via.transport, via.sent_by, via.branch().unwrap())).collect();
        assert_eq!(
            hops,
            [
                ("UDP", &b"192.0.2.2"[..], &b"390skdjuw"[..]),
                ("TCP", b"spindle.example.com", b"z9hG4bK9ikj8"),
                ("UDP", b"192.168.255.111", b"z9hG4bK30239"),
            ]
        );
        assert_eq!(message.header(Name::Subject), Some(&b""[..]));
        let folded = message.header_named("NewFangledHeader").unwrap();
        assert_eq!(&*unfold(folded), b"newfangled value continued newfangled value");
        assert_eq!(message.header_named("unknownheaderwithunusualvalue"), Some(&b";;,,;;,;"[..]));
        let route = message.routes().next().unwrap().unwrap();
        assert_eq!(route.uri().unwrap().param("lr"), Some(&b""[..]));
        let contact = message.contacts().next().unwrap().unwrap();
        let address = contact.address().unwrap();
        assert_eq!(address.display_unquoted().unwrap(), &b"Quoted string \"\""[..]);
        assert_eq!(
            (address.param("newparam"), address.param("secondparam")),
            (Some(&b"newvalue"[..]), Some(&b""[..]))
        );
        assert_eq!(contact.q(), QValue(330));
        assert_eq!(message.part("application/sdp").unwrap().len(), 150);
    });
}

#[test]
fn intmeth_every_legal_octet() {
    with("intmeth", |message| {
        let method = Method::Other("!interesting-Method0123456789_*+`.%indeed'~");
        assert_eq!((message.method(), message.cseq().unwrap().method), (method, method));
        let uri = message.uri().unwrap();
        assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
        assert_eq!(uri.password, Some(&b"&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"[..]));
        assert_eq!(message.top_via().unwrap().branch(), Some(&b"z9hG4bK-.!%66*_+`'~"[..]));
        let to = message.to().unwrap();
        assert_eq!(to.display_unquoted().unwrap(), &b"BEL:\x07 NUL:\0 DEL:\x7f"[..]);
        let from = message.from_().unwrap();
        assert_eq!(from.display, Some(&b"token1~` token2'+_ token3*%!.-"[..]));
        assert_eq!(from.params.unquoted("fromParam''~+*_!.-%").unwrap(), "работающий".as_bytes());
        assert_eq!(from.tag(), Some(&b"_token~1'+`*%!-."[..]));
        assert_eq!(message.call_id(), Ok(&br#"intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{"#[..]));
        assert_eq!(message.header_named("extensionHeader-!.%*+_`'~"), Some("\u{feff}大停電".as_bytes()));
        assert_eq!(message.max_forwards(), Some(255));
    });
}

#[test]
fn esc02_a_percent_sign_is_data_where_nothing_is_escaped() {
    with("esc02", |message| {
        assert_eq!(message.method(), Method::Other("RE%47IST%45R"));
        assert_eq!(message.to().unwrap().display_unquoted().unwrap(), &b"%Z%45"[..]);
        assert_eq!(message.top_via().unwrap().branch(), Some(&b"z9hG4bK209%fzsnel234"[..]));
        assert_eq!(message.contacts().count(), 2, "C%6Fntact is another header");
        assert_eq!(message.header_named("C%6Fntact"), Some(&b"<sip:alias2@host2.example.com>"[..]));
    });
}

#[test]
fn longreq_more_header_lines_than_usual() {
    with("longreq", |message| {
        assert_eq!(message.vias().filter(Result::is_ok).count(), 34);
        assert_eq!(message.top_via().unwrap().sent_by, b"sip33.example.com");
        let last = message.vias().last().unwrap().unwrap();
        assert_eq!(last.received(), Some([192, 0, 2, 5].into()));
        assert!(last.branch().unwrap().starts_with(b"verylonglong"));
        assert!(message.from_().unwrap().tag().unwrap().starts_with(b"1298298"));
        assert_eq!(message.to().unwrap().uri().unwrap().port, Some(6000));
        assert_eq!(message.part("application/sdp").unwrap().len(), 150);
    });
}

#[test]
fn lwsdisp_no_space_before_the_bracket() {
    with("lwsdisp", |message| {
        let from = message.from_().unwrap();
        assert_eq!((from.display, from.uri_raw), (Some(&b"caller"[..]), &b"sip:caller@example.com"[..]));
    });
}

#[test]
fn transports_known_and_unknown() {
    with("transports", |message| {
        let transports: Vec<_> = message.vias().map(|via| via.unwrap().transport.to_owned()).collect();
        assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    });
}

#[test]
fn mpart01_a_text_and_a_binary_part() {
    with("mpart01", |message| {
        assert_eq!(message.part("text/plain"), Some(&b"Hello"[..]));
        let binary = message.part("application/octet-stream").unwrap();
        assert_eq!((binary.len(), &binary[..4]), (342, &b"0\x82\x01\x52"[..]));
        assert_eq!(message.top_via().unwrap().rport(), Some(None));
        assert_eq!(message.part("application/sdp"), None);
    });
}

#[test]
fn unreason_and_noreason() {
    with("unreason", |message| {
        assert_eq!(message.status(), Some(Status::OK));
        let reason = "= 2**3 * 5**2 но сто девяносто девять - простое";
        assert_eq!(std::str::from_utf8(message.reason()).unwrap(), reason);
        assert_eq!(message.part("application/sdp").unwrap().len(), 154);
    });
    with("noreason", |message| {
        assert_eq!((message.status(), message.reason()), (Some(Status::TRYING), &b""[..]));
    });
}

#[test]
fn parameters_belong_to_the_header_or_to_the_uri() {
    with("cparam01", |message| {
        let Contact::Address(contact) = message.contacts().next().unwrap().unwrap() else {
            panic!("no address")
        };
        assert_eq!(
            (contact.param("unknownparam"), contact.uri().unwrap().params.is_empty()),
            (Some(&b""[..]), true)
        );
    });
    with("cparam02", |message| {
        let Contact::Address(contact) = message.contacts().next().unwrap().unwrap() else {
            panic!("no address")
        };
        assert_eq!((contact.param("unknownparam"), contact.uri().unwrap().params.is_empty()), (None, false));
    });
}

#[test]
fn badaspec_spaces_within_the_brackets_are_ignored() {
    with("badaspec", |message| {
        let to = message.to().unwrap();
        assert_eq!(to.display_unquoted().unwrap(), &b"Watson, Thomas"[..]);
        assert_eq!(to.uri().unwrap().host, Host::Name("example.org"));
    });
}

#[test]
fn novelsc_keeps_the_scheme_it_does_not_know() {
    with("novelsc", |message| assert_eq!(message.uri().unwrap().scheme, Scheme::Other("soap.beep")));
}

#[test]
fn regaut01_keeps_the_scheme_it_does_not_know() {
    with("regaut01", |message| {
        let lines: Vec<_> = message.lines(Name::Authorization).collect();
        assert_eq!(lines, [b"NoOneKnowsThisScheme opaque-data=here"]);
    });
}

fn with(name: &str, check: impl FnOnce(&Message<&[u8]>)) {
    let Some(files) = shared::vectors("sip-torture-rfc4475", "dat") else { return };
    let (_, octets) = files.iter().find(|(file, _)| file.strip_suffix(".dat") == Some(name)).unwrap();
    check(&Message::parse(&octets[..]).unwrap());
}

const fn case(name: &'static str, headers: usize, verdict: Verdict, why: &'static str) -> Case {
    Case { name, headers, verdict, why }
}

const TABLE: &[Case] = &[
    case("badaspec", 8, Verdict::Accept, "3.1.2.14: spaces within <> may be ignored; nothing is ambiguous"),
    case(
        "badinv01",
        9,
        Verdict::Answer(400, "Malformed Via: parameters"),
        "3.1.2.1: separators without values",
    ),
    case("bigcode", 0, Verdict::Unreadable(ParseError::Status), "3.1.2.19: a response is discarded"),
    case("cparam01", 8, Verdict::Accept, "3.3.12: the parameter is the Contact's"),
    case("cparam02", 8, Verdict::Accept, "3.3.13: the parameter is the URI's"),
    case(
        "esc02",
        10,
        Verdict::Accept,
        "3.1.1.5: sound; the unknown method is refused by whoever handles it (405 or 501)",
    ),
    case("insuf", 4, Verdict::Answer(400, "Missing From"), "3.3.1: no To, From, Call-ID"),
    case("intmeth", 8, Verdict::Accept, "3.1.1.2: sound, unknown method"),
    case("invut", 9, Verdict::Accept, "3.3.6: sound; 415 is for whoever looks at the body"),
    case("longreq", 43, Verdict::Accept, "3.1.1.7: sound; beyond the indexed slots"),
    case(
        "ltgtruri",
        9,
        Verdict::Answer(400, "Malformed Request-URI: no scheme"),
        "3.1.2.7: <> around the Request-URI; we do not guess",
    ),
    case("lwsdisp", 7, Verdict::Accept, "3.1.1.6: sound"),
    case(
        "lwsstart",
        9,
        Verdict::Answer(400, "White space in request line"),
        "3.1.2.9: several spaces between elements; reading on is allowed, refusing is asked for",
    ),
    case(
        "mcl01",
        9,
        Verdict::Answer(400, "Repeated Content-Length"),
        "3.3.9: where the message ends is unknown",
    ),
    case("mpart01", 14, Verdict::Accept, "3.1.1.11: sound"),
    case("noreason", 7, Verdict::Accept, "3.1.1.13: sound"),
    case("novelsc", 7, Verdict::Answer(416, "Unsupported URI Scheme"), "3.3.3: a scheme nobody routes"),
    case("regaut01", 8, Verdict::Accept, "3.3.7: sound; challenged anew by whoever checks credentials"),
    case(
        "regbadct",
        8,
        Verdict::Answer(400, "Malformed Contact: address needs brackets"),
        "3.1.2.13: whose the headers are is ambiguous",
    ),
    case("transports", 12, Verdict::Accept, "3.1.1.10: sound"),
    case(
        "trws",
        8,
        Verdict::Answer(400, "White space in request line"),
        "3.1.2.10: spaces after the version",
    ),
    case("unreason", 8, Verdict::Accept, "3.1.1.12: sound"),
    case("wsinv", 14, Verdict::Accept, "3.1.1.1: sound"),
    case("zeromf", 7, Verdict::Accept, "3.3.11: an endpoint answers, only a proxy gives 483"),
];
