//! The contacts of one account: newest first, bounded, each with its own end.
//!
//! Owns the rules of RFC 3261 10.3 step 7 and of roaming: a handset that registers through another base station is there now,
//! whatever the old base still says.
//!
//! | request | contact known | contact not known |
//! |---|---|---|
//! | lifetime > 0, same Call-ID, CSeq not higher | out of order | - |
//! | lifetime > 0 | refreshed, becomes the newest | added as the newest; beyond the bound the oldest goes |
//! | lifetime 0, same Call-ID, CSeq not higher | out of order | - |
//! | lifetime 0 | removed | nothing |
//! | `*` | those of the same Call-ID or from the same host go | the others stay |
//!
//! The last row departs from RFC 3261 10.2.2: after roaming the old base station may clean up with `*`, and must not remove
//! the handset from its new base.

use std::time::{Duration, Instant};

use dect::{base::BaseId, location::LIVENESS};
use sip::{Flow, Uri};

use super::request::{Asked, Request, Wish};

/// Where a handset is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Contact URI as the base station wrote it: the Request-URI of calls.
    pub contact: String,
    /// The way to it: whence the REGISTER came, whatever the contact says (RFC 3581).
    pub flow: Flow,
    /// Routes to it (RFC 3327).
    pub path: Vec<String>,
    /// The user part under which the base station knows the handset.
    pub aor: Box<str>,
    /// Its base station.
    pub base: BaseId,
    /// Its User-Agent.
    pub user_agent: Box<str>,
    /// `+sip.instance` with `reg-id`, as written.
    pub instance: Option<Box<str>>,
    /// Call-ID of the registration.
    pub call_id: Box<str>,
    /// Its last CSeq.
    pub cseq: u32,
    /// Since when it is here; refreshes do not change it.
    pub since: Instant,
    /// The last sign of life.
    pub heard: Instant,
    /// When it ends.
    pub expires: Instant,
}

impl Location {
    /// When the handset counts as gone: its expiry, at the latest two and a half hours after the last sign of life.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.expires.min(self.heard + LIVENESS)
    }

    fn is(&self, asked: &Asked) -> bool {
        if self.instance.is_some() && self.instance == asked.instance {
            // RFC 5626 6: the same instance and reg-id is the same contact, whatever its URI.
            return true;
        }
        if self.contact == asked.uri {
            return true;
        }
        match (Uri::parse(self.contact.as_bytes()), Uri::parse(asked.uri.as_bytes())) {
            (Ok(ours), Ok(theirs)) => ours.equivalent(&theirs),
            _ => false,
        }
    }

    /// RFC 3261 10.3 step 7: within one Call-ID the CSeq must rise.
    fn is_newer_than(&self, request: &Request) -> bool {
        self.call_id == request.call_id && self.cseq >= request.cseq
    }
}

/// Whence a REGISTER came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) flow: Flow,
    pub(super) aor: &'a str,
    pub(super) base: BaseId,
}

/// What a REGISTER did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    /// The handset was elsewhere before.
    pub(super) moved: bool,
    /// Contacts that are no more, for the store.
    pub(super) gone: Vec<String>,
    /// How many contacts are new or refreshed: they are the first ones.
    pub(super) touched: usize,
}

/// Out of order: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfOrder;

/// The contacts of one account, newest first.
#[derive(Debug, Default)]
pub(super) struct Contacts(Vec<Location>);

impl Contacts {
    pub(super) fn all(&self) -> &[Location] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a contact of an earlier run back.
    pub(super) fn restore(&mut self, location: Location) {
        self.0.push(location);
        self.0.sort_by_key(|location| std::cmp::Reverse(location.since));
    }

    /// All or nothing (RFC 3261 10.3 step 7).
    pub(super) fn apply(
        &mut self,
        now: Instant,
        request: &Request,
        origin: Origin<'_>,
        most: usize,
    ) -> Result<Applied, OutOfOrder> {
        let asked = match &request.wish {
            Wish::Star => return self.clear_star(request, origin),
            Wish::Contacts(asked) => asked,
        };
        let late = |asked: &Asked| self.0.iter().any(|known| known.is(asked) && known.is_newer_than(request));
        if asked.iter().any(late) {
            return Err(OutOfOrder);
        }
        let was_somewhere = !self.0.is_empty();
        let mut applied = Applied::default();
        for asked in asked {
            let known = self.0.iter().position(|known| known.is(asked)).map(|at| self.0.remove(at));
            if asked.lifetime.is_zero() {
                applied.gone.extend(known.map(|known| known.contact));
                continue;
            }
            if let Some(other) = known.as_ref().filter(|known| known.contact != asked.uri) {
                applied.gone.push(other.contact.clone());
            }
            applied.moved |= known.is_none() && was_somewhere;
            let since = known.map_or(now, |known| known.since);
            self.0.insert(0, locate(now, since, asked, request, origin));
            applied.touched += 1;
        }
        applied.gone.extend(self.0.drain(most.max(1).min(self.0.len())..).map(|oldest| oldest.contact));
        applied.touched = applied.touched.min(self.0.len());
        Ok(applied)
    }

    fn clear_star(&mut self, request: &Request, origin: Origin<'_>) -> Result<Applied, OutOfOrder> {
        if self.0.iter().any(|known| known.is_newer_than(request)) {
            return Err(OutOfOrder);
        }
        let host = origin.flow.remote.ip();
        let goes = |known: &mut Location| known.call_id == request.call_id || known.flow.remote.ip() == host;
        let gone = self.0.extract_if(.., goes).map(|known| known.contact).collect();
        Ok(Applied { gone, ..Applied::default() })
    }

    /// Removes what is over at `now`.
    pub(super) fn lapse(&mut self, now: Instant) -> Vec<String> {
        self.0.extract_if(.., |known| known.until() <= now).map(|known| known.contact).collect()
    }

    /// Contacts of a broken connection end soon, unless their base station registers again.
    pub(super) fn disconnected(&mut self, flow: Flow, at: Instant) {
        for known in self.0.iter_mut().filter(|known| known.flow.connection == flow.connection) {
            known.expires = known.expires.min(at);
        }
    }

    pub(super) fn remove_all(&mut self) -> Vec<String> {
        self.0.drain(..).map(|known| known.contact).collect()
    }

    /// A sign of life from the host of a contact that is no registration.
    pub(super) fn heard(&mut self, now: Instant, flow: Option<Flow>) {
        for known in self.0.iter_mut().filter(|known| flow.is_none_or(|flow| known.flow == flow)) {
            known.heard = known.heard.max(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().map(Location::until).min()
    }
}

fn locate(now: Instant, since: Instant, asked: &Asked, request: &Request, origin: Origin<'_>) -> Location {
    Location {
        contact: asked.uri.clone(),
        flow: origin.flow,
        path: request.path.clone(),
        aor: origin.aor.into(),
        base: origin.base,
        user_agent: request.user_agent.clone(),
        instance: asked.instance.clone(),
        call_id: request.call_id.clone(),
        cseq: request.cseq,
        since,
        heard: now,
        expires: now + asked.lifetime.min(LONGEST),
    }
}

/// Whatever the configuration says.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);
