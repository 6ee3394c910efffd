//! What a final response to REGISTER means (RFC 3261 10.2.4, 10.2.7, 10.2.8, 21.5.4).
//!
//! Owns the reading of one response; never what follows from it.

use std::time::Duration;

use sip::{Contact, Message, Status, Uri};

/// What a final response means for a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// 401, 407: credentials are asked for.
    Challenged,
    /// 2xx: held for so long. Zero: not held at all.
    Granted(Duration),
    /// The PBX is in trouble: 408, 480, 5xx.
    Unavailable {
        /// What it asks for.
        retry_after: Option<Duration>,
        /// All users are affected, not only this one (503, RFC 3261 21.5.4).
        everyone: bool,
    },
    /// This user is not welcome: every other 4xx, 6xx, and 3xx, which nobody follows yet.
    Refused {
        /// What it asks for.
        retry_after: Option<Duration>,
    },
    /// 423: ask for at least so long.
    TooBrief(Duration),
}

/// Reads a final response to a REGISTER for `contact` that asked for `asked`.
pub(super) fn read(response: &Message, status: Status, contact: &str, asked: Duration) -> Outcome {
    let retry_after = || response.retry_after().map(seconds);
    match status.0 {
        200..=299 => Outcome::Granted(granted(response, contact, asked)),
        401 | 407 => Outcome::Challenged,
        408 | 480 => Outcome::Unavailable { retry_after: retry_after(), everyone: false },
        // A 423 without Min-Expires, or with one that we asked for already, leads nowhere (RFC 3261 10.2.8).
        423 => match response.min_expires().map(seconds) {
            Some(least) if least > asked && least <= LONGEST_MIN_EXPIRES => Outcome::TooBrief(least),
            _ => Outcome::Refused { retry_after: retry_after() },
        },
        503 => Outcome::Unavailable { retry_after: retry_after(), everyone: true },
        500..=599 => Outcome::Unavailable { retry_after: retry_after(), everyone: false },
        _ => Outcome::Refused { retry_after: retry_after() },
    }
}

/// RFC 3261 10.2.4: the expiry of our own contact among all that the 200 lists, else its Expires header, else what we asked.
///
/// Ours is the equivalent one; else the one with our user part, because middle boxes rewrite host and port; else the only one.
fn granted(response: &Message, contact: &str, asked: Duration) -> Duration {
    let ours = Uri::parse(contact.as_bytes()).ok();
    let mut best: Option<(Likeness, Option<u32>)> = None;
    let mut count = 0;
    for value in response.contacts().filter_map(Result::ok).take(MOST_CONTACTS) {
        count += 1;
        let likeness = likeness(&value, ours.as_ref());
        if best.is_none_or(|(was, _)| likeness > was) {
            best = Some((likeness, value.expires()));
        }
    }
    let of_contact = match best {
        Some((Likeness::Stranger, expires)) if count == 1 => expires,
        Some((Likeness::Stranger, _)) | None => None,
        Some((_, expires)) => expires,
    };
    of_contact.or_else(|| response.expires()).map_or(asked, seconds).min(LONGEST_GRANT)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Stranger,
    SameUser,
    Same,
}

fn likeness(contact: &Contact<'_>, ours: Option<&Uri<'_>>) -> Likeness {
    let theirs = contact.address().and_then(|address| address.uri().ok());
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs.equivalent(ours) => Likeness::Same,
        (Some(theirs), Some(ours)) if theirs.user_unescaped() == ours.user_unescaped() => Likeness::SameUser,
        _ => Likeness::Stranger,
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// Contacts of a 200 that are looked at; a user has a few devices, not hundreds.
const MOST_CONTACTS: usize = 32;
/// A registrar that wants registrations to last longer than a day is broken or hostile.
const LONGEST_MIN_EXPIRES: Duration = Duration::from_secs(86_400);
/// A grant beyond a week is treated as a week.
const LONGEST_GRANT: Duration = Duration::from_secs(7 * 86_400);
