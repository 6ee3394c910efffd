//! What a server checks before it handles a request, and a client before it believes a response
//! (RFC 3261 8.1.3.3, 8.2.2, 16.3, 18.3; RFC 4475).

use std::borrow::Cow;

use crate::header::{CSeq, HeaderError, List, NameAddr, Params, Via};
use crate::message::{Defect, HeaderLine, Message};
use crate::method::Method;
use crate::name::Name;
use crate::status::Status;
use crate::syntax::Malformed;
use crate::uri::Scheme;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What to answer.
    pub status: Status,
    /// Reason phrase that names the fault.
    pub reason: Cow<'static, str>,
    /// False when nothing may be sent: a response, an ACK, or no Via to answer to.
    pub answerable: bool,
}

/// Checks the headers every message must have, and of a request every header that decides where it goes.
///
/// # Errors
/// The first fault found, with the response it deserves.
pub fn validate<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Rejection> {
    check(message).map_err(|(status, reason)| Rejection {
        status,
        reason,
        answerable: message.is_request() && message.method() != Method::Ack && message.top_via().is_ok(),
    })
}

type Fault = (Status, Cow<'static, str>);

fn check<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    if !message.is_version_2() {
        return Err((Status::VERSION_NOT_SUPPORTED, Status::VERSION_NOT_SUPPORTED.reason().into()));
    }
    // A header line that nobody can read does not make a response useless.
    let defect = message.defect().filter(|defect| message.is_request() || *defect != Defect::HeaderLine);
    if let Some(defect) = defect {
        return Err(bad(defect_reason(defect)));
    }
    check_presence(message)?;
    if message.is_request() {
        check_request_uri(message)?;
    } else if message.values(Name::Via).nth(1).is_some() {
        // RFC 3261 8.1.3.3: a second Via means that the response was meant for somebody else.
        return Err(bad("More than one Via"));
    }
    message.headers().try_for_each(|line| check_line(message, line))
}

/// Headers that must stand (RFC 3261 8.1.1), and those that may stand once only (RFC 3261 7.3.1; RFC 4475 3.3.8).
fn check_presence<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    let mut seen = 0;
    for line in message.headers() {
        let name = set(&[line.name]);
        if seen & name & SINGLE != 0 {
            return Err(bad(format!("Repeated {}", line.name)));
        }
        seen |= name;
    }
    match MANDATORY.iter().find(|name| seen & set(&[**name]) == 0) {
        Some(name) => Err(header(HeaderError::missing(*name))),
        None => Ok(()),
    }
}

/// What a transaction and a dialog are known by must be readable in any message. What decides where a request goes
/// must be in a request; a fault there in a response hurts only who asks for it.
fn check_line<B: AsRef<[u8]>>(message: &Message<B>, line: HeaderLine<'_>) -> Result<(), Fault> {
    let strict = message.is_request();
    match line.name {
        Name::Via => check_vias(line.value, strict),
        Name::From | Name::To => check_address(line.name, line.value, strict),
        Name::CallId if line.value.is_empty() => Err(header(HeaderError::missing(Name::CallId))),
        Name::CSeq => check_cseq(message, line.value),
        Name::Contact | Name::Route | Name::RecordRoute if strict => List::new(line.value)
            .filter(|value| line.name != Name::Contact || *value != b"*")
            .try_for_each(|value| check_address(line.name, value, true)),
        Name::MaxForwards if strict && message.max_forwards().is_none() => Err(bad("Malformed Max-Forwards")),
        _ => Ok(()),
    }
}

fn check_vias(value: &[u8], strict: bool) -> Result<(), Fault> {
    let mut vias = List::new(value).peekable();
    if vias.peek().is_none() {
        return Err(header(HeaderError::missing(Name::Via)));
    }
    vias.try_for_each(|value| {
        let via = Via::parse(value).map_err(|fault| malformed(Name::Via, fault))?;
        if strict { well_formed(Name::Via, via.params) } else { Ok(()) }
    })
}

fn check_address(name: Name, value: &[u8], strict: bool) -> Result<(), Fault> {
    let address = NameAddr::parse(value).map_err(|fault| malformed(name, fault))?;
    if !strict {
        return Ok(());
    }
    address.uri().map_err(|fault| malformed(name, fault))?;
    well_formed(name, address.params)
}

fn check_cseq<B: AsRef<[u8]>>(message: &Message<B>, value: &[u8]) -> Result<(), Fault> {
    let cseq = CSeq::parse(value).map_err(|fault| malformed(Name::CSeq, fault))?;
    if cseq.method == message.method() { Ok(()) } else { Err(bad("CSeq method differs from request method")) }
}

fn check_request_uri<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    let raw = message.request_uri().unwrap_or_default();
    if raw.len() > LONGEST_REQUEST_URI {
        return Err((Status::REQUEST_URI_TOO_LONG, Status::REQUEST_URI_TOO_LONG.reason().into()));
    }
    let uri = message.uri().map_err(|fault| bad(format!("Malformed Request-URI: {fault}")))?;
    match uri.scheme {
        Scheme::Other(_) => {
            Err((Status::UNSUPPORTED_URI_SCHEME, Status::UNSUPPORTED_URI_SCHEME.reason().into()))
        }
        // RFC 3261 19.1.1: headers have no place in a Request-URI (RFC 4475 3.1.2.11).
        _ if uri.headers.is_some() => Err(bad("Headers in Request-URI")),
        _ => Ok(()),
    }
}

fn well_formed(name: Name, params: Params<'_>) -> Result<(), Fault> {
    if params.is_well_formed() { Ok(()) } else { Err(bad(format!("Malformed {name}: parameters"))) }
}

fn malformed(name: Name, fault: Malformed) -> Fault {
    header(HeaderError::malformed(name)(fault))
}

fn header(error: HeaderError) -> Fault {
    bad(error.to_string())
}

fn bad(reason: impl Into<Cow<'static, str>>) -> Fault {
    (Status::BAD_REQUEST, reason.into())
}

fn defect_reason(defect: Defect) -> &'static str {
    match defect {
        Defect::BodyTooShort => "Body shorter than Content-Length",
        Defect::ContentLength => "Malformed Content-Length",
        Defect::ContentLengthRepeated => "Repeated Content-Length",
        Defect::HeaderLine => "Malformed header line",
        Defect::NoEmptyLine => "Header section breaks off",
        Defect::RequestLineSpace => "White space in request line",
    }
}

/// A set of names, one bit each.
const fn set(names: &[Name]) -> u128 {
    const { assert!((Name::Other as u8) < 128) }
    let (mut bits, mut i) = (0, 0);
    while i < names.len() {
        bits |= 1 << (names[i] as u8);
        i += 1;
    }
    bits
}

const MANDATORY: &[Name] = &[Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq];
const SINGLE: u128 = set(&[
    Name::CSeq,
    Name::CallId,
    Name::ContentLength,
    Name::ContentType,
    Name::Event,
    Name::Expires,
    Name::From,
    Name::MaxForwards,
    Name::RAck,
    Name::RSeq,
    Name::ReferTo,
    Name::Replaces,
    Name::SessionExpires,
    Name::To,
]);
/// Longer than any number or name a telephone system dials.
const LONGEST_REQUEST_URI: usize = 2048;
