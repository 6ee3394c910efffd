//! Who may subscribe when: the modes and windows of SUB-01 to SUB-15 and the transition table of the module.

use std::time::{Duration, Instant};

use dect::subscription::{
    Attempt, Decision, DeviceRecord, Mode, Policy, Proof, Refusal, Subscription, UserWindow, Window,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

#[allow(clippy::disallowed_methods, reason = "an arbitrary origin of test time")]
fn origin() -> Instant {
    Instant::now()
}

fn closed(policy: Policy) -> Subscription {
    Subscription::new(policy, true)
}

fn by(proof: Proof, device: DeviceRecord) -> Attempt {
    Attempt { device, proof, user_window_open: false, additional_id: false }
}

fn refused(decision: Decision) -> Refusal {
    match decision {
        Decision::Refused(refusal) => refusal,
        other => panic!("accepted: {other:?}"),
    }
}

#[test]
fn a_new_system_is_open_until_the_first_success_then_a_day() {
    // SUB-08, SUB-09.
    let start = origin();
    let mut subscription = Subscription::new(Policy::default(), false);
    let known = by(Proof::SystemCode, DeviceRecord::Prepared);
    let much_later = start + HOUR * 24 * 365;
    assert_eq!(subscription.may_subscribe(much_later, &known), Decision::AttachKnown);
    assert_eq!(subscription.poll_timeout(much_later), None);

    subscription.subscribed(much_later);
    assert_eq!(subscription.poll_timeout(much_later), Some(much_later + HOUR * 24));
    assert_eq!(subscription.may_subscribe(much_later + HOUR * 24 - MINUTE, &known), Decision::AttachKnown);
    assert_eq!(refused(subscription.may_subscribe(much_later + HOUR * 24, &known)), Refusal::NotOpen);
    // A later success opens nothing again.
    subscription.subscribed(much_later + HOUR * 25);
    assert_eq!(subscription.window(much_later + HOUR * 25), Window::Closed);
}

#[test]
fn a_system_with_devices_starts_closed() {
    let now = origin();
    let subscription = closed(Policy::default());
    let known = by(Proof::SystemCode, DeviceRecord::Prepared);
    assert_eq!(refused(subscription.may_subscribe(now, &known)), Refusal::NotOpen);
}

#[test]
fn standard_subscription_wants_a_prepared_device() {
    // SUB-01.
    let now = origin();
    let mut subscription = closed(Policy::default());
    subscription.open(now);
    let decide = |device| subscription.may_subscribe(now, &by(Proof::SystemCode, device));
    assert_eq!(decide(DeviceRecord::Prepared), Decision::AttachKnown);
    assert_eq!(refused(decide(DeviceRecord::Unknown)), Refusal::UnknownDevice);
}

#[test]
fn opening_again_extends() {
    // LOGIN-03.
    let now = origin();
    let mut subscription = closed(Policy::default());
    subscription.open(now);
    subscription.open(now + HOUR);
    assert_eq!(subscription.window(now + HOUR), Window::Standard { until: now + HOUR * 25 });
    // A shorter window never cuts a longer one.
    subscription.set_policy(Policy { standard_window: MINUTE, ..Policy::default() });
    subscription.open(now + HOUR * 2);
    assert_eq!(subscription.poll_timeout(now + HOUR * 2), Some(now + HOUR * 25));
}

#[test]
fn a_users_window_lasts_two_minutes() {
    // SUB-05.
    let now = origin();
    let policy = Policy::default();
    let window = UserWindow::open(now, &policy);
    let subscription = closed(policy);
    let attempt = |now: Instant| Attempt {
        user_window_open: window.is_open(now),
        ..by(Proof::UserCode, DeviceRecord::Prepared)
    };
    let before = now + Duration::from_secs(119);
    assert_eq!(subscription.may_subscribe(before, &attempt(before)), Decision::AttachKnown);
    let after = now + Duration::from_secs(120);
    assert_eq!(refused(subscription.may_subscribe(after, &attempt(after))), Refusal::NotOpen);
    assert_eq!(window.until(), after);
}

#[test]
fn an_open_window_takes_the_users_code_too() {
    // SUB-01: the device is prepared and proves its own code.
    let now = origin();
    let mut subscription = closed(Policy::default());
    let attempt = by(Proof::UserCode, DeviceRecord::Prepared);
    assert_eq!(refused(subscription.may_subscribe(now, &attempt)), Refusal::NotOpen);
    subscription.open(now);
    assert_eq!(subscription.may_subscribe(now, &attempt), Decision::AttachKnown);
    // A wildcard window is for unknown devices.
    subscription.open_wildcard(now);
    assert_eq!(refused(subscription.may_subscribe(now, &attempt)), Refusal::NotOpen);
}

#[test]
fn a_users_code_does_not_bring_in_unknown_devices() {
    let now = origin();
    let subscription = closed(Policy::default());
    let attempt = Attempt { user_window_open: true, ..by(Proof::UserCode, DeviceRecord::Unknown) };
    assert_eq!(refused(subscription.may_subscribe(now, &attempt)), Refusal::UnknownDevice);
}

#[test]
fn wildcard_binds_unknown_devices_to_the_user_they_name() {
    // SUB-02.
    let now = origin();
    let mut subscription = closed(Policy { auto_create: true, ..Policy::default() });
    subscription.open_wildcard(now);
    let unknown = by(Proof::SystemCode, DeviceRecord::Unknown);
    let named = Attempt { additional_id: true, ..unknown };
    assert_eq!(subscription.may_subscribe(now, &named), Decision::BindToUser);
    // SUB-03: auto-create sleeps meanwhile.
    assert_eq!(refused(subscription.may_subscribe(now, &unknown)), Refusal::NoAdditionalId);
    let known = Attempt { device: DeviceRecord::Prepared, ..named };
    assert_eq!(refused(subscription.may_subscribe(now, &known)), Refusal::KnownInWildcard);
}

#[test]
fn wildcard_ends_after_two_minutes_in_an_hour_of_standard() {
    // SUB-11.
    let now = origin();
    let mut subscription = closed(Policy::default());
    subscription.open_wildcard(now);
    subscription.open_wildcard(now + MINUTE);
    let end = now + MINUTE * 3;
    assert_eq!(subscription.poll_timeout(now + MINUTE), Some(end));
    assert_eq!(subscription.window(end), Window::Standard { until: end + HOUR });
    assert_eq!(subscription.window(end + HOUR), Window::Closed);
    // Nobody looked in between, and it is closed all the same.
    assert_eq!(subscription.window(end + HOUR * 100), Window::Closed);
}

#[test]
fn wildcard_on_a_new_system_falls_back_to_open_until_first() {
    let now = origin();
    let mut subscription = Subscription::new(Policy::default(), false);
    subscription.open_wildcard(now);
    assert_eq!(subscription.window(now + MINUTE * 2), Window::UntilFirst);
    // Once a device came in by wildcard, the usual end applies.
    subscription.subscribed(now + MINUTE);
    assert_eq!(subscription.window(now + MINUTE * 2), Window::Standard { until: now + MINUTE * 2 + HOUR });
}

#[test]
fn auto_create_makes_devices_without_user() {
    // SUB-03, SUB-13: with the system code only.
    let now = origin();
    let mut subscription = closed(Policy { auto_create: true, ..Policy::default() });
    let unknown = by(Proof::SystemCode, DeviceRecord::Unknown);
    assert_eq!(refused(subscription.may_subscribe(now, &unknown)), Refusal::NotOpen);
    subscription.open(now);
    assert_eq!(subscription.may_subscribe(now, &unknown), Decision::CreateUnbound);
    let by_user_code = by(Proof::UserCode, DeviceRecord::Unknown);
    assert_eq!(refused(subscription.may_subscribe(now, &by_user_code)), Refusal::UnknownDevice);
}

#[test]
fn the_system_code_mode_takes_anyone_into_quarantine() {
    // SUB-04, SUB-14.
    let now = origin();
    let subscription = closed(Policy { mode: Mode::SystemCode, ..Policy::default() });
    let decide = |proof, device| subscription.may_subscribe(now, &by(proof, device));
    assert_eq!(decide(Proof::SystemCode, DeviceRecord::Unknown), Decision::Quarantine);
    assert_eq!(decide(Proof::SystemCode, DeviceRecord::Prepared), Decision::AttachKnown);
    assert_eq!(decide(Proof::UserCode, DeviceRecord::Prepared), Decision::AttachKnown);
    assert!(subscription.is_open_to_unknown(now));
    assert!(!closed(Policy::default()).is_open_to_unknown(now));
}

#[test]
fn the_alarm_condition_follows_the_window() {
    // SUB-14.
    let now = origin();
    let mut subscription = closed(Policy { auto_create: true, ..Policy::default() });
    assert!(!subscription.is_open_to_unknown(now));
    subscription.open(now);
    assert!(subscription.is_open_to_unknown(now));
    assert!(!subscription.is_open_to_unknown(now + HOUR * 24));
    subscription.open_wildcard(now + HOUR * 24);
    assert!(subscription.is_open_to_unknown(now + HOUR * 24));
    subscription.close();
    assert!(!subscription.is_open_to_unknown(now + HOUR * 24));
}

#[test]
fn disabled_means_nobody() {
    // SUB-07.
    let now = origin();
    let mut subscription = Subscription::new(Policy { mode: Mode::Disabled, ..Policy::default() }, false);
    subscription.open(now);
    subscription.open_wildcard(now);
    for proof in [Proof::SystemCode, Proof::UserCode, Proof::None] {
        for device in [DeviceRecord::Unknown, DeviceRecord::Prepared, DeviceRecord::Subscribed] {
            let attempt = Attempt { user_window_open: true, additional_id: true, ..by(proof, device) };
            assert_eq!(refused(subscription.may_subscribe(now, &attempt)), Refusal::Disabled);
        }
    }
}

#[test]
fn a_subscribed_device_must_be_released_first() {
    // SUB-15.
    let now = origin();
    let subscription = Subscription::new(Policy { mode: Mode::SystemCode, ..Policy::default() }, false);
    let attempt = by(Proof::SystemCode, DeviceRecord::Subscribed);
    assert_eq!(refused(subscription.may_subscribe(now, &attempt)), Refusal::AlreadySubscribed);
}

#[test]
fn no_code_no_entry() {
    let now = origin();
    let subscription = Subscription::new(Policy { mode: Mode::SystemCode, ..Policy::default() }, false);
    for device in [DeviceRecord::Unknown, DeviceRecord::Prepared] {
        assert_eq!(refused(subscription.may_subscribe(now, &by(Proof::None, device))), Refusal::WrongCode);
    }
}

#[test]
fn closing_is_at_once() {
    // LOGIN-05.
    let now = origin();
    let mut subscription = Subscription::new(Policy::default(), false);
    subscription.close();
    assert_eq!(subscription.window(now), Window::Closed);
    assert_eq!(subscription.poll_timeout(now), None);
}

#[test]
fn a_restricted_policy_shortens_every_window() {
    // SUB-10.
    let policy = Policy::default().restricted(MINUTE * 30);
    assert_eq!(policy.standard_window, MINUTE * 30);
    assert_eq!(policy.after_wildcard, MINUTE * 30);
    assert_eq!(policy.wildcard_window, MINUTE * 2);
    assert_eq!(policy.user_window, MINUTE * 2);
}

#[test]
fn absurd_windows_do_not_overflow() {
    let now = origin();
    let mut subscription = closed(Policy { standard_window: Duration::MAX, ..Policy::default() });
    subscription.open(now);
    assert!(matches!(subscription.window(now), Window::Standard { .. }));
}
