//! Events on their way out of a worker.

use std::collections::VecDeque;

use media_api::{Event, WorkerId};

use super::EventSink;

/// Gives events to the sink in their order, without ever waiting for it.
pub(super) struct Reporter {
    id: WorkerId,
    sink: EventSink,
    backlog: VecDeque<Event>,
    lost: u64,
}

impl Reporter {
    pub(super) fn new(id: WorkerId, sink: EventSink) -> Self {
        Self { id, sink, backlog: VecDeque::new(), lost: 0 }
    }

    pub(super) fn tell(&mut self, event: Event) {
        self.retry();
        let refused = if self.backlog.is_empty() { (self.sink)(self.id, event).err() } else { Some(event) };
        match refused {
            None => {}
            // The next second brings newer figures.
            Some(Event::Stats { .. }) => self.lost += 1,
            Some(event) if self.backlog.len() < BACKLOG => self.backlog.push_back(event),
            Some(_) => self.lost += 1,
        }
    }

    /// Tries the backlog again; answers whether it is empty.
    pub(super) fn retry(&mut self) -> bool {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(event) = (self.sink)(self.id, event) {
                self.backlog.push_front(event);
                return false;
            }
        }
        true
    }

    pub(super) fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    pub(super) const fn take_lost(&mut self) -> u64 {
        std::mem::replace(&mut self.lost, 0)
    }
}

/// Enough for every session of a large worker to close at once.
const BACKLOG: usize = 16_384;
