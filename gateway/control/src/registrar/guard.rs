//! Keeps guessing slow: an authentication code has only four to eight digits.
//!
//! Owns a bounded memory of failed attempts per source address and name. Base stations are never locked out as a whole: one
//! address speaks for many handsets, so a handset with a wrong password only locks itself. Guesses at the system code, where
//! the name changes with each guess, count together per address.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::{Duration, Instant},
};

/// Failed attempts of late.
#[derive(Debug, Default)]
pub(super) struct Guard {
    failures: HashMap<Key, Failures>,
    /// Keys in order of their first failure, for making room.
    order: VecDeque<(Instant, Key)>,
}

/// Who failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A name, from an address.
    Name(IpAddr, Box<str>),
    /// The system code, from an address.
    SystemCode(IpAddr),
}

impl Key {
    pub(super) fn name(source: IpAddr, name: &str) -> Self {
        let end = name.char_indices().map(|(at, _)| at).nth(LONGEST_NAME).unwrap_or(name.len());
        Self::Name(source, name[..end].into())
    }
}

#[derive(Debug)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Guard {
    /// How long this one has to wait; `None` when it may try.
    pub(super) fn locked_for(&self, now: Instant, key: &Key) -> Option<Duration> {
        let failures = self.failures.get(key)?;
        let until = failures.since + SPAN;
        (failures.count >= MOST_FAILURES && now < until).then(|| until - now)
    }

    /// An attempt failed.
    pub(super) fn failed(&mut self, now: Instant, key: Key) {
        self.forget_old(now);
        if let Some(failures) = self.failures.get_mut(&key) {
            failures.count = failures.count.saturating_add(1);
            return;
        }
        while self.failures.len() >= MOST_KEYS {
            let Some((since, oldest)) = self.order.pop_front() else { break };
            self.drop_if(&oldest, since);
        }
        self.order.push_back((now, key.clone()));
        self.failures.insert(key, Failures { since: now, count: 1 });
    }

    /// An attempt succeeded: earlier typing errors are forgiven.
    pub(super) fn succeeded(&mut self, key: &Key) {
        // Its place in the order is passed over when its time comes; while it stays the bound on `order` holds below.
        self.failures.remove(key);
        if self.order.len() > 2 * MOST_KEYS {
            let failures = &self.failures;
            self.order.retain(|(since, key)| failures.get(key).is_some_and(|known| known.since == *since));
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((since, _)) = self.order.front()
            && now >= *since + SPAN
        {
            let Some((since, key)) = self.order.pop_front() else { break };
            self.drop_if(&key, since);
        }
    }

    fn drop_if(&mut self, key: &Key, since: Instant) {
        if self.failures.get(key).is_some_and(|failures| failures.since == since) {
            self.failures.remove(key);
        }
    }
}

/// Failures count within this span from the first one, and the lock ends with it.
const SPAN: Duration = Duration::from_secs(60);
/// So many are typing errors; a search of four digits takes 17 hours at this pace.
const MOST_FAILURES: u32 = 10;
/// Who is remembered at most.
const MOST_KEYS: usize = 4096;
const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::origin;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn the_eleventh_guess_in_a_minute_waits_and_other_names_do_not() {
        let now = origin();
        let mut guard = Guard::default();
        let key = Key::name(HOST, "201");
        for _ in 0..MOST_FAILURES {
            assert_eq!(guard.locked_for(now, &key), None);
            guard.failed(now, key.clone());
        }
        let later = now + Duration::from_secs(20);
        assert_eq!(guard.locked_for(later, &key), Some(Duration::from_secs(40)));
        assert_eq!(guard.locked_for(later, &Key::name(HOST, "202")), None);
        assert_eq!(guard.locked_for(now + SPAN, &key), None);
    }

    #[test]
    fn success_forgives() {
        let now = origin();
        let mut guard = Guard::default();
        let key = Key::name(HOST, "201");
        (0..9).for_each(|_| guard.failed(now, key.clone()));
        guard.succeeded(&key);
        (0..9).for_each(|_| guard.failed(now, key.clone()));
        assert_eq!(guard.locked_for(now, &key), None);
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_leaves_no_trace() {
        let mut now = origin();
        let mut guard = Guard::default();
        for round in 0..20_000_u32 {
            let key = Key::name(HOST, &round.to_string());
            guard.failed(now, key.clone());
            if round % 3 == 0 {
                guard.succeeded(&key);
            }
            now += Duration::from_micros(10);
        }
        assert!(guard.failures.len() <= MOST_KEYS && guard.order.len() <= 2 * MOST_KEYS + 1);
        guard.failed(now + SPAN, Key::SystemCode(HOST));
        assert_eq!((guard.failures.len(), guard.order.len()), (1, 1));
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        assert_eq!(Key::name(HOST, &"ä".repeat(100)), Key::name(HOST, &"ä".repeat(LONGEST_NAME)));
    }
}
