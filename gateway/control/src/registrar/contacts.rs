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
        self.0.reserve_exact(1);
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
            // One contact is the rule: no room for four.
            self.0.reserve_exact(1);
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

#[cfg(test)]
mod tests {
    use sip::ListenerId;

    use super::*;
    use crate::deadline::origin;

    fn flow(host: &str) -> Flow {
        Flow::udp(ListenerId(0), format!("{host}:5060").parse().unwrap())
    }

    fn from(host: &str) -> Origin<'static> {
        Origin { flow: flow(host), aor: "201", base: BaseId(1) }
    }

    fn asked(uri: &str, seconds: u64) -> Asked {
        Asked { uri: uri.to_owned(), instance: None, lifetime: Duration::from_secs(seconds) }
    }

    fn request(call_id: &str, cseq: u32, wish: Wish) -> Request {
        Request { wish, call_id: call_id.into(), cseq, path: Vec::new(), user_agent: "base".into() }
    }

    fn one(call_id: &str, cseq: u32, uri: &str, seconds: u64) -> Request {
        request(call_id, cseq, Wish::Contacts(vec![asked(uri, seconds)]))
    }

    fn uris(contacts: &Contacts) -> Vec<&str> {
        contacts.all().iter().map(|location| location.contact.as_str()).collect()
    }

    const A: &str = "sip:201@10.0.0.1:5060";
    const B: &str = "sip:201@10.0.0.2:5060";

    #[test]
    fn the_newest_contact_wins() {
        let now = origin();
        let mut contacts = Contacts::default();
        let first = contacts.apply(now, &one("a", 1, A, 300), from("10.0.0.1"), 1).unwrap();
        assert!(!first.moved);
        let roamed = contacts.apply(now, &one("b", 1, B, 300), from("10.0.0.2"), 1).unwrap();
        assert_eq!((roamed.moved, roamed.gone), (true, vec![A.to_owned()]));
        assert_eq!(uris(&contacts), [B]);
        // The base that was left cleans up, in whatever way: that is no news about the new one.
        let late = contacts.apply(now, &one("a", 2, A, 0), from("10.0.0.1"), 1).unwrap();
        assert_eq!(late, Applied::default());
        contacts.apply(now, &request("a", 3, Wish::Star), from("10.0.0.1"), 1).unwrap();
        assert_eq!(uris(&contacts), [B]);
        // Its own base may.
        let gone = contacts.apply(now, &request("x", 1, Wish::Star), from("10.0.0.2"), 1).unwrap();
        assert_eq!(gone.gone, [B]);
        assert!(contacts.is_empty());
    }

    #[test]
    fn two_contacts_bridge_roaming() {
        let now = origin();
        let mut contacts = Contacts::default();
        for (call_id, uri, host) in [("a", A, "10.0.0.1"), ("b", B, "10.0.0.2")] {
            contacts.apply(now, &one(call_id, 1, uri, 300), from(host), 2).unwrap();
        }
        assert_eq!(uris(&contacts), [B, A]);
        let third = "sip:201@10.0.0.3:5060";
        let applied = contacts.apply(now, &one("c", 1, third, 300), from("10.0.0.3"), 2).unwrap();
        assert_eq!(applied.gone, [A]);
        assert_eq!(uris(&contacts), [third, B]);
    }

    #[test]
    fn within_a_call_id_the_cseq_must_rise_and_nothing_changes_when_it_does_not() {
        let now = origin();
        let mut contacts = Contacts::default();
        contacts.apply(now, &one("a", 5, A, 300), from("10.0.0.1"), 2).unwrap();
        for cseq in [4, 5] {
            for seconds in [0, 300] {
                let late = one("a", cseq, A, seconds);
                assert_eq!(contacts.apply(now, &late, from("10.0.0.9"), 2), Err(OutOfOrder));
            }
            let both = request("a", cseq, Wish::Contacts(vec![asked(B, 300), asked(A, 300)]));
            assert_eq!(contacts.apply(now, &both, from("10.0.0.9"), 2), Err(OutOfOrder));
            assert_eq!(
                contacts.apply(now, &request("a", cseq, Wish::Star), from("10.0.0.1"), 2),
                Err(OutOfOrder)
            );
        }
        assert_eq!(uris(&contacts), [A]);
        // After a reboot the base counts from one, with another Call-ID.
        contacts.apply(now, &one("b", 1, A, 300), from("10.0.0.1"), 2).unwrap();
        assert_eq!(contacts.all()[0].cseq, 1);
    }

    #[test]
    fn the_same_contact_is_recognised_however_it_is_written() {
        let now = origin();
        let mut contacts = Contacts::default();
        contacts
            .apply(now, &one("a", 1, "sip:201@Base.example.org:5060;transport=udp", 300), from("10.0.0.1"), 2)
            .unwrap();
        contacts
            .apply(
                now,
                &one("a", 2, "SIP:%3201@base.EXAMPLE.org:5060;Transport=UDP", 300),
                from("10.0.0.1"),
                2,
            )
            .unwrap();
        assert_eq!(contacts.all().len(), 1);
        let with_instance =
            |uri: &str| Asked { instance: Some("\"<urn:uuid:1>\";reg-id=1".into()), ..asked(uri, 300) };
        for (cseq, uri) in [(3, A), (4, B)] {
            let request = request("a", cseq, Wish::Contacts(vec![with_instance(uri)]));
            contacts.apply(now, &request, from("10.0.0.1"), 3).unwrap();
        }
        assert_eq!(uris(&contacts), [B, "SIP:%3201@base.EXAMPLE.org:5060;Transport=UDP"]);
    }

    #[test]
    fn each_contact_ends_by_itself_and_silence_ends_all() {
        let start = origin();
        let mut contacts = Contacts::default();
        contacts.apply(start, &one("a", 1, A, 100), from("10.0.0.1"), 2).unwrap();
        contacts.apply(start, &one("b", 1, B, 30 * 86_400), from("10.0.0.2"), 2).unwrap();
        assert_eq!(contacts.deadline(), Some(start + Duration::from_secs(100)));
        assert_eq!(contacts.lapse(start + Duration::from_secs(100)), [A]);
        assert_eq!(contacts.deadline(), Some(start + LIVENESS));
        contacts.heard(start + Duration::from_secs(500), Some(flow("10.0.0.2")));
        assert_eq!(contacts.lapse(start + LIVENESS), [] as [&str; 0]);
        assert_eq!(contacts.lapse(start + LIVENESS + Duration::from_secs(500)), [B]);
    }
}
