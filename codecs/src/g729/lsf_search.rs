//! Search of the LSF quantiser (clause 3.2.4): for each of the two predictors a full search of the first stage and
//! weighted searches of both halves of the second; the predictor with the smaller weighted error wins.

use super::ORDER;
use super::basic_op::{high, l_mac, l_mult, l_shl, mult, norm_s, shl};
use super::lsf::{GAP1, GAP2, Lsf, LsfIndex, LsfMemory, Predictor, SPLIT, space};
use super::tables::lsf::{LSF_STAGE1, LSF_STAGE2};

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

/// First stage: unweighted distance, eight rows at a time.
fn nearest(target: &Lsf) -> usize {
    if target.iter().zip(&STAGE1_RANGE).any(|(t, range)| !range.contains(t)) {
        return nearest_stepwise(target);
    }
    let mut distances = [0i32; STAGE1_ROWS];
    for (block, distances) in distances.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        for (&t, column) in target.iter().zip(&STAGE1_COLUMNS) {
            let column = &column.as_chunks::<8>().0[block];
            for (distance, &c) in distances.iter_mut().zip(column) {
                let d = t - c;
                *distance += i32::from(d) * i32::from(d);
            }
        }
    }
    first_least(&distances)
}

/// Row of the smallest distance, the first of equal ones.
fn first_least(distances: &[i32]) -> usize {
    let least = distances.iter().copied().fold(i32::MAX, i32::min);
    distances.iter().position(|&d| d == least).unwrap_or(0)
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

/// Second stage, the half that starts at `from`: eight rows at a time.
fn nearest_weighted(rest: &Lsf, weights: &Lsf, from: usize) -> usize {
    if rest[from..from + SPLIT].iter().any(|r| !STAGE2_RANGE.contains(r)) {
        return nearest_weighted_stepwise(rest, weights, from);
    }
    let mut distances = [0i32; STAGE2_ROWS];
    for (block, distances) in distances.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        for j in from..from + SPLIT {
            let column = &STAGE2_COLUMNS[j].as_chunks::<8>().0[block];
            for (distance, &c) in distances.iter_mut().zip(column) {
                let d = rest[j] - c;
                let weighted = ((i32::from(weights[j]) * i32::from(d)) >> 15) as i16;
                *distance += i32::from(weighted) * i32::from(d);
            }
        }
    }
    first_least(&distances)
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

/// The codebooks by component.
static STAGE1_COLUMNS: [[i16; STAGE1_ROWS]; ORDER] = transposed(&LSF_STAGE1);
static STAGE2_COLUMNS: [[i16; STAGE2_ROWS]; ORDER] = transposed(&LSF_STAGE2);

const fn transposed<const ROWS: usize>(rows: &[[i16; ORDER]; ROWS]) -> [[i16; ROWS]; ORDER] {
    let mut columns = [[0; ROWS]; ORDER];
    let mut i = 0;
    while i < ROWS {
        let mut j = 0;
        while j < ORDER {
            columns[j][i] = rows[i][j];
            j += 1;
        }
        i += 1;
    }
    columns
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
