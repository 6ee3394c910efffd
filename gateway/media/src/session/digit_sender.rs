//! Telephone events that we make: start, updates, three ends (RFC 4733 2.5.1).
//!
//! | state | when due | becomes |
//! |---|---|---|
//! | idle | a digit is queued | playing, first packet with the marker |
//! | playing | each update | playing, longer; at the full length ending |
//! | ending | each update | ending, until the third end packet; then pausing |
//! | pausing | pause over | idle |

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::clock::units;
use crate::session::digit::EventPayload;

/// Digits waiting for and being played on one leg.
#[derive(Debug, Default)]
pub(crate) struct DigitSender {
    state: State,
    queue: VecDeque<Digit>,
}

/// One packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPacket {
    pub(crate) marker: bool,
    /// Since the start of the event, on the timeline of the leg.
    pub(crate) payload: EventPayload,
    /// RTP timestamp; `None` for the first packet of an event, whose timestamp the caller draws and gives to
    /// [`DigitSender::started`].
    pub(crate) timestamp: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Digit {
    code: u8,
    duration_ms: u16,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Idle,
    Pausing {
        until: Instant,
    },
    Playing {
        digit: Digit,
        timestamp: Option<u32>,
        elapsed_ms: u16,
        ends: u8,
        due: Instant,
    },
}

impl DigitSender {
    /// Queues a digit; `false` when the queue is full.
    pub(crate) fn push(&mut self, code: u8, duration_ms: u16) -> bool {
        if self.queue.len() >= QUEUE {
            return false;
        }
        self.queue.push_back(Digit { code, duration_ms: duration_ms.clamp(SHORTEST_MS, LONGEST_MS) });
        true
    }

    /// Whether audio must be held back.
    pub(crate) const fn is_playing(&self) -> bool {
        matches!(self.state, State::Playing { .. })
    }

    /// The packet that is due at `now`, if any; to be called again until `None`.
    pub(crate) fn poll(&mut self, now: Instant, clock_rate: u32) -> Option<EventPacket> {
        self.start(now);
        let State::Playing { digit, timestamp, elapsed_ms, ends, due } = self.state else { return None };
        if now < due {
            return None;
        }
        let elapsed_ms = elapsed_ms.saturating_add(UPDATE_MS).min(digit.duration_ms);
        let end = elapsed_ms == digit.duration_ms;
        let ends = ends + u8::from(end);
        self.state = if ends == ENDS {
            State::Pausing { until: due + PAUSE }
        } else {
            State::Playing { digit, timestamp, elapsed_ms, ends, due: due + UPDATE }
        };
        let duration = units(Duration::from_millis(u64::from(elapsed_ms)), clock_rate).min(0xffff) as u16;
        let payload = EventPayload { event: digit.code, end, volume: VOLUME, duration };
        Some(EventPacket { marker: timestamp.is_none(), payload, timestamp })
    }

    /// The timestamp that the first packet got.
    pub(crate) const fn started(&mut self, at: u32) {
        if let State::Playing { timestamp, .. } = &mut self.state {
            *timestamp = Some(at);
        }
    }

    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Playing { due, .. } => Some(due),
            State::Pausing { until } => Some(until),
            State::Idle => None,
        }
    }

    fn start(&mut self, now: Instant) {
        let idle = match self.state {
            State::Idle => true,
            State::Pausing { until } => now >= until,
            State::Playing { .. } => false,
        };
        if idle {
            self.state = match self.queue.pop_front() {
                Some(digit) => State::Playing { digit, timestamp: None, elapsed_ms: 0, ends: 0, due: now },
                None => State::Idle,
            };
        }
    }
}

/// Digits that can wait: a dialled number.
const QUEUE: usize = 32;
/// RFC 4733 2.5.1.2 suggests 50 ms or the packet time of the audio; shorter means less delay at a lost packet.
const UPDATE_MS: u16 = 20;
const UPDATE: Duration = Duration::from_millis(UPDATE_MS as u64);
/// RFC 4733 2.5.1.4.
const ENDS: u8 = 3;
/// Between two digits; receivers of tones behind us need 40 ms (Q.24), plus an update of slack.
const PAUSE: Duration = Duration::from_millis(60);
/// Q.24: a digit of less may be missed.
const SHORTEST_MS: u16 = 40;
/// One segment at 8 kHz lasts 8191 ms (RFC 4733 2.5.1.3); longer digits of ours have no use.
const LONGEST_MS: u16 = 1_300;
/// -10 dBm0.
const VOLUME: u8 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_updates_three_ends_then_a_pause() {
        #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
        let mut now = Instant::now();
        let mut sender = DigitSender::default();
        assert!(sender.push(5, 60) && sender.push(6, 40));
        let mut sent = Vec::new();
        let mut timestamps = 0;
        for _ in 0..100 {
            while let Some(packet) = sender.poll(now, 8_000) {
                if packet.timestamp.is_none() {
                    timestamps += 1;
                    sender.started(timestamps * 1_000);
                }
                sent.push((packet.payload.event, packet.marker, packet.payload.end, packet.payload.duration));
            }
            let Some(due) = sender.poll_timeout() else { break };
            assert!(due > now);
            now = due;
        }
        assert_eq!(
            sent,
            [
                (5, true, false, 160),
                (5, false, false, 320),
                (5, false, true, 480),
                (5, false, true, 480),
                (5, false, true, 480),
                (6, true, false, 160),
                (6, false, true, 320),
                (6, false, true, 320),
                (6, false, true, 320),
            ]
        );
        assert!(!sender.is_playing());
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut sender = DigitSender::default();
        assert_eq!((0..100).filter(|_| sender.push(1, 100)).count(), QUEUE);
    }
}
