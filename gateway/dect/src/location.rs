//! Where a handset is: at which base, reachable by which contact, since when, until when.
//!
//! Owns the rules "newest contact wins" and "silent for two and a half hours means gone" (SYNC-13).
//!
//! | state | input | next | outcome |
//! |---|---|---|---|
//! | nowhere | register | located | `Located` |
//! | located | register, same base and contact | located, new expiry | `Refreshed` |
//! | located | register, other base or contact | located there | `Moved` |
//! | located | register of the same Call-ID without a higher CSeq | unchanged | `Stale` |
//! | located | unregister of the current contact, or of all | nowhere | `Left` |
//! | located | unregister of another contact | unchanged | `Stale` |
//! | located | time passes its end | nowhere | `Lapsed` |

use std::time::{Duration, Instant};

use crate::after;
use crate::base::BaseId;

/// A handset that gave no sign of life for so long is gone: it locates at least every 2 hours (SYNC-13).
pub const LIVENESS: Duration = Duration::from_secs(9_000);

/// Where a device is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its base station.
    pub base: BaseId,
    /// The contact URI to send requests to, as registered.
    pub contact: String,
    /// Since when it is here: refreshes do not change it.
    pub since: Instant,
    /// The last sign of life.
    pub heard: Instant,
    /// When the registration runs out.
    pub expires: Instant,
    /// Order of the REGISTER that brought it: Call-ID and CSeq.
    pub sequence: Sequence,
}

impl Location {
    /// When the device counts as gone unless it is heard again: its expiry, at the latest [`LIVENESS`] after the last sign
    /// of life.
    pub fn until(&self) -> Instant {
        self.expires.min(self.heard + LIVENESS)
    }

    /// Notes a sign of life that is no registration (a call, a keep-alive from its own contact).
    pub fn heard(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
    }
}

/// Order of two REGISTERs (RFC 3261 10.3 step 7): comparable only within one Call-ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Call-ID.
    pub call_id: String,
    /// CSeq number.
    pub cseq: u32,
}

impl Sequence {
    /// Whether a request with this sequence is no later than `known`, so that it must not undo it.
    fn is_not_after(&self, known: &Self) -> bool {
        self.call_id == known.call_id && self.cseq <= known.cseq
    }
}

/// A REGISTER that passed authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The base it came from.
    pub base: BaseId,
    /// The contact; `None` for `Contact: *`.
    pub contact: Option<String>,
    /// Granted lifetime; zero removes.
    pub lifetime: Duration,
    /// Its order.
    pub sequence: Sequence,
}

/// What a registration or the passing of time did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The device's time ran out.
    Lapsed(Location),
    /// The device unregistered.
    Left(Location),
    /// The device was nowhere and is located now.
    Located,
    /// The device is somewhere else than before: calls and bindings follow.
    Moved {
        /// Where it was.
        from: Location,
    },
    /// The device is where it was.
    Refreshed,
    /// Nothing changed: the request is older than what is known, or concerns a contact that was replaced.
    Stale,
}

/// One device's whereabouts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    location: Option<Location>,
}

impl Whereabouts {
    /// A device whose location was restored.
    pub fn at(location: Location) -> Self {
        Self { location: Some(location) }
    }

    /// Where it is, whether or not its time is up: call [`Self::handle_timeout`] first.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The same, to note signs of life.
    pub fn location_mut(&mut self) -> Option<&mut Location> {
        self.location.as_mut()
    }

    /// Takes a REGISTER. The newest contact wins: after a move the old base may go on refreshing and finally unregister
    /// the old contact; its unregistration does not count, its next refresh does.
    pub fn handle_registration(&mut self, now: Instant, registration: Registration) -> Outcome {
        let Registration { base, contact, lifetime, sequence } = registration;
        if self.location.as_ref().is_some_and(|known| sequence.is_not_after(&known.sequence)) {
            return Outcome::Stale;
        }
        let contact = match contact {
            Some(contact) if lifetime > Duration::ZERO => contact,
            removed => return self.remove(removed.as_deref()),
        };
        let moved = self.location.take();
        let since = match &moved {
            Some(known) if known.base == base && known.contact == contact => known.since,
            _ => now,
        };
        let location = Location { base, contact, since, heard: now, expires: after(now, lifetime), sequence };
        let outcome = match moved {
            None => Outcome::Located,
            Some(known) if known.base == base && known.contact == location.contact => Outcome::Refreshed,
            Some(from) => Outcome::Moved { from },
        };
        self.location = Some(location);
        outcome
    }

    fn remove(&mut self, contact: Option<&str>) -> Outcome {
        let current =
            self.location.take_if(|location| contact.is_none_or(|contact| contact == location.contact));
        current.map_or(Outcome::Stale, Outcome::Left)
    }

    /// Lets the location lapse when its time is up.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Outcome> {
        self.location.take_if(|location| now >= location.until()).map(Outcome::Lapsed)
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.location.as_ref().map(Location::until)
    }
}
