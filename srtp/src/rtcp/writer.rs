//! Writes a compound packet into a caller's buffer.

use super::{
    BYE, EXTENDED_REPORT, RECEIVER_REPORT, ReportBlock, SENDER_REPORT, SOURCE_DESCRIPTION, SenderInfo,
    VoipMetrics, xr,
};

/// The buffer is too short for the packet; nothing of it was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

/// Appends RTCP packets to a buffer. RFC 3550 6.1: a report first, then the CNAME, then the rest.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Starts an empty compound.
    #[must_use]
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Octets written so far.
    #[must_use]
    pub const fn written(&self) -> usize {
        self.len
    }

    /// SR (RFC 3550 6.4.1) with at most 31 blocks.
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn sender_report(
        &mut self,
        ssrc: u32,
        sent: &SenderInfo,
        blocks: &[ReportBlock],
    ) -> Result<(), NoRoom> {
        let blocks = &blocks[..blocks.len().min(31)];
        self.packet(SENDER_REPORT, blocks.len() as u8, |body| {
            body.word(ssrc)?;
            body.octets(&sent.ntp.0.to_be_bytes())?;
            body.word(sent.rtp_timestamp)?;
            body.word(sent.packets)?;
            body.word(sent.octets)?;
            blocks.iter().try_for_each(|block| body.octets(&block.to_octets()))
        })
    }

    /// RR (RFC 3550 6.4.2) with at most 31 blocks.
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn receiver_report(&mut self, ssrc: u32, blocks: &[ReportBlock]) -> Result<(), NoRoom> {
        let blocks = &blocks[..blocks.len().min(31)];
        self.packet(RECEIVER_REPORT, blocks.len() as u8, |body| {
            body.word(ssrc)?;
            blocks.iter().try_for_each(|block| body.octets(&block.to_octets()))
        })
    }

    /// SDES with one CNAME, cut at 255 octets (RFC 3550 6.5.1).
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn cname(&mut self, ssrc: u32, cname: &[u8]) -> Result<(), NoRoom> {
        let cname = &cname[..cname.len().min(255)];
        self.packet(SOURCE_DESCRIPTION, 1, |body| {
            body.word(ssrc)?;
            body.octets(&[CNAME, cname.len() as u8])?;
            body.octets(cname)?;
            body.octets(&[0])
        })
    }

    /// BYE of one source (RFC 3550 6.6).
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn bye(&mut self, ssrc: u32) -> Result<(), NoRoom> {
        self.packet(BYE, 1, |body| body.word(ssrc))
    }

    /// XR with one VoIP metrics block (RFC 3611 4.7).
    ///
    /// # Errors
    /// When the buffer is full.
    pub fn voip_metrics(&mut self, ssrc: u32, metrics: &VoipMetrics) -> Result<(), NoRoom> {
        self.packet(EXTENDED_REPORT, 0, |body| {
            body.word(ssrc)?;
            body.octets(&[xr::VOIP_METRICS, 0, 0, (VoipMetrics::LEN / 4) as u8])?;
            body.octets(&metrics.to_octets())
        })
    }

    /// Writes header, body and the zero octets up to the next word.
    fn packet(
        &mut self,
        packet_type: u8,
        count: u8,
        body: impl FnOnce(&mut Self) -> Result<(), NoRoom>,
    ) -> Result<(), NoRoom> {
        let start = self.len;
        let written =
            self.octets(&[2 << 6 | count, packet_type, 0, 0]).and_then(|()| body(self)).and_then(|()| {
                let open = (self.len - start) % 4;
                self.octets(&[0; 4][..(4 - open) % 4])
            });
        if written.is_err() {
            self.len = start;
            return written;
        }
        let words = ((self.len - start) / 4 - 1) as u16;
        self.buffer[start + 2..start + 4].copy_from_slice(&words.to_be_bytes());
        Ok(())
    }

    fn word(&mut self, word: u32) -> Result<(), NoRoom> {
        self.octets(&word.to_be_bytes())
    }

    fn octets(&mut self, octets: &[u8]) -> Result<(), NoRoom> {
        let to = self.buffer.get_mut(self.len..self.len + octets.len()).ok_or(NoRoom)?;
        to.copy_from_slice(octets);
        self.len += octets.len();
        Ok(())
    }
}

const CNAME: u8 = 1;
