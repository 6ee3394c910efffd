//! The silence insertion descriptor (B.4.2, B.4.3): two-stage quantiser of the LSFs with delayed decision, energy
//! on a logarithmic scale.

use super::ORDER;
use super::basic_op::{high, l_mac, l_mult, l_shl, mult, mult_r, shl};
use super::bits::SidCode;
use super::dpf::{log2, mpy_32_16, truncate};
use super::lsf::{self, GAP1, GAP3, L_LIMIT, Lsf, LsfMemory, M_LIMIT, Predictor, SPLIT};
use super::lsf_search::weights;
use super::lsp::Lsp;
use super::tables::annex_b::{
    NOISE_PREDICTOR, NOISE_PREDICTOR_SUM, NOISE_PREDICTOR_SUM_INV, SID_ENERGY_FACTOR, SID_ENERGY_MARGIN,
    SID_PREDICTOR_WEIGHT, SID_STAGE1_ROW, SID_STAGE2_ROW,
};
use super::tables::lsf::{LSF_STAGE1, LSF_STAGE2};

/// First-stage candidates kept.
const CANDIDATES: usize = 4;

fn predictor(mode: usize) -> Predictor {
    Predictor {
        taps: &NOISE_PREDICTOR[mode],
        rest: &NOISE_PREDICTOR_SUM[mode],
        rest_inverse: &NOISE_PREDICTOR_SUM_INV[mode],
    }
}

/// A first-stage candidate and what it leaves to the second.
#[derive(Clone, Copy)]
struct Candidate {
    mode: usize,
    index: usize,
    rest: Lsf,
}

/// Chooses the LSF codewords for `lsp`; the gain is left 0.
pub(crate) fn quantise_lsp(lsp: &Lsp, memory: &LsfMemory) -> SidCode {
    let lsf = widened(lsf::from_lsp(lsp));
    let weights = weights(&lsf);
    let targets = [0, 1].map(|mode| memory.target(&lsf, predictor(mode)));
    let candidates = first_stage(&targets);
    let (best, stage2) = second_stage(&candidates, &weights);
    SidCode { predictor: best.mode as u8, stage1: best.index as u8, stage2: stage2 as u8, gain: 0 }
}

/// Twice the usual spacing, about 100 Hz.
fn widened(mut lsf: Lsf) -> Lsf {
    lsf[0] = lsf[0].max(L_LIMIT);
    for j in 0..ORDER - 1 {
        if lsf[j + 1].saturating_sub(lsf[j]) < 2 * GAP3 {
            lsf[j + 1] = lsf[j].saturating_add(2 * GAP3);
        }
    }
    lsf[ORDER - 1] = lsf[ORDER - 1].min(M_LIMIT);
    if lsf[ORDER - 1] < lsf[ORDER - 2] {
        lsf[ORDER - 2] = lsf[ORDER - 1].saturating_sub(GAP3);
    }
    lsf
}

/// The four nearest of both predictors' codewords, nearest first.
fn first_stage(targets: &[Lsf; 2]) -> [Candidate; CANDIDATES] {
    let mut errors = [[0i16; SID_STAGE1_ROW.len()]; 2];
    for ((target, errors), &weight) in targets.iter().zip(&mut errors).zip(&SID_PREDICTOR_WEIGHT) {
        for (error, &row) in errors.iter_mut().zip(&SID_STAGE1_ROW) {
            let sum = target.iter().zip(&LSF_STAGE1[usize::from(row)]).fold(0, |s, (&t, &c)| {
                let d = t.saturating_sub(c);
                l_mac(s, d, d)
            });
            *error = mult(high(sum), weight);
        }
    }
    std::array::from_fn(|_| {
        let (mut mode, mut index, mut least) = (0, 0, i16::MAX);
        for (p, errors) in errors.iter().enumerate() {
            for (m, &error) in errors.iter().enumerate() {
                if error < least {
                    (mode, index, least) = (p, m, error);
                }
            }
        }
        errors[mode][index] = i16::MAX;
        let row = &LSF_STAGE1[usize::from(SID_STAGE1_ROW[index])];
        let rest = std::array::from_fn(|j| targets[mode][j].saturating_sub(row[j]));
        Candidate { mode, index, rest }
    })
}

/// The best pair of a candidate and a second-stage codeword, weighted.
fn second_stage<'a>(candidates: &'a [Candidate; CANDIDATES], weights: &Lsf) -> (&'a Candidate, usize) {
    let (mut best, mut chosen, mut least) = (&candidates[0], 0, i16::MAX);
    for candidate in candidates {
        let rest = &NOISE_PREDICTOR_SUM[candidate.mode];
        let weights: Lsf =
            std::array::from_fn(|j| mult(high(l_shl(l_mult(rest[j], rest[j]), 2)), weights[j]));
        for m in 0..SID_STAGE2_ROW[0].len() {
            let word = second_word(m);
            let sum = (0..ORDER).fold(0, |s, j| {
                let d = candidate.rest[j].saturating_sub(word[j]);
                l_mac(s, high(l_shl(l_mult(weights[j], d), 3)), d)
            });
            if high(sum) < least {
                (best, chosen, least) = (candidate, m, high(sum));
            }
        }
    }
    (best, chosen)
}

/// Codeword of the second stage; the two halves come from different rows.
fn second_word(index: usize) -> Lsf {
    std::array::from_fn(|j| LSF_STAGE2[usize::from(SID_STAGE2_ROW[usize::from(j >= SPLIT)][index])][j])
}

/// The LSPs of a descriptor; the predictor's memory moves on. Both ends do this.
pub(crate) fn reconstruct_lsp(code: SidCode, memory: &mut LsfMemory) -> Lsp {
    let second = second_word(usize::from(code.stage2));
    let mut output = LSF_STAGE1[usize::from(SID_STAGE1_ROW[usize::from(code.stage1)])];
    for (o, s) in output.iter_mut().zip(second) {
        *o = o.saturating_add(s);
    }
    lsf::space(&mut output, GAP1);
    let mut lsf = memory.compose(&output, predictor(usize::from(code.predictor)));
    memory.push(output);
    lsf::stabilise(&mut lsf);
    lsf::to_lsp(&lsf)
}

/// An energy: mantissa times 2^-shift.
#[derive(Clone, Copy)]
pub(crate) struct Energy {
    pub(crate) mantissa: i16,
    pub(crate) shift: i32,
}

impl Energy {
    /// Before anything was measured.
    pub(crate) const NONE: Self = Self { mantissa: 0, shift: 40 };
}

/// Quantises the average of one or two residual energies: gain index and level in dB.
pub(crate) fn quantise_energy(energies: &[Energy]) -> (u8, i16) {
    let least = energies.iter().map(|e| e.shift).fold(i32::MAX, i32::min);
    let shift = least + 16 - i32::from(SID_ENERGY_MARGIN[energies.len()]);
    let sum =
        energies.iter().fold(0i32, |s, e| s.saturating_add(l_shl(i32::from(e.mantissa), shift - e.shift)));
    level(mpy_32_16(truncate(sum), SID_ENERGY_FACTOR[energies.len()]), shift)
}

/// Gain index for the energy of a whole frame, where the first descriptor of a pause was lost.
pub(crate) fn quantise_frame_energy(mantissa: i16, exponent: i32) -> u8 {
    let x = l_shl(i32::from(mantissa), exponent);
    level(mpy_32_16(truncate(x), SID_ENERGY_FACTOR[0]), 0).0
}

/// Index and dB of `x * 2^-shift`: steps of 4 dB up to 16 dB, of 2 dB up to 66 dB.
fn level(x: i32, shift: i32) -> (u8, i16) {
    let (exponent, fraction) = log2(x);
    let log = shl(exponent.saturating_sub(shift as i16), 10).saturating_add(mult_r(fraction, 1024));
    if log <= -2721 {
        (0, -12)
    } else if log > 22111 {
        (31, 66)
    } else if log <= 4762 {
        let index = mult(log.saturating_add(3401), 24).max(1);
        (index as u8, 4 * index - 8)
    } else {
        let index = ((mult(log.saturating_sub(340), 193) >> 2) - 1).max(6);
        (index as u8, 2 * index + 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g729::tables::annex_b::SID_GAIN;

    #[test]
    fn levels_stay_in_the_table_and_rise() {
        let mut last = 0;
        for bits in 0..31 {
            for x in [1 << bits, (1 << bits) + (1 << bits >> 1)] {
                let (index, _) = level(x, 0);
                assert!(usize::from(index) < SID_GAIN.len() && index >= last, "{x}: {index}");
                last = index;
            }
        }
        assert_eq!(level(0, 40), (0, -12));
        assert_eq!(level(i32::MAX, -10), (31, 66));
    }

    #[test]
    fn a_codeword_is_found_again() {
        let memory = LsfMemory::new();
        let lsp =
            reconstruct_lsp(SidCode { predictor: 0, stage1: 3, stage2: 5, gain: 0 }, &mut memory.clone());
        let code = quantise_lsp(&lsp, &memory);
        let again = reconstruct_lsp(code, &mut memory.clone());
        let worst = lsp.iter().zip(&again).map(|(&a, &b)| (i32::from(a) - i32::from(b)).abs()).max();
        assert!(worst.unwrap() < 1500, "{worst:?}");
    }
}
