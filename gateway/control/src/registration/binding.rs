//! One user's registration: what the PBX holds of it, what we want, what is under way.
//!
//! Owns the state of one binding and when it needs attention; never sends. Transitions (the queue is the proxy's):
//!
//! | state | input | next | what happens |
//! |---|---|---|---|
//! | none | user located | `Waiting` | enters the queue |
//! | `Waiting` | its turn, user wanted | `Asking` | REGISTER |
//! | `Waiting` | its turn, user gone, PBX told | `Asking` (leaving) | REGISTER with expiry 0 |
//! | `Waiting` | its turn, user gone, PBX never told | none | |
//! | `Asking` | 200 | `Registered` | [`Event::Registered`](super::RegistrationEvent) when it was not |
//! | `Asking` | 401, 407 that can be answered; 423 | `Waiting` | enters the queue ahead of all |
//! | `Asking` | refused (403, 404, ...) | `Resting` | fault 0x00030202, slow retry |
//! | `Asking` | 5xx, 408, 480 | `Resting` | back-off, `Retry-After`; 503 pauses the proxy |
//! | `Asking` | silence, transport failure | `Resting`, or `Waiting` when the proxy is down | counts against the proxy |
//! | `Asking` (leaving) | any final outcome | none, or `Waiting` when wanted again | |
//! | `Registered` | refresh due, connection lost | `Waiting` | enters the queue as a refresh |
//! | `Resting` | pause over | `Waiting` | enters the queue |
//! | `Registered`, `Resting` | user gone | `Waiting`, none when the PBX was never told | enters the queue |
//! | any with `held` | `held` passes | the same without `held` | [`Event::Lost`](super::RegistrationEvent) |
//!
//! Anything else is ignored: a turn for a binding that does not wait, a response to a request that was given up.

use std::time::Instant;

use sip::{ClientId, Status, digest};

use super::{Path, ProxyId};
use crate::clock::UnixMillis;

/// Where a binding stands. `held` is until when the PBX holds our contact, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A REGISTER is under way.
    Asking {
        /// Which.
        client: ClientId,
        /// Taken for lost when there is no answer by then.
        give_up: Instant,
        /// It asks for removal.
        leaving: bool,
        /// See above.
        held: Option<Instant>,
    },
    /// The PBX holds the contact.
    Registered {
        /// When the refresh enters the queue.
        refresh: Instant,
        /// See above.
        held: Instant,
    },
    /// Pause after a failure.
    Resting {
        /// When the next attempt enters the queue.
        next: Instant,
        /// See above.
        held: Option<Instant>,
    },
    /// In the queue of its proxy.
    Waiting {
        /// See above.
        held: Option<Instant>,
    },
}

impl State {
    /// Until when the PBX holds the contact.
    #[must_use]
    pub const fn held(&self) -> Option<Instant> {
        match *self {
            Self::Asking { held, .. } | Self::Resting { held, .. } | Self::Waiting { held } => held,
            Self::Registered { held, .. } => Some(held),
        }
    }

    /// The same, the PBX holding nothing any more. `Registered` without a hold is a contradiction and becomes a rest that is over.
    pub(super) const fn unheld(self) -> Self {
        match self {
            Self::Asking { client, give_up, leaving, .. } => {
                Self::Asking { client, give_up, leaving, held: None }
            }
            Self::Registered { refresh, .. } => Self::Resting { next: refresh, held: None },
            Self::Resting { next, .. } => Self::Resting { next, held: None },
            Self::Waiting { .. } => Self::Waiting { held: None },
        }
    }

    /// When the binding needs attention.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match *self {
            Self::Asking { give_up, held, .. } => Some(held.map_or(give_up, |held| held.min(give_up))),
            Self::Registered { refresh, held } => Some(refresh.min(held)),
            Self::Resting { next, held } => Some(held.map_or(next, |held| held.min(next))),
            Self::Waiting { held } => held,
        }
    }

    /// When the next REGISTER enters the queue, if that is known.
    pub(super) const fn next_attempt(&self) -> Option<Instant> {
        match *self {
            Self::Registered { refresh, .. } => Some(refresh),
            Self::Resting { next, .. } => Some(next),
            Self::Asking { .. } | Self::Waiting { .. } => None,
        }
    }
}

/// What we want of the PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Our contact, but the present one goes first: the record changed.
    Anew,
    /// No contact of this user.
    Gone,
    /// Our contact.
    Registered,
}

/// The last final answer of the PBX, or its silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAnswer {
    /// `None` is silence or a broken transport.
    pub status: Option<Status>,
    /// When.
    pub at: UnixMillis,
}

/// One user's registration.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) state: State,
    pub(super) wish: Wish,
    /// The PBX may know our contact: from the first REGISTER until it is taken back.
    pub(super) told: bool,
    pub(super) proxy: ProxyId,
    /// The port of its own, if it has one.
    pub(super) port: Option<u16>,
    /// Challenges answered since the last outcome.
    pub(super) challenges: u8,
    /// Failures in a row.
    pub(super) failures: u32,
    pub(super) cseq: u32,
    pub(super) call_id: Box<str>,
    pub(super) digest: digest::Client,
    pub(super) last: Option<LastAnswer>,
    pub(super) path: Path,
}

/// What an operator sees of a binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingView<'a> {
    /// The user.
    pub user: crate::directory::UserId,
    /// Where it stands.
    pub state: State,
    /// What is wanted.
    pub wish: Wish,
    /// How it reaches the PBX.
    pub path: &'a Path,
    /// Failures in a row.
    pub failures: u32,
    /// The last answer.
    pub last: Option<LastAnswer>,
    /// When the next REGISTER enters the queue, if that is known.
    pub next_attempt: Option<Instant>,
}
