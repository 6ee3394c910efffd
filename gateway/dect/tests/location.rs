//! Newest contact wins; silence ends a location.

use std::time::{Duration, Instant};

use dect::base::BaseId;
use dect::location::{LIVENESS, Outcome, Registration, Sequence, Whereabouts};

const HOUR: Duration = Duration::from_secs(3600);

#[allow(clippy::disallowed_methods, reason = "an arbitrary origin of test time")]
fn origin() -> Instant {
    Instant::now()
}

fn register(base: u32, contact: &str, lifetime: Duration, call_id: &str, cseq: u32) -> Registration {
    let sequence = Sequence { call_id: call_id.to_owned(), cseq };
    Registration { base: BaseId(base), contact: Some(contact.to_owned()), lifetime, sequence }
}

#[test]
fn a_refresh_keeps_since_and_moves_the_end() {
    let start = origin();
    let mut device = Whereabouts::default();
    assert_eq!(device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 1)), Outcome::Located);
    let later = start + HOUR / 2;
    assert_eq!(device.handle_registration(later, register(1, "sip:a@b1", HOUR, "c1", 2)), Outcome::Refreshed);
    let location = device.location().expect("located");
    assert_eq!((location.since, location.heard, location.until()), (start, later, later + HOUR));
}

#[test]
fn the_newest_contact_wins() {
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 1));
    let moved = device.handle_registration(start + HOUR / 4, register(2, "sip:a@b2", HOUR, "c2", 1));
    let Outcome::Moved { from } = moved else { panic!("{moved:?}") };
    assert_eq!((from.base, from.contact.as_str()), (BaseId(1), "sip:a@b1"));
    let location = device.location().expect("located");
    assert_eq!((location.base, location.since), (BaseId(2), start + HOUR / 4));
}

#[test]
fn a_new_port_at_the_same_base_is_a_move() {
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1:5061", HOUR, "c1", 1));
    let outcome = device.handle_registration(start, register(1, "sip:a@b1:5062", HOUR, "c1", 2));
    assert!(matches!(outcome, Outcome::Moved { .. }), "{outcome:?}");
}

#[test]
fn the_old_base_cannot_take_the_handset_away() {
    // It unregisters the contact it had; the handset is elsewhere by then.
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 1));
    device.handle_registration(start, register(2, "sip:a@b2", HOUR, "c2", 1));
    let outcome = device.handle_registration(start, register(1, "sip:a@b1", Duration::ZERO, "c1", 2));
    assert_eq!(outcome, Outcome::Stale);
    assert_eq!(device.location().map(|location| location.base), Some(BaseId(2)));
}

#[test]
fn an_overtaken_request_changes_nothing() {
    // RFC 3261 10.3 step 7: same Call-ID, CSeq not higher.
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@new", HOUR, "c1", 7));
    for cseq in [6, 7] {
        assert_eq!(
            device.handle_registration(start, register(1, "sip:a@old", HOUR, "c1", cseq)),
            Outcome::Stale
        );
    }
    assert_eq!(device.location().map(|location| location.contact.as_str()), Some("sip:a@new"));
}

#[test]
fn requests_of_different_call_ids_have_no_order() {
    // A base that was restarted begins to count anew.
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 700));
    assert_eq!(device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c2", 1)), Outcome::Refreshed);
    assert_eq!(device.location().map(|location| location.sequence.cseq), Some(1));
}

#[test]
fn unregistering_the_current_contact_or_all_ends_it() {
    let start = origin();
    for contact in [Some("sip:a@b1".to_owned()), None] {
        let mut device = Whereabouts::default();
        device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 1));
        let leave = Registration { contact, ..register(1, "", Duration::ZERO, "c1", 2) };
        assert!(matches!(device.handle_registration(start, leave), Outcome::Left(_)));
        assert_eq!(device.location(), None);
        assert_eq!(device.poll_timeout(), None);
    }
    let mut nowhere = Whereabouts::default();
    assert_eq!(
        nowhere.handle_registration(start, register(1, "sip:a@b1", Duration::ZERO, "c1", 1)),
        Outcome::Stale
    );
}

#[test]
fn a_location_lapses_at_its_expiry() {
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", HOUR, "c1", 1));
    assert_eq!(device.poll_timeout(), Some(start + HOUR));
    assert_eq!(device.handle_timeout(start + HOUR - Duration::from_millis(1)), None);
    assert!(matches!(device.handle_timeout(start + HOUR), Some(Outcome::Lapsed(_))));
    assert_eq!(device.handle_timeout(start + HOUR), None);
}

#[test]
fn two_and_a_half_silent_hours_end_a_longer_registration() {
    // SYNC-13.
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", HOUR * 24, "c1", 1));
    assert_eq!(LIVENESS, HOUR * 5 / 2);
    assert_eq!(device.poll_timeout(), Some(start + LIVENESS));
    device.location_mut().expect("located").heard(start + HOUR * 2);
    // An older sign of life does not take back a newer one.
    device.location_mut().expect("located").heard(start + HOUR);
    assert_eq!(device.handle_timeout(start + LIVENESS), None);
    assert!(matches!(device.handle_timeout(start + HOUR * 2 + LIVENESS), Some(Outcome::Lapsed(_))));
}

#[test]
fn an_absurd_lifetime_does_not_overflow() {
    let start = origin();
    let mut device = Whereabouts::default();
    device.handle_registration(start, register(1, "sip:a@b1", Duration::MAX, "c1", 1));
    assert_eq!(device.poll_timeout(), Some(start + LIVENESS));
}
