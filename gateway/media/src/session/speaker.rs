//! Audio that we make: progress tones, and digits as tones.
//!
//! Owns: the sound and the rhythm of its packets. Must never: know who hears it; the leg gives it numbers.
//!
//! | content | ends |
//! |---|---|
//! | tone | with its cadence, if that is of limited length |
//! | digits | when all were played, each followed by a pause |

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use codecs::dtmf::{self, Digit};
use codecs::tones::{self, Meaning, ToneSet};
use media_api::{Format, Refusal, Tone};

use crate::outbox::PCM_LEN;
use crate::session::format::coder;
use crate::session::packer::Packer;

/// A sound on its way to one listener.
#[derive(Debug)]
pub(crate) struct Speaker {
    pub(crate) packer: Packer,
    content: Content,
    samples: usize,
    ptime: Duration,
    due: Instant,
}

#[derive(Debug)]
enum Content {
    Digits(Digits),
    Tone(tones::Generator),
}

#[derive(Debug)]
struct Digits {
    generator: dtmf::Generator,
    queue: VecDeque<(Digit, u16)>,
    /// Samples of silence still to come.
    pause: usize,
    pause_len: usize,
}

impl Speaker {
    /// Plays a tone of a tone set.
    pub(crate) fn tone(now: Instant, format: Format, set: &ToneSet, tone: Tone) -> Result<Self, Refusal> {
        let rate = coder(format.codec).sample_rate_hz();
        Self::new(now, format, Content::Tone(tones::Generator::new(set.cadence(meaning(tone)), rate)))
    }

    /// Plays digits as they are pressed.
    pub(crate) fn digits(now: Instant, format: Format) -> Result<Self, Refusal> {
        let rate = coder(format.codec).sample_rate_hz();
        let generator = dtmf::Generator::new(rate, LOW_DBM0, HIGH_DBM0);
        let pause_len = rate as usize / 1_000 * PAUSE_MS;
        Self::new(
            now,
            format,
            Content::Digits(Digits { generator, queue: VecDeque::new(), pause: 0, pause_len }),
        )
    }

    /// Queues a digit; `false` when the queue is full or this is a tone.
    pub(crate) fn press(&mut self, digit: Digit, duration_ms: u16) -> bool {
        match &mut self.content {
            Content::Digits(digits) if digits.queue.len() < QUEUE => {
                digits.queue.push_back((digit, duration_ms.clamp(SHORTEST_MS, LONGEST_MS)));
                true
            }
            _ => false,
        }
    }

    /// When the next packet is due; `None` at the end.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_finished() { None } else { Some(self.due) }
    }

    pub(crate) fn is_finished(&self) -> bool {
        match &self.content {
            Content::Digits(digits) => digits.queue.is_empty() && digits.pause == 0,
            Content::Tone(generator) => generator.is_finished(),
        }
    }

    /// Makes the audio of a packet that is due at `now`; answers whether there was one.
    pub(crate) fn speak(&mut self, now: Instant, pcm: &mut [i16; PCM_LEN]) -> bool {
        if self.is_finished() || now < self.due {
            return false;
        }
        // A driver that was late does not send a burst to catch up.
        self.due = if now > self.due + LATE { now + self.ptime } else { self.due + self.ptime };
        let pcm = &mut pcm[..self.samples];
        match &mut self.content {
            Content::Tone(generator) => generator.fill(pcm),
            Content::Digits(digits) => digits.fill(pcm),
        }
        self.packer.push(pcm);
        true
    }

    fn new(now: Instant, format: Format, content: Content) -> Result<Self, Refusal> {
        let codec = coder(format.codec);
        let packer = Packer::new(codec.sample_rate_hz(), format)?;
        let ptime = Duration::from_millis(format.ptime_ms.into());
        Ok(Self { packer, content, samples: codec.samples_per(format.ptime_ms.into()), ptime, due: now })
    }
}

impl Digits {
    fn fill(&mut self, pcm: &mut [i16]) {
        if self.pause == 0
            && let Some((digit, ms)) = self.queue.pop_front()
        {
            self.generator.press(digit, ms.into());
            self.pause = self.pause_len;
        }
        let sounding = self.generator.fill(pcm);
        self.pause = self.pause.saturating_sub(pcm.len() - sounding);
    }
}

const fn meaning(tone: Tone) -> Meaning {
    match tone {
        Tone::Busy => Meaning::Busy,
        Tone::Congestion => Meaning::Congestion,
        Tone::Dial => Meaning::Dial,
        Tone::NegativeAcknowledgement => Meaning::NegativeAcknowledge,
        Tone::PositiveAcknowledgement => Meaning::PositiveAcknowledge,
        Tone::Ringback => Meaning::Ringback,
    }
}

/// A dialled number.
const QUEUE: usize = 32;
/// Q.24: a digit of less may be missed.
const SHORTEST_MS: u16 = 40;
const LONGEST_MS: u16 = 1_300;
/// Q.24: at least 40 ms between two digits.
const PAUSE_MS: usize = 60;
/// The customary levels; the higher group is a little louder because lines attenuate it more.
const LOW_DBM0: f32 = -8.0;
const HIGH_DBM0: f32 = -6.0;
/// A listener's jitter buffer has run dry by then.
const LATE: Duration = Duration::from_millis(100);
