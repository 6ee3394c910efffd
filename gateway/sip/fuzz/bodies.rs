//! What must hold for any octets. Shared by the fuzz targets and by the smoke test that needs no fuzzer.

use sip::framing::{Frame, FramingError, StreamFramer};
use sip::message::{
    ContentLength, Defect, MAX_HEADERS, ParseError, multipart, prepend_via, stamp_source, validate,
};
use sip::{Builder, Message, Name, Status, Uri};

/// A message is read without harm, and what we write of it is a message that says the same.
pub fn message(octets: &[u8]) {
    let Ok(message) = Message::parse(octets) else { return };
    let lines = message.headers().count();
    assert_eq!(lines, message.header_count());
    assert!(lines <= MAX_HEADERS);
    touch(&message);
    if let Err(rejection) = validate(&message) {
        assert!(!rejection.reason.contains(['\r', '\n']));
        assert!(rejection.status.0 >= 400);
    }
    rewritten(&message);
    replied(&message);
    edited(&message);
}

/// An address is equivalent to itself, and equivalence has no direction.
pub fn uri(octets: &[u8]) {
    let middle = octets.len() / 2;
    let (first, second) = octets.split_at(octets.iter().position(|octet| *octet == b' ').unwrap_or(middle));
    let second = second.strip_prefix(b" ").unwrap_or(second);
    for raw in [octets, first, second] {
        if let Ok(uri) = Uri::parse(raw) {
            assert!(uri.equivalent(&uri));
            let _ = (uri.user_unescaped(), uri.param("transport"), uri.host.to_string(), uri.host.address());
            let _ = uri.header("Replaces");
            assert_eq!(uri.raw, raw);
        }
    }
    if let (Ok(first), Ok(second)) = (Uri::parse(first), Uri::parse(second)) {
        assert_eq!(first.equivalent(&second), second.equivalent(&first));
    }
}

/// A stream gives the same messages and ends with the same error however it is cut.
pub fn stream(octets: &[u8]) {
    let [cut, octets @ ..] = octets else { return };
    let octets = &octets[..octets.len().min(60_000)];
    let whole = frames(octets, octets.len().max(1));
    let pieces = frames(octets, usize::from(*cut).max(1));
    assert_eq!(whole, pieces);
    for framed in whole.0 {
        let message = Message::parse(&framed[..]).expect("the framer read it");
        assert_eq!(message.content_length(), ContentLength::Octets(message.body().len() as u32));
        assert_ne!(message.defect(), Some(Defect::BodyTooShort));
        assert!(message.body().is_empty() || framed.ends_with(message.body()));
    }
}

fn frames(octets: &[u8], cut: usize) -> (Vec<bytes::Bytes>, Option<FramingError>) {
    let mut framer = StreamFramer::new();
    let mut messages = Vec::new();
    for piece in octets.chunks(cut) {
        framer.push(piece);
        while let Some(frame) = framer.poll() {
            match frame {
                Ok(Frame::Message(message)) => messages.push(message),
                Ok(Frame::KeepAlive | Frame::Pong) => {}
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

/// Asks for everything that can be asked for.
fn touch(message: &Message<&[u8]>) {
    let _ =
        (message.method(), message.status(), message.reason(), message.uri().map(|uri| uri.user_unescaped()));
    let _ =
        (message.call_id(), message.cseq(), message.expires(), message.min_expires(), message.retry_after());
    let _ = (
        message.max_forwards(),
        message.content_type(),
        message.part("application/sdp"),
        format!("{message:?}"),
    );
    for via in message.vias().flatten() {
        let _ =
            (via.branch(), via.rfc3261_branch(), via.received(), via.rport(), via.params.is_well_formed());
    }
    for name in [Name::From, Name::To, Name::Route, Name::RecordRoute, Name::ReferTo] {
        for address in message.addresses(name).flatten() {
            let _ =
                (address.uri(), address.tag(), address.display_unquoted(), address.params.is_well_formed());
        }
    }
    let _ = (message.rack(), message.valued(Name::SessionExpires).map(|expires| expires.number()));
    for contact in message.contacts().flatten() {
        let _ = (contact.expires(), contact.q());
    }
    for line in message.headers() {
        let _ = sip::syntax::unfold(line.value);
    }
    for part in multipart::parts(b"b", message.body()) {
        let _ = part.header("Content-Type");
    }
}

fn rewritten(message: &Message<&[u8]>) {
    let octets = message.rewrite();
    let again = match Message::parse(&octets[..]) {
        Ok(again) => again,
        // Full names and one Content-Length more may go beyond a bound.
        Err(error) => return assert!(matches!(error, ParseError::TooLong | ParseError::TooManyHeaders)),
    };
    let kept = |line: &sip::message::HeaderLine<'_>| line.name != Name::ContentLength;
    assert_eq!(message.headers().filter(kept).count(), again.headers().filter(kept).count());
    for (one, other) in message.headers().filter(kept).zip(again.headers().filter(kept)) {
        assert_eq!(one.name, other.name);
        let one = sip::syntax::unfold(one.value).replace_line_ends();
        assert_eq!(sip::syntax::trim(&one), other.value);
    }
    assert_eq!(message.body(), again.body());
    assert_eq!(message.method(), again.method());
    assert_eq!(message.status(), again.status());
    assert_eq!(again.rewrite(), octets);
}

trait ReplaceLineEnds {
    fn replace_line_ends(&self) -> Vec<u8>;
}

impl ReplaceLineEnds for [u8] {
    fn replace_line_ends(&self) -> Vec<u8> {
        self.iter().map(|octet| if matches!(octet, b'\r' | b'\n') { b' ' } else { *octet }).collect()
    }
}

/// A reply to anything is sound enough to be read and has no header that a reply does not take over.
fn replied(message: &Message<&[u8]>) {
    let octets = Builder::reply(message, Status::OK, "", Some("tag")).finish();
    let Ok(reply) = Message::parse(&octets[..]) else {
        return assert!(octets.len() > sip::message::MAX_MESSAGE || message.header_count() == MAX_HEADERS);
    };
    assert_eq!((reply.status(), reply.defect()), (Some(Status::OK), None));
    assert!(reply.headers().all(|line| TAKEN_OVER.contains(&line.name)));
    for name in [Name::From, Name::To, Name::CallId, Name::CSeq] {
        assert_eq!(reply.lines(name).count(), message.lines(name).count().min(1));
    }
}

fn edited(message: &Message<&[u8]>) {
    let via = prepend_via(message.octets(), "SIP/2.0/UDP h;branch=z9hG4bK1");
    if let Ok(edited) = Message::parse(&via[..]) {
        assert_eq!(edited.header_count(), message.header_count() + 1);
    }
    let source = "[2001:db8::1]:5060".parse().expect("an address");
    if let Some(stamped) = stamp_source(message, source) {
        let Ok(stamped) = Message::parse(stamped) else { return };
        assert_eq!(stamped.header_count(), message.header_count());
        assert_eq!(stamped.top_via().expect("it was read before").received(), Some(source.ip()));
        assert_eq!(stamped.body(), message.body());
    }
}

const TAKEN_OVER: &[Name] =
    &[Name::CSeq, Name::CallId, Name::ContentLength, Name::From, Name::RecordRoute, Name::To, Name::Via];
