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
        /// All users are affected, not only this one.
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
        // RFC 3261 21.5.4: with Retry-After a 503 is meant for everyone, without it is a 500.
        503 => {
            let retry_after = retry_after();
            Outcome::Unavailable { retry_after, everyone: retry_after.is_some() }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const CONTACT: &str = "sip:2017@192.0.2.10:5060";
    const ASKED: Duration = Duration::from_secs(120);

    fn outcome(status: u16, headers: &str) -> Outcome {
        let text = format!(
            "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 REGISTER\r\n{headers}\r\n"
        );
        let message = Message::parse(bytes::Bytes::from(text)).unwrap();
        read(&message, Status(status), CONTACT, ASKED)
    }

    fn granted_for(headers: &str) -> u64 {
        match outcome(200, headers) {
            Outcome::Granted(granted) => granted.as_secs(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_grant_is_that_of_our_contact_among_all() {
        for (headers, seconds) in [
            ("", 120),
            ("Expires: 90\r\n", 90),
            ("Contact: <sip:2017@192.0.2.10:5060>;expires=60\r\nExpires: 90\r\n", 60),
            ("Contact: <sip:2017@192.0.2.10:5060>\r\nExpires: 90\r\n", 90),
            (
                "Contact: <sip:2017@203.0.113.9:5060>;expires=3000, <sip:2017@192.0.2.10:5060>;expires=60\r\n",
                60,
            ),
            // Written by a middle box.
            ("Contact: <sip:2017@203.0.113.9:1024>;expires=45\r\n", 45),
            ("Contact: <sip:x9z@203.0.113.9:1024>;expires=45\r\n", 45),
            // Strangers only: not ours, whatever they have.
            ("Contact: <sip:x@h>;expires=45, <sip:y@h>;expires=46\r\n", 120),
            ("Contact: <sip:2017@192.0.2.10:5060>;expires=0\r\n", 0),
            ("Contact: <sip:2017@192.0.2.10:5060>;expires=4294967295\r\n", 604_800),
            ("Contact: *\r\n", 120),
            ("Contact: <<<\r\nExpires: 77\r\n", 77),
        ] {
            assert_eq!(granted_for(headers), seconds, "{headers}");
        }
    }

    #[test]
    fn refusals_are_sorted_by_whose_trouble_they_are() {
        let wait = Some(Duration::from_secs(30));
        for status in [302, 400, 403, 404, 405, 488, 600, 603, 699] {
            assert_eq!(outcome(status, ""), Outcome::Refused { retry_after: None }, "{status}");
        }
        assert_eq!(outcome(404, "Retry-After: 30\r\n"), Outcome::Refused { retry_after: wait });
        assert_eq!(
            outcome(500, "Retry-After: 30 (soon)\r\n"),
            Outcome::Unavailable { retry_after: wait, everyone: false }
        );
        assert_eq!(
            outcome(503, "Retry-After: 30;duration=9\r\n"),
            Outcome::Unavailable { retry_after: wait, everyone: true }
        );
        assert_eq!(outcome(503, ""), outcome(500, ""));
        assert_eq!(outcome(408, ""), Outcome::Unavailable { retry_after: None, everyone: false });
        assert_eq!((outcome(401, ""), outcome(407, "")), (Outcome::Challenged, Outcome::Challenged));
    }

    #[test]
    fn a_423_counts_only_when_it_leads_somewhere() {
        assert_eq!(outcome(423, "Min-Expires: 300\r\n"), Outcome::TooBrief(Duration::from_secs(300)));
        for senseless in ["", "Min-Expires: 120\r\n", "Min-Expires: 4294967295\r\n", "Min-Expires: x\r\n"] {
            assert_eq!(outcome(423, senseless), Outcome::Refused { retry_after: None }, "{senseless}");
        }
    }
}
