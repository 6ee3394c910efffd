//! Open-loop pitch analysis on the weighted speech (A.3.4): only even samples enter the correlations.

use super::basic_op::{low, mult, shl};
use super::dpf::{inv_sqrt, mpy_32};
use super::inner::{dot_stepwise, plain_dot};
use super::{FRAME, MAX_LAG};

/// Weighted speech: the largest lag of history, then the frame.
pub(crate) type Weighted = [i16; MAX_LAG + FRAME];

const HALF: usize = FRAME / 2;

/// The lag, 20 to 143, around which the closed loop searches.
pub(crate) fn search(wsp: &Weighted) -> usize {
    let scaled = Scaled::new(wsp);
    let [(t1, mut m1), (t2, mut m2), (t3, m3)] =
        [scaled.best(20..40, false), scaled.best(40..80, false), scaled.best(80..143, true)];

    // Favour shorter lags that divide a longer one.
    let (i1, i2, i3) = (t1 as i32, t2 as i32, t3 as i32);
    if (2 * i2 - i3).abs() < 5 {
        m2 = m2.saturating_add(m3 >> 2);
    }
    if (3 * i2 - i3).abs() < 7 {
        m2 = m2.saturating_add(m3 >> 2);
    }
    if (2 * i1 - i2).abs() < 5 {
        m1 = m1.saturating_add(mult(m2, 6554));
    }
    if (3 * i1 - i2).abs() < 7 {
        m1 = m1.saturating_add(mult(m2, 6554));
    }
    let (t, m) = if m1 < m2 { (t2, m2) } else { (t1, m1) };
    if m < m3 { t3 } else { t }
}

/// The signal scaled for the correlations, split by parity so that every second sample is contiguous.
struct Scaled {
    /// `split[p][k]` is sample `2 * k + p` counted from one before the oldest.
    split: [[i16; SPLIT]; 2],
    /// Whether no correlation or energy can saturate.
    plain: bool,
}

/// Samples of one parity.
const SPLIT: usize = (MAX_LAG + 1 + FRAME) / 2;

/// Position of the frame in a split signal: 144 samples lie before it.
const ORIGIN: usize = MAX_LAG.div_ceil(2);

impl Scaled {
    fn new(wsp: &Weighted) -> Self {
        let mut split = [[0i16; SPLIT]; 2];
        for (k, &s) in wsp.iter().enumerate() {
            split[(k + 1) % 2][k.div_ceil(2)] = s;
        }
        // The scaling looks at the odd samples only, as they lie at even distances from the largest lag.
        let odd = energy(&split[1]);
        let shift = if 2 * odd > i64::from(i32::MAX) {
            -3
        } else if 2 * odd < 1 << 20 {
            3
        } else {
            0
        };
        if shift != 0 {
            split.iter_mut().flatten().for_each(|s| *s = shl(*s, shift));
        }
        let plain = energy(&split[0]) + energy(&split[1]) < 1 << 30;
        Self { split, plain }
    }

    fn correlation(&self, lag: usize) -> i32 {
        self.product(0, lag)
    }

    /// Twice the sum over the frame's even samples of x\[n - a\] x\[n - b\].
    fn product(&self, a: usize, b: usize) -> i32 {
        let (x, y) = (self.delayed(a), self.delayed(b));
        if self.plain {
            return 2 * plain_dot(x, y);
        }
        dot_stepwise(0, x, y)
    }

    fn delayed(&self, lag: usize) -> &[i16; HALF] {
        let start = ORIGIN - lag.div_ceil(2);
        self.split[lag % 2][start..start + HALF].try_into().expect("half a frame")
    }

    /// The best lag of a range and its normalised correlation. `coarse`: every second lag, then its neighbours.
    fn best(&self, range: std::ops::Range<usize>, coarse: bool) -> (usize, i16) {
        let (mut lag, mut most) = (range.start, i32::MIN);
        let mut consider = |candidate: usize, lag: &mut usize| {
            let c = self.correlation(candidate);
            if c > most {
                (*lag, most) = (candidate, c);
            }
        };
        range.step_by(if coarse { 2 } else { 1 }).for_each(|t| consider(t, &mut lag));
        if coarse {
            let centre = lag;
            consider(centre + 1, &mut lag);
            consider(centre - 1, &mut lag);
        }
        let energy = self.product(lag, lag).saturating_add(1);
        (lag, low(mpy_32(most, inv_sqrt(energy))))
    }
}

/// Sum of squares.
fn energy(x: &[i16; SPLIT]) -> i64 {
    super::inner::energy_of_blocks(x.as_chunks::<8>().0)
}

const _: () = assert!(SPLIT.is_multiple_of(8) && HALF == super::SUBFRAME);
