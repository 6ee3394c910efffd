//! How a failed attempt on one leg is told on the other. One table per direction; nothing else decides on a status.
//!
//! A response is copied when it says something about the callee (busy, declined, not found). It is replaced when it says something
//! about the hop between us and the responder, which the other side has no part in: challenges, transaction and syntax errors.
//! The original status always travels in a Reason header (RFC 3326), so that traces show the truth.

use sip::Status;

/// A final response as it goes to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Its status.
    pub(super) status: Status,
    /// Value of the Reason header.
    pub(super) reason: String,
}

/// What a caller at the PBX gets when a handset or its base station answered `status`, or nothing (`None`).
/// `unreachable` is the configured answer for a device that cannot be reached (INTEROP-11).
#[must_use]
pub(super) fn towards_pbx(status: Option<Status>, unreachable: Status) -> Verdict {
    let Some(original) = status else {
        return Verdict { status: unreachable, reason: reason(Status(408)) };
    };
    let status = match original.0 {
        // The handset is out of range, switched off, or the base station has forgotten it.
        404 | 408 | 410 | 480 | 503 | 504 => unreachable,
        // Nothing between us and the base station is the PBX's business.
        401 | 402 | 405 | 407 | 413 | 414 | 416 | 420 | 421 | 423 | 481..=483 | 491 | 494 => Status(500),
        _ => original,
    };
    Verdict { status, reason: reason(original) }
}

/// What a handset gets when the PBX answered `status`, or nothing (`None`).
#[must_use]
pub(super) fn towards_handset(status: Option<Status>) -> Verdict {
    let Some(original) = status else {
        return Verdict { status: Status(504), reason: reason(Status(408)) };
    };
    let status = match original.0 {
        // Our credentials were refused: the user may not call, and a challenge would make the base station try its own.
        401 | 407 => Status(403),
        // 503 would make the base station leave us for another server (RFC 3261 16.7, step 6).
        503 => Status(500),
        300..=399 | 420 | 421 | 423 | 481 | 482 | 491 | 494 => Status(500),
        _ => original,
    };
    Verdict { status, reason: reason(original) }
}

/// What the sender of a request in a dialog gets when the other leg answered it with `status`. A challenge is for us, and a
/// redirection means nothing on the other network.
#[must_use]
pub(super) fn of_request(status: Status) -> Status {
    match status.0 {
        401 | 407 => Status(403),
        300..=399 => Status(500),
        _ => status,
    }
}

/// The better of two failures of a forked call (RFC 3261 16.7, step 6): a 6xx ends the matter, else the one that says most.
#[must_use]
pub(super) fn better(first: Option<Status>, second: Option<Status>) -> Option<Status> {
    fn rank(status: Option<Status>) -> u16 {
        match status.map(|status| status.0) {
            Some(600..=699) => 0,
            // Busy and declined tell the caller more than a contact that is gone.
            Some(486) => 1,
            Some(480) => 2,
            Some(300..=399) => 3,
            Some(404 | 410) => 5,
            Some(400..=407 | 409 | 411..=499) => 4,
            Some(_) => 6,
            None => 7,
        }
    }
    if rank(second) < rank(first) { second } else { first }
}

/// `Reason` of a SIP status with its Q.850 cause (RFC 3326, RFC 8606; causes as in RFC 3398 8.2.6.1).
#[must_use]
pub(super) fn reason(status: Status) -> String {
    let cause = match status.0 {
        200..=299 => 16,
        404 | 485 | 604 => 1,
        486 | 600 => 17,
        408 | 480 => 18,
        403 | 603 | 607 => 21,
        410 => 22,
        484 => 28,
        488 | 606 => 65,
        500 | 502 | 503 => 41,
        504 => 102,
        _ => 127,
    };
    format!("SIP;cause={}, Q.850;cause={cause}", status.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNREACHABLE: Status = Status(480);

    #[test]
    fn what_the_callee_says_is_copied() {
        for status in [486, 488, 600, 603, 302, 484] {
            assert_eq!(towards_pbx(Some(Status(status)), UNREACHABLE).status.0, status);
        }
        for status in [404, 480, 484, 486, 488, 600, 603, 604, 408] {
            assert_eq!(towards_handset(Some(Status(status))).status.0, status);
        }
    }

    #[test]
    fn a_challenge_never_crosses_the_gateway() {
        for status in [401, 407] {
            assert_eq!(towards_handset(Some(Status(status))).status, Status(403));
            assert_eq!(towards_pbx(Some(Status(status)), UNREACHABLE).status, Status(500));
            assert_eq!(of_request(Status(status)), Status(403));
        }
    }

    #[test]
    fn silence_of_a_base_station_is_an_unreachable_handset() {
        let verdict = towards_pbx(None, Status(503));
        assert_eq!(verdict.status, Status(503));
        assert_eq!(verdict.reason, "SIP;cause=408, Q.850;cause=18");
    }

    #[test]
    fn busy_wins_over_gone_and_declined_everywhere_over_busy() {
        assert_eq!(better(None, Some(Status(486))), Some(Status(486)));
        assert_eq!(better(Some(Status(486)), Some(Status(404))), Some(Status(486)));
        assert_eq!(better(Some(Status(486)), Some(Status(603))), Some(Status(603)));
    }
}
