//! Extended reports (RFC 3611): the blocks a telephone gateway speaks.

use super::word;
use crate::NtpTime;

/// XR.
#[derive(Debug, Clone, Copy)]
pub struct ExtendedReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    blocks: &'a [u8],
}

/// One block of an XR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XrBlock<'a> {
    /// A type that is not spoken here: type and contents.
    Other(u8, &'a [u8]),
    /// Receiver reference time (RFC 3611 4.4).
    ReceiverReferenceTime(NtpTime),
    /// VoIP metrics (RFC 3611 4.7).
    VoipMetrics(VoipMetrics),
}

/// VoIP metrics of one source (RFC 3611 4.7); rates in 1/256, times in milliseconds, 127 where a value is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoipMetrics {
    /// The source.
    pub ssrc: u32,
    /// Packets lost in the network.
    pub loss_rate: u8,
    /// Packets thrown away by the jitter buffer.
    pub discard_rate: u8,
    /// Share lost within bursts.
    pub burst_density: u8,
    /// Share lost within gaps.
    pub gap_density: u8,
    /// Mean length of bursts, ms.
    pub burst_duration: u16,
    /// Mean length of gaps, ms.
    pub gap_duration: u16,
    /// Network round trip, ms.
    pub round_trip_delay: u16,
    /// Delay of the end system, ms.
    pub end_system_delay: u16,
    /// dBm0, two's complement.
    pub signal_level: u8,
    /// dBm0, two's complement.
    pub noise_level: u8,
    /// Residual echo return loss, dB.
    pub echo_return_loss: u8,
    /// Packets of a gap.
    pub gap_minimum: u8,
    /// R factor of G.107, 0 to 100.
    pub r_factor: u8,
    /// R factor of the network beyond.
    pub external_r_factor: u8,
    /// Listening quality MOS times 10.
    pub mos_listening: u8,
    /// Conversational quality MOS times 10.
    pub mos_conversational: u8,
    /// Concealment, jitter buffer kind and rate.
    pub receiver_config: u8,
    /// Nominal delay of the jitter buffer, ms.
    pub jitter_buffer_nominal: u16,
    /// Its current maximum, ms.
    pub jitter_buffer_maximum: u16,
    /// Its absolute maximum, ms.
    pub jitter_buffer_absolute: u16,
}

impl<'a> ExtendedReport<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        Some(Self { ssrc: word(body, 0)?, blocks: &body[4..] })
    }

    /// The blocks; ends at the first malformed one.
    #[must_use]
    pub const fn blocks(&self) -> Blocks<'a> {
        Blocks { rest: self.blocks }
    }
}

/// Iterator over the blocks of an [`ExtendedReport`].
#[derive(Debug, Clone)]
pub struct Blocks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Blocks<'a> {
    type Item = XrBlock<'a>;

    fn next(&mut self) -> Option<XrBlock<'a>> {
        let words = usize::from(u16::from_be_bytes([*self.rest.get(2)?, *self.rest.get(3)?]));
        let (block, rest) = self.rest.split_at_checked(4 + 4 * words)?;
        self.rest = rest;
        let contents = &block[4..];
        let known = match block[0] {
            RECEIVER_REFERENCE_TIME => reference_time(contents),
            VOIP_METRICS => VoipMetrics::parse(contents).map(XrBlock::VoipMetrics),
            _ => None,
        };
        Some(known.unwrap_or(XrBlock::Other(block[0], contents)))
    }
}

impl VoipMetrics {
    pub(super) const LEN: usize = 32;

    fn parse(octets: &[u8]) -> Option<Self> {
        let o: &[u8; Self::LEN] = octets.first_chunk()?;
        let pair = |at: usize| u16::from_be_bytes([o[at], o[at + 1]]);
        Some(Self {
            ssrc: word(o, 0)?,
            loss_rate: o[4],
            discard_rate: o[5],
            burst_density: o[6],
            gap_density: o[7],
            burst_duration: pair(8),
            gap_duration: pair(10),
            round_trip_delay: pair(12),
            end_system_delay: pair(14),
            signal_level: o[16],
            noise_level: o[17],
            echo_return_loss: o[18],
            gap_minimum: o[19],
            r_factor: o[20],
            external_r_factor: o[21],
            mos_listening: o[22],
            mos_conversational: o[23],
            receiver_config: o[24],
            jitter_buffer_nominal: pair(26),
            jitter_buffer_maximum: pair(28),
            jitter_buffer_absolute: pair(30),
        })
    }

    pub(super) fn to_octets(self) -> [u8; Self::LEN] {
        let mut o = [0; Self::LEN];
        o[0..4].copy_from_slice(&self.ssrc.to_be_bytes());
        o[4..8].copy_from_slice(&[self.loss_rate, self.discard_rate, self.burst_density, self.gap_density]);
        let times = [self.burst_duration, self.gap_duration, self.round_trip_delay, self.end_system_delay];
        for (to, time) in o[8..16].chunks_exact_mut(2).zip(times) {
            to.copy_from_slice(&time.to_be_bytes());
        }
        o[16..20].copy_from_slice(&[
            self.signal_level,
            self.noise_level,
            self.echo_return_loss,
            self.gap_minimum,
        ]);
        o[20..25].copy_from_slice(&[
            self.r_factor,
            self.external_r_factor,
            self.mos_listening,
            self.mos_conversational,
            self.receiver_config,
        ]);
        let delays = [self.jitter_buffer_nominal, self.jitter_buffer_maximum, self.jitter_buffer_absolute];
        for (to, delay) in o[26..32].chunks_exact_mut(2).zip(delays) {
            to.copy_from_slice(&delay.to_be_bytes());
        }
        o
    }
}

fn reference_time<'a>(contents: &[u8]) -> Option<XrBlock<'a>> {
    let ntp = u64::from(word(contents, 0)?) << 32 | u64::from(word(contents, 4)?);
    Some(XrBlock::ReceiverReferenceTime(NtpTime(ntp)))
}

pub(super) const RECEIVER_REFERENCE_TIME: u8 = 4;
pub(super) const VOIP_METRICS: u8 = 7;
