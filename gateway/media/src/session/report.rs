//! RTCP of one leg: what we report and what the peer reports of us.
//!
//! Owns: report intervals (RFC 3550 6.2), LSR and DLSR, round trip (6.4.1). Must never: report on behalf of the other leg; a
//! gateway ends RTP sessions, each leg has its own figures.

use std::time::{Duration, Instant};

use srtp::rtcp::{Compound, NoRoom, ReportBlock, RtcpPacket, SenderInfo, Writer};
use srtp::{NtpTime, Reception};

use crate::MediaClock;
use crate::session::sender::Sender;

/// RTCP state of a leg.
#[derive(Debug)]
pub(crate) struct Reports {
    due: Instant,
    last_sender_report: Option<(u32, Instant)>,
    sent_at_last: u64,
    pub(crate) round_trip_us: Option<u32>,
    pub(crate) heard_at: Option<Instant>,
}

/// Who reports, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) now: Instant,
    pub(crate) clock: &'a MediaClock,
    pub(crate) cname: &'a [u8],
}

/// What a compound of the peer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Goodbye,
    Report,
}

impl Reports {
    pub(crate) const fn new(first: Instant) -> Self {
        Self { due: first, last_sender_report: None, sent_at_last: 0, round_trip_us: None, heard_at: None }
    }

    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// The next report: the interval of RFC 3550 6.2 for two parties, times 0.5 to 1.5; `random` is any number.
    pub(crate) fn schedule(&mut self, now: Instant, random: u64) {
        self.due = now + INTERVAL / 2 + Duration::from_millis(random % INTERVAL.as_millis() as u64);
    }

    /// Reads a compound that came from the believed host.
    pub(crate) fn handle(
        &mut self,
        at: Occasion<'_>,
        compound: &Compound<'_>,
        ours: u32,
        theirs: Option<u32>,
    ) -> Said {
        self.heard_at = Some(at.now);
        let arrival = at.clock.ntp(at.now);
        let mut said = Said::Report;
        for packet in compound.packets() {
            match packet {
                RtcpPacket::SenderReport(report) => {
                    self.last_sender_report = Some((report.sent.ntp.middle(), at.now));
                    self.take_blocks(arrival, ours, report.blocks());
                }
                RtcpPacket::ReceiverReport(report) => self.take_blocks(arrival, ours, report.blocks()),
                RtcpPacket::Bye(bye)
                    if theirs.is_some_and(|theirs| bye.sources().any(|source| source == theirs)) =>
                {
                    said = Said::Goodbye;
                }
                _ => {}
            }
        }
        said
    }

    /// Writes our report, with a goodbye when the leg ends.
    pub(crate) fn write(
        &mut self,
        at: Occasion<'_>,
        sender: &Sender,
        reception: &mut Reception,
        source: Option<u32>,
        goodbye: bool,
        buffer: &mut [u8],
    ) -> Result<usize, NoRoom> {
        let mut writer = Writer::new(buffer);
        let block = source.map(|ssrc| self.block(at.now, reception, ssrc));
        let blocks = block.as_slice();
        if sender.packets > self.sent_at_last {
            let sent = SenderInfo {
                ntp: at.clock.ntp(at.now),
                rtp_timestamp: sender.resumed_timestamp(at.now),
                packets: sender.packets as u32,
                octets: sender.octets as u32,
            };
            writer.sender_report(sender.ssrc, &sent, blocks)?;
        } else {
            // RFC 3550 6.4: a report without sender information when nothing was sent since the last one.
            writer.receiver_report(sender.ssrc, blocks)?;
        }
        self.sent_at_last = sender.packets;
        writer.cname(sender.ssrc, at.cname)?;
        if goodbye {
            writer.bye(sender.ssrc)?;
        }
        Ok(writer.written())
    }

    /// The peer's stream ended or changed.
    pub(crate) const fn forget_source(&mut self) {
        self.last_sender_report = None;
    }

    fn take_blocks(&mut self, arrival: NtpTime, ours: u32, blocks: impl Iterator<Item = ReportBlock>) {
        for block in blocks.filter(|block| block.ssrc == ours) {
            let round_trip = arrival.round_trip_us(block.last_sender_report, block.delay_since_last);
            self.round_trip_us = round_trip.or(self.round_trip_us);
        }
    }

    fn block(&self, now: Instant, reception: &mut Reception, ssrc: u32) -> ReportBlock {
        let (last_sender_report, delay_since_last) = match self.last_sender_report {
            Some((middle, at)) => (middle, dlsr(now.saturating_duration_since(at))),
            None => (0, 0),
        };
        ReportBlock {
            ssrc,
            fraction_lost: reception.interval().fraction,
            cumulative_lost: reception.cumulative_lost(),
            highest_sequence: reception.extended_highest(),
            jitter: reception.jitter(),
            last_sender_report,
            delay_since_last,
        }
    }
}

/// Units of 1/65536 s.
fn dlsr(delay: Duration) -> u32 {
    u32::try_from((delay.as_micros() << 16) / 1_000_000).unwrap_or(u32::MAX)
}

/// RFC 3550 6.2: the recommended minimum.
const INTERVAL: Duration = Duration::from_secs(5);
