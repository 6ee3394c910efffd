//! Voice activity detection (B.3): four differences to running averages of the background noise, fourteen
//! boundaries, four smoothing stages, then the update of the averages.
//!
//! Energies are log10 values in Q11, one unit being 10 dB; spectra are normalised LSFs.

use super::basic_op::{abs, high, l_mac, l_mult, l_shl, mult};
use super::boundary::Difference;
use super::dpf::{compose, log2, mpy_32_16};
use super::lpc::{Autocorrelation, LAGS, WINDOW};
use super::lsf::Lsf;
use super::tables::annex_b::{LOW_BAND_CORRELATION, VAD_ADAPTATION, VAD_INIT_FACTOR, VAD_INIT_SHIFT};

/// Frames after which the averages are initialised.
const START: i16 = 32;
/// Frames after which the minimum is taken from the history.
const SETTLED: i16 = 128;

/// 15 dB: below, a frame is noise whatever else it is.
const FLOOR: i16 = 3072;
/// 3 dB.
const CLOSE: i16 = 614;
/// Spectral distance of a stationary background, Q15.
const STEADY: i16 = 83;

/// The detector.
#[derive(Clone)]
pub(crate) struct Vad {
    /// Frames seen; wraps to 256 so that it stays beyond every threshold.
    frame: i16,
    minimum: Minimum,
    mean: Averages,
    /// Frames below the floor among the first 32.
    quiet: usize,
    /// Decisions of the last two frames.
    previous: [bool; 2],
    previous_energy: i16,
    extension: Extension,
    silence: i16,
    updates: i16,
}

/// Running averages of the background.
#[derive(Clone, Default)]
struct Averages {
    /// Full-band energy over the first frames.
    start: i16,
    energy: i16,
    low_band: i16,
    crossings: i16,
    lsf: Lsf,
}

/// The second smoothing stage: whether it may extend speech, and by how many frames it has.
#[derive(Clone)]
struct Extension {
    allowed: bool,
    count: i16,
}

/// What is measured on a frame.
pub(crate) struct Measures {
    energy: i16,
    low_band: i16,
    crossings: i16,
    lsf: Lsf,
    /// Second reflection coefficient, Q15.
    reflection: i16,
}

impl Measures {
    /// `r` is lag-windowed; `lsf` normalised; `speech` the buffer the window lies on.
    pub(crate) fn new(r: &Autocorrelation, lsf: Lsf, reflection: i16, speech: &[i16; WINDOW]) -> Self {
        let others = (1..=LAGS).fold(0, |s, k| l_mac(s, high(r.r[k]), LOW_BAND_CORRELATION[k]));
        let low_band = l_mac(l_shl(others, 1), high(r.r[0]), LOW_BAND_CORRELATION[0]);
        // One weight per sign change among the samples 120 to 200: the frame itself.
        let crossings = speech[120..=200].windows(2).filter(|p| mult(p[0], p[1]) < 0).count();
        Self {
            energy: level(r.r[0], r.exponent),
            low_band: level(low_band, r.exponent),
            crossings: (crossings as i16).saturating_mul(410),
            lsf,
            reflection,
        }
    }
}

/// log10 of the energy per sample, Q11.
fn level(energy: i32, exponent: i32) -> i16 {
    let (e, f) = log2(energy);
    let log = l_mac(mpy_32_16(compose(e, f), 9864), 9864, (exponent - 2) as i16);
    high(l_shl(log, 11)).saturating_sub(4875)
}

impl Vad {
    pub(crate) fn new() -> Self {
        Self {
            frame: 0,
            minimum: Minimum::new(),
            mean: Averages::default(),
            quiet: 0,
            previous: [true; 2],
            previous_energy: 0,
            extension: Extension { allowed: true, count: 0 },
            silence: 0,
            updates: 0,
        }
    }

    /// Whether the frame carries speech.
    pub(crate) fn decide(&mut self, m: &Measures) -> bool {
        self.frame = if self.frame == i16::MAX { 256 } else { self.frame + 1 };
        let distance = high(m.lsf.iter().zip(&self.mean.lsf).fold(0, |s, (&a, &b)| {
            let d = a.saturating_sub(b);
            l_mac(s, d, d)
        }));
        self.minimum.track(self.frame, m.energy);
        let mut voice = self.start(m);
        if self.frame >= START {
            if self.frame == START {
                self.mean.initialise(self.quiet);
            }
            let difference = Difference {
                energy: self.mean.energy.saturating_sub(m.energy),
                low_band: self.mean.low_band.saturating_sub(m.low_band),
                crossings: self.mean.crossings.saturating_sub(m.crossings),
                spectrum: distance,
            };
            voice = m.energy >= FLOOR && difference.beyond_a_boundary();
            voice = self.smooth(voice, m, &difference);
            self.update(m, distance);
        }
        self.previous_energy = m.energy;
        self.previous = [voice, self.previous[0]];
        voice
    }

    /// The first 32 frames: the energy decides, the rest goes into the averages.
    fn start(&mut self, m: &Measures) -> bool {
        if self.frame > START {
            return false;
        }
        if m.energy < FLOOR {
            self.quiet += 1;
            return false;
        }
        let grow = |mean: &mut i16, x: i16| *mean = high(l_mac(i32::from(*mean) << 16, x, 1024));
        grow(&mut self.mean.start, m.energy);
        grow(&mut self.mean.crossings, m.crossings);
        for (mean, &x) in self.mean.lsf.iter_mut().zip(&m.lsf) {
            grow(mean, x);
        }
        true
    }

    /// The four stages that keep the decision from flickering.
    fn smooth(&mut self, decided: bool, m: &Measures, d: &Difference) -> bool {
        let mut voice = decided;
        let mut extended = false;
        if self.previous[0] && !voice && d.energy.saturating_add(410) < 0 && m.energy > FLOOR {
            (voice, extended) = (true, true);
        }
        if !self.extension.allowed {
            self.extension.allowed = true;
        } else if self.previous == [true; 2]
            && !voice
            && abs(self.previous_energy.saturating_sub(m.energy)) <= CLOSE
        {
            (voice, extended) = (true, true);
            self.extension.count += 1;
            if self.extension.count > 4 {
                self.extension = Extension { allowed: false, count: 0 };
            }
        }
        if !voice {
            self.silence = self.silence.saturating_add(1);
        }
        if voice && self.silence > 10 && m.energy.saturating_sub(self.previous_energy) <= CLOSE {
            (voice, self.silence) = (false, 0);
        }
        if voice {
            self.silence = 0;
        }
        if self.near_the_mean(m) && self.frame > SETTLED && !extended && m.reflection < 19661 {
            voice = false;
        }
        voice
    }

    fn near_the_mean(&self, m: &Measures) -> bool {
        m.energy.saturating_sub(CLOSE) < self.mean.energy
    }

    /// The averages follow a background that is near them, steady and not tonal.
    fn update(&mut self, m: &Measures, distance: i16) {
        if self.near_the_mean(m) && m.reflection < 24576 && distance < STEADY {
            self.updates = self.updates.saturating_add(1);
            self.mean.adapt(m, self.updates);
        }
        let stuck = (self.mean.energy < self.minimum.now && distance < STEADY)
            || self.mean.energy.saturating_sub(self.minimum.now) > 2048;
        if self.frame > SETTLED && stuck {
            self.mean.energy = self.minimum.now;
            self.updates = 0;
        }
    }
}

impl Averages {
    /// Rescales what the first frames summed up, as some of them did not count.
    fn initialise(&mut self, quiet: usize) {
        let rescale = |x: &mut i16| {
            *x = high(l_shl(l_mult(*x, VAD_INIT_FACTOR[quiet]), i32::from(VAD_INIT_SHIFT[quiet])));
        };
        rescale(&mut self.start);
        rescale(&mut self.crossings);
        self.lsf.iter_mut().for_each(rescale);
        self.energy = self.start.saturating_sub(2048);
        self.low_band = self.start.saturating_sub(2458);
    }

    fn adapt(&mut self, m: &Measures, updates: i16) {
        let row = match updates {
            i16::MIN..20 => 0,
            20..30 => 1,
            30..40 => 2,
            40..50 => 3,
            50..60 => 4,
            _ => 5,
        };
        let [energy_keep, energy_new, zc_keep, zc_new, lsf_keep, lsf_new] = VAD_ADAPTATION[row];
        let blend =
            |mean: &mut i16, keep: i16, x: i16, new: i16| *mean = high(l_mac(l_mult(keep, *mean), new, x));
        blend(&mut self.energy, energy_keep, m.energy, energy_new);
        blend(&mut self.low_band, energy_keep, m.low_band, energy_new);
        blend(&mut self.crossings, zc_keep, m.crossings, zc_new);
        for (mean, &x) in self.lsf.iter_mut().zip(&m.lsf) {
            blend(mean, lsf_keep, x, lsf_new);
        }
    }
}

/// Least energy over the last 128 frames, kept in blocks of 8.
#[derive(Clone)]
struct Minimum {
    now: i16,
    next: i16,
    of_history: i16,
    blocks: [i16; 16],
}

impl Minimum {
    fn new() -> Self {
        Self { now: i16::MAX, next: 0, of_history: 0, blocks: [0; 16] }
    }

    fn track(&mut self, frame: i16, energy: i16) {
        let block_ends = frame % 8 == 0;
        if frame <= SETTLED {
            self.now = self.now.min(energy);
            if block_ends {
                self.blocks[usize::from(frame as u16 / 8 - 1)] = self.now;
                self.now = i16::MAX;
            }
        } else {
            if frame % 8 == 1 {
                self.now = self.of_history;
                self.next = i16::MAX;
            }
            self.now = self.now.min(energy);
            self.next = self.next.min(energy);
            if block_ends {
                self.blocks.copy_within(1.., 0);
                self.blocks[15] = self.next;
            }
        }
        if block_ends {
            self.of_history = self.blocks.iter().copied().fold(i16::MAX, i16::min);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g729::ORDER;

    fn frame(energy: i16) -> Measures {
        Measures { energy, low_band: energy - 400, crossings: 4100, lsf: [1000; ORDER], reflection: 0 }
    }

    #[test]
    fn steady_noise_is_not_voice_and_a_burst_is() {
        let mut vad = Vad::new();
        for _ in 0..400 {
            vad.decide(&frame(6000));
        }
        assert!(!vad.decide(&frame(6000)));
        assert!(vad.decide(&frame(12_000)), "60 dB over the noise");
    }

    #[test]
    fn nothing_below_the_floor_is_voice() {
        let mut vad = Vad::new();
        assert!((0..500).all(|n| !vad.decide(&frame(FLOOR - 1 - n))));
    }

    #[test]
    fn the_frame_counter_wraps_beyond_the_thresholds() {
        let mut vad = Vad::new();
        for _ in 0..33_000 {
            vad.decide(&frame(5000));
        }
        assert_eq!(vad.frame, 33_000u16.wrapping_sub(32_767).wrapping_add(255) as i16);
    }

    #[test]
    fn the_minimum_forgets_after_128_frames() {
        let mut minimum = Minimum::new();
        for n in 1..=128 {
            minimum.track(n, if n == 60 { 10 } else { 500 });
        }
        minimum.track(129, 500);
        assert_eq!(minimum.now, 10);
        for n in 130..=320 {
            minimum.track(n, 500);
        }
        assert_eq!(minimum.now, 500);
    }
}
