//! Sessions and sockets of a worker, found by index.
//!
//! Owns: two slabs. A key carries the generation of its slot, so that a readiness or deadline told for a session that is gone
//! does not reach its successor. Must never: hash or search per packet.

use std::collections::HashMap;
use std::time::Instant;

use media_api::{LegIndex, LocalPort, MAX_LEGS, SessionId};

use crate::outbox::Channel;
use crate::session::Session;
use crate::sys::MediaSocket;

/// Names a session slot and its generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SessionKey {
    pub(super) index: u32,
    generation: u32,
}

/// Names a socket slot and its generation; fits an epoll token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SocketKey {
    index: u32,
    generation: u32,
}

/// One session.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: SessionId,
    pub(super) session: Session,
    pub(super) legs: [Option<LegSockets>; MAX_LEGS],
    /// The nearest deadline that the heap holds for it.
    pub(super) scheduled: Instant,
}

/// The sockets of a leg.
#[derive(Debug, Clone, Copy)]
pub(super) struct LegSockets {
    pub(super) local: LocalPort,
    pub(super) rtp: SocketKey,
    pub(super) rtcp: Option<SocketKey>,
}

/// One socket and whose it is.
#[derive(Debug)]
pub(super) struct SocketEntry {
    pub(super) socket: MediaSocket,
    pub(super) session: SessionKey,
    pub(super) leg: LegIndex,
    pub(super) channel: Channel,
    /// Drops of the kernel already counted.
    pub(super) overflowed: u32,
}

/// A slab whose slots count how often they were used.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn insert(&mut self, value: T) -> (u32, u32) {
        if let Some(index) = self.free.pop() {
            let slot = &mut self.slots[index as usize];
            slot.1 = Some(value);
            return (index, slot.0);
        }
        self.slots.push((0, Some(value)));
        ((self.slots.len() - 1) as u32, 0)
    }

    pub(super) fn slot(&mut self, index: u32, generation: u32) -> Option<&mut T> {
        let slot = self.slots.get_mut(index as usize)?;
        if slot.0 == generation { slot.1.as_mut() } else { None }
    }

    pub(super) fn remove(&mut self, index: u32, generation: u32) -> Option<T> {
        let slot = self.slots.get_mut(index as usize).filter(|slot| slot.0 == generation)?;
        let value = slot.1.take()?;
        slot.0 = slot.0.wrapping_add(1);
        self.free.push(index);
        Some(value)
    }
}

/// All sessions and sockets.
#[derive(Debug, Default)]
pub(super) struct Table {
    sessions: Slab<Entry>,
    sockets: Slab<SocketEntry>,
    by_id: HashMap<SessionId, SessionKey>,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn find(&self, id: SessionId) -> Option<SessionKey> {
        self.by_id.get(&id).copied()
    }

    pub(super) fn ids(&self) -> Vec<SessionId> {
        self.by_id.keys().copied().collect()
    }

    pub(super) fn insert(&mut self, entry: Entry) -> SessionKey {
        let id = entry.id;
        let (index, generation) = self.sessions.insert(entry);
        let key = SessionKey { index, generation };
        self.by_id.insert(id, key);
        key
    }

    pub(super) fn session(&mut self, key: SessionKey) -> Option<&mut Entry> {
        self.sessions.slot(key.index, key.generation)
    }

    pub(super) fn remove(&mut self, key: SessionKey) -> Option<Entry> {
        let entry = self.sessions.remove(key.index, key.generation)?;
        self.by_id.remove(&entry.id);
        Some(entry)
    }

    pub(super) fn add_socket(&mut self, entry: SocketEntry) -> SocketKey {
        let (index, generation) = self.sockets.insert(entry);
        SocketKey { index, generation }
    }

    pub(super) fn socket(&mut self, key: SocketKey) -> Option<&mut SocketEntry> {
        self.sockets.slot(key.index, key.generation)
    }

    /// Closes a socket.
    pub(super) fn remove_socket(&mut self, key: SocketKey) {
        self.sockets.remove(key.index, key.generation);
    }
}

impl SocketKey {
    pub(super) const fn token(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    pub(super) const fn of_token(token: u64) -> Self {
        Self { index: token as u32, generation: (token >> 32) as u32 }
    }
}

impl LegSockets {
    /// The socket that sends on a channel; RTCP without a socket of its own leaves by the RTP port.
    pub(super) fn of(&self, channel: Channel) -> SocketKey {
        match channel {
            Channel::Rtp => self.rtp,
            Channel::Rtcp => self.rtcp.unwrap_or(self.rtp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_former_tenant_finds_nothing() {
        let mut slab = Slab::default();
        let (index, generation) = slab.insert('a');
        assert_eq!(slab.remove(index, generation), Some('a'));
        let (again, newer) = slab.insert('b');
        assert_eq!(again, index);
        assert_eq!(slab.slot(index, generation), None);
        assert_eq!(slab.slot(index, newer), Some(&mut 'b'));
        assert_eq!(slab.remove(index, generation), None);
    }
}
