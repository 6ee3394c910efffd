//! DTMF: generator and detector (Q.23, Q.24).
//!
//! The detector looks at 12.75 ms windows every 6.4 ms through eight Goertzel filters. A window is a digit when one
//! row and one column stand out of their groups, carry most of the energy, and lie within the twist. Between
//! windows the phase of each filter gives the exact frequency, which a window that short cannot resolve: this is
//! what rejects speech, together with the level staying constant.

use std::f32::consts::TAU;

use crate::level;

/// One of `0-9 * # A-D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digit(u8);

impl Digit {
    /// The digit of a character; lower case letters pass.
    #[must_use]
    pub fn from_char(character: char) -> Option<Self> {
        let character = character.to_ascii_uppercase();
        KEYS.iter().flatten().position(|&key| char::from(key) == character).map(|at| Self(at as u8))
    }

    /// The digit of an RFC 4733 event code (2.3: 0 to 9, 10 star, 11 pound, 12 to 15 A to D).
    #[must_use]
    pub fn from_event(event: u8) -> Option<Self> {
        EVENTS.get(usize::from(event)).and_then(|&key| Self::from_char(char::from(key)))
    }

    /// The RFC 4733 event code.
    #[must_use]
    pub fn event(self) -> u8 {
        let key = KEYS[usize::from(self.0 / 4)][usize::from(self.0 % 4)];
        EVENTS.iter().position(|&event| event == key).map_or(0, |at| at as u8)
    }

    /// The character.
    #[must_use]
    pub fn as_char(self) -> char {
        char::from(KEYS[usize::from(self.0 / 4)][usize::from(self.0 % 4)])
    }

    /// The two frequencies, Hz: low group and high group.
    #[must_use]
    pub fn frequencies_hz(self) -> [f32; 2] {
        [FREQUENCIES[usize::from(self.0 / 4)], FREQUENCIES[4 + usize::from(self.0 % 4)]]
    }
}

/// What the detector saw. Times are samples since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A digit is there: it began about `at` and has lasted long enough to count.
    Began {
        /// The digit.
        digit: Digit,
        /// Sample of its beginning.
        at: u64,
    },
    /// It ended.
    Ended {
        /// The digit.
        digit: Digit,
        /// Samples it lasted, to a window's hop.
        samples: u32,
    },
}

/// DTMF detector for 8 kHz PCM.
#[derive(Clone, Debug)]
pub struct Detector {
    filters: [Filter; 8],
    /// Half a window's filters, finished.
    half: [Complex; 8],
    half_energy: f32,
    /// The window before.
    previous: [Complex; 8],
    energy: f32,
    filled: usize,
    samples: u64,
    state: State,
}

/// | state | hit, same digit | hit, other digit | miss |
/// |---|---|---|---|
/// | `Idle` | `Arming` | `Arming` | `Idle` |
/// | `Arming` | count; `Pressed` at the fourth | `Arming` afresh | `Idle` |
/// | `Pressed` | stay | count a miss | count; `Idle` at the fourth |
#[derive(Clone, Copy, Debug)]
enum State {
    Arming { digit: Digit, hits: u32, energy: f32 },
    Idle,
    Pressed { digit: Digit, since: u64, last: u64, misses: u32 },
}

#[derive(Clone, Copy, Debug, Default)]
struct Complex {
    re: f32,
    im: f32,
}

/// Goertzel recursion of one frequency.
#[derive(Clone, Copy, Debug, Default)]
struct Filter {
    now: f32,
    before: f32,
}

impl Detector {
    /// A detector that has heard nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            filters: [Filter { now: 0.0, before: 0.0 }; 8],
            half: [Complex { re: 0.0, im: 0.0 }; 8],
            half_energy: 0.0,
            previous: [Complex { re: 0.0, im: 0.0 }; 8],
            energy: 0.0,
            filled: 0,
            samples: 0,
            state: State::Idle,
        }
    }

    /// Takes 8 kHz PCM of any length and tells every event to `seen`.
    pub fn process(&mut self, mut pcm: &[i16], mut seen: impl FnMut(Event)) {
        while !pcm.is_empty() {
            let (now, later) = pcm.split_at(pcm.len().min(HOP - self.filled));
            self.run_filters(now);
            self.filled += now.len();
            self.samples += now.len() as u64;
            pcm = later;
            if self.filled == HOP {
                self.filled = 0;
                let hit = self.window();
                if let Some(event) = self.step(hit) {
                    seen(event);
                }
            }
        }
    }

    /// The digit being pressed.
    #[must_use]
    pub fn pressed(&self) -> Option<Digit> {
        match self.state {
            State::Pressed { digit, .. } => Some(digit),
            State::Arming { .. } | State::Idle => None,
        }
    }

    fn run_filters(&mut self, pcm: &[i16]) {
        let mut filters = self.filters;
        for &sample in pcm {
            let sample = f32::from(sample);
            self.energy += sample * sample;
            for (filter, coefficient) in filters.iter_mut().zip(COEFFICIENTS) {
                let next = sample + coefficient * filter.now - filter.before;
                filter.before = filter.now;
                filter.now = next;
            }
        }
        self.filters = filters;
    }

    /// Ends a half window; the digit of the window made of it and the half before, with the window's energy.
    fn window(&mut self) -> Option<(Digit, f32)> {
        let mut window = [Complex::default(); 8];
        let mut half = [Complex::default(); 8];
        for n in 0..8 {
            half[n] = self.filters[n].finish(ROTATIONS[n]);
            window[n] = self.half[n].times(HOP_ROTATIONS[n]).plus(half[n]);
        }
        let energy = self.half_energy + self.energy;
        let previous = std::mem::replace(&mut self.previous, window);
        (self.half, self.half_energy) = (half, std::mem::take(&mut self.energy));
        self.filters = Default::default();
        classify(&window, &previous, energy)
    }

    fn step(&mut self, hit: Option<(Digit, f32)>) -> Option<Event> {
        let now = self.samples;
        match (self.state, hit) {
            (State::Idle, None) => None,
            (State::Arming { digit, hits, energy }, Some((again, next)))
                if again == digit && next < energy * STEADY && energy < next * STEADY =>
            {
                if hits + 1 < HITS {
                    self.state = State::Arming { digit, hits: hits + 1, energy: energy.max(next) };
                    return None;
                }
                let since = now - u64::from(HITS + 1) * HOP as u64;
                self.state = State::Pressed { digit, since, last: now, misses: 0 };
                Some(Event::Began { digit, at: since })
            }
            (State::Idle | State::Arming { .. }, Some((digit, energy))) => {
                self.state = State::Arming { digit, hits: 1, energy };
                None
            }
            (State::Arming { .. }, None) => {
                self.state = State::Idle;
                None
            }
            (State::Pressed { digit, since, .. }, Some((again, _))) if again == digit => {
                self.state = State::Pressed { digit, since, last: now, misses: 0 };
                None
            }
            (State::Pressed { digit, since, last, misses }, _) => {
                if misses + 1 < MISSES {
                    self.state = State::Pressed { digit, since, last, misses: misses + 1 };
                    return None;
                }
                self.state = State::Idle;
                Some(Event::Ended { digit, samples: (last - since) as u32 })
            }
        }
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

/// DTMF generator at any rate.
#[derive(Clone, Debug)]
pub struct Generator {
    sample_rate_hz: f32,
    amplitudes: [f32; 2],
    phases: [f32; 2],
    digit: Option<Digit>,
    remaining: u32,
}

impl Generator {
    /// A generator; levels of the low and high group in dBm0 (customary: -8 and -6, RFC 4733 4.2 counts down from 0).
    #[must_use]
    pub fn new(sample_rate_hz: u32, low_dbm0: f32, high_dbm0: f32) -> Self {
        let peak = |dbm0| level::amplitude_rms(dbm0) * std::f32::consts::SQRT_2;
        Self {
            sample_rate_hz: sample_rate_hz as f32,
            amplitudes: [peak(low_dbm0), peak(high_dbm0)],
            phases: [0.0; 2],
            digit: None,
            remaining: 0,
        }
    }

    /// Starts a digit of so many milliseconds; it replaces one that still sounds.
    pub fn press(&mut self, digit: Digit, ms: u32) {
        self.digit = Some(digit);
        self.phases = [0.0; 2];
        self.remaining = (self.sample_rate_hz as u32 / 1000).saturating_mul(ms);
    }

    /// Writes tone and then silence; returns the samples of tone.
    pub fn fill(&mut self, pcm: &mut [i16]) -> usize {
        let sounding = match self.digit {
            Some(_) => pcm.len().min(self.remaining as usize),
            None => 0,
        };
        let (tone, silence) = pcm.split_at_mut(sounding);
        silence.fill(0);
        if let Some(digit) = self.digit {
            let turns = digit.frequencies_hz().map(|hz| hz / self.sample_rate_hz);
            for sample in tone {
                let mut sum = 0.0;
                for ((phase, turn), amplitude) in self.phases.iter_mut().zip(turns).zip(self.amplitudes) {
                    sum += amplitude * (TAU * *phase).sin();
                    *phase = (*phase + turn).fract();
                }
                *sample = sum.round() as i16;
            }
        }
        self.remaining -= sounding as u32;
        if self.remaining == 0 {
            self.digit = None;
        }
        sounding
    }
}

impl Complex {
    fn times(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    fn plus(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    fn power(self) -> f32 {
        self.re * self.re + self.im * self.im
    }
}

impl Filter {
    /// The Fourier sum with its phase counted from the last sample; `rotation` is one sample's turn.
    fn finish(self, rotation: Complex) -> Complex {
        Complex { re: self.now - self.before * rotation.re, im: self.before * rotation.im }
    }
}

/// The digit of a window, if its tones pass Q.24's limits; the window before it gives the frequencies.
fn classify(window: &[Complex; 8], previous: &[Complex; 8], energy: f32) -> Option<(Digit, f32)> {
    // Q.24 annex A: -27 dBm or more per frequency for certain; lower limit of what is heard at all.
    if energy < QUIETEST {
        return None;
    }
    let powers = window.map(Complex::power);
    let row = strongest(&powers[..4])?;
    let column = 4 + strongest(&powers[4..])?;
    let (low, high) = (powers[row], powers[column]);
    // Q.24: twist of at least +4 dB and -8 dB (high against low) is to be accepted; a little more on either side.
    if high > low * 4.0 || low > high * 10.0 {
        return None;
    }
    let off = [row, column].map(|n| off_tune_hz(window[n], previous[n], n));
    if off[0].abs() > TOLERANCE * FREQUENCIES[row] || off[1].abs() > TOLERANCE * FREQUENCIES[column] {
        return None;
    }
    // A tone of amplitude a has energy a^2 N/2 and, in tune, power a^2 N^2/4 here; out of tune the window's
    // response tells how much of it is missing.
    let tones = low / response(off[0]) + high / response(off[1]);
    (tones * 2.0 > SHARE * energy * WINDOW).then(|| (Digit((row * 4 + column - 4) as u8), energy))
}

/// Power response of the window to a tone so many Hz away.
fn response(off_hz: f32) -> f32 {
    let angle = TAU / 2.0 * off_hz * WINDOW / 8000.0;
    if angle.abs() < 1e-3 { 1.0 } else { (angle.sin() / angle).powi(2) }
}

/// The loudest of four, unless a neighbour is too near to it.
fn strongest(powers: &[f32]) -> Option<usize> {
    let (at, most) = powers.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let clear = powers.iter().enumerate().all(|(n, &power)| n == at || power * 6.0 < *most);
    clear.then_some(at)
}

/// Distance of a tone from its nominal frequency, Hz, from the phase it gained over one hop (at most 78 Hz).
fn off_tune_hz(now: Complex, before: Complex, n: usize) -> f32 {
    let expected = before.times(HOP_ROTATIONS[n]);
    let turned = now.times(Complex { re: expected.re, im: -expected.im });
    turned.im.atan2(turned.re) / TAU * 8000.0 / HOP as f32
}

/// Samples between windows, half a window.
const HOP: usize = 51;
const WINDOW: f32 = 2.0 * HOP as f32;
/// Windows in a row that make a digit: 23 ms of tone can fill three, 40 ms always fill four.
const HITS: u32 = 4;
/// Windows in a row without it that end a digit: an interruption of 10 ms spoils three.
const MISSES: u32 = 4;
/// Part of the energy that must be in the two tones (a signal to noise ratio of 15 dB leaves 0.97).
const SHARE: f32 = 0.82;
/// Ratio of energy between windows of one digit: 2 dB.
const STEADY: f32 = 1.6;
/// Q.24: accept 1.5 %, reject 3.5 %.
const TOLERANCE: f32 = 0.025;
/// Energy of a window at -36 dBm0.
const QUIETEST: f32 = 102.0 * 23170.0 * 23170.0 / 8173.0;

const FREQUENCIES: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [[u8; 4]; 4] = [*b"123A", *b"456B", *b"789C", *b"*0#D"];
const EVENTS: [u8; 16] = *b"0123456789*#ABCD";

/// 2 cos of each frequency's turn per sample.
const COEFFICIENTS: [f32; 8] =
    [1.707738, 1.645281, 1.568687, 1.478205, 1.164104, 0.9963702, 0.7986184, 0.5685327];

/// One sample's turn.
const ROTATIONS: [Complex; 8] = [
    Complex { re: 0.8538689, im: 0.5204881 },
    Complex { re: 0.8226405, im: 0.5685619 },
    Complex { re: 0.7843435, im: 0.6203268 },
    Complex { re: 0.7391023, im: 0.6735932 },
    Complex { re: 0.582052, im: 0.8131516 },
    Complex { re: 0.4981851, im: 0.8670707 },
    Complex { re: 0.3993092, im: 0.9168163 },
    Complex { re: 0.2842664, im: 0.9587453 },
];

/// One hop's turn.
const HOP_ROTATIONS: [Complex; 8] = [
    Complex { re: -0.9373732, im: 0.3483267 },
    Complex { re: 0.8400936, im: -0.5424415 },
    Complex { re: -0.9087997, im: 0.4172327 },
    Complex { re: 0.999975, im: -0.007068525 },
    Complex { re: -0.2646305, im: -0.9643499 },
    Complex { re: -0.9943008, im: -0.1066112 },
    Complex { re: -0.8635276, im: 0.5043016 },
    Complex { re: -0.8455881, im: 0.5338359 },
];
