//! One heap of deadlines for all timers of an endpoint.
//!
//! Every entity opens one timer and moves it; a heap entry knows its timer and a timer its heap entry, so moving and
//! clearing cost O(log n), nothing stale stays behind, and the earliest deadline is at hand. Nothing is ever scanned.

use std::time::Instant;

/// A timer of one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timer(u32);

/// The heap. `K` says whose timer it is.
#[derive(Debug)]
pub(crate) struct Deadlines<K> {
    /// Four-ary heap, earliest first.
    heap: Vec<Entry>,
    timers: Vec<Slot<K>>,
    free: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: Instant,
    timer: u32,
}

#[derive(Debug)]
struct Slot<K> {
    key: Option<K>,
    /// Index in the heap, or `UNARMED`.
    position: u32,
}

impl<K: Copy> Deadlines<K> {
    pub(crate) fn new() -> Deadlines<K> {
        Deadlines { heap: Vec::new(), timers: Vec::new(), free: Vec::new() }
    }

    /// A new timer, not armed.
    pub(crate) fn open(&mut self, key: K) -> Timer {
        let slot = Slot { key: Some(key), position: UNARMED };
        match self.free.pop() {
            Some(index) => {
                self.timers[index as usize] = slot;
                Timer(index)
            }
            None => {
                self.timers.push(slot);
                Timer(self.timers.len() as u32 - 1)
            }
        }
    }

    /// Disarms a timer and gives it back.
    pub(crate) fn close(&mut self, timer: Timer) {
        self.set(timer, None);
        if self.timers[timer.0 as usize].key.take().is_some() {
            self.free.push(timer.0);
        }
    }

    /// Arms, moves or disarms a timer.
    pub(crate) fn set(&mut self, timer: Timer, at: Option<Instant>) {
        let position = self.timers[timer.0 as usize].position;
        match (at, position) {
            (Some(at), UNARMED) => {
                self.heap.push(Entry { at, timer: timer.0 });
                self.rise(self.heap.len() - 1);
            }
            (Some(at), position) => {
                self.heap[position as usize].at = at;
                self.settle(position as usize);
            }
            (None, UNARMED) => {}
            (None, position) => self.remove(position as usize),
        }
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.heap.first().map(|entry| entry.at)
    }

    /// Disarms the earliest timer that is due and says whose it is.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let first = self.heap.first().filter(|entry| entry.at <= now)?;
        let timer = first.timer;
        self.remove(0);
        self.timers[timer as usize].key
    }

    /// Armed timers.
    pub(crate) fn armed(&self) -> usize {
        self.heap.len()
    }

    fn remove(&mut self, position: usize) {
        let entry = self.heap.swap_remove(position);
        self.timers[entry.timer as usize].position = UNARMED;
        if position < self.heap.len() {
            self.settle(position);
        }
    }

    fn settle(&mut self, position: usize) {
        let position = self.rise(position);
        self.sink(position);
    }

    fn rise(&mut self, mut position: usize) -> usize {
        let entry = self.heap[position];
        while position > 0 {
            let parent = (position - 1) / ARITY;
            if self.heap[parent].at <= entry.at {
                break;
            }
            self.place(position, self.heap[parent]);
            position = parent;
        }
        self.place(position, entry);
        position
    }

    fn sink(&mut self, mut position: usize) {
        let entry = self.heap[position];
        loop {
            let first = position * ARITY + 1;
            let children = first..(first + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child].at) else { break };
            if self.heap[least].at >= entry.at {
                break;
            }
            self.place(position, self.heap[least]);
            position = least;
        }
        self.place(position, entry);
    }

    fn place(&mut self, position: usize, entry: Entry) {
        self.heap[position] = entry;
        self.timers[entry.timer as usize].position = position as u32;
    }
}

const UNARMED: u32 = u32::MAX;
const ARITY: usize = 4;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;

    #[test]
    fn agrees_with_a_sorted_map_under_random_moves() {
        #[allow(clippy::disallowed_methods, reason = "a test needs some instant")]
        let zero = Instant::now();
        let mut deadlines = Deadlines::new();
        let timers: Vec<Timer> = (0..64_u64).map(|key| deadlines.open(key)).collect();
        let mut model: BTreeMap<u64, u64> = BTreeMap::new();
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (key, action, at) = ((seed >> 33) % 64, (seed >> 40) % 4, (seed >> 45) % 1000);
            if action == 0 {
                deadlines.set(timers[key as usize], None);
                model.remove(&key);
            } else {
                deadlines.set(timers[key as usize], Some(zero + Duration::from_millis(at)));
                model.insert(key, at);
            }
            if action == 3 {
                let first = model.values().min().copied();
                assert_eq!(deadlines.next(), first.map(|at| zero + Duration::from_millis(at)));
                let popped = deadlines.pop_due(zero + Duration::from_millis(500));
                assert_eq!(popped.is_some(), first.is_some_and(|at| at <= 500));
                if let Some(key) = popped {
                    assert_eq!(model.remove(&key), first);
                }
            }
            assert_eq!(deadlines.armed(), model.len());
        }
        for timer in timers {
            deadlines.close(timer);
        }
        assert_eq!((deadlines.armed(), deadlines.next()), (0, None));
    }
}
