//! Search of the LSF quantiser (clause 3.2.4): for each of the two predictors a full search of the first stage and
//! weighted searches of both halves of the second; the predictor with the smaller weighted error wins.

use super::ORDER;
use super::basic_op::{high, l_mac, l_mult, l_shl, mult, norm_s, shl};
use super::lsf::{GAP1, GAP2, Lsf, LsfIndex, LsfMemory, Predictor, SPLIT, space};
use super::tables::lsf::{LSF_STAGE1, LSF_STAGE2};
use crate::simd::{I16x8, I32x4};

/// The best indices for `lsf` given the predictor's memory.
pub(crate) fn search(lsf: &Lsf, memory: &LsfMemory) -> LsfIndex {
    let weights = weights(lsf);
    let (first, first_error) = search_mode(lsf, &weights, memory, 0);
    let (second, second_error) = search_mode(lsf, &weights, memory, 1);
    if second_error < first_error { second } else { first }
}

/// Weights that grow where neighbours are close, normalised.
pub(crate) fn weights(lsf: &Lsf) -> Lsf {
    const ONE: i16 = 8192;
    let mut distance = [0i16; ORDER];
    distance[0] = lsf[1].saturating_sub(1029 + ONE);
    for i in 1..ORDER - 1 {
        distance[i] = lsf[i + 1].saturating_sub(lsf[i - 1]).saturating_sub(ONE);
    }
    distance[ORDER - 1] = (23677 - ONE).saturating_sub(lsf[ORDER - 2]);
    let mut w = distance.map(|d| {
        if d > 0 {
            return 2048;
        }
        let square = high(l_shl(l_mult(d, d), 2));
        high(l_shl(l_mult(square, 20480), 2)).saturating_add(2048)
    });
    for w in &mut w[4..6] {
        *w = high(l_shl(l_mult(*w, 19661), 1));
    }
    let largest = w.iter().copied().fold(0, i16::max);
    w.map(|w| shl(w, norm_s(largest)))
}

fn search_mode(lsf: &Lsf, weights: &Lsf, memory: &LsfMemory, mode: usize) -> (LsfIndex, i32) {
    let predictor = Predictor::speech(mode);
    let target = memory.target(lsf, predictor);
    let stage1 = nearest(&target);
    let base = &LSF_STAGE1[stage1];
    let rest: Lsf = std::array::from_fn(|j| target[j].saturating_sub(base[j]));
    let lower = nearest_weighted(&rest, weights, 0);
    let upper = nearest_weighted(&rest, weights, SPLIT);

    let mut output: Lsf =
        std::array::from_fn(|j| base[j].saturating_add(LSF_STAGE2[if j < SPLIT { lower } else { upper }][j]));
    space(&mut output[..SPLIT], GAP1);
    space(&mut output[SPLIT - 1..], GAP1);
    space(&mut output, GAP2);

    let error = (0..ORDER).fold(0, |sum, j| {
        let difference = mult(output[j].saturating_sub(target[j]), predictor.rest[j]);
        l_mac(sum, high(l_shl(l_mult(weights[j], difference), 4)), difference)
    });
    (LsfIndex { mode, stage1, lower, upper }, error)
}

/// First stage: unweighted distance.
fn nearest(target: &Lsf) -> usize {
    if target.iter().zip(&STAGE1_RANGE).any(|(t, range)| !range.contains(t)) {
        return nearest_stepwise(target);
    }
    let target: [I16x8; ORDER / 2] =
        std::array::from_fn(|k| I16x8::splat_pair(target[2 * k], target[2 * k + 1]));
    let mut nearest = Nearest::new();
    for (group, rows) in STAGE1_PAIRS.iter().enumerate() {
        let distance = target.iter().zip(rows).fold(I32x4::splat(0), |sum, (target, row)| {
            let d = target.sub_saturating(I16x8::new(row));
            sum.add(d.pair_sums(d))
        });
        nearest.enter(group, distance);
    }
    nearest.row()
}

/// The smallest of many distances, four at a time.
struct Nearest {
    distance: I32x4,
    group: I32x4,
}

impl Nearest {
    fn new() -> Self {
        Self { distance: I32x4::splat(i32::MAX), group: I32x4::splat(0) }
    }

    #[inline(always)]
    fn enter(&mut self, group: usize, distance: I32x4) {
        let closer = self.distance.above(distance);
        self.distance = closer.select(distance, self.distance);
        self.group = closer.select(I32x4::splat(group as i32), self.group);
    }

    /// The first of equal ones.
    fn row(&self) -> usize {
        let rows = self.group.array().into_iter().zip(0..).map(|(group, lane)| 4 * group + lane);
        let least = self.distance.array().into_iter().zip(rows).min();
        least.map_or(0, |(_, row)| row as usize)
    }
}

fn nearest_stepwise(target: &Lsf) -> usize {
    let (mut best, mut least) = (0, i32::MAX);
    for (i, row) in LSF_STAGE1.iter().enumerate() {
        let distance = row.iter().zip(target).fold(0, |sum, (&c, &t)| {
            let d = t.saturating_sub(c);
            l_mac(sum, d, d)
        });
        if distance < least {
            (best, least) = (i, distance);
        }
    }
    best
}

/// Second stage, the half that starts at `from`.
fn nearest_weighted(rest: &Lsf, weights: &Lsf, from: usize) -> usize {
    if rest[from..from + SPLIT].iter().any(|r| !STAGE2_RANGE.contains(r)) {
        return nearest_weighted_stepwise(rest, weights, from);
    }
    let half = from / SPLIT;
    let pair = |x: &Lsf, k: usize| {
        I16x8::splat_pair(x[from + 2 * k], if k < SPLIT / 2 { x[from + 2 * k + 1] } else { 0 })
    };
    let rest: [I16x8; 3] = std::array::from_fn(|k| pair(rest, k));
    let weights: [I16x8; 3] = std::array::from_fn(|k| pair(weights, k));
    let mut nearest = Nearest::new();
    for (group, rows) in STAGE2_PAIRS[half].iter().enumerate() {
        let distance = (0..3).fold(I32x4::splat(0), |sum, k| {
            let d = rest[k].sub_saturating(I16x8::new(&rows[k]));
            sum.add(weights[k].q15_product(d).pair_sums(d))
        });
        nearest.enter(group, distance);
    }
    nearest.row()
}

fn nearest_weighted_stepwise(rest: &Lsf, weights: &Lsf, from: usize) -> usize {
    let (mut best, mut least) = (0, i32::MAX);
    for (i, row) in LSF_STAGE2.iter().enumerate() {
        let distance = (from..from + SPLIT).fold(0, |sum, j| {
            let d = rest[j].saturating_sub(row[j]);
            l_mac(sum, mult(weights[j], d), d)
        });
        if distance < least {
            (best, least) = (i, distance);
        }
    }
    best
}

const STAGE1_ROWS: usize = LSF_STAGE1.len();
const STAGE2_ROWS: usize = LSF_STAGE2.len();

/// The first stage in groups of four rows, two components of each side by side.
static STAGE1_PAIRS: [[[i16; 8]; ORDER / 2]; STAGE1_ROWS / 4] = pairs(&LSF_STAGE1, 0, ORDER);
/// The halves of the second stage likewise; the last component is beside a zero.
static STAGE2_PAIRS: [[[[i16; 8]; 3]; STAGE2_ROWS / 4]; 2] =
    [pairs(&LSF_STAGE2, 0, SPLIT), pairs(&LSF_STAGE2, SPLIT, ORDER)];

/// Components `from` to `to` of a codebook.
const fn pairs<const ROWS: usize, const GROUPS: usize, const PAIRS: usize>(
    rows: &[[i16; ORDER]; ROWS],
    from: usize,
    to: usize,
) -> [[[i16; 8]; PAIRS]; GROUPS] {
    let mut out = [[[0; 8]; PAIRS]; GROUPS];
    let mut row = 0;
    while row < ROWS {
        let mut j = from;
        while j < to {
            let at = j - from;
            out[row / 4][at / 2][2 * (row % 4) + at % 2] = rows[row][j];
            j += 1;
        }
        row += 1;
    }
    out
}

/// Largest difference in a component for which ten squares cannot reach 2^30.
const SAFE_DIFFERENCE: i16 = 10_362;

/// Targets, by component, none of whose distances to the first stage can saturate.
const STAGE1_RANGE: [std::ops::RangeInclusive<i16>; ORDER] = {
    let mut ranges = [const { 0..=0 }; ORDER];
    let mut j = 0;
    while j < ORDER {
        let (mut least, mut most, mut i) = (i16::MAX, i16::MIN, 0);
        while i < STAGE1_ROWS {
            let c = LSF_STAGE1[i][j];
            if c < least {
                least = c;
            }
            if c > most {
                most = c;
            }
            i += 1;
        }
        ranges[j] = most - SAFE_DIFFERENCE..=least + SAFE_DIFFERENCE;
        j += 1;
    }
    ranges
};

/// Remainders whose distances to the second stage cannot saturate: its entries are below 3,000 in magnitude and
/// five products stay below 2^30 up to differences of 14,000.
const STAGE2_RANGE: std::ops::RangeInclusive<i16> = -11_000..=11_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_stepwise_searches_agree() {
        assert!(LSF_STAGE2.iter().flatten().all(|c| c.abs() < 3000));
        let mut seed = 11u32;
        let mut noise = |spread: i32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((i32::from((seed >> 16) as i16) * spread) >> 15) as i16
        };
        let mut plain = 0;
        for round in 0..3000 {
            let spread = [300, 3000, 9000, 32_767][round % 4];
            let row = &LSF_STAGE1[round % STAGE1_ROWS];
            let target: Lsf = std::array::from_fn(|j| row[j].saturating_add(noise(spread)));
            assert_eq!(nearest(&target), nearest_stepwise(&target));
            plain += u32::from(target.iter().zip(&STAGE1_RANGE).all(|(t, range)| range.contains(t)));
            let rest: Lsf = std::array::from_fn(|_| noise(spread));
            let weights: Lsf = std::array::from_fn(|_| noise(16_383) + 16_384);
            for from in [0, SPLIT] {
                let expected = nearest_weighted_stepwise(&rest, &weights, from);
                assert_eq!(nearest_weighted(&rest, &weights, from), expected);
            }
        }
        assert!(plain > 1000, "{plain}");
    }
}
