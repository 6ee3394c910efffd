//! The stream we send on a leg: one SSRC whose sequence and timestamp never break, whatever it is fed from.
//!
//! Owns: SSRC, sequence numbers, timestamps and marker of what leaves (RFC 3550 5.1), over all plans of the session.
//! Must never: jump when the source changes; a peer would count the jump as loss or restart its jitter buffer.
//!
//! A *run* is an uninterrupted stretch fed by one stream of one source. Within a run numbers are the source's plus an offset,
//! so loss and order stay visible to the listener; between runs the numbers go on by one and the timestamp by the time gone.

use std::time::{Duration, Instant};

use srtp::RtpHeader;

use crate::clock::units;

/// The outgoing stream of a leg.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) ssrc: u32,
    sequence: u16,
    timestamp: u32,
    sent_at: Option<Instant>,
    clock_rate: u32,
    run: Option<Run>,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
}

/// Whose numbers a run follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feed {
    pub(crate) leg: u8,
    pub(crate) ssrc: u32,
    /// Counts restarts of the source's numbers.
    pub(crate) epoch: u16,
    /// RTP clock of what arrives.
    pub(crate) clock_rate: u32,
}

#[derive(Debug)]
struct Run {
    feed: Feed,
    sequence_offset: u16,
    /// Distance from the first packet of the run, until [`SETTLED`].
    first: Option<u16>,
    timestamp_in: u32,
    timestamp_out: u32,
}

impl Sender {
    pub(crate) const fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self { ssrc, sequence, timestamp, sent_at: None, clock_rate: 8_000, run: None, packets: 0, octets: 0 }
    }

    /// The RTP clock of the format now sent.
    pub(crate) const fn set_clock_rate(&mut self, clock_rate: u32) {
        if self.clock_rate != clock_rate {
            self.clock_rate = clock_rate;
            self.run = None;
        }
    }

    pub(crate) const fn clock_rate(&self) -> u32 {
        self.clock_rate
    }

    /// The next packet starts a new run: what was in between is unknown or was not ours to send.
    pub(crate) const fn end_run(&mut self) {
        self.run = None;
    }

    /// Makes the run follow `feed` from the packet with these numbers on. Answers whether a new run began.
    pub(crate) fn follow(&mut self, now: Instant, feed: Feed, sequence: u16, timestamp: u32) -> bool {
        if self.run.as_ref().is_some_and(|run| run.feed == feed) {
            return false;
        }
        self.run = Some(Run {
            feed,
            sequence_offset: self.sequence.wrapping_add(1).wrapping_sub(sequence),
            first: Some(sequence),
            timestamp_in: timestamp,
            timestamp_out: self.resumed_timestamp(now),
        });
        true
    }

    /// Our sequence number for one of the source; `None` when it lies before the run.
    pub(crate) fn sequence_of(&mut self, sequence: u16) -> Option<u16> {
        let run = self.run.as_mut()?;
        if let Some(first) = run.first {
            let since = sequence.wrapping_sub(first);
            if since > u16::MAX / 2 {
                return None;
            }
            if since > SETTLED {
                run.first = None;
            }
        }
        Some(sequence.wrapping_add(run.sequence_offset))
    }

    /// Our timestamp for one of the source.
    pub(crate) fn timestamp_of(&mut self, timestamp: u32) -> u32 {
        let clock_rate = self.clock_rate;
        let Some(run) = self.run.as_mut() else { return timestamp };
        let ahead = timestamp.wrapping_sub(run.timestamp_in) as i32;
        let scaled = if run.feed.clock_rate == clock_rate {
            i64::from(ahead)
        } else {
            i64::from(ahead) * i64::from(clock_rate) / i64::from(run.feed.clock_rate)
        };
        let out = run.timestamp_out.wrapping_add(scaled as u32);
        if ahead > REBASE {
            // Both clocks meet every second; moving the base by whole seconds loses nothing.
            let seconds = ahead as u32 / run.feed.clock_rate;
            run.timestamp_in = run.timestamp_in.wrapping_add(seconds.wrapping_mul(run.feed.clock_rate));
            run.timestamp_out = run.timestamp_out.wrapping_add(seconds.wrapping_mul(clock_rate));
        }
        out
    }

    /// A packet of the source leaves no packet of ours: later ones close up, so that it does not look lost.
    pub(crate) const fn skip(&mut self, count: u16) {
        if let Some(run) = self.run.as_mut() {
            run.sequence_offset = run.sequence_offset.wrapping_sub(count);
        }
    }

    /// The number of a packet that is ours alone (made, not forwarded); the run moves up behind it.
    pub(crate) const fn own_sequence(&mut self) -> u16 {
        if let Some(run) = self.run.as_mut() {
            run.sequence_offset = run.sequence_offset.wrapping_add(1);
        }
        self.sequence.wrapping_add(1)
    }

    /// Leaves a hole of one number, so that the listener conceals what the source lost.
    pub(crate) const fn leave_hole(&mut self) {
        self.sequence = self.own_sequence();
    }

    /// Where our timeline stands at `now`: for audio and events that have no source.
    pub(crate) fn resumed_timestamp(&self, now: Instant) -> u32 {
        let Some(sent_at) = self.sent_at else { return self.timestamp };
        let gone = now.saturating_duration_since(sent_at).max(SHORTEST_STEP);
        self.timestamp.wrapping_add(units(gone, self.clock_rate))
    }

    /// The header of a packet that leaves now; counts it.
    pub(crate) fn stamp(&mut self, now: Instant, packet: Departure) -> RtpHeader {
        if packet.sequence.wrapping_sub(self.sequence) <= u16::MAX / 2 {
            self.sequence = packet.sequence;
            self.timestamp = packet.timestamp;
            self.sent_at = Some(now);
        }
        self.packets += 1;
        self.octets += packet.payload_len as u64;
        RtpHeader {
            marker: packet.marker,
            payload_type: packet.payload_type,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: self.ssrc,
        }
    }
}

/// What is settled about a packet before it gets its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) payload_len: usize,
}

/// Packets after which a straggler from before the run cannot be told from a wrapped number, nor come.
const SETTLED: u16 = 1_000;
/// Timestamp distance at which the base is moved, well before 31 bits are full.
const REBASE: i32 = 1 << 28;
/// Two runs never share a timestamp.
const SHORTEST_STEP: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: Feed = Feed { leg: 0, ssrc: 1, epoch: 0, clock_rate: 8_000 };

    fn send(sender: &mut Sender, now: Instant, feed: Feed, sequence: u16, timestamp: u32) -> (u16, u32) {
        sender.follow(now, feed, sequence, timestamp);
        let sequence = sender.sequence_of(sequence).expect("in the run");
        let timestamp = sender.timestamp_of(timestamp);
        let departure = Departure { marker: false, payload_type: 8, sequence, timestamp, payload_len: 160 };
        let header = sender.stamp(now, departure);
        (header.sequence, header.timestamp)
    }

    fn start() -> Instant {
        #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
        Instant::now()
    }

    #[test]
    fn a_new_source_goes_on_where_the_old_one_stopped() {
        let (mut sender, now) = (Sender::new(9, 99, 1_000), start());
        assert_eq!(send(&mut sender, now, FEED, 65_535, 5), (100, 1_000));
        assert_eq!(send(&mut sender, now, FEED, 0, 165), (101, 1_160));
        let other = Feed { leg: 1, ..FEED };
        let later = now + Duration::from_millis(20);
        assert_eq!(send(&mut sender, later, other, 7_000, 77), (102, 1_160 + 160));
        assert_eq!(send(&mut sender, later, other, 7_002, 397), (104, 1_320 + 320));
    }

    #[test]
    fn a_straggler_of_before_the_run_has_no_number() {
        let (mut sender, now) = (Sender::new(9, 0, 0), start());
        send(&mut sender, now, FEED, 10, 0);
        assert_eq!(sender.sequence_of(9), None);
        assert_eq!(sender.sequence_of(11), Some(2));
    }

    #[test]
    fn skipped_and_own_packets_keep_the_row_closed() {
        let (mut sender, now) = (Sender::new(9, 0, 0), start());
        send(&mut sender, now, FEED, 10, 0);
        sender.skip(1);
        assert_eq!(send(&mut sender, now, FEED, 12, 320).0, 2);
        let own = sender.own_sequence();
        let departure =
            Departure { marker: true, payload_type: 101, sequence: own, timestamp: 320, payload_len: 4 };
        assert_eq!(sender.stamp(now, departure).sequence, 3);
        assert_eq!(send(&mut sender, now, FEED, 13, 480).0, 4);
    }

    #[test]
    fn clocks_are_converted_over_many_hours() {
        let (mut sender, now) = (Sender::new(9, 0, 0), start());
        let feed = Feed { clock_rate: 48_000, ..FEED };
        let mut expected = 0u32;
        for step in 0..2_000_000u32 {
            let (_, out) = send(&mut sender, now, feed, step as u16, step.wrapping_mul(48_000 * 2));
            assert_eq!(out, expected, "step {step}");
            expected = expected.wrapping_add(16_000);
        }
    }
}
