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

/// First stage: unweighted distance.
fn nearest(target: &Lsf) -> usize {
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
