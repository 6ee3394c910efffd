//! LP analysis (clause 3.2.1, 3.2.2; A.3.2): windowed autocorrelation, lag window, Levinson-Durbin recursion.

use super::ORDER;
use super::basic_op::{abs, high, l_shl, mult_r, norm_l, round};
use super::dpf::{compose, div_32, mpy_32, truncate};
use super::filter::Coefficients;
use super::inner::energy_of_blocks;
use super::tables::filters::{INITIAL_FILTER, LAG_WINDOW_HIGH, LAG_WINDOW_LOW, LP_WINDOW};
use crate::simd::{I32x4, lanes};

/// Samples under the analysis window.
pub(crate) const WINDOW: usize = 240;

/// Lags computed: 10 for the filter, two more for the VAD's low-band energy (Annex B).
pub(crate) const LAGS: usize = 12;

/// Normalised autocorrelation of a frame, double precision format.
#[derive(Clone, Copy)]
pub(crate) struct Autocorrelation {
    pub(crate) r: [i32; LAGS + 1],
    /// r\[0\] of the signal is `r[0] * 2^exponent` (Annex B).
    pub(crate) exponent: i32,
}

impl Autocorrelation {
    /// Of the last 240 samples; the window reaches 40 samples into the next frame.
    pub(crate) fn new(speech: &[i16; WINDOW]) -> Self {
        // Zeros behind, so that every lag has whole blocks.
        let mut y = [0i16; WINDOW + 16];
        for ((y, &s), &w) in y.iter_mut().zip(speech).zip(&LP_WINDOW) {
            *y = mult_r(s, w);
        }
        let mut exponent = 1;
        let mut energy = 1 + 2 * energy_of_blocks(y.as_chunks::<8>().0);
        while energy > i64::from(i32::MAX) {
            y.iter_mut().for_each(|s| *s >>= 2);
            exponent += 4;
            energy = 1 + 2 * energy_of_blocks(y.as_chunks::<8>().0);
        }
        let shift = norm_l(energy as i32);
        let mut r = [0; LAGS + 1];
        r[0] = truncate((energy as i32) << shift);
        for (lag, r) in r.iter_mut().enumerate().skip(1) {
            // No partial sum exceeds the energy, which fits (Cauchy-Schwarz).
            let sum = (0..WINDOW / 8).fold(I32x4::splat(0), |sum, k| {
                sum.add(lanes(&y[8 * k..]).pair_sums(lanes(&y[8 * k + lag..])))
            });
            let sum = sum.sum();
            *r = truncate((2 * sum) << shift);
        }
        Self { r, exponent: exponent - shift }
    }

    /// Multiplies by the lag window: 60 Hz bandwidth expansion and a noise floor.
    pub(crate) fn windowed(&self) -> Self {
        let mut out = *self;
        for (r, (&h, &l)) in out.r[1..].iter_mut().zip(LAG_WINDOW_HIGH.iter().zip(&LAG_WINDOW_LOW)) {
            *r = truncate(mpy_32(*r, compose(h, l)));
        }
        out
    }
}

/// Levinson-Durbin recursion with its memory: when a reflection coefficient says that the filter is nearly
/// unstable the previous filter is used again. Annex B runs the noise filters through the same memory.
#[derive(Clone)]
pub(crate) struct Levinson {
    filter: Coefficients,
    reflection: [i16; 2],
}

/// What the recursion yields.
pub(crate) struct Prediction {
    /// A(z), Q12.
    pub(crate) filter: Coefficients,
    /// The first two reflection coefficients, Q15.
    pub(crate) reflection: [i16; 2],
    /// Residual energy; none when the previous filter was taken.
    pub(crate) error: Option<i16>,
}

impl Levinson {
    pub(crate) fn new() -> Self {
        Self { filter: INITIAL_FILTER, reflection: [0; 2] }
    }

    /// Solves for the filter of the autocorrelation `r` (lag 0 first, normalised, not zero).
    pub(crate) fn solve(&mut self, r: &[i32]) -> Prediction {
        let mut a = [0i32; ORDER + 1];
        let mut reflection = [0i16; 2];
        let mut alpha = truncate(r[0]);
        let mut exponent = 0;
        for i in 1..=ORDER {
            let sum = (1..i).fold(0i32, |s, j| s.saturating_add(mpy_32(r[j], a[i - j])));
            let numerator = l_shl(sum, 4).saturating_add(truncate(r[i]));
            let magnitude = div_32(numerator.saturating_abs(), alpha);
            let k = truncate(l_shl(if numerator > 0 { -magnitude } else { magnitude }, exponent));
            if i <= 2 {
                reflection[i - 1] = high(k);
            }
            // The first coefficient is not tested.
            if i > 1 && abs(high(k)) > 32750 {
                return Prediction { filter: self.filter, reflection: self.reflection, error: None };
            }
            let previous = a;
            for j in 1..i {
                a[j] = truncate(mpy_32(k, previous[i - j]).saturating_add(previous[j]));
            }
            a[i] = truncate(k >> 4);
            let rest = truncate(i32::MAX.saturating_sub(mpy_32(k, k).saturating_abs()));
            let scaled = mpy_32(alpha, rest);
            let shift = norm_l(scaled);
            alpha = truncate(l_shl(scaled, shift));
            exponent += shift;
        }
        self.filter[0] = 4096;
        for (f, &c) in self.filter.iter_mut().zip(&a).skip(1) {
            *f = round(l_shl(c, 1));
        }
        self.reflection = reflection;
        let error = super::basic_op::shr(high(alpha), exponent);
        Prediction { filter: self.filter, reflection, error: Some(error) }
    }
}
