//! Responses to REGISTER (RFC 3261 10.3 step 8; RFC 3327 5.3).
//!
//! Owns their wording. Every contact is listed with what is left of its life.

use std::{
    fmt,
    time::{Duration, Instant},
};

use sip::{Builder, Message, Status};

use super::{Location, request::Fault};
use crate::clock::UnixMillis;

/// 200 with all contacts.
pub(super) fn granted(request: &Message, now: Instant, wall: UnixMillis, contacts: &[Location]) -> Vec<u8> {
    let mut builder = reply(request, Status(200));
    for location in contacts {
        builder = builder.header("Contact", Listed { location, now });
    }
    // RFC 3327 5.3: the path goes back to the base station, which learns who is on the way.
    for path in request.values(sip::Name::Path) {
        builder = builder.raw_header("Path", path);
    }
    builder.header("Date", HttpDate(wall)).header("Supported", "path").finish()
}

/// 401 with one challenge per algorithm.
pub(super) fn challenge(request: &Message, challenges: &[String]) -> Vec<u8> {
    let mut builder = reply(request, Status(401));
    for value in challenges {
        builder = builder.header("WWW-Authenticate", value);
    }
    builder.finish()
}

/// Anything else.
pub(super) fn refused(request: &Message, status: Status, retry_after: Option<Duration>) -> Vec<u8> {
    let seconds = retry_after.map(|wait| wait.as_secs().max(1));
    reply(request, status).optional_header("Retry-After", seconds).finish()
}

/// 400 or 423.
pub(super) fn fault(request: &Message, fault: Fault) -> Vec<u8> {
    match fault {
        Fault::Malformed(what) => Builder::reply(request, fault.status(), what, None).finish(),
        Fault::TooBrief(least) => {
            reply(request, fault.status()).header("Min-Expires", least.as_secs()).finish()
        }
    }
}

fn reply(request: &Message, status: Status) -> Builder {
    Builder::reply(request, status, status.reason(), None)
}

struct Listed<'a> {
    location: &'a Location,
    now: Instant,
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location;
        let left = location.expires.saturating_duration_since(self.now);
        write!(f, "<{}>;expires={}", location.contact, left.as_secs())?;
        match &location.instance {
            Some(instance) => write!(f, ";+sip.instance={instance}"),
            None => Ok(()),
        }
    }
}

/// `Sat, 13 Nov 2010 23:29:00 GMT` (RFC 3261 20.17, RFC 1123).
pub(super) struct HttpDate(pub(super) UnixMillis);

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.0 / 1000;
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        write!(
            f,
            "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
            DAYS[(days % 7) as usize],
            MONTHS[month],
            second / 3600,
            second / 60 % 60,
            second % 60,
        )
    }
}

/// Year, month (from 0) and day of a day counted from 1 January 1970, in the Gregorian calendar.
fn civil(days: u64) -> (u64, usize, u64) {
    let mut rest = days;
    let mut year = 1970;
    // Whole cycles of 400 years first, so that the loop is short for any input.
    year += rest / DAYS_OF_400_YEARS * 400;
    rest %= DAYS_OF_400_YEARS;
    while rest >= 365 + u64::from(is_leap(year)) {
        rest -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    for (month, length) in
        [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30].into_iter().enumerate()
    {
        if rest < length {
            return (year, month, rest + 1);
        }
        rest -= length;
    }
    (year, 11, rest + 1)
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const DAYS_OF_400_YEARS: u64 = 146_097;
/// 1 January 1970 was a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_289_690_940, "Sat, 13 Nov 2010 23:29:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(HttpDate(UnixMillis(seconds * 1000)).to_string(), date);
        }
        assert!(HttpDate(UnixMillis(u64::MAX)).to_string().ends_with("GMT"));
    }
}
