//! Comfort noise excitation (B.4.4): per subframe a random adaptive vector plus Gaussian noise, then four random
//! pulses whose gain makes the energy come out right. Both ends draw the same numbers, so the encoder knows the
//! decoder's excitation.

use super::adaptive::{Excitation, Lag, PAST, predict};
use super::basic_op::{abs, high, l_mac, l_mult, l_shl, l_shr, low, mult_r, norm_l, norm_s, shl, shr, shr_r};
use super::dpf::{inv_sqrt, mpy_32_16, truncate};
use super::pitch::{Subframe, subframe_at};
use super::{FRAME, SUBFRAME, random};

/// Seed at the first frame of a pause.
pub(crate) const SEED: i16 = 11111;

/// Largest pulse gain.
const GAIN_MAX: i16 = 5000;

/// The adaptive part of a subframe, for the encoder's taming.
#[derive(Clone, Copy, Default)]
pub(crate) struct AdaptivePart {
    /// Q14.
    pub(crate) gain: i16,
    pub(crate) lag: usize,
}

/// Fills the frame of `exc` with noise of `gain` (amplitude of a sample, Q3).
pub(crate) fn excite(exc: &mut Excitation, gain: i16, seed: &mut i16) -> [AdaptivePart; 2] {
    if gain == 0 {
        exc[PAST..].fill(0);
        return [AdaptivePart { gain: 0, lag: SUBFRAME + 1 }; 2];
    }
    [0, SUBFRAME].map(|k| subframe(exc, PAST + k, gain, seed))
}

fn subframe(exc: &mut Excitation, at: usize, gain: i16, seed: &mut i16) -> AdaptivePart {
    let draw = Draw::new(seed);
    let gaussian = gaussian(gain, seed);
    predict(exc, at, draw.lag);
    let out: &mut Subframe = (&mut exc[at..at + SUBFRAME]).try_into().expect("a whole subframe");
    for (x, &g) in out.iter_mut().zip(&gaussian) {
        *x = mult_r(*x, shl(draw.gain, 1)).saturating_add(g);
    }

    // Solves 4 g^2 + 2 b g + c = 0 for the pulse gain: c is the energy in excess of the wanted one.
    let wanted = wanted_energy(gain);
    let mut adaptive = AdaptivePart { gain: draw.gain, lag: draw.lag.samples };
    let root = match Root::with_adaptive(out, &draw, wanted) {
        Some(root) => root,
        None => {
            // Too loud already: without the adaptive part there always is a solution.
            *out = gaussian;
            adaptive.gain = 0;
            Root::without_adaptive(out, &draw, wanted)
        }
    };
    let pulse = root.gain();
    for (&p, &positive) in draw.positions.iter().zip(&draw.positive) {
        out[p] = if positive { out[p].saturating_add(pulse) } else { out[p].saturating_sub(pulse) };
    }
    adaptive
}

/// The random parameters of a subframe.
struct Draw {
    lag: Lag,
    positions: [usize; 4],
    positive: [bool; 4],
    /// Below 0.5, Q14.
    gain: i16,
}

impl Draw {
    fn new(seed: &mut i16) -> Self {
        let a = random(seed) as u16 as usize;
        let b = random(seed) as u16 as usize;
        let thirds = [-1, 0, 1, 0][a & 3];
        Self {
            lag: Lag { samples: (a >> 2 & 63) + 40, thirds },
            positions: [
                5 * (a >> 8 & 7),
                5 * (a >> 12 & 7) + 1,
                5 * (b & 7) + 2,
                5 * (b >> 5 & 7) + 3 + (b >> 4 & 1),
            ],
            positive: [a >> 11 & 1 == 1, a >> 15 & 1 == 1, b >> 3 & 1 == 1, b >> 8 & 1 == 1],
            gain: random(seed) & 0x1fff,
        }
    }

    /// Inner product with the four signed unit pulses.
    fn correlate(&self, x: impl Fn(usize) -> i16) -> i16 {
        self.positions.iter().zip(&self.positive).fold(0i16, |s, (&p, &positive)| {
            if positive { s.saturating_add(x(p)) } else { s.saturating_sub(x(p)) }
        })
    }
}

/// Half the wanted amplitude in Gaussian noise: sums of twelve draws, scaled to the energy.
fn gaussian(gain: i16, seed: &mut i16) -> Subframe {
    let mut noise = [0; SUBFRAME];
    for x in &mut noise {
        let sum: i32 = (0..12).map(|_| i32::from(random(seed))).sum();
        *x = low(sum >> 7);
    }
    let energy = noise.iter().fold(0, |s, &x| l_mac(s, x, x));
    let inverse = truncate(inv_sqrt(energy >> 1));
    // 0.5 sqrt(40) / 2 = 1 + 19043 / 32768.
    let amplitude = gain.saturating_add(mult_r(gain, 19043));
    let factor = mpy_32_16(inverse, amplitude);
    let shift = norm_l(factor);
    let mantissa = high(l_shl(factor, shift));
    noise.map(|x| shr_r(mult_r(x, mantissa), shift - 14))
}

/// Energy of a subframe at the wanted amplitude, times 4.
fn wanted_energy(gain: i16) -> i32 {
    l_mult(gain, low(l_mult(gain, SUBFRAME as i16) >> 6))
}

/// Discriminant and half the linear coefficient of the equation, both scaled down by `shift`.
struct Root {
    discriminant: i32,
    linear: i16,
    shift: i32,
}

impl Root {
    fn with_adaptive(x: &Subframe, draw: &Draw, wanted: i32) -> Option<Self> {
        let largest = x.iter().fold(0, |m, &x| abs(x).max(m));
        let shift = if largest == 0 { 0 } else { (3 - norm_s(largest)).max(0) };
        let energy = x.iter().fold(0, |s, &x| {
            let x = shr(x, shift);
            l_mac(s, x, x)
        });
        let linear = draw.correlate(|p| shr(x[p], shift)) >> 1;
        let discriminant = l_mac(l_shr(wanted, 1 + 2 * shift).saturating_sub(energy), linear, linear);
        (discriminant >= 0).then_some(Self { discriminant, linear, shift: shift + 1 })
    }

    fn without_adaptive(x: &Subframe, draw: &Draw, wanted: i32) -> Self {
        let magnitudes = draw.positions.iter().fold(0, |m, &p| m | abs(x[p]));
        let shift = if magnitudes & 0x4000 == 0 { 1 } else { 2 };
        let linear = draw.correlate(|p| shr(x[p], shift));
        // The Gaussian part has a quarter of the energy: 0.75 of it is left for the pulses.
        let rest = l_shr(mpy_32_16(wanted, 24576), 2 * shift - 1);
        Self { discriminant: l_mac(rest, linear, linear), linear, shift }
    }

    /// The solution of smaller magnitude.
    fn gain(&self) -> i16 {
        let root = square_root(self.discriminant);
        let first = root.saturating_sub(self.linear);
        let second = self.linear.saturating_add(root).saturating_neg();
        let smaller = if abs(second) < abs(first) { second } else { first };
        shr_r(smaller, 2 - self.shift).clamp(-GAIN_MAX, GAIN_MAX)
    }
}

/// Root of half of `x` in steps of two.
fn square_root(x: i32) -> i16 {
    let mut root = 0i16;
    for bit in (1..15).rev() {
        let candidate = root.saturating_add(1 << bit);
        if l_mult(candidate, candidate) <= x {
            root = candidate;
        }
    }
    root
}

/// Smoothed amplitude: the first frame of a pause takes the SID gain at once.
pub(crate) fn follow(current: i16, target: i16, first: bool) -> i16 {
    if first {
        return target;
    }
    mult_r(current, 28672).saturating_add(mult_r(target, 4096))
}

const _: () = assert!(FRAME == 2 * SUBFRAME);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_energy_follows_the_gain() {
        for gain in [20, 160, 1268, 8000] {
            let mut exc = [0; PAST + FRAME];
            let mut seed = SEED;
            let mut sum = 0.0;
            for _ in 0..200 {
                excite(&mut exc, gain, &mut seed);
                sum += exc[PAST..].iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
                exc.copy_within(FRAME.., 0);
            }
            let amplitude = (sum / (200.0 * FRAME as f64)).sqrt();
            let wanted = f64::from(gain) / 8.0;
            assert!((amplitude / wanted - 1.0).abs() < 0.1, "{amplitude} for {wanted}");
        }
    }

    #[test]
    fn roots_are_exact_to_two() {
        for x in [0, 7, 8, 100, 12_345, 1 << 20, 1 << 30, i32::MAX] {
            let root = f64::from(square_root(x));
            let exact = (f64::from(x) / 2.0).sqrt();
            assert!(root <= exact && exact - root < 2.0 + 1e-9, "{x}: {root}");
        }
    }

    #[test]
    fn no_gain_is_silence() {
        let mut exc = [5; PAST + FRAME];
        let mut seed = SEED;
        excite(&mut exc, 0, &mut seed);
        assert!(exc[PAST..].iter().all(|&x| x == 0));
        assert_eq!(seed, SEED);
        assert_eq!(subframe_at(&exc, PAST), &[0; SUBFRAME]);
    }
}
