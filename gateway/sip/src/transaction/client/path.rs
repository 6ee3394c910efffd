//! Which client transactions wait by which path, so that a transport error reaches them without a scan.
//!
//! The transactions of one path are a chain through the transactions themselves; a table holds the newest of each.

use std::time::Instant;

use crate::endpoint::Failure;
use crate::flow::Flow;
use crate::slab::Place;
use crate::transaction::client::{State, first_state};
use crate::transaction::wire::{Branch, without_via};
use crate::transaction::{Lapse, Transactions, path_key};

impl<U: Copy> Transactions<U> {
    /// Fails what waits for a response by this path.
    pub(crate) fn path_failed(&mut self, now: Instant, flow: &Flow) -> Vec<Lapse<U>> {
        let mut lapses = Vec::new();
        let mut next = self.paths.get(&path_key(&self.keyring, flow)).copied();
        while let Some(place) = next {
            let Some(client) = self.clients.at(place) else { break };
            next = client.older;
            let hit = client.flow.connection.is_none()
                || flow.connection.is_none()
                || client.flow.connection == flow.connection;
            if hit && client.state.is_waiting() && !self.retry_by_udp(now, place) {
                lapses.extend(self.fail(place, Failure::Transport));
            }
        }
        lapses
    }

    /// RFC 3261 18.1.1: when the stream chosen for the size of a request cannot be had, UDP is tried.
    fn retry_by_udp(&mut self, now: Instant, place: Place) -> bool {
        let Some(client) = self.clients.at_mut(place) else { return false };
        let Some(flow) = client.udp.take() else { return false };
        let Some(bare) = without_via(&client.request) else { return false };
        let Ok(octets) = self.wire.with_via(&flow, &Branch::new(place.index, client.token), &bare) else {
            return false;
        };
        let invite = matches!(client.state, State::Calling { .. });
        if !invite && !matches!(client.state, State::Trying { .. }) {
            return false;
        }
        self.unlink(place);
        let path = path_key(&self.keyring, &flow);
        if let Some(client) = self.clients.at_mut(place) {
            client.flow = flow;
            client.path = path;
            client.state = first_state(now, self.timing, invite, false);
        }
        self.link(place);
        self.transmit_first(place, octets.into());
        true
    }

    pub(super) fn link(&mut self, place: Place) {
        let Some(path) = self.clients.at(place).map(|client| client.path) else { return };
        let older = self.paths.insert(path, place);
        if let Some(older) = older.and_then(|older| self.clients.at_mut(older)) {
            older.newer = Some(place);
        }
        if let Some(client) = self.clients.at_mut(place) {
            client.older = older;
            client.newer = None;
            client.linked = true;
        }
    }

    pub(super) fn unlink(&mut self, place: Place) {
        let Some(client) = self.clients.at_mut(place) else { return };
        if !std::mem::take(&mut client.linked) {
            return;
        }
        let (newer, older, path) = (client.newer.take(), client.older.take(), client.path);
        if let Some(older) = older.and_then(|older| self.clients.at_mut(older)) {
            older.newer = newer;
        }
        match (newer.and_then(|newer| self.clients.at_mut(newer)), older) {
            (Some(newer), older) => newer.older = older,
            (None, Some(older)) => {
                self.paths.insert(path, older);
            }
            (None, None) => {
                self.paths.remove(&path);
            }
        }
    }
}
