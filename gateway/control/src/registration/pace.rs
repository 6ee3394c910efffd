//! Whose turn it is at one proxy: a queue by class, a rate, a window of open transactions, a pause.
//!
//! Owns the order and the speed of REGISTER requests towards one proxy; never what is sent. A user is in the queue at most
//! once: the binding knows that it waits and does not enter again. Time is an argument, every verb is `O(1)`.
//!
//! The rate is a leaky bucket by theoretical arrival times (ITU-T I.371 annex A, GCRA): a request conforms when it is not
//! earlier than its theoretical time minus the tolerance. In any span of `t` seconds at most `rate * t + burst` requests go.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::directory::UserId;

/// Order of service, first to last. First in, first out within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The answer to a challenge: the registrar waits for it and its nonce ages.
    Challenged,
    /// Emergency users and those that probe the PBX (UD-19, REG-31).
    Canary,
    /// VIP users (UD-18, REG-30).
    Vip,
    /// A registration that still stands: losing it is worse than gaining another later.
    Refresh,
    /// All others.
    Ordinary,
}

/// Speed limits towards one proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// REGISTER requests per second, those with credentials after a challenge included.
    pub per_second: u32,
    /// Transactions open at once.
    pub window: usize,
}

/// The queue of one proxy.
#[derive(Debug)]
pub struct Pace {
    limits: Limits,
    queues: [VecDeque<UserId>; CLASSES],
    /// Theoretical arrival time of the next request; `None` before the first.
    due: Option<Instant>,
    open: usize,
    paused_until: Option<Instant>,
}

impl Pace {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, queues: Default::default(), due: None, open: 0, paused_until: None }
    }

    /// New limits, from now on.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// `user` waits. The caller knows that it does not wait already.
    pub fn push(&mut self, class: Class, user: UserId) {
        self.queues[class as usize].push_back(user);
    }

    /// Nothing goes before `until`, however often it is asked. Never shortens a pause.
    pub fn pause(&mut self, until: Instant) {
        self.paused_until = Some(self.paused_until.map_or(until, |was| was.max(until)));
    }

    /// Ends a pause.
    pub fn resume(&mut self) {
        self.paused_until = None;
    }

    /// Whether nothing goes at `at`, because of a pause.
    #[must_use]
    pub fn is_paused(&self, at: Instant) -> bool {
        self.paused_until.is_some_and(|until| at < until)
    }

    /// The user whose turn it is. Counts a request and an open transaction, unless [`Self::forgo`] gives both back.
    pub fn next(&mut self, now: Instant) -> Option<UserId> {
        if self.ready_at(now)? > now {
            return None;
        }
        let user = self.queues.iter_mut().find_map(VecDeque::pop_front)?;
        self.open += 1;
        self.due = Some(self.due.map_or(now, |due| due.max(now)) + self.interval());
        Some(user)
    }

    /// The request of the last [`Self::next`] was not sent after all.
    pub fn forgo(&mut self) {
        self.close();
        let interval = self.interval();
        self.due = self.due.and_then(|due| due.checked_sub(interval));
    }

    /// A transaction ended.
    pub fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// When [`Self::next`] will have someone, at the earliest `now`. `None` while nobody waits or the window is full; the
    /// end of a transaction changes that.
    #[must_use]
    pub fn ready_at(&self, now: Instant) -> Option<Instant> {
        if self.waiting() == 0 || self.open >= self.limits.window.max(1) {
            return None;
        }
        let conforms = self.due.and_then(|due| due.checked_sub(self.tolerance())).unwrap_or(now);
        Some(now.max(conforms).max(self.paused_until.unwrap_or(now)))
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// How many transactions are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.limits.per_second.max(1)
    }

    /// What may go at once: 20 ms worth of the rate, so that a timer of coarse grain does not slow the queue down.
    fn tolerance(&self) -> Duration {
        self.interval() * (self.limits.per_second / BURST_SHARE).saturating_sub(1)
    }
}

const CLASSES: usize = 5;

/// The burst is the rate divided by this.
const BURST_SHARE: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::origin;

    fn pace(per_second: u32, window: usize) -> Pace {
        Pace::new(Limits { per_second, window })
    }

    #[test]
    fn classes_go_in_order_and_users_of_a_class_in_turn() {
        let now = origin();
        let mut pace = pace(1000, 100);
        for (class, user) in [
            (Class::Ordinary, 5),
            (Class::Refresh, 4),
            (Class::Vip, 3),
            (Class::Ordinary, 6),
            (Class::Canary, 2),
            (Class::Challenged, 1),
        ] {
            pace.push(class, UserId(user));
        }
        let order: Vec<u64> = std::iter::from_fn(|| pace.next(now)).map(|user| user.0).collect();
        assert_eq!(order, [1, 2, 3, 4, 5, 6]);
        assert_eq!(pace.open(), 6);
    }

    #[test]
    fn the_rate_holds_in_every_second() {
        let start = origin();
        let mut pace = pace(100, usize::MAX);
        for user in 0..1000 {
            pace.push(Class::Ordinary, UserId(user));
        }
        let mut sent = Vec::new();
        let mut now = start;
        while let Some(at) = pace.ready_at(now) {
            now = at;
            assert!(pace.next(now).is_some(), "ready_at promised a turn");
            sent.push(now);
        }
        assert_eq!(sent.len(), 1000);
        for (first, at) in sent.iter().enumerate() {
            let within =
                sent[first..].iter().take_while(|later| **later < *at + Duration::from_secs(1)).count();
            assert!(within <= 102, "{within} requests in a second");
        }
        let took = now - start;
        assert!((Duration::from_millis(9900)..Duration::from_millis(10_000)).contains(&took), "{took:?}");
    }

    #[test]
    fn an_idle_time_saves_up_no_more_than_the_burst() {
        let start = origin();
        let mut pace = pace(100, usize::MAX);
        pace.push(Class::Ordinary, UserId(0));
        assert!(pace.next(start).is_some());
        for user in 0..10 {
            pace.push(Class::Ordinary, UserId(user));
        }
        let now = start + Duration::from_secs(3600);
        assert_eq!(std::iter::from_fn(|| pace.next(now)).count(), 2);
    }

    #[test]
    fn a_full_window_waits_for_an_end() {
        let now = origin();
        let mut pace = pace(1000, 2);
        (0..3).for_each(|user| pace.push(Class::Ordinary, UserId(user)));
        assert!(pace.next(now).is_some() && pace.next(now).is_some());
        let later = now + Duration::from_secs(10);
        assert_eq!((pace.ready_at(later), pace.next(later)), (None, None));
        pace.close();
        assert_eq!(pace.ready_at(later), Some(later));
        assert_eq!(pace.next(later), Some(UserId(2)));
    }

    #[test]
    fn a_pause_holds_everyone_and_is_never_shortened() {
        let now = origin();
        let mut pace = pace(1000, 10);
        pace.push(Class::Challenged, UserId(1));
        pace.pause(now + Duration::from_secs(30));
        pace.pause(now + Duration::from_secs(10));
        assert_eq!(pace.ready_at(now), Some(now + Duration::from_secs(30)));
        assert_eq!(pace.next(now + Duration::from_secs(29)), None);
        pace.resume();
        assert_eq!(pace.next(now), Some(UserId(1)));
    }

    #[test]
    fn a_turn_given_back_costs_nothing() {
        let now = origin();
        let mut pace = pace(1, 1);
        (0..2).for_each(|user| pace.push(Class::Ordinary, UserId(user)));
        assert!(pace.next(now).is_some());
        pace.forgo();
        assert_eq!(pace.ready_at(now), Some(now));
        assert_eq!(pace.open(), 0);
    }
}
