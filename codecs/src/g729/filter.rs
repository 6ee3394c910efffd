//! The LP filters every stage shares: residual A(z), synthesis 1/A(z), bandwidth expansion.
//!
//! The Recommendation accumulates with a saturation at each step. Saturation cannot happen as long as the sum of
//! the coefficient magnitudes times the largest sample stays below 2^30; that is checked per call, and the loops
//! then use plain sums. Otherwise the step-by-step twin runs, which also is the only one that can overflow.

use super::basic_op::{l_mac, l_msu, l_mult, l_shl, mult_r, round};
use super::inner::peak;
use super::{ORDER, SUBFRAME};
use crate::simd::{I16x8, I32x4, lanes};

/// Coefficients of an LP filter, Q12, the first one is 4096.
pub(crate) type Coefficients = [i16; ORDER + 1];

/// Largest sample magnitude for which the filter's sums cannot saturate.
fn safe_magnitude(a: &Coefficients) -> i32 {
    let sum: i32 = a.iter().map(|&c| i32::from(c).abs()).sum();
    if sum == 0 { 32766 } else { (((1 << 30) - 1) / sum).min(32766) }
}

/// LP residual of one subframe: `x` holds the `ORDER` samples before it, then the subframe itself.
pub(crate) fn residual(a: &Coefficients, x: &[i16; ORDER + SUBFRAME], y: &mut [i16; SUBFRAME]) {
    if peak(x) > safe_magnitude(a) {
        return residual_stepwise(a, x, y);
    }
    // Two products per lane: the taps j and j - 1 on the samples j and j - 1 before; the last tap is alone.
    let taps: [I16x8; ORDER / 2] = std::array::from_fn(|k| I16x8::splat_pair(a[2 * k + 1], a[2 * k]));
    let last = I16x8::splat_pair(a[ORDER], 0);
    for (block, out) in y.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        let x = &x[block * 8..];
        let pairs = lanes(x).interleave(I16x8::splat(0));
        let mut sums = pairs.map(|pairs| I32x4::splat(0x800).add(pairs.pair_sums(last)));
        for (k, &taps) in taps.iter().enumerate() {
            let pairs = lanes(&x[ORDER - 2 * k - 1..]).interleave(lanes(&x[ORDER - 2 * k..]));
            sums = [0, 1].map(|half| sums[half].add(pairs[half].pair_sums(taps)));
        }
        let [low, high] = sums.map(I32x4::shift_right::<12>);
        *out = low.narrow(high).array();
    }
}

fn residual_stepwise(a: &Coefficients, x: &[i16; ORDER + SUBFRAME], y: &mut [i16; SUBFRAME]) {
    for (n, out) in y.iter_mut().enumerate() {
        let s = (0..=ORDER).fold(0, |s, j| l_mac(s, a[j], x[n + ORDER - j]));
        *out = round(l_shl(s, 3));
    }
}

/// Synthesis filter 1/A(z) over `N` samples. `memory` holds the last `ORDER` outputs before them and is not
/// changed. Returns whether the stepwise arithmetic overflowed.
pub(crate) fn synthesis<const N: usize>(
    a: &Coefficients,
    x: &[i16; N],
    memory: &[i16; ORDER],
    y: &mut [i16; N],
) -> bool {
    let limit = safe_magnitude(a);
    if peak(x) <= limit && peak(memory) <= limit && synthesis_plain(a, x, memory, y, limit) {
        return false;
    }
    synthesis_stepwise(a, x, memory, y)
}

/// As [`synthesis`], with `memory` replaced by the last outputs.
pub(crate) fn synthesis_update(
    a: &Coefficients,
    x: &[i16; SUBFRAME],
    memory: &mut [i16; ORDER],
    y: &mut [i16; SUBFRAME],
) {
    synthesis(a, x, memory, y);
    memory.copy_from_slice(&y[SUBFRAME - ORDER..]);
}

/// Longest run of the synthesis filter.
const LONGEST: usize = SUBFRAME;

/// Unsaturated synthesis. False when an output left the range in which this is exact: the first such output is
/// itself exact, so it cannot be missed.
fn synthesis_plain<const N: usize>(
    a: &Coefficients,
    x: &[i16; N],
    memory: &[i16; ORDER],
    y: &mut [i16; N],
    limit: i32,
) -> bool {
    const { assert!(N <= LONGEST) };
    let a = a.map(i32::from);
    let mut past = [0i32; ORDER + LONGEST];
    for (p, &m) in past.iter_mut().zip(memory) {
        *p = i32::from(m);
    }
    let mut spread = 0;
    for n in 0..N {
        let window: &[i32; ORDER] = past[n..n + ORDER].try_into().expect("ORDER outputs");
        let mut s = 0x800i32.wrapping_add(a[0].wrapping_mul(i32::from(x[n])));
        for j in (1..=ORDER).rev() {
            s = s.wrapping_sub(a[j].wrapping_mul(window[ORDER - j]));
        }
        let out = s >> 12;
        spread |= out ^ (out >> 31);
        past[n + ORDER] = out;
    }
    let outputs = &past[ORDER..ORDER + N];
    for (o, &p) in y.iter_mut().zip(outputs) {
        *o = p as i16;
    }
    spread <= limit || outputs.iter().all(|p| p.abs() <= limit)
}

fn synthesis_stepwise<const N: usize>(
    a: &Coefficients,
    x: &[i16; N],
    memory: &[i16; ORDER],
    y: &mut [i16; N],
) -> bool {
    let mut past = [0i16; ORDER + LONGEST];
    past[..ORDER].copy_from_slice(memory);
    let mut overflow = false;
    for n in 0..N {
        let mut exact = 2 * i64::from(a[0]) * i64::from(x[n]);
        let mut s = l_mult(a[0], x[n]);
        overflow |= exact != i64::from(s);
        for j in 1..=ORDER {
            exact = i64::from(s) - 2 * i64::from(a[j]) * i64::from(past[n + ORDER - j]);
            s = l_msu(s, a[j], past[n + ORDER - j]);
            overflow |= exact != i64::from(s);
        }
        let shifted = l_shl(s, 3);
        overflow |= i64::from(shifted) != i64::from(s) << 3 || shifted > i32::MAX - 0x8000;
        past[n + ORDER] = round(shifted);
    }
    y.copy_from_slice(&past[ORDER..ORDER + N]);
    overflow
}

/// Powers of a bandwidth expansion factor, each rounded from the one before; Q15.
pub(crate) struct Expansion([i16; ORDER + 1]);

impl Expansion {
    pub(crate) const fn new(gamma: i16) -> Self {
        let mut powers = [32_767; ORDER + 1];
        powers[1] = gamma;
        let mut i = 2;
        while i <= ORDER {
            powers[i] = ((powers[i - 1] as i32 * gamma as i32 + 0x4000) >> 15) as i16;
            i += 1;
        }
        Self(powers)
    }

    /// A(z / gamma).
    pub(crate) fn apply(&self, a: &Coefficients) -> Coefficients {
        std::array::from_fn(|i| if i == 0 { a[0] } else { mult_r(a[i], self.0[i]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: &mut u32) -> i16 {
        *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (*seed >> 16) as i16
    }

    #[test]
    fn plain_and_stepwise_filters_agree() {
        let mut seed = 7;
        let (mut plain, mut overflowed) = (0, 0);
        for round in 0..4000 {
            let shift = round % 12;
            let mut a = [0i16; ORDER + 1].map(|_| noise(&mut seed) >> (3 + round % 3));
            a[0] = 4096;
            let x = [0i16; ORDER + SUBFRAME].map(|_| noise(&mut seed) >> shift);
            let (mut y, mut z) = ([0; SUBFRAME], [0; SUBFRAME]);
            residual(&a, &x, &mut y);
            residual_stepwise(&a, &x, &mut z);
            assert_eq!(y, z);

            let memory: [i16; ORDER] = x[..ORDER].try_into().unwrap();
            let input: [i16; SUBFRAME] = x[ORDER..].try_into().unwrap();
            let flagged = synthesis(&a, &input, &memory, &mut y);
            assert_eq!(flagged, synthesis_stepwise(&a, &input, &memory, &mut z));
            assert_eq!(y, z);
            let limit = safe_magnitude(&a);
            plain += u32::from(peak(&x) <= limit && synthesis_plain(&a, &input, &memory, &mut y, limit));
            overflowed += u32::from(flagged);
        }
        assert!(plain > 500 && overflowed > 500, "{plain} {overflowed}");
    }
}
