//! RFC 4475: the messages that the shared vectors do not hold, written after the descriptions of the RFC, and the
//! cases of the field that other stacks get wrong.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod torture;

use sip::header::Contact;
use sip::message::{ContentLength, Defect, validate};
use sip::{Host, Message, Method, Name, ParseError, Scheme};

use self::torture::{Case, Verdict, check};

#[test]
fn every_message_does_what_the_table_says() {
    for (case, text) in TABLE {
        check(case, &crlf(text));
    }
}

/// 3.1.1.3: escapes are resolved when asked for and never twice.
#[test]
fn esc01_escapes_in_uris() {
    let octets = crlf(ESC01);
    let message = Message::parse(&octets[..]).unwrap();
    let uri = message.uri().unwrap();
    assert_eq!((uri.scheme, uri.user_unescaped().as_ref()), (Scheme::Sip, "sips:user@example.com"));
    assert_eq!(uri.host, Host::Name("example.net"));
    assert_eq!(message.to().unwrap().uri().unwrap().user_unescaped(), "user");
    assert_eq!(message.from_().unwrap().uri().unwrap().user_unescaped(), "I have spaces");
    let Contact::Address(contact) = message.contacts().next().unwrap().unwrap() else { panic!("no address") };
    let uri = contact.uri().unwrap();
    assert_eq!(uri.user_unescaped(), "caller");
    let params: Vec<_> = uri.params.iter().collect();
    assert_eq!(params, [(&b"%6C%72"[..], None), (&b"n%61me"[..], Some(&b"v%61lue%25%34%31"[..]))]);
    assert_eq!(&*sip::syntax::percent_decode(b"v%61lue%25%34%31"), b"value%41");
    // Written anew nothing is escaped again.
    let rewritten = message.rewrite();
    let again = Message::parse(&rewritten[..]).unwrap();
    assert_eq!(again.header(Name::From), Some(&b"<sip:I%20have%20spaces@example.net>;tag=938"[..]));
}

/// 3.1.1.4: a null in a user part is an octet like others.
#[test]
fn escnull_nulls_in_user_parts() {
    let octets = crlf(ESCNULL);
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.to().unwrap().uri().unwrap().user_unescaped(), "null-\0-null");
    let users: Vec<_> = message
        .contacts()
        .map(|contact| contact.unwrap().address().unwrap().uri().unwrap().user_unescaped().into_owned())
        .collect();
    assert_eq!(users, ["\0", "\0\0"]);
    let (one, two) = (sip::Uri::parse(b"sip:%00@h").unwrap(), sip::Uri::parse(b"sip:%00%00@h").unwrap());
    assert!(!one.equivalent(&two));
}

/// 3.1.1.8: what follows the body in a datagram is discarded.
#[test]
fn dblreq_octets_behind_the_body() {
    let octets = crlf(DBLREQ);
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!((message.method(), message.body()), (Method::Register, &b""[..]));
    assert!(validate(&message).is_ok());
}

/// 3.1.1.9: `;` in a user part is no parameter.
#[test]
fn semiuri_semicolons_in_user_parts() {
    let octets = crlf(
        "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Accept: text/plain, application/*,
  application/sdp;level=1, application/x-private
Call-ID: semiuri.0ha0isndaksdj

",
    );
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.uri().unwrap().user_unescaped(), "user;par=u@example.net");
    assert_eq!(message.values(Name::Accept).count(), 4);
}

/// RFC 3261 18.3: a datagram without Content-Length has its body to the end.
#[test]
fn a_datagram_without_content_length_keeps_its_body() {
    let octets = b"MESSAGE sip:a@h SIP/2.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n\r\nthere";
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.content_length(), ContentLength::Absent);
    assert_eq!(message.body(), b"Hello\r\n\r\nthere");
}

#[test]
fn latin_1_and_utf_8_do_no_harm() {
    let octets = b"SIP/2.0 404 Teilnehmer ung\xfcltig\r\nSubject: Gr\xfc\xdfe \xe5\xa4\xa7\r\nFrom: \"J\xfcrgen\" <sip:j@h>;tag=1\r\n\
        CSeq: 1 INVITE\r\n\r\n";
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.reason(), b"Teilnehmer ung\xfcltig");
    assert_eq!(message.header(Name::Subject), Some(&b"Gr\xfc\xdfe \xe5\xa4\xa7"[..]));
    assert_eq!(message.from_().unwrap().display_unquoted().unwrap(), &b"J\xfcrgen"[..]);
    assert_eq!((message.cseq().unwrap().number, message.defect()), (1, None));
}

#[test]
fn all_compact_forms_are_their_headers() {
    let octets = b"INVITE sip:a@h SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:f@h>;tag=1\r\nt: <sip:t@h>\r\n\
        i: 1@h\r\nCSeq: 1 INVITE\r\nm: <sip:m@h>\r\nk: timer\r\ns: x\r\ne: gzip\r\nc: text/plain\r\nx: 90\r\n\
        r: <sip:r@h>\r\nb: <sip:b@h>\r\no: presence\r\nu: dialog\r\na: *\r\nd: fork\r\nj: *\r\nl: 2\r\n\r\nhi";
    let message = Message::parse(&octets[..]).unwrap();
    assert!(validate(&message).is_ok());
    assert!(message.headers().all(|line| line.name != Name::Other));
    assert_eq!(message.body(), b"hi");
    let rewritten = message.rewrite();
    assert!(Message::parse(&rewritten[..]).unwrap().headers().all(|line| line.raw_name.len() > 1));
}

#[test]
fn lists_are_split_over_lines_and_commas() {
    let octets = b"REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\r\n\
        Contact: \"One, \\\"two\\\"\" <sip:a,b@h>;q=0.5, sip:c@h\r\nVia: SIP/2.0/TLS c;branch=z9hG4bK3\r\nContact: *\r\n\r\n";
    let message = Message::parse(&octets[..]).unwrap();
    let branches: Vec<_> = message.vias().map(|via| via.unwrap().branch().unwrap().to_vec()).collect();
    assert_eq!(branches, [b"z9hG4bK1", b"z9hG4bK2", b"z9hG4bK3"]);
    let contacts: Vec<_> = message.contacts().map(Result::unwrap).collect();
    assert_eq!(contacts.len(), 3);
    assert_eq!(contacts[0].address().unwrap().uri_raw, b"sip:a,b@h");
    assert_eq!(contacts[2], Contact::Star);
}

#[test]
fn bounds_hold() {
    let mut many = b"OPTIONS sip:a@h SIP/2.0\r\n".to_vec();
    many.extend(b"X: y\r\n".repeat(sip::message::MAX_HEADERS));
    assert_eq!(Message::parse(&many[..]).unwrap().header_count(), sip::message::MAX_HEADERS);
    many.extend_from_slice(b"X: y\r\n");
    assert_eq!(Message::parse(&many[..]).unwrap_err(), ParseError::TooManyHeaders);
    let long = [b' '; sip::message::MAX_MESSAGE + 1];
    assert_eq!(Message::parse(&long[..]).unwrap_err(), ParseError::TooLong);
    let mut wide = b"OPTIONS sip:a@h SIP/2.0\r\n".to_vec();
    wide.extend([b'x'; 256]);
    wide.extend_from_slice(b": y\r\n\r\n");
    let message = Message::parse(&wide[..]).unwrap();
    assert_eq!((message.header_count(), message.defect()), (0, Some(Defect::HeaderLine)));
}

#[test]
fn a_request_uri_beyond_all_measure_is_answered_with_414() {
    let octets = format!(
        "OPTIONS sip:{}@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\
         Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n",
        "a".repeat(3000)
    );
    let rejection = validate(&Message::parse(octets.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(
        (rejection.status.0, &*rejection.reason, rejection.answerable),
        (414, "Request-URI Too Long", true)
    );
}

#[test]
fn the_last_octet_of_the_longest_message_is_reached() {
    let mut octets = b"MESSAGE sip:a@h SIP/2.0\r\n\r\n".to_vec();
    octets.resize(sip::message::MAX_MESSAGE, b'.');
    octets[sip::message::MAX_MESSAGE - 1] = b'!';
    let message = Message::parse(&octets[..]).unwrap();
    assert_eq!(message.body().last(), Some(&b'!'));
    assert_eq!(message.body().len(), sip::message::MAX_MESSAGE - 27);
}

#[test]
fn debug_shows_no_secret() {
    let octets = b"REGISTER sip:h SIP/2.0\r\nAuthorization: Digest response=\"SECRET\"\r\n\r\nSECRET";
    let shown = format!("{:?}", Message::parse(&octets[..]).unwrap());
    assert_eq!(shown, "Message(REGISTER, 1 headers, 73 octets)");
}

fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

const fn case(name: &'static str, headers: usize, verdict: Verdict, why: &'static str) -> Case {
    Case { name, headers, verdict, why }
}

const ESC01: &str = "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact:
  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
Content-Length: 3

v=0";

const ESCNULL: &str = "REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

";

const DBLREQ: &str = "REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=43251j3j324
Max-Forwards: 8
I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
Contact: sip:j.user@host.example.com
CSeq: 8 REGISTER
Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
Content-Length: 0


INVITE sip:joe@example.com SIP/2.0
t: sip:joe@example.com
l: 999

";

const TABLE: &[(Case, &str)] = &[
    (case("esc01", 9, Verdict::Accept, "3.1.1.3: sound"), ESC01),
    (case("escnull", 9, Verdict::Accept, "3.1.1.4: sound"), ESCNULL),
    (case("dblreq", 8, Verdict::Accept, "3.1.1.8: sound, the rest is discarded"), DBLREQ),
    (
        case(
            "clerr",
            7,
            Verdict::Answer(400, "Body shorter than Content-Length"),
            "3.1.2.2: length beyond the datagram",
        ),
        "INVITE sip:user@example.com SIP/2.0
Max-Forwards: 80
To: sip:j.user@example.com
From: sip:caller@example.net;tag=93942939o2
Call-ID: clerr.0ha0isndaksdjweiafasdk3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bK-39234-23523
Content-Length: 9999

v=0",
    ),
    (
        case("ncl", 7, Verdict::Answer(400, "Malformed Content-Length"), "3.1.2.3: negative length"),
        "INVITE sip:user@example.com SIP/2.0
Max-Forwards: 254
To: sip:j.user@example.com
From: sip:caller@example.net;tag=32394234
Call-ID: ncl.0ha0isndaksdj2193423r542w35
CSeq: 0 INVITE
Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKkdjuw
Content-Length: -999

v=0",
    ),
    (
        case(
            "scalar02",
            9,
            Verdict::Answer(400, "Malformed CSeq: number out of range"),
            "3.1.2.4: overlarge numbers",
        ),
        "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 36893488147419103232 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300
Expires: 1000000000000000000000000000000000000000000000000000000000
Contact: <sip:user@host129.example.com>
  ;expires=280297596632815
Content-Length: 0

",
    ),
    (
        case(
            "scalar02, CSeq repaired",
            6,
            Verdict::Answer(400, "Malformed Max-Forwards"),
            "3.1.2.4: 300 hops",
        ),
        "REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 2 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300

",
    ),
    (
        case(
            "scalarlg",
            8,
            Verdict::Drop("Malformed CSeq: number out of range"),
            "3.1.2.5: a response is discarded",
        ),
        "SIP/2.0 503 Service Unavailable
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129
To: <sip:user@example.com>
From: <sip:other@example.net>;tag=2easdjfejw
CSeq: 9292394834772304023312 OPTIONS
Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r
Retry-After: 949302838503028349304023988
Warning: 1812 overture \"In Progress\"
Content-Length: 0

",
    ),
    (
        case(
            "quotbal",
            7,
            Verdict::Answer(400, "Malformed To: unterminated quoted string"),
            "3.1.2.6: where the name ends is a guess",
        ),
        "INVITE sip:user@example.com SIP/2.0
To: \"Mr. J. User <sip:j.user@example.com>
From: sip:caller@example.net;tag=93334
Max-Forwards: 10
Call-ID: quotbal.aksdj
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234
Content-Length: 0

",
    ),
    (
        case(
            "lwsruri",
            7,
            Verdict::Answer(400, "Malformed Request-URI: octets outside the URI grammar"),
            "3.1.2.8: white space in the Request-URI",
        ),
        "INVITE sip:user@example.com; lr SIP/2.0
To: sip:user@example.com;tag=3xfe-9921883-z9f
From: sip:caller@example.net;tag=231413434
Max-Forwards: 5
Call-ID: lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423
CSeq: 2130706432 INVITE
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw2395
Content-Length: 0

",
    ),
    (
        case(
            "escruri",
            7,
            Verdict::Answer(400, "Headers in Request-URI"),
            "3.1.2.11: refused rather than obeyed",
        ),
        "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=341518
Max-Forwards: 7
Call-ID: escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5
CSeq: 149209342 INVITE
Via: SIP/2.0/UDP host-of-the-hour.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

",
    ),
    (
        case(
            "baddate",
            8,
            Verdict::Accept,
            "3.1.2.12: nothing here depends on the Date, so it may be ignored",
        ),
        "INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=2234923
Max-Forwards: 70
Call-ID: baddate.239423mnsadf3j23lj42--sedfnm234
CSeq: 1392934 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
Date: Fri, 01 Jan 2010 16:00:00 EST
Content-Length: 0

",
    ),
    (
        case(
            "baddn",
            7,
            Verdict::Accept,
            "3.1.2.15: an unquoted comma in From, which is no list, is not ambiguous",
        ),
        "OPTIONS sip:t.watson@example.org SIP/2.0
Via: SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43
To: Watson, Thomas <sip:t.watson@example.org>
Call-ID: baddn.31415@c.example.com
CSeq: 3923423 OPTIONS
l: 0

",
    ),
    (
        case(
            "badvers",
            7,
            Verdict::Answer(505, "Version Not Supported"),
            "3.1.2.16: version 7.0, in the Via too",
        ),
        "OPTIONS sip:t.watson@example.org SIP/7.0
Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe
To: T. Watson <sip:t.watson@example.org>
Call-ID: badvers.31417@c.example.com
CSeq: 1 OPTIONS
l: 0

",
    ),
    (
        case(
            "mismatch01",
            7,
            Verdict::Answer(400, "CSeq method differs from request method"),
            "3.1.2.17: the methods of start line and CSeq differ",
        ),
        "OPTIONS sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch01.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0

",
    ),
    (
        case(
            "mismatch02",
            7,
            Verdict::Answer(400, "CSeq method differs from request method"),
            "3.1.2.18: 400 or 501; the fault is in the message whatever we know",
        ),
        "NEWMETHOD sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch02.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0

",
    ),
    (
        case("badbranch", 7, Verdict::Accept, "3.2.1: sound; the cookie alone is no transaction identifier"),
        "OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
CSeq: 8 OPTIONS
l: 0

",
    ),
    (
        case("unkscm", 7, Verdict::Answer(416, "Unsupported URI Scheme"), "3.3.2: nobody knows this scheme"),
        "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0

",
    ),
    (
        case("unksm2", 8, Verdict::Accept, "3.3.4: unknown schemes in To, From and Contact route nothing"),
        "REGISTER sip:example.com SIP/2.0
To: isbn:2983792873
From: <http://www.example.com>;tag=3234233
Call-ID: unksm2.daksdj@hyphenated-host.example.com
CSeq: 234902 REGISTER
Max-Forwards: 70
Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw
Contact: <name:John_Smith>
l: 0

",
    ),
    (
        case("bext01", 9, Verdict::Accept, "3.3.5: sound; 420 is for whoever knows what is supported"),
        "OPTIONS sip:user@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: bext01.0ha0isndaksdj
Require: nothingSupportsThis, nothingSupportsThisEither
Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
CSeq: 8 OPTIONS
Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

",
    ),
    (
        case("multi01", 12, Verdict::Answer(400, "Repeated CSeq"), "3.3.8: single headers stand twice"),
        "INVITE sip:user@company.com SIP/2.0
Contact: <sip:caller@host25.example.net>
Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw
Max-Forwards: 70
CSeq: 5 INVITE
Call-ID: multi01.98asdh@192.0.2.1
CSeq: 59 INVITE
Call-ID: multi01.98asdh@192.0.2.2
From: sip:caller@example.com;tag=3413415
To: sip:user@example.com
To: sip:other@example.net
From: sip:caller@example.net;tag=2923420123
Content-Type: application/sdp

",
    ),
    (
        case("bcast", 6, Verdict::Drop("More than one Via"), "3.3.10: a response for somebody else"),
        "SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23
Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229

",
    ),
    (
        case("regescrt", 7, Verdict::Accept, "3.3.14: a Contact may carry headers; the registrar keeps them"),
        "REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=8
Max-Forwards: 70
Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>

",
    ),
    (
        case("sdp01", 8, Verdict::Accept, "3.3.15: sound; 406 is for whoever makes the answer"),
        "INVITE sip:user@example.com SIP/2.0
To: sip:j_user@example.com
Contact: <sip:caller@host15.example.net>
From: sip:caller@example.net;tag=234
Max-Forwards: 5
Call-ID: sdp01.ndaksdj9342dasdd
Accept: text/nobodyKnowsThis
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw

",
    ),
    (
        case("inv2543", 8, Verdict::Accept, "3.4.1: no branch, no tag, no Max-Forwards: RFC 2543"),
        "INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp
Date: Mon, 21 Jan 2001 01:00:00 GMT

v=0
",
    ),
    (
        case(
            "ACK is never answered",
            5,
            Verdict::Drop("Missing To"),
            "RFC 3261 17: there is no response to an ACK",
        ),
        "ACK sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw
From: sip:caller@example.net;tag=234
Call-ID: 1
CSeq: 8 ACK
Max-Forwards: 5

",
    ),
    (
        case(
            "nowhere to answer to",
            1,
            Verdict::Drop("Missing Via"),
            "RFC 3261 18.2.2: a response follows the Via",
        ),
        "OPTIONS sip:user@example.com SIP/2.0
Max-Forwards: 5

",
    ),
    (
        case("not SIP", 0, Verdict::Unreadable(ParseError::StartLine), "another protocol on our port"),
        "GET / HTTP/1.1
Host: example.com

",
    ),
    (
        case(
            "keep-alive",
            0,
            Verdict::Unreadable(ParseError::Empty),
            "RFC 5626 3.5.1: CRLF keep-alive by datagram",
        ),
        "\n\n",
    ),
];
