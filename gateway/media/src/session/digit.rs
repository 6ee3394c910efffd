//! Telephone events that arrive: each digit told once, when it ended (RFC 4733 2.5.2).
//!
//! | state | input | becomes | told |
//! |---|---|---|---|
//! | idle | event packet | hearing, or done when it carries the end bit | on the end bit |
//! | hearing | update of the same event | hearing, longer | - |
//! | hearing | continuation segment (RFC 4733 2.5.1.3) | hearing, longer | - |
//! | hearing | end bit | done | the digit |
//! | hearing | another event, or [`SILENCE`] | hearing the other, or done | the digit |
//! | done | repeats of the same event | done | - |

use std::time::{Duration, Instant};

use crate::clock::millis;

/// Payload of an event packet (RFC 4733 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventPayload {
    pub(crate) event: u8,
    pub(crate) end: bool,
    /// Attenuation below 0 dBm0, 0 to 63.
    pub(crate) volume: u8,
    /// In units of the RTP clock.
    pub(crate) duration: u16,
}

impl EventPayload {
    pub(crate) const LEN: usize = 4;

    /// Reads the first event of a payload.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let octets: &[u8; Self::LEN] = payload.first_chunk()?;
        Some(Self {
            event: octets[0],
            end: octets[1] & 0x80 != 0,
            volume: octets[1] & 0x3f,
            duration: u16::from_be_bytes([octets[2], octets[3]]),
        })
    }

    pub(crate) const fn to_octets(self) -> [u8; Self::LEN] {
        let duration = self.duration.to_be_bytes();
        [self.event, (self.end as u8) << 7 | self.volume & 0x3f, duration[0], duration[1]]
    }
}

/// A digit that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) digit: char,
    pub(crate) duration_ms: u16,
}

/// Detection on one leg.
#[derive(Debug, Default)]
pub(crate) struct DigitReceiver {
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    Done(Event),
    Hearing(Event),
    #[default]
    Idle,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    code: u8,
    /// RTP timestamp of the segment.
    timestamp: u32,
    /// Units of the segments before this one.
    earlier: u32,
    duration: u16,
    clock_rate: u32,
    last: Instant,
}

impl DigitReceiver {
    /// Takes an event packet; answers at most one digit that ended with it.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        payload: EventPayload,
        timestamp: u32,
        clock_rate: u32,
    ) -> Option<Heard> {
        let (code, duration) = (payload.event, payload.duration);
        let fresh = Event { code, timestamp, earlier: 0, duration, clock_rate, last: now };
        let (event, ended_before) = match self.state {
            State::Done(event) if event.is_repeated(code, timestamp) => return None,
            State::Hearing(event) if event.is_repeated(code, timestamp) => {
                // An older update may come late: the duration only grows.
                (Event { duration: duration.max(event.duration), last: now, ..event }, None)
            }
            State::Hearing(event) if event.continues_with(code, timestamp) => {
                (Event { earlier: event.units(), ..fresh }, None)
            }
            State::Hearing(event) => (fresh, event.heard()),
            State::Done(_) | State::Idle => (fresh, None),
        };
        self.state = if payload.end { State::Done(event) } else { State::Hearing(event) };
        if !payload.end {
            return ended_before;
        }
        // Both ended at once only when the end of the first and all but the end of the second were lost: the newer is told,
        // the older one first by the time-out in all but this case.
        event.heard().or(ended_before)
    }

    /// Ends a digit whose end packets were lost.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<Heard> {
        match self.state {
            State::Hearing(event) if now >= event.last + SILENCE => {
                self.state = State::Done(event);
                event.heard()
            }
            _ => None,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Hearing(event) => Some(event.last + SILENCE),
            State::Done(_) | State::Idle => None,
        }
    }
}

impl Event {
    const fn is_repeated(&self, code: u8, timestamp: u32) -> bool {
        self.code == code && self.timestamp == timestamp
    }

    /// RFC 4733 2.5.1.3: a long event goes on under a timestamp that begins where the full duration ended.
    const fn continues_with(&self, code: u8, timestamp: u32) -> bool {
        let ahead = timestamp.wrapping_sub(self.timestamp);
        self.code == code
            && self.duration >= SEGMENT_NEARLY_FULL
            && ahead >= self.duration as u32
            && ahead <= 0xffff
    }

    const fn units(&self) -> u32 {
        self.earlier.saturating_add(self.duration as u32)
    }

    fn heard(&self) -> Option<Heard> {
        Some(Heard { digit: digit(self.code)?, duration_ms: millis(self.units(), self.clock_rate) })
    }
}

/// The digit of an event code (RFC 4733 3.2); flash and tones are not digits.
pub(crate) const fn digit(code: u8) -> Option<char> {
    match code {
        0..=9 => Some((b'0' + code) as char),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some((b'A' + code - 12) as char),
        _ => None,
    }
}

/// The event code of a digit (RFC 4733 3.2).
pub(crate) const fn event_code(digit: char) -> Option<u8> {
    match digit {
        '0'..='9' => Some(digit as u8 - b'0'),
        '*' => Some(10),
        '#' => Some(11),
        'A'..='D' => Some(digit as u8 - b'A' + 12),
        'a'..='d' => Some(digit as u8 - b'a' + 12),
        _ => None,
    }
}

/// RFC 4733 2.5.2.2 leaves the time-out to the receiver: three updates of the 50 ms that 2.5.1.2 recommends, and some jitter.
const SILENCE: Duration = Duration::from_millis(200);
/// A segment ends at 0xffff or at the last update that fits.
const SEGMENT_NEARLY_FULL: u16 = 0xf000;

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
        Instant::now()
    }

    fn event(event: u8, end: bool, duration: u16) -> EventPayload {
        EventPayload { event, end, volume: 10, duration }
    }

    #[test]
    fn three_ends_are_one_digit() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        assert_eq!(digits.handle(now, event(5, false, 160), 1_000, 8_000), None);
        assert_eq!(
            digits.handle(now, event(5, true, 800), 1_000, 8_000),
            Some(Heard { digit: '5', duration_ms: 100 })
        );
        assert_eq!(digits.handle(now, event(5, true, 800), 1_000, 8_000), None);
        assert_eq!(
            digits.handle(now, event(5, false, 640), 1_000, 8_000),
            None,
            "a late update is not a new digit"
        );
        assert_eq!(digits.poll_timeout(), None);
    }

    #[test]
    fn the_same_digit_again_is_told_again() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        assert!(digits.handle(now, event(1, true, 800), 1_000, 8_000).is_some());
        assert!(digits.handle(now, event(1, true, 800), 3_000, 8_000).is_some());
    }

    #[test]
    fn lost_ends_are_replaced_by_silence() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        digits.handle(now, event(11, false, 480), 7, 8_000);
        assert_eq!(digits.handle_timeout(now), None);
        let due = digits.poll_timeout().expect("a time-out is set");
        assert_eq!(digits.handle_timeout(due), Some(Heard { digit: '#', duration_ms: 60 }));
        assert_eq!(digits.handle(due, event(11, true, 800), 7, 8_000), None);
    }

    #[test]
    fn the_next_digit_ends_one_without_end() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        digits.handle(now, event(1, false, 800), 1_000, 8_000);
        let heard = digits.handle(now, event(2, false, 160), 3_000, 8_000);
        assert_eq!(heard, Some(Heard { digit: '1', duration_ms: 100 }));
    }

    #[test]
    fn a_long_event_is_one_digit() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        digits.handle(now, event(9, false, 0xffff), 0, 8_000);
        digits.handle(now, event(9, false, 160), 0xffff, 8_000);
        let heard = digits.handle(now, event(9, true, 8_001), 0xffff, 8_000).expect("ended");
        assert_eq!(heard, Heard { digit: '9', duration_ms: 9_192 });
    }

    #[test]
    fn flash_is_not_a_digit() {
        let (mut digits, now) = (DigitReceiver::default(), start());
        assert_eq!(digits.handle(now, event(16, true, 800), 1, 8_000), None);
    }
}
