//! What a torture message must come to, and how it is checked.
#![allow(dead_code, reason = "not every table holds every verdict")]

use sip::message::validate;
use sip::{Message, ParseError};

/// One message of an RFC: what we do with it and why.
pub(crate) struct Case {
    /// File, without `.dat`.
    pub(crate) name: &'static str,
    /// Header lines it holds.
    pub(crate) headers: usize,
    /// What we do.
    pub(crate) verdict: Verdict,
    /// The section of the RFC, and our reason where it leaves the choice.
    pub(crate) why: &'static str,
}

/// What we do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Handle it.
    Accept,
    /// Answer the request with this status, of which this is the reason phrase.
    Answer(u16, &'static str),
    /// Drop it: a response, an ACK, or nowhere to answer to.
    Drop(&'static str),
    /// No message at all.
    Unreadable(ParseError),
}

/// Checks one message against its line in the table.
pub(crate) fn check(case: &Case, octets: &[u8]) {
    let Case { name, headers, verdict, why } = case;
    let message = match Message::parse(octets) {
        Ok(message) => message,
        Err(error) => return assert_eq!(Verdict::Unreadable(error), *verdict, "{name}: {why}"),
    };
    assert_eq!(message.header_count(), *headers, "{name}: header lines");
    let rejection = validate(&message).err();
    match (*verdict, rejection) {
        (Verdict::Accept, None) => {}
        (Verdict::Answer(status, reason), Some(found)) => {
            assert_eq!(
                (status, reason, true),
                (found.status.0, &*found.reason, found.answerable),
                "{name}: {why}"
            );
        }
        (Verdict::Drop(reason), Some(found)) => {
            assert_eq!((reason, false), (&*found.reason, found.answerable), "{name}: {why}");
        }
        (verdict, found) => panic!("{name}: expected {verdict:?}, found {found:?}: {why}"),
    }
}
