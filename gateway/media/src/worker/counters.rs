//! What a worker counts, for metrics. Written once per turn of the loop, never per packet.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one worker since its start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Datagrams taken from sockets.
    pub received: AtomicU64,
    /// Datagrams sent.
    pub sent: AtomicU64,
    /// Datagrams that no session wanted.
    pub dropped: AtomicU64,
    /// Datagrams that the kernel dropped because a socket's queue was full.
    pub overflowed: AtomicU64,
    /// Datagrams that could not be sent.
    pub send_failures: AtomicU64,
    /// Events that found neither the sink nor the backlog open.
    pub lost_events: AtomicU64,
    /// Sessions now.
    pub sessions: AtomicU64,
    /// Turns of the loop.
    pub turns: AtomicU64,
}

/// What one turn adds.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) dropped: u64,
    pub(super) overflowed: u64,
    pub(super) send_failures: u64,
    pub(super) lost_events: u64,
}

impl Tally {
    /// Adds this turn to the counters and begins the next one.
    pub(super) fn publish(&mut self, counters: &Counters, sessions: usize) {
        let tally = std::mem::take(self);
        for (counter, count) in [
            (&counters.received, tally.received),
            (&counters.sent, tally.sent),
            (&counters.dropped, tally.dropped),
            (&counters.overflowed, tally.overflowed),
            (&counters.send_failures, tally.send_failures),
            (&counters.lost_events, tally.lost_events),
            (&counters.turns, 1),
        ] {
            if count > 0 {
                counter.fetch_add(count, Ordering::Relaxed);
            }
        }
        counters.sessions.store(sessions as u64, Ordering::Relaxed);
    }
}
