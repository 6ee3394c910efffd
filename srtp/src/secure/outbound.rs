//! Protection of what we send.

use std::fmt;

use super::SrtpError;
use super::keys::MasterKey;
use super::transform::{AadBuffer, Nonces, Transform};
use crate::rtp;

/// Protects one RTP session of ours: one SSRC at a time.
pub struct Outbound {
    master: MasterKey,
    rtp: Transform,
    rtcp: Transform,
    aad: AadBuffer,
    /// Of the source now sent.
    ssrc: Option<u32>,
    /// Extended sequence number last sent.
    index: u64,
    rtcp_index: u32,
    encrypt_rtcp: bool,
}

impl Outbound {
    /// Keys are derived here, once. `encrypt_rtcp` is false for the session parameter `UNENCRYPTED_SRTCP` (RFC 4568 6.3.2):
    /// reports are then authenticated only.
    #[must_use]
    pub fn new(master: MasterKey, encrypt_rtcp: bool) -> Self {
        let (rtp, rtcp) = (master.rtp(), master.rtcp());
        Self { master, rtp, rtcp, aad: AadBuffer::new(), ssrc: None, index: 0, rtcp_index: 0, encrypt_rtcp }
    }

    /// Protects the RTP packet in the first `len` octets and answers the new length.
    ///
    /// # Errors
    /// When it is no RTP packet, there is no room behind it, or the key is used up.
    pub fn protect_rtp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet = buffer.get(..len).ok_or(SrtpError::Malformed)?;
        let header = rtp::header_len(packet).map_err(|_| SrtpError::Malformed)?;
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let ssrc = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        let (mki_len, tag_len) = (self.master.mki().len(), self.rtp.tag_len());
        let end = len + mki_len + tag_len;
        let room = buffer.get_mut(..end).ok_or(SrtpError::NoRoom)?;
        let index = self.next_index(ssrc, sequence)?;
        let nonces = Nonces { ssrc, index };
        if self.rtp.is_aead() {
            let (head, body) = room[..len].split_at_mut(header);
            let tag = self.rtp.seal(nonces, [head, &[]], body, &mut self.aad)?;
            room[len..len + tag_len].copy_from_slice(&tag);
            room[len + tag_len..].copy_from_slice(self.master.mki());
        } else {
            self.rtp.apply_counter(nonces, &mut room[header..len]);
            let roll_over = ((index >> 16) as u32).to_be_bytes();
            let tag = self.rtp.hmac_tag(&room[..len], &roll_over);
            room[len..len + mki_len].copy_from_slice(self.master.mki());
            room[len + mki_len..].copy_from_slice(&tag[..tag_len]);
        }
        Ok(end)
    }

    /// Protects the RTCP compound in the first `len` octets and answers the new length.
    ///
    /// # Errors
    /// As [`Outbound::protect_rtp`].
    pub fn protect_rtcp(&mut self, buffer: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let packet =
            buffer.get(..len).filter(|packet| packet.len() >= RTCP_HEADER).ok_or(SrtpError::Malformed)?;
        let ssrc = u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
        let (mki_len, tag_len) = (self.master.mki().len(), self.rtcp.tag_len());
        let end = len + INDEX_LEN + mki_len + tag_len;
        let room = buffer.get_mut(..end).ok_or(SrtpError::NoRoom)?;
        if self.rtcp_index >= LAST_RTCP_INDEX {
            return Err(SrtpError::Exhausted);
        }
        self.rtcp_index += 1;
        let nonces = Nonces { ssrc, index: self.rtcp_index.into() };
        let word = (u32::from(self.encrypt_rtcp) << 31 | self.rtcp_index).to_be_bytes();
        if self.rtcp.is_aead() {
            let clear = if self.encrypt_rtcp { RTCP_HEADER } else { len };
            let (head, body) = room[..len].split_at_mut(clear);
            let tag = self.rtcp.seal(nonces, [head, &word], body, &mut self.aad)?;
            room[len..len + tag_len].copy_from_slice(&tag);
            room[len + tag_len..len + tag_len + INDEX_LEN].copy_from_slice(&word);
            room[len + tag_len + INDEX_LEN..].copy_from_slice(self.master.mki());
        } else {
            if self.encrypt_rtcp {
                self.rtcp.apply_counter(nonces, &mut room[RTCP_HEADER..len]);
            }
            room[len..len + INDEX_LEN].copy_from_slice(&word);
            let tag = self.rtcp.hmac_tag(&room[..len + INDEX_LEN], &[]);
            room[len + INDEX_LEN..len + INDEX_LEN + mki_len].copy_from_slice(self.master.mki());
            room[len + INDEX_LEN + mki_len..].copy_from_slice(&tag[..tag_len]);
        }
        Ok(end)
    }

    /// The roll-over counter of what is sent, to be handed on when a call moves.
    #[must_use]
    pub const fn roll_over(&self) -> u32 {
        (self.index >> 16) as u32
    }

    /// Our own numbers only go forward by less than half their range; a packet slightly behind is a relayed late one.
    fn next_index(&mut self, ssrc: u32, sequence: u16) -> Result<u64, SrtpError> {
        if self.ssrc != Some(ssrc) {
            self.ssrc = Some(ssrc);
            self.index = sequence.into();
            return Ok(self.index);
        }
        let ahead = i64::from(sequence.wrapping_sub(self.index as u16) as i16);
        let index = (self.index as i64 + ahead).max(0) as u64;
        if index >= LAST_INDEX {
            return Err(SrtpError::Exhausted);
        }
        self.index = self.index.max(index);
        Ok(index)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("master", &self.master)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// Header and SSRC of the first packet stay readable (RFC 3711 3.4).
pub(super) const RTCP_HEADER: usize = 8;
/// The E bit and the index.
pub(super) const INDEX_LEN: usize = 4;
/// RFC 3711 9.2.
const LAST_INDEX: u64 = (1 << 48) - 1;
const LAST_RTCP_INDEX: u32 = (1 << 31) - 1;
