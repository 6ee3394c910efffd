//! The base stations that have spoken to us, keyed by make and source address.
//!
//! Owns the record for display, figures and quirks. A base is never a proof of identity: handsets are told apart by digest
//! user and address-of-record, never by IP. One base serves many handsets, and one address may hide several bases.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use crate::quirk::{Quirks, family};

/// Number of a base station record; never reused while the gateway runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BaseId(pub u32);

/// What tells base stations apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseKey {
    /// Make and model: the User-Agent without version and serial number ([`family`]).
    pub family: String,
    /// Source address of its signalling.
    pub source: IpAddr,
}

/// One base station.
#[derive(Clone, Debug)]
pub struct BaseStation {
    /// Its number.
    pub id: BaseId,
    /// Its key.
    pub key: BaseKey,
    /// The User-Agent as last sent, shortened to a bound.
    pub user_agent: String,
    /// What is special about its make.
    pub quirks: &'static Quirks,
    /// When it was first heard.
    pub since: Instant,
    /// When it was last heard.
    pub heard: Instant,
}

/// All base stations, bounded: beyond the bound the one silent for longest makes room.
#[derive(Debug)]
pub struct BaseStations {
    by_key: HashMap<BaseKey, BaseStation>,
    keys: HashMap<BaseId, BaseKey>,
    next: u32,
    bound: usize,
}

impl BaseStations {
    /// An empty register of at most `bound` base stations (at least one).
    pub fn new(bound: usize) -> Self {
        Self { by_key: HashMap::new(), keys: HashMap::new(), next: 1, bound: bound.max(1) }
    }

    /// Notes that a base station spoke, and yields its record. `user_agent` is empty when it sent none.
    pub fn heard(&mut self, now: Instant, user_agent: &str, source: IpAddr) -> &BaseStation {
        let key = BaseKey { family: family(user_agent), source };
        if !self.by_key.contains_key(&key) {
            self.make_room();
            self.keys.insert(BaseId(self.next), key.clone());
        }
        let next = &mut self.next;
        let base = self.by_key.entry(key).or_insert_with_key(|key| {
            let id = BaseId(*next);
            *next = next.wrapping_add(1);
            let quirks = Quirks::for_user_agent(user_agent);
            BaseStation { id, key: key.clone(), user_agent: String::new(), quirks, since: now, heard: now }
        });
        base.heard = now;
        if base.user_agent.as_str() != shortened(user_agent) {
            base.user_agent = shortened(user_agent).to_owned();
            base.quirks = Quirks::for_user_agent(user_agent);
        }
        base
    }

    /// The base station of this number.
    pub fn by_id(&self, id: BaseId) -> Option<&BaseStation> {
        self.by_key.get(self.keys.get(&id)?)
    }

    /// All, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &BaseStation> {
        self.by_key.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    fn make_room(&mut self) {
        if self.by_key.len() < self.bound {
            return;
        }
        let silent =
            self.by_key.values().min_by_key(|base| (base.heard, base.id)).map(|base| base.key.clone());
        if let Some(base) = silent.and_then(|key| self.by_key.remove(&key)) {
            self.keys.remove(&base.id);
        }
    }
}

fn shortened(user_agent: &str) -> &str {
    let mut end = user_agent.len().min(MAX_USER_AGENT);
    while !user_agent.is_char_boundary(end) {
        end -= 1;
    }
    &user_agent[..end]
}

/// Octets of a User-Agent that are kept.
const MAX_USER_AGENT: usize = 256;
