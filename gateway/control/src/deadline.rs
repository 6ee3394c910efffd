//! Deadlines keyed by entity: one per key, the earliest known at any time, nothing scanned.
//!
//! Owns when something is due; never what is done then. A heap with lazy deletion: a key that is set again leaves its old
//! entry in the heap, which is recognised by its serial number when it surfaces. The heap is rebuilt when dead entries
//! outnumber living ones, so memory is bounded by the number of keys and each verb costs `O(log n)` amortised.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashMap},
    hash::Hash,
    time::Instant,
};

/// Deadlines of many entities.
#[derive(Debug)]
pub struct Deadlines<K> {
    heap: BinaryHeap<Reverse<Entry<K>>>,
    living: HashMap<K, Living>,
    serial: u64,
}

impl<K: Copy + Eq + Hash> Deadlines<K> {
    /// None set.
    #[must_use]
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), living: HashMap::new(), serial: 0 }
    }

    /// `key` is due at `at` and at no other time.
    pub fn set(&mut self, key: K, at: Instant) {
        if self.living.get(&key).is_some_and(|living| living.at == at) {
            return;
        }
        self.serial += 1;
        let serial = self.serial;
        self.living.insert(key, Living { at, serial });
        self.heap.push(Reverse(Entry { at, serial, key }));
        self.settle();
    }

    /// `key` is due at `at`, or never.
    pub fn set_or_clear(&mut self, key: K, at: Option<Instant>) {
        match at {
            Some(at) => self.set(key, at),
            None => {
                self.clear(&key);
            }
        }
    }

    /// `key` is due no more; `false` when it was not.
    pub fn clear(&mut self, key: &K) -> bool {
        let was = self.living.remove(key).is_some();
        if was {
            self.settle();
        }
        was
    }

    /// When `key` is due.
    #[must_use]
    pub fn of(&self, key: &K) -> Option<Instant> {
        self.living.get(key).map(|living| living.at)
    }

    /// The earliest deadline. The top of the heap always lives.
    #[must_use]
    pub fn earliest(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes a key that is due at `now`, earliest first, first set first among equals. Call until `None`.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        if self.earliest()? > now {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        self.living.remove(&entry.key);
        self.settle();
        Some(entry.key)
    }

    /// How many keys have a deadline.
    #[must_use]
    pub fn len(&self) -> usize {
        self.living.len()
    }

    /// No key has a deadline.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    /// Drops dead entries from the top, and all of them when they are the majority.
    fn settle(&mut self) {
        if self.heap.len() > 2 * self.living.len() + SLACK {
            let living = &self.living;
            self.heap.retain(|Reverse(entry)| entry.lives(living));
        }
        while self.heap.peek().is_some_and(|Reverse(entry)| !entry.lives(&self.living)) {
            self.heap.pop();
        }
    }
}

impl<K: Copy + Eq + Hash> Default for Deadlines<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Clone, Copy)]
struct Living {
    at: Instant,
    serial: u64,
}

#[derive(Debug)]
struct Entry<K> {
    at: Instant,
    serial: u64,
    key: K,
}

impl<K: Eq + Hash> Entry<K> {
    fn lives(&self, living: &HashMap<K, Living>) -> bool {
        living.get(&self.key).is_some_and(|living| living.serial == self.serial)
    }
}

impl<K> PartialEq for Entry<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K> Eq for Entry<K> {}

impl<K> PartialOrd for Entry<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Entry<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

/// Dead entries that are not worth a rebuild.
const SLACK: usize = 64;

/// Where the virtual time of unit tests begins. Only differences matter.
#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an instant cannot be made otherwise")]
pub(crate) fn origin() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn due_keys_come_in_order_of_time_then_of_setting() {
        let t = origin();
        let mut deadlines = Deadlines::new();
        deadlines.set('c', t + Duration::from_secs(3));
        deadlines.set('a', t + Duration::from_secs(1));
        deadlines.set('b', t + Duration::from_secs(1));
        assert_eq!(deadlines.earliest(), Some(t + Duration::from_secs(1)));
        assert_eq!(deadlines.pop_due(t), None);
        let now = t + Duration::from_secs(3);
        assert_eq!(std::iter::from_fn(|| deadlines.pop_due(now)).collect::<Vec<_>>(), ['a', 'b', 'c'],);
        assert!(deadlines.is_empty());
        assert_eq!(deadlines.earliest(), None);
    }

    #[test]
    fn a_key_has_one_deadline_and_the_earliest_is_never_a_dead_one() {
        let t = origin();
        let mut deadlines = Deadlines::new();
        deadlines.set(1, t + Duration::from_secs(1));
        deadlines.set(2, t + Duration::from_secs(2));
        deadlines.set(1, t + Duration::from_secs(9));
        assert_eq!(deadlines.earliest(), Some(t + Duration::from_secs(2)));
        assert!(deadlines.clear(&2));
        assert!(!deadlines.clear(&2));
        assert_eq!(deadlines.earliest(), Some(t + Duration::from_secs(9)));
        assert_eq!(deadlines.of(&1), Some(t + Duration::from_secs(9)));
        deadlines.set_or_clear(1, None);
        assert_eq!(deadlines.len(), 0);
    }

    #[test]
    fn setting_for_ever_does_not_grow_memory() {
        let t = origin();
        let mut deadlines = Deadlines::new();
        for round in 0..100_000_u64 {
            deadlines.set(round % 10, t + Duration::from_millis(1_000_000 - round));
        }
        assert!(deadlines.heap.len() <= 2 * 10 + SLACK + 1, "{} entries", deadlines.heap.len());
    }
}
