//! Belief in what arrives.
//!
//! The order is RFC 3711 3.3: estimate the index, refuse a replay, authenticate, decrypt, and only then remember.

use std::fmt;

use super::SrtpError;
use super::index::Window;
use super::keys::MasterKey;
use super::outbound::{INDEX_LEN, RTCP_HEADER};
use super::transform::{AadBuffer, Nonces, Transform};
use crate::rtp;

/// Sources remembered at a time; the one not heard for longest gives way to an authenticated new one.
pub const MAX_SOURCES: usize = 8;

/// Unprotects one RTP session of a peer.
pub struct Inbound {
    master: MasterKey,
    rtp: Transform,
    rtcp: Transform,
    aad: AadBuffer,
    sources: [Option<Source>; MAX_SOURCES],
    /// Counts packets, to find the source not heard for longest.
    clock: u64,
    /// Roll-over counter that the first source begins with.
    roll_over: u32,
}

#[derive(Debug, Clone, Copy)]
struct Source {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
    heard: u64,
}

impl Inbound {
    /// Keys are derived here, once.
    #[must_use]
    pub fn new(master: MasterKey) -> Self {
        Self::resumed(master, 0)
    }

    /// For a call that was moved or resumed after its counter rolled over.
    #[must_use]
    pub fn resumed(master: MasterKey, roll_over: u32) -> Self {
        let (rtp, rtcp) = (master.rtp(), master.rtcp());
        Self { master, rtp, rtcp, aad: AadBuffer::new(), sources: [None; MAX_SOURCES], clock: 0, roll_over }
    }

    /// Unprotects an SRTP packet in place and answers the length of the RTP packet.
    ///
    /// # Errors
    /// The packet is to be dropped; nothing was remembered of it. Its payload may be destroyed.
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let header = rtp::header_len(packet).map_err(|_| SrtpError::Malformed)?;
        let (mki_len, tag_len) = (self.master.mki().len(), self.rtp.tag_len());
        let end = packet.len().checked_sub(mki_len + tag_len).filter(|end| *end >= header);
        let end = end.ok_or(SrtpError::Malformed)?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let ssrc = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        let mut source = self.source(ssrc);
        let index = source.rtp.estimate(sequence);
        if source.rtp.is_replay(index) {
            return Err(SrtpError::Replayed);
        }
        let nonces = Nonces { ssrc, index };
        if self.rtp.is_aead() {
            same_mki(&packet[end + tag_len..], self.master.mki())?;
            let (head, body) = packet[..end + tag_len].split_at_mut(header);
            self.rtp.open(nonces, [head, &[]], body, &mut self.aad)?;
        } else {
            same_mki(&packet[end..end + mki_len], self.master.mki())?;
            let roll_over = ((index >> 16) as u32).to_be_bytes();
            let tag = self.rtp.hmac_tag(&packet[..end], &roll_over);
            same_tag(&tag[..tag_len], &packet[end + mki_len..])?;
            self.rtp.apply_counter(nonces, &mut packet[header..end]);
        }
        source.rtp.accept(index);
        self.remember(source);
        Ok(end)
    }

    /// Unprotects an SRTCP packet in place, encrypted or not, and answers the length of the compound.
    ///
    /// # Errors
    /// As [`Inbound::unprotect_rtp`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let (mki_len, tag_len) = (self.master.mki().len(), self.rtcp.tag_len());
        let end = packet.len().checked_sub(mki_len + tag_len + INDEX_LEN).filter(|end| *end >= RTCP_HEADER);
        let end = end.ok_or(SrtpError::Malformed)?;
        let ssrc = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        let word_at = if self.rtcp.is_aead() { end + tag_len } else { end };
        let word = [packet[word_at], packet[word_at + 1], packet[word_at + 2], packet[word_at + 3]];
        let (encrypted, index) = (word[0] & 0x80 != 0, u64::from(u32::from_be_bytes(word) & 0x7fff_ffff));
        same_mki(&packet[word_at + INDEX_LEN..word_at + INDEX_LEN + mki_len], self.master.mki())?;
        let mut source = self.source(ssrc);
        if source.rtcp.is_replay(index) {
            return Err(SrtpError::Replayed);
        }
        let nonces = Nonces { ssrc, index };
        if self.rtcp.is_aead() {
            let clear = if encrypted { RTCP_HEADER } else { end };
            let (head, body) = packet[..end + tag_len].split_at_mut(clear);
            self.rtcp.open(nonces, [head, &word], body, &mut self.aad)?;
        } else {
            let tag = self.rtcp.hmac_tag(&packet[..end + INDEX_LEN], &[]);
            same_tag(&tag[..tag_len], &packet[end + INDEX_LEN + mki_len..])?;
            if encrypted {
                self.rtcp.apply_counter(nonces, &mut packet[RTCP_HEADER..end]);
            }
        }
        source.rtcp.accept(index);
        self.remember(source);
        Ok(end)
    }

    /// The roll-over counter of the source last heard, to be handed on when a call moves.
    #[must_use]
    pub fn roll_over(&self) -> u32 {
        let speaking = self.sources.iter().flatten().filter(|source| source.rtp.is_started());
        let last = speaking.max_by_key(|source| source.heard);
        last.map_or(self.roll_over, |source| (source.rtp.highest() >> 16) as u32)
    }

    /// What is known of a source, or what a new one begins with.
    fn source(&self, ssrc: u32) -> Source {
        let known = self.sources.iter().flatten().find(|source| source.ssrc == ssrc).copied();
        known.unwrap_or(Source {
            ssrc,
            rtp: Window::starting_at(self.roll_over),
            rtcp: Window::default(),
            heard: 0,
        })
    }

    fn remember(&mut self, mut source: Source) {
        self.clock += 1;
        source.heard = self.clock;
        let known = self.sources.iter().position(|slot| slot.is_some_and(|known| known.ssrc == source.ssrc));
        let oldest = || (0..MAX_SOURCES).min_by_key(|&n| self.sources[n].map_or(0, |source| source.heard));
        if let Some(slot) = known.or_else(oldest) {
            self.sources[slot] = Some(source);
        }
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("master", &self.master)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

fn same_mki(arrived: &[u8], ours: &[u8]) -> Result<(), SrtpError> {
    if arrived == ours { Ok(()) } else { Err(SrtpError::MasterKey) }
}

/// In time that does not depend on where they differ.
fn same_tag(ours: &[u8], arrived: &[u8]) -> Result<(), SrtpError> {
    let differing = ours.iter().zip(arrived).fold(0, |differing, (one, other)| differing | (one ^ other));
    if ours.len() == arrived.len() && differing == 0 { Ok(()) } else { Err(SrtpError::Authentication) }
}
