//! Closed-loop pitch search (A.3.7) and the adaptive codebook gain (clause 3.7.3).

use super::SUBFRAME;
use super::adaptive::{Excitation, Lag, predict};
use super::basic_op::{div_s, l_mac, l_shl, norm_l, round, shr};
use super::inner::{checked_dot, dot, peak, saturated_energy};
use crate::simd::{I16x8, I32x4, lanes};

/// Samples of a subframe.
pub(crate) type Subframe = [i16; SUBFRAME];

/// Finds the lag in `range` and leaves the adaptive vector in the excitation at `at`, where the caller put the
/// LP residual. `fractions` is false where only integer lags can be coded beyond 84.
pub(crate) fn search(
    exc: &mut Excitation,
    at: usize,
    correlation: &Subframe,
    range: (usize, usize),
    first_subframe: bool,
) -> Lag {
    let (mut samples, mut most) = (range.0, i32::MIN);
    for t in range.0..=range.1 {
        let c = dot(0, correlation, subframe_at(exc, at - t));
        if c > most {
            (samples, most) = (t, c);
        }
    }
    let mut lag = Lag { samples, thirds: 0 };
    predict(exc, at, lag);
    if first_subframe && samples > 84 {
        return lag;
    }
    let mut most = dot(0, correlation, subframe_at(exc, at));
    let mut best = *subframe_at(exc, at);
    for thirds in [-1, 1] {
        predict(exc, at, Lag { samples, thirds });
        let c = dot(0, correlation, subframe_at(exc, at));
        if c > most {
            most = c;
            lag.thirds = thirds;
            best = *subframe_at(exc, at);
        }
    }
    exc[at..at + SUBFRAME].copy_from_slice(&best);
    lag
}

pub(crate) fn subframe_at(x: &[i16], at: usize) -> &Subframe {
    x[at..at + SUBFRAME].try_into().expect("a whole subframe")
}

/// Correlation of the target with the impulse response, scaled to 13 bits (`Dn`).
pub(crate) fn backward_filter(h: &Subframe, target: &Subframe) -> Subframe {
    let y = if cannot_saturate(h, target) { correlate(h, target) } else { correlate_stepwise(h, target) };
    let largest = y.iter().fold(0, |m, y| m.max(y.saturating_abs()));
    let shift = 18 - norm_l(largest).min(16);
    y.map(|y| (y >> shift) as i16)
}

/// Whether every sum of products of samples of both stays below 2^30.
fn cannot_saturate(x: &Subframe, y: &Subframe) -> bool {
    let magnitudes: i32 = x.iter().map(|&s| i32::from(s).abs()).sum();
    i64::from(magnitudes) * i64::from(peak(y)) < 1 << 30
}

/// Eight outputs at a time; the target continues with zeros.
fn correlate(h: &Subframe, target: &Subframe) -> [i32; SUBFRAME] {
    let mut x = [0i16; 2 * SUBFRAME];
    x[..SUBFRAME].copy_from_slice(target);
    let mut y = [0i32; SUBFRAME];
    for (block, y) in y.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        // Two products per lane: taps k and k + 1 on the samples k and k + 1 later.
        let mut sums = [I32x4::splat(0); 2];
        for (k, &[h0, h1]) in h[..SUBFRAME - 8 * block].as_chunks::<2>().0.iter().enumerate() {
            let x = &x[8 * block + 2 * k..];
            let taps = I16x8::splat_pair(h0, h1);
            let pairs = lanes(x).interleave(lanes(&x[1..]));
            sums = [0, 1].map(|half| sums[half].add(pairs[half].pair_sums(taps)));
        }
        let [low, high] = sums.map(|s| s.shift_left::<1>().array());
        y[..4].copy_from_slice(&low);
        y[4..].copy_from_slice(&high);
    }
    y
}

fn correlate_stepwise(h: &Subframe, target: &Subframe) -> [i32; SUBFRAME] {
    std::array::from_fn(|i| target[i..].iter().zip(h).fold(0, |s, (&x, &h)| l_mac(s, x, h)))
}

/// The terms of the gain search that belong to the adaptive vector, each a mantissa and an exponent.
#[derive(Clone, Copy)]
pub(crate) struct PitchTerms {
    /// `<y, y>`.
    pub(crate) energy: (i16, i32),
    /// `<x, y>`.
    pub(crate) cross: (i16, i32),
}

/// Gain of the filtered adaptive vector `y` towards the target, Q14, 0 to 1.2.
pub(crate) fn gain(target: &Subframe, y: &Subframe) -> (i16, PitchTerms) {
    let scaled = y.map(|s| s >> 2);
    let (energy, energy_shift) = match checked_dot(1, y, y) {
        Some(s) => (s, 0),
        None => (saturated_energy(1, &scaled), 4),
    };
    let yy_exp = norm_l(energy);
    let yy = round(l_shl(energy, yy_exp));
    let yy_exp = yy_exp - energy_shift;

    let (cross, cross_shift) = match checked_dot(0, target, y) {
        Some(s) => (s, 0),
        None => (dot(0, target, &scaled), 2),
    };
    let xy_exp = norm_l(cross);
    let xy = round(l_shl(cross, xy_exp));
    let xy_exp = xy_exp - cross_shift;

    let mut terms = PitchTerms { energy: (yy, 15 - yy_exp), cross: (xy, 15 - xy_exp) };
    if xy <= 0 {
        terms.cross.1 = -15;
        return (0, terms);
    }
    let gain = shr(div_s(xy >> 1, yy), xy_exp - yy_exp);
    (gain.min(19661), terms)
}
