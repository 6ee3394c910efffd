//! Call-progress tones: a data table of 27 tone sets and the generator that plays them.
//!
//! Frequencies, cadences and levels are those of ITU-T E.180 Supplement 2 (various tones used in national
//! networks); the numbering and the names are the incumbent's, so that an existing configuration keeps its meaning.

mod table;

use std::f32::consts::TAU;

use crate::level;

pub use table::SETS;

/// One country's or network's tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToneSet {
    /// Number in the incumbent's configuration, 0 to 26; also the place in [`SETS`].
    pub number: u8,
    /// Name in the incumbent's configuration.
    pub name: &'static str,
    /// Go ahead and dial.
    pub dial: Cadence,
    /// The called party is being alerted.
    pub ringback: Cadence,
    /// The called party is engaged.
    pub busy: Cadence,
    /// No way through.
    pub congestion: Cadence,
    /// Somebody else is calling.
    pub call_waiting: Cadence,
}

/// What a tone means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Busy, at the end of a feature code: [`ToneSet::busy`] for three seconds.
    BusyAcknowledge,
    /// [`ToneSet::busy`].
    Busy,
    /// [`ToneSet::call_waiting`].
    CallWaiting,
    /// [`ToneSet::congestion`].
    Congestion,
    /// [`ToneSet::dial`].
    Dial,
    /// A feature code was refused.
    NegativeAcknowledge,
    /// A feature code was accepted.
    PositiveAcknowledge,
    /// [`ToneSet::ringback`].
    Ringback,
}

/// A sound and its rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// What sounds.
    pub sound: Sound,
    /// Level of each of its frequencies, dBm0.
    pub level_dbm0: i8,
    /// Milliseconds of sound and of silence in turn; empty for a continuous sound.
    pub pattern_ms: &'static [u16],
    /// How often the pattern is played; `None` for ever.
    pub repeats: Option<u8>,
}

/// One or two frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Hz.
    pub hz: u16,
    /// Second frequency, Hz; 0 when there is none.
    pub and_hz: u16,
    /// Frequency that modulates the amplitude fully, Hz; 0 when there is none.
    pub modulation_hz: u16,
}

impl ToneSet {
    /// The set of a number.
    #[must_use]
    pub fn by_number(number: u8) -> Option<&'static Self> {
        SETS.get(usize::from(number))
    }

    /// The set of a name, in either case.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SETS.iter().find(|set| set.name.eq_ignore_ascii_case(name))
    }

    /// The cadence of a meaning.
    #[must_use]
    pub fn cadence(&self, meaning: Meaning) -> Cadence {
        // No Recommendation standardises acknowledgements: three quick beeps and one long one, in the sound the
        // listener knows from the dial tone.
        let beeps = |pattern_ms, repeats| Cadence { pattern_ms, repeats: Some(repeats), ..self.dial };
        match meaning {
            Meaning::Busy => self.busy,
            Meaning::BusyAcknowledge => {
                let period: u32 = self.busy.pattern_ms.iter().map(|&ms| u32::from(ms)).sum();
                let repeats = 3000u32.div_ceil(period.max(1)).min(255) as u8;
                Cadence { repeats: Some(repeats), ..self.busy }
            }
            Meaning::CallWaiting => self.call_waiting,
            Meaning::Congestion => self.congestion,
            Meaning::Dial => self.dial,
            Meaning::NegativeAcknowledge => beeps(&[1500, 100], 1),
            Meaning::PositiveAcknowledge => beeps(&[100, 100], 3),
            Meaning::Ringback => self.ringback,
        }
    }
}

/// Plays one cadence.
#[derive(Clone, Debug)]
pub struct Generator {
    cadence: Cadence,
    sample_rate_hz: u32,
    peak: f32,
    /// Turns done by both frequencies and the modulation.
    phases: [f32; 3],
    /// Place in the pattern, samples of it left, rounds left.
    place: usize,
    remaining: u32,
    rounds: Option<u8>,
}

impl Generator {
    /// Starts a cadence at its beginning.
    #[must_use]
    pub fn new(cadence: Cadence, sample_rate_hz: u32) -> Self {
        let peak = level::amplitude_rms(f32::from(cadence.level_dbm0)) * std::f32::consts::SQRT_2;
        let mut generator = Self {
            cadence,
            sample_rate_hz,
            peak,
            phases: [0.0; 3],
            place: 0,
            remaining: 0,
            rounds: cadence.repeats,
        };
        generator.remaining = generator.step_samples();
        generator
    }

    /// Whether a cadence of limited length has been played to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.rounds == Some(0)
    }

    /// Fills the block; silence once finished.
    pub fn fill(&mut self, pcm: &mut [i16]) {
        for sample in pcm {
            if self.is_finished() {
                *sample = 0;
                continue;
            }
            *sample = if self.place.is_multiple_of(2) { self.sound() } else { 0 };
            self.advance();
        }
    }

    fn sound(&mut self) -> i16 {
        let sound = self.cadence.sound;
        let [first, second, modulation] = self.phases.map(|phase| (TAU * phase).sin());
        let second = if sound.and_hz == 0 { 0.0 } else { second };
        let envelope = if sound.modulation_hz == 0 { 1.0 } else { 0.5 + 0.5 * modulation };
        let hz = [sound.hz, sound.and_hz, sound.modulation_hz];
        for (phase, hz) in self.phases.iter_mut().zip(hz) {
            *phase = (*phase + f32::from(hz) / self.sample_rate_hz as f32).fract();
        }
        (self.peak * (first + second) * envelope).round().clamp(-32768.0, 32767.0) as i16
    }

    fn advance(&mut self) {
        if self.cadence.pattern_ms.is_empty() {
            return;
        }
        self.remaining = self.remaining.saturating_sub(1);
        while self.remaining == 0 && !self.is_finished() {
            self.place += 1;
            if self.place == self.cadence.pattern_ms.len() {
                self.place = 0;
                self.rounds = self.rounds.map(|rounds| rounds.saturating_sub(1));
            }
            if self.place.is_multiple_of(2) {
                self.phases = [0.0; 3];
            }
            // A step shorter than a sample still takes one: a pattern of zeros must not spin.
            self.remaining = self.step_samples().max(1);
        }
    }

    fn step_samples(&self) -> u32 {
        let ms = self.cadence.pattern_ms.get(self.place).copied().unwrap_or(0);
        u32::from(ms) * (self.sample_rate_hz / 1000)
    }
}
