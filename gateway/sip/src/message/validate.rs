//! What a server checks before it handles a request, and a client before it believes a response
//! (RFC 3261 8.1.3.3, 8.2.2, 16.3, 18.3; RFC 4475).

use std::borrow::Cow;

use crate::header::{HeaderError, NameAddr, Params};
use crate::message::{Defect, Message};
use crate::method::Method;
use crate::name::Name;
use crate::status::Status;
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
    check_single(message)?;
    check_identity(message)?;
    if message.is_request() { check_request(message) } else { check_response(message) }
}

/// Headers that may stand once only (RFC 3261 7.3.1; RFC 4475 3.3.8).
fn check_single<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    let mut seen = 0u128;
    for line in message.headers() {
        let bit = 1u128 << (line.name as u8);
        if SINGLE.contains(&line.name) && seen & bit != 0 {
            return Err(bad(format!("Repeated {}", line.name)));
        }
        seen |= bit;
    }
    Ok(())
}

/// What a transaction and a dialog are known by.
fn check_identity<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    message.top_via().map_err(header)?;
    message.from_().map_err(header)?;
    message.to().map_err(header)?;
    message.call_id().map_err(header)?;
    let cseq = message.cseq().map_err(header)?;
    if cseq.method != message.method() {
        return Err(bad("CSeq method differs from request method"));
    }
    Ok(())
}

/// A response is believed if it can be matched; faults in the rest of it hurt only who asks for them.
fn check_response<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    // RFC 3261 8.1.3.3: a second Via means that the response was meant for somebody else.
    if message.values(Name::Via).nth(1).is_some() { Err(bad("More than one Via")) } else { Ok(()) }
}

fn check_request<B: AsRef<[u8]>>(message: &Message<B>) -> Result<(), Fault> {
    check_request_uri(message)?;
    for via in message.vias() {
        well_formed(Name::Via, via.map_err(header)?.params)?;
    }
    for name in [Name::From, Name::To] {
        check_address(name, message.address(name))?;
    }
    for contact in message.contacts() {
        if let Some(address) = contact.map_err(header)?.address() {
            check_address(Name::Contact, Ok(*address))?;
        }
    }
    for name in [Name::Route, Name::RecordRoute] {
        message.addresses(name).try_for_each(|route| check_address(name, route))?;
    }
    if message.header(Name::MaxForwards).is_some() && message.max_forwards().is_none() {
        return Err(bad("Malformed Max-Forwards"));
    }
    Ok(())
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

fn check_address(name: Name, address: Result<NameAddr<'_>, HeaderError>) -> Result<(), Fault> {
    let address = address.map_err(header)?;
    address.uri().map_err(HeaderError::malformed(name)).map_err(header)?;
    well_formed(name, address.params)
}

fn well_formed(name: Name, params: Params<'_>) -> Result<(), Fault> {
    if params.is_well_formed() { Ok(()) } else { Err(bad(format!("Malformed {name}: parameters"))) }
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

/// One bit for each name fits the set of names seen.
const _: () = assert!((Name::Other as u8) < 128);

const SINGLE: &[Name] = &[
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
];
/// Longer than any number or name a telephone system dials.
const LONGEST_REQUEST_URI: usize = 2048;
