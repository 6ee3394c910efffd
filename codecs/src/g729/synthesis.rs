//! Excitation and synthesis of the decoder (clauses 4.1.6, A.4.1.6): speech frames and comfort noise share it.

use super::adaptive::{Excitation, PAST};
use super::basic_op::{l_mac, l_mult, l_shl, norm_l, round};
use super::filter::{Coefficients, synthesis};
use super::gain::Gains;
use super::pitch::Subframe;
use super::{FRAME, ORDER, SUBFRAME};

/// Past excitation and the memory of 1/A(z).
#[derive(Clone)]
pub(crate) struct Synthesis {
    pub(crate) excitation: Excitation,
    memory: [i16; ORDER],
}

impl Synthesis {
    pub(crate) fn new() -> Self {
        Self { excitation: [0; PAST + FRAME], memory: [0; ORDER] }
    }

    /// Synthesises the subframe at `at`. Overflow scales the whole excitation down and starts over.
    pub(crate) fn run(&mut self, filter: &Coefficients, at: usize, speech: &mut Subframe) {
        if synthesis(filter, self.subframe(at), &self.memory, speech) {
            self.excitation.iter_mut().for_each(|s| *s >>= 2);
            synthesis(filter, self.subframe(at), &self.memory, speech);
        }
        self.memory.copy_from_slice(&speech[SUBFRAME - ORDER..]);
    }

    fn subframe(&self, at: usize) -> &Subframe {
        super::pitch::subframe_at(&self.excitation, at)
    }

    /// Energy of the frame's excitation: mantissa and exponent (Annex B). The sum may saturate.
    pub(crate) fn frame_energy(&self) -> (i16, i32) {
        let sum: i64 = self.excitation[PAST..].iter().map(|&s| i64::from(i32::from(s) * i32::from(s))).sum();
        let energy = (2 * sum).min(i64::from(i32::MAX)) as i32;
        let shift = norm_l(energy);
        (round(l_shl(energy, shift)), 16 - shift)
    }

    /// Makes the frame the history of the next one.
    pub(crate) fn advance(&mut self) {
        self.excitation.copy_within(FRAME.., 0);
    }
}

/// Replaces the adaptive vector by the sum of both scaled codevectors.
pub(crate) fn mix(adaptive: &mut [i16], code: &Subframe, gains: Gains) {
    for (e, &c) in adaptive.iter_mut().zip(code) {
        let sum = l_mac(l_mult(*e, gains.pitch), c, gains.code);
        *e = round(l_shl(sum, 1));
    }
}
