//! Things to do at a time, in the order of time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Instant,
};

/// A queue by time; equal times keep the order in which they were entered.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    order: BinaryHeap<Reverse<(Instant, u64)>>,
    items: BTreeMap<u64, T>,
    serial: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Self { order: BinaryHeap::new(), items: BTreeMap::new(), serial: 0 }
    }

    pub(crate) fn enter(&mut self, at: Instant, item: T) {
        self.order.push(Reverse((at, self.serial)));
        self.items.insert(self.serial, item);
        self.serial += 1;
    }

    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.order.peek().map(|Reverse((at, _))| *at)
    }

    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        if self.earliest()? > now {
            return None;
        }
        let Reverse((_, serial)) = self.order.pop()?;
        self.items.remove(&serial)
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}
