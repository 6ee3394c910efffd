//! Requests that follow from one that was sent: the ACK of a non-2xx and the CANCEL of an INVITE.

use bytes::Bytes;

use crate::message::{Builder, Message};
use crate::name::Name;

/// The ACK of a non-2xx: Request-URI, top Via, From, Call-ID and Route of the INVITE, To of the response
/// (RFC 3261 17.1.1.3).
pub(super) fn ack_of_failure(invite: &Bytes, response: &Message) -> Option<Bytes> {
    let invite = Message::parse(invite.clone()).ok()?;
    let uri = std::str::from_utf8(invite.request_uri()?).ok()?;
    let mut ack = Builder::request("ACK", uri).raw_header("Via", invite.values(Name::Via).next()?);
    for route in invite.lines(Name::Route) {
        ack = ack.raw_header("Route", route);
    }
    let cseq = invite.cseq().ok()?.number;
    Some(
        ack.raw_header("From", invite.header(Name::From)?)
            .raw_header("To", response.header(Name::To)?)
            .raw_header("Call-ID", invite.call_id().ok()?)
            .header("CSeq", format_args!("{cseq} ACK"))
            .header("Max-Forwards", 70)
            .finish_bytes(),
    )
}

/// The CANCEL of an INVITE that was sent: the same but for method, To tag and body (RFC 3261 9.1).
pub(crate) fn cancel_of(invite: &Bytes, headers: &[(String, String)]) -> Option<Bytes> {
    let invite = Message::parse(invite.clone()).ok()?;
    let uri = std::str::from_utf8(invite.request_uri()?).ok()?;
    let mut cancel = Builder::request("CANCEL", uri).raw_header("Via", invite.values(Name::Via).next()?);
    for route in invite.lines(Name::Route) {
        cancel = cancel.raw_header("Route", route);
    }
    for name in [Name::From, Name::To, Name::CallId] {
        cancel = cancel.raw_header(name.as_str(), invite.header(name)?);
    }
    let cseq = invite.cseq().ok()?.number;
    cancel = cancel.header("CSeq", format_args!("{cseq} CANCEL")).header("Max-Forwards", 70);
    for (name, value) in headers {
        cancel = cancel.header(name, value);
    }
    Some(cancel.finish_bytes())
}
