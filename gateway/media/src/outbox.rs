//! What a session wants sent or told, in buffers that the caller owns.
//!
//! Owns: a fixed number of packet slots and a bounded list of notices, both made once per worker. A packet that finds no slot
//! is counted and gone: media is never queued behind itself. Must never: grow.

use std::net::SocketAddr;

use crate::session::Notice;

/// Which of a leg's two sockets a packet belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The odd port above, unless multiplexed.
    Rtcp,
    /// The RTP port; RTCP as well when multiplexed (RFC 5761).
    Rtp,
}

/// Where a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmit {
    /// The leg whose socket sends.
    pub leg: u8,
    /// The socket.
    pub channel: Channel,
    /// The peer.
    pub destination: SocketAddr,
    /// Length of the packet from the start of its buffer.
    pub len: usize,
}

/// Packets and notices of one call into a session; drained by the caller before the next one.
#[derive(Debug)]
pub struct Outbox {
    slots: Box<[Slot]>,
    used: usize,
    notices: Vec<Notice>,
    refused: u64,
    /// Room to decode into; content is meaningless between calls.
    pub(crate) pcm: Box<[i16; PCM_LEN]>,
}

impl Outbox {
    /// An empty outbox with [`Outbox::SLOTS`] slots.
    #[must_use]
    pub fn new() -> Self {
        Self {
            slots: vec![Slot::EMPTY; Self::SLOTS].into_boxed_slice(),
            used: 0,
            notices: Vec::with_capacity(NOTICES),
            refused: 0,
            pcm: Box::new([0; PCM_LEN]),
        }
    }

    /// Packets one call into a session can leave behind.
    pub const SLOTS: usize = 32;

    /// The packets to send, in order.
    pub fn packets(&self) -> impl Iterator<Item = (Transmit, &[u8])> {
        self.slots[..self.used].iter().filter_map(|slot| Some((slot.to?, &slot.octets[..slot.to?.len])))
    }

    /// The notices, in order.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether there is neither packet nor notice.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.used == 0 && self.notices.is_empty()
    }

    /// Forgets packets and notices.
    pub fn clear(&mut self) {
        self.used = 0;
        self.notices.clear();
    }

    /// Packets and notices that found no room since the start.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Writes a packet into the next slot: `write` gets the buffer and answers the length, `None` to leave it.
    /// Answers whether a packet was written.
    pub(crate) fn packet(
        &mut self,
        leg: u8,
        channel: Channel,
        destination: SocketAddr,
        write: impl FnOnce(&mut [u8; SLOT_LEN]) -> Option<usize>,
    ) -> bool {
        let Some(slot) = self.slots.get_mut(self.used) else {
            self.refused += 1;
            return false;
        };
        let Some(len) = write(&mut slot.octets) else { return false };
        slot.to = Some(Transmit { leg, channel, destination, len });
        self.used += 1;
        true
    }

    /// Lets `seal` change every packet in its buffer and answer its new length; without one the packet is not sent.
    pub(crate) fn seal(&mut self, mut seal: impl FnMut(&Transmit, &mut [u8; SLOT_LEN]) -> Option<usize>) {
        for slot in &mut self.slots[..self.used] {
            slot.to =
                slot.to.take().and_then(|to| seal(&to, &mut slot.octets).map(|len| Transmit { len, ..to }));
        }
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        if self.notices.len() < NOTICES {
            self.notices.push(notice);
        } else {
            self.refused += 1;
        }
    }
}

impl Default for Outbox {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Clone)]
struct Slot {
    to: Option<Transmit>,
    octets: [u8; SLOT_LEN],
}

impl Slot {
    const EMPTY: Self = Self { to: None, octets: [0; SLOT_LEN] };
}

/// An RTP packet of 200 ms G.711 with header fits; so does any RTCP compound of ours.
pub(crate) const SLOT_LEN: usize = 1_700;
/// 200 ms at 48 kHz.
pub(crate) const PCM_LEN: usize = 9_600;
/// A session raises few notices per call: faults of three legs and a digit each.
const NOTICES: usize = 64;
