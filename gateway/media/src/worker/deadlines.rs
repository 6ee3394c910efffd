//! When which session is due.
//!
//! Owns: a heap of instants by session slot. An entry that a nearer one overtook stays and is skipped when its time comes; a
//! session pushes a nearer one only for what happens a few times a second (a digit), so the heap stays small.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::table::SessionKey;

/// Deadlines of all sessions of a worker.
#[derive(Debug, Default)]
pub(super) struct Deadlines(BinaryHeap<Reverse<(Instant, SessionKey)>>);

impl Deadlines {
    pub(super) fn push(&mut self, at: Instant, key: SessionKey) {
        self.0.push(Reverse((at, key)));
    }

    /// The nearest deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes an entry that is due at `now`.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, SessionKey)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
