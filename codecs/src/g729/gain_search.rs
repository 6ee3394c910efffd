//! Gain quantisation in the encoder (clause 3.9.2): the unquantised optimum preselects candidates of both stages,
//! the 32 pairs left are compared.

use super::basic_op::{div_s, high, l_mult, l_shl, l_shr, mult, norm_l, round};
use super::dpf::{mpy_32_16, truncate};
use super::gain::{GainIndex, GainMemory, Gains, Predicted};
use super::inner::dot;
use super::pitch::{PitchTerms, Subframe};
use super::tables::excitation::{
    GAIN_MAP1, GAIN_MAP2, PRESELECT, PRESELECT_LONG, PRESELECT_THRESHOLD1, PRESELECT_THRESHOLD2,
};

/// Mantissa and exponent (its Q format).
type Term = (i16, i32);

/// Terms of the error `g_p^2 yy - 2 g_p xy + g_c^2 zz - 2 g_c xz + 2 g_p g_c yz`, factors and signs included.
pub(crate) struct ErrorTerms([Term; 5]);

impl ErrorTerms {
    /// `adaptive` (Q0) and `fixed` (Q12) are the filtered codevectors.
    pub(crate) fn new(target: &Subframe, adaptive: &Subframe, fixed: &Subframe, pitch: PitchTerms) -> Self {
        let fixed = fixed.map(|y| y >> 3);
        let term = |x: &Subframe, offset: i32| {
            let sum = dot(1, x, &fixed);
            let exponent = norm_l(sum);
            (round(l_shl(sum, exponent)), exponent + offset)
        };
        let energy = term(&fixed, 3);
        let (with_target, target_exponent) = term(target, -6);
        let (with_adaptive, adaptive_exponent) = term(adaptive, -6);
        let minus = |x: i16| x.saturating_neg();
        Self([
            (pitch.energy.0, -pitch.energy.1),
            (minus(pitch.cross.0), -(pitch.cross.1 + 1)),
            energy,
            (minus(with_target), target_exponent - 1),
            (with_adaptive, adaptive_exponent - 1),
        ])
    }
}

/// Quantises both gains. Under taming the pitch gain stays below 1.
pub(crate) fn quantise(
    code: &Subframe,
    terms: &ErrorTerms,
    memory: &mut GainMemory,
    taming: bool,
) -> (u16, Gains) {
    let predicted = memory.predict(code);
    let (pitch, fixed) = optimum(&terms.0, taming);
    let from = preselect(pitch, fixed, predicted);
    let best = compare(&terms.0, from, predicted, taming);
    let word = GAIN_MAP1[best.stage1] << 4 | GAIN_MAP2[best.stage2];
    (u16::from(word), best.gains(predicted, memory))
}

/// The unquantised optimum: pitch gain in Q9, code gain in Q2.
fn optimum(g: &[Term; 5], taming: bool) -> (i16, i16) {
    let (denominator, exponent) = difference(product(g[0], g[2], -1), product(g[4], g[4], 1), 0);
    let inverse = div_s(16384, denominator).saturating_neg();
    let inverse_exponent = 29 - exponent;

    let solve = |a: (i32, i32), b: (i32, i32), q: i32| {
        let (numerator, exponent) = difference(a, b, 1);
        high(l_shr(l_mult(numerator, inverse), exponent + inverse_exponent - q))
    };
    let pitch = solve(product(g[2], g[1], 0), product(g[3], g[4], 1), 9 + 16 - 1);
    let fixed = solve(product(g[0], g[3], 0), product(g[1], g[4], 1), 2 + 16 - 1);
    (if taming { pitch.min(481) } else { pitch }, fixed)
}

/// A product of two terms: 32-bit mantissa, exponent.
fn product(a: Term, b: Term, offset: i32) -> (i32, i32) {
    (l_mult(a.0, b.0), a.1 + b.1 + offset)
}

/// `a - b` as a normalised term. `margin` bits are given up first where the sum of both could overflow.
fn difference(a: (i32, i32), b: (i32, i32), margin: i32) -> Term {
    let (sum, exponent) = if a.1 > b.1 {
        (l_shr(a.0, a.1 - b.1 + margin).saturating_sub(l_shr(b.0, margin)), b.1 - margin)
    } else {
        (l_shr(a.0, margin).saturating_sub(l_shr(b.0, b.1 - a.1 + margin)), a.1 - margin)
    };
    let shift = norm_l(sum);
    (high(l_shl(sum, shift)), exponent + shift - 16)
}

/// First of the 4 candidates of the first stage and of the 8 of the second.
fn preselect(pitch: i16, fixed: i16, predicted: Predicted) -> GainIndex {
    let gain = if predicted.q >= 4 {
        super::basic_op::shr(predicted.gain, predicted.q - 4)
    } else {
        high(l_shl(i32::from(predicted.gain), 20 - predicted.q))
    };
    const INVERSE: i16 = -17103;
    let scaled_pitch = l_mult(PRESELECT[0][0], pitch);

    let line = high(scaled_pitch.saturating_add(PRESELECT_LONG[1][1] >> 15));
    let x = (i32::from(fixed) << 7).saturating_sub(l_mult(line, gain));
    let x = l_mult(high(l_shl(x, 2)), INVERSE);

    let line = mult(high(scaled_pitch.saturating_sub(PRESELECT_LONG[0][1] >> 10)), gain);
    let y = l_mult(line, PRESELECT[1][0]).saturating_sub(l_mult(PRESELECT[0][0], fixed) >> 3);
    let y = l_mult(high(l_shl(y, 2)), INVERSE);

    let count = |value: i32, thresholds: &[i16], shift: i32| {
        let beyond = |&t: &i16| {
            let left = value.saturating_sub(l_mult(t, gain) >> shift);
            if gain > 0 { left > 0 } else { left < 0 }
        };
        thresholds.iter().take_while(|t| beyond(t)).count()
    };
    GainIndex { stage1: count(y, &PRESELECT_THRESHOLD1, 3), stage2: count(x, &PRESELECT_THRESHOLD2, 5) }
}

/// The pair with the smallest error.
fn compare(g: &[Term; 5], from: GainIndex, predicted: Predicted, taming: bool) -> GainIndex {
    let q = predicted.q;
    let exponents = [g[0].1 + 13, g[1].1 + 14, g[2].1 + 2 * q - 21, g[3].1 + q - 3, g[4].1 + q - 4];
    let least = exponents.into_iter().fold(i32::MAX, i32::min);
    let c: [i32; 5] = std::array::from_fn(|i| truncate(l_shr(i32::from(g[i].0) << 16, exponents[i] - least)));

    let (mut best, mut smallest) = (from, i32::MAX);
    for stage1 in from.stage1..from.stage1 + 4 {
        for stage2 in from.stage2..from.stage2 + 8 {
            let candidate = GainIndex { stage1, stage2 };
            let pitch = candidate.pitch();
            if taming && pitch >= 16383 {
                continue;
            }
            let fixed = mult(predicted.gain, (candidate.factor() >> 1) as i16);
            let error = mpy_32_16(c[0], mult(pitch, pitch))
                .saturating_add(mpy_32_16(c[1], pitch))
                .saturating_add(mpy_32_16(c[2], mult(fixed, fixed)))
                .saturating_add(mpy_32_16(c[3], fixed))
                .saturating_add(mpy_32_16(c[4], mult(fixed, pitch)));
            if error < smallest {
                (best, smallest) = (candidate, error);
            }
        }
    }
    best
}
