//! Sender and receiver reports (RFC 3550 6.4).

use super::word;
use crate::NtpTime;

/// SR.
#[derive(Debug, Clone, Copy)]
pub struct SenderReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    /// What it sent.
    pub sent: SenderInfo,
    blocks: &'a [u8],
}

/// RR.
#[derive(Debug, Clone, Copy)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    blocks: &'a [u8],
}

/// What a sender has sent so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderInfo {
    /// When the report was sent.
    pub ntp: NtpTime,
    /// The same moment in RTP clock units.
    pub rtp_timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Payload octets sent.
    pub octets: u32,
}

/// What a receiver says of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// Loss since the last report in 1/256.
    pub fraction_lost: u8,
    /// Loss since the start, 24 bit signed.
    pub cumulative_lost: i32,
    /// Highest sequence number, extended by its cycles.
    pub highest_sequence: u32,
    /// RTP clock units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last SR; 0 when none came.
    pub last_sender_report: u32,
    /// Time since that SR, 1/65536 s.
    pub delay_since_last: u32,
}

impl<'a> SenderReport<'a> {
    /// The report blocks, at most 31.
    pub fn blocks(&self) -> impl Iterator<Item = ReportBlock> + 'a {
        self.blocks.chunks_exact(ReportBlock::LEN).filter_map(ReportBlock::parse)
    }

    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let ntp = NtpTime(u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?));
        let sent = SenderInfo {
            ntp,
            rtp_timestamp: word(body, 12)?,
            packets: word(body, 16)?,
            octets: word(body, 20)?,
        };
        let blocks = body.get(24..24 + usize::from(count) * ReportBlock::LEN)?;
        Some(Self { ssrc: word(body, 0)?, sent, blocks })
    }
}

impl<'a> ReceiverReport<'a> {
    /// The report blocks, at most 31.
    pub fn blocks(&self) -> impl Iterator<Item = ReportBlock> + 'a {
        self.blocks.chunks_exact(ReportBlock::LEN).filter_map(ReportBlock::parse)
    }

    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let blocks = body.get(4..4 + usize::from(count) * ReportBlock::LEN)?;
        Some(Self { ssrc: word(body, 0)?, blocks })
    }
}

impl ReportBlock {
    pub(super) const LEN: usize = 24;

    fn parse(octets: &[u8]) -> Option<Self> {
        let loss = word(octets, 4)?;
        Some(Self {
            ssrc: word(octets, 0)?,
            fraction_lost: (loss >> 24) as u8,
            // The shift pair extends the sign of the 24 bits.
            cumulative_lost: (loss << 8) as i32 >> 8,
            highest_sequence: word(octets, 8)?,
            jitter: word(octets, 12)?,
            last_sender_report: word(octets, 16)?,
            delay_since_last: word(octets, 20)?,
        })
    }

    pub(super) fn to_octets(self) -> [u8; Self::LEN] {
        let words = [
            self.ssrc,
            u32::from(self.fraction_lost) << 24 | self.cumulative_lost as u32 & 0x00ff_ffff,
            self.highest_sequence,
            self.jitter,
            self.last_sender_report,
            self.delay_since_last,
        ];
        let mut octets = [0; Self::LEN];
        for (to, word) in octets.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        octets
    }
}
