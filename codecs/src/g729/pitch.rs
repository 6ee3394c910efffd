//! Closed-loop pitch search (A.3.7) and the adaptive codebook gain (clause 3.7.3).

use super::SUBFRAME;
use super::adaptive::{Excitation, Lag, predict};
use super::basic_op::{div_s, l_mac, l_shl, norm_l, round, shr};

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
        let c = dot(correlation, subframe_at(exc, at - t));
        if c > most {
            (samples, most) = (t, c);
        }
    }
    let mut lag = Lag { samples, thirds: 0 };
    predict(exc, at, lag);
    if first_subframe && samples > 84 {
        return lag;
    }
    let mut most = dot(correlation, subframe_at(exc, at));
    let mut best = *subframe_at(exc, at);
    for thirds in [-1, 1] {
        predict(exc, at, Lag { samples, thirds });
        let c = dot(correlation, subframe_at(exc, at));
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

/// Twice the inner product as a chain of `L_mac` gives it.
fn dot(x: &Subframe, y: &Subframe) -> i32 {
    match exact_dot(x, y) {
        Some(sum) => sum,
        None => x.iter().zip(y).fold(0, |s, (&x, &y)| l_mac(s, x, y)),
    }
}

/// Twice the inner product where no partial sum can saturate, judged by the sum of magnitudes.
fn exact_dot(x: &Subframe, y: &Subframe) -> Option<i32> {
    let size = |v: &Subframe| v.iter().fold(0, |m: i32, &s| m | (i32::from(s) ^ (i32::from(s) >> 15)));
    // OR-ed magnitudes bound the largest one; 40 products of them must stay below 2^30.
    let bound = i64::from(size(x) + 1) * i64::from(size(y) + 1) * SUBFRAME as i64;
    (bound < 1 << 30).then(|| 2 * x.iter().zip(y).map(|(&x, &y)| i32::from(x) * i32::from(y)).sum::<i32>())
}

/// Correlation of the target with the impulse response, scaled to 13 bits (`Dn`).
pub(crate) fn backward_filter(h: &Subframe, target: &Subframe) -> Subframe {
    let mut y = [0i32; SUBFRAME];
    for (i, y) in y.iter_mut().enumerate() {
        *y = target[i..].iter().zip(h).fold(0, |s, (&x, &h)| l_mac(s, x, h));
    }
    let largest = y.iter().fold(0, |m, y| m.max(y.saturating_abs()));
    let shift = 18 - norm_l(largest).min(16);
    y.map(|y| (y >> shift) as i16)
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
    let (energy, energy_shift) = match accumulate(1, y, y) {
        Some(s) => (s, 0),
        None => (accumulate_saturating(1, &scaled, &scaled), 4),
    };
    let yy_exp = norm_l(energy);
    let yy = round(l_shl(energy, yy_exp));
    let yy_exp = yy_exp - energy_shift;

    let (cross, cross_shift) = match accumulate(0, target, y) {
        Some(s) => (s, 0),
        None => (accumulate_saturating(0, target, &scaled), 2),
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

/// A chain of `L_mac` from `start`; none if it overflows on the way.
fn accumulate(start: i32, x: &Subframe, y: &Subframe) -> Option<i32> {
    if let Some(sum) = exact_dot(x, y) {
        return sum.checked_add(start);
    }
    x.iter().zip(y).try_fold(start, |s, (&x, &y)| {
        let product = (i32::from(x) * i32::from(y)).checked_mul(2)?;
        s.checked_add(product)
    })
}

fn accumulate_saturating(start: i32, x: &Subframe, y: &Subframe) -> i32 {
    x.iter().zip(y).fold(start, |s, (&x, &y)| l_mac(s, x, y))
}
