//! May this handset subscribe now? (features SUB-01 to SUB-15.)
//!
//! Owns the mode set by the administrator and the window that is open at the moment. On the SIP side a subscription is the
//! first authenticated REGISTER of a device; the digest shows which code was used, not the code itself.
//!
//! States of the window and what moves them:
//!
//! | state | input | next |
//! |---|---|---|
//! | `Closed` | `open` | `Standard(now + 24 h)` |
//! | `Closed`, `Standard` | `open_wildcard` | `Wildcard(now + 2 min)` |
//! | `UntilFirst` | `open_wildcard` | `Wildcard(now + 2 min)`, which ends in `UntilFirst` again |
//! | `UntilFirst` | `subscribed` | `Standard(now + 24 h)` (SUB-08, SUB-09) |
//! | `UntilFirst` | `open` | unchanged: it is open already |
//! | `Standard(t)` | `open` | `Standard(max(t, now + 24 h))`: extended |
//! | `Standard(t)` | time passes t | `Closed` |
//! | `Wildcard(t)` | `open_wildcard` | `Wildcard(now + 2 min)`: extended |
//! | `Wildcard(t)` | `open` | `Standard(now + 24 h)` |
//! | `Wildcard(t)` | time passes t | `Standard(t + 1 h)` (SUB-11) |
//! | any | `close` | `Closed` |
//!
//! `Disabled` refuses whatever the window says, and opening one has no effect.

use std::time::{Duration, Instant};

use crate::after;

/// The mode and the window together: everything that decides.
#[derive(Clone, Debug)]
pub struct Subscription {
    policy: Policy,
    window: Window,
}

/// What the administrator set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which code subscribes.
    pub mode: Mode,
    /// Whether an unknown handset with the system code becomes a device without a user (SUB-03).
    pub auto_create: bool,
    /// How long a user's own window stays open. 2 minutes (SUB-05).
    pub user_window: Duration,
    /// How long the standard window stays open. 24 hours (SUB-09); the incumbent's manual also says one hour.
    pub standard_window: Duration,
    /// How long the wildcard window stays open. 2 minutes (SUB-11).
    pub wildcard_window: Duration,
    /// How long the standard window stays open after a wildcard window. 1 hour (SUB-11).
    pub after_wildcard: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mode: Mode::UserCode,
            auto_create: false,
            user_window: Duration::from_secs(2 * 60),
            standard_window: Duration::from_secs(24 * 3600),
            wildcard_window: Duration::from_secs(2 * 60),
            after_wildcard: Duration::from_secs(3600),
        }
    }
}

impl Policy {
    /// The same policy with no window longer than `longest` (SUB-10).
    #[must_use]
    pub fn restricted(mut self, longest: Duration) -> Self {
        for window in [
            &mut self.user_window,
            &mut self.standard_window,
            &mut self.wildcard_window,
            &mut self.after_wildcard,
        ] {
            *window = longest.min(*window);
        }
        self
    }
}

/// Which code subscribes (SUB-07).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// None: no handset subscribes.
    Disabled,
    /// The system code at any time, from any handset; unknown ones land in quarantine (SUB-04). Also user codes.
    SystemCode,
    /// A user's own code while that user's window is open (SUB-05); the system code while a window is open.
    UserCode,
}

/// A user's own window (SUB-05): opened by the administrator for one user, closed by time or by success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserWindow {
    until: Instant,
}

impl UserWindow {
    /// Opens it.
    pub fn open(now: Instant, policy: &Policy) -> Self {
        Self { until: after(now, policy.user_window) }
    }

    /// Whether it is open.
    pub fn is_open(self, now: Instant) -> bool {
        now < self.until
    }

    /// When it closes.
    pub fn until(self) -> Instant {
        self.until
    }
}

/// One attempt to subscribe, as the registrar saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What we know of the device.
    pub device: DeviceRecord,
    /// Which code the digest was computed from.
    pub proof: Proof,
    /// Whether the window of the user that the device belongs to is open.
    pub user_window_open: bool,
    /// Whether an additional ID came with it that names a user (SUB-02, SUB-17).
    pub additional_id: bool,
}

/// What the database holds of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceRecord {
    /// Nothing.
    Unknown,
    /// Its IPEI, entered beforehand.
    Prepared,
    /// Its IPEI, and it has subscribed.
    Subscribed,
}

/// Which code was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// None that we know.
    None,
    /// The system's code.
    SystemCode,
    /// The code of the device or its user.
    UserCode,
}

/// The answer to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The prepared device is subscribed; its relation stays as it is.
    AttachKnown,
    /// A device is created and bound for good to the user of the additional ID, replacing that user's device (SUB-02).
    BindToUser,
    /// A device without a user is created; a user logs in later (SUB-03).
    CreateUnbound,
    /// A device is created in quarantine: it may be given a user by assignment code or by the administrator (SUB-04).
    Quarantine,
    /// No.
    Refused(Refusal),
}

/// Why an attempt was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The device has subscribed before: release it first (SUB-15).
    AlreadySubscribed,
    /// Subscription is switched off.
    Disabled,
    /// In a wildcard window a device must not be known (SUB-02).
    KnownInWildcard,
    /// In a wildcard window the additional ID must name a user (SUB-02).
    NoAdditionalId,
    /// Neither a window nor a mode allows it now.
    NotOpen,
    /// The device is not known, and nothing lets unknown ones in.
    UnknownDevice,
    /// No code was proved.
    WrongCode,
}

/// The window at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Shut.
    Closed,
    /// Open for prepared devices, and for unknown ones with auto-create.
    Standard {
        /// When it closes.
        until: Instant,
    },
    /// Open as `Standard` until the first device has subscribed: a new system (SUB-08).
    UntilFirst,
    /// Open for unknown devices that name a user.
    Wildcard {
        /// When it turns into a standard window.
        until: Instant,
        /// Whether the system still waits for its first device.
        before_first: bool,
    },
}

impl Subscription {
    /// A system where no device has ever subscribed starts open (SUB-08), any other closed.
    pub fn new(policy: Policy, any_subscribed: bool) -> Self {
        let window = if any_subscribed { Window::Closed } else { Window::UntilFirst };
        Self { policy, window }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Replaces the policy. An open window keeps its end.
    pub fn set_policy(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// The window at `now`.
    pub fn window(&self, now: Instant) -> Window {
        let mut window = self.window;
        loop {
            window = match window {
                Window::Standard { until } if now >= until => Window::Closed,
                Window::Wildcard { until, before_first: true } if now >= until => Window::UntilFirst,
                Window::Wildcard { until, before_first: false } if now >= until => {
                    Window::Standard { until: after(until, self.policy.after_wildcard) }
                }
                settled => return settled,
            };
        }
    }

    /// Opens or extends the standard window (LOGIN-03).
    pub fn open(&mut self, now: Instant) {
        let until = after(now, self.policy.standard_window);
        self.window = match self.window(now) {
            Window::UntilFirst | Window::Wildcard { before_first: true, .. } => Window::UntilFirst,
            Window::Standard { until: earlier } => Window::Standard { until: until.max(earlier) },
            Window::Closed | Window::Wildcard { .. } => Window::Standard { until },
        };
    }

    /// Opens or extends the wildcard window (LOGIN-04).
    pub fn open_wildcard(&mut self, now: Instant) {
        let before_first =
            matches!(self.window(now), Window::UntilFirst | Window::Wildcard { before_first: true, .. });
        self.window = Window::Wildcard { until: after(now, self.policy.wildcard_window), before_first };
    }

    /// Closes every window but those of users (LOGIN-05).
    pub fn close(&mut self) {
        self.window = Window::Closed;
    }

    /// Notes that a device has subscribed.
    pub fn subscribed(&mut self, now: Instant) {
        self.window = match self.window(now) {
            Window::UntilFirst => Window::Standard { until: after(now, self.policy.standard_window) },
            Window::Wildcard { until, .. } => Window::Wildcard { until, before_first: false },
            other => other,
        };
    }

    /// Decides. Changes nothing: call [`Self::subscribed`] once the device is stored.
    pub fn may_subscribe(&self, now: Instant, attempt: &Attempt) -> Decision {
        if self.policy.mode == Mode::Disabled {
            return Decision::Refused(Refusal::Disabled);
        }
        if attempt.device == DeviceRecord::Subscribed {
            return Decision::Refused(Refusal::AlreadySubscribed);
        }
        match attempt.proof {
            Proof::None => Decision::Refused(Refusal::WrongCode),
            Proof::UserCode => self.by_user_code(now, attempt),
            Proof::SystemCode => self.by_system_code(now, attempt),
        }
    }

    /// Whether an unknown handset that knows the system code gets in: the condition of the alarm of SUB-14.
    pub fn is_open_to_unknown(&self, now: Instant) -> bool {
        let probe = Attempt {
            device: DeviceRecord::Unknown,
            proof: Proof::SystemCode,
            user_window_open: false,
            additional_id: true,
        };
        !matches!(self.may_subscribe(now, &probe), Decision::Refused(_))
    }

    /// When the window next changes by itself.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        match self.window(now) {
            Window::Closed | Window::UntilFirst => None,
            Window::Standard { until } | Window::Wildcard { until, .. } => Some(until),
        }
    }

    fn by_user_code(&self, now: Instant, attempt: &Attempt) -> Decision {
        let open = attempt.user_window_open
            || self.policy.mode == Mode::SystemCode
            || matches!(self.window(now), Window::Standard { .. } | Window::UntilFirst);
        match attempt.device {
            DeviceRecord::Prepared if open => Decision::AttachKnown,
            DeviceRecord::Prepared => Decision::Refused(Refusal::NotOpen),
            // SUB-01, SUB-05: the IPEI is entered before an individual registration.
            DeviceRecord::Unknown | DeviceRecord::Subscribed => Decision::Refused(Refusal::UnknownDevice),
        }
    }

    fn by_system_code(&self, now: Instant, attempt: &Attempt) -> Decision {
        let known = attempt.device == DeviceRecord::Prepared;
        match self.window(now) {
            Window::Wildcard { .. } if known => Decision::Refused(Refusal::KnownInWildcard),
            Window::Wildcard { .. } if attempt.additional_id => Decision::BindToUser,
            // SUB-03: auto-create sleeps while the wildcard window is open.
            Window::Wildcard { .. } => Decision::Refused(Refusal::NoAdditionalId),
            Window::Standard { .. } | Window::UntilFirst if known => Decision::AttachKnown,
            Window::Standard { .. } | Window::UntilFirst if self.policy.auto_create => {
                Decision::CreateUnbound
            }
            _ if self.policy.mode == Mode::SystemCode && known => Decision::AttachKnown,
            _ if self.policy.mode == Mode::SystemCode => Decision::Quarantine,
            Window::Closed => Decision::Refused(Refusal::NotOpen),
            Window::Standard { .. } | Window::UntilFirst => Decision::Refused(Refusal::UnknownDevice),
        }
    }
}
