//! Gain of the fixed codebook: prediction from past energies (clause 3.9.1), decoding and concealment
//! (clauses 4.1.5, 4.4.2).

use super::basic_op::{high, l_mac, l_mult, l_shl, low, mult};
use super::dpf::{compose, log2, mpy_32_16, pow2};
use super::inner::saturated_energy;
use super::pitch::Subframe;
use super::tables::excitation::{
    GAIN_PREDICTOR, GAIN_STAGE1, GAIN_STAGE2, GAIN_UNMAP1, GAIN_UNMAP2, INITIAL_GAIN_MEMORY,
};

/// Gains of a subframe.
#[derive(Clone, Copy, Default)]
pub(crate) struct Gains {
    /// Adaptive codebook, Q14.
    pub(crate) pitch: i16,
    /// Fixed codebook, Q1.
    pub(crate) code: i16,
}

/// Predicted fixed codebook gain: mantissa and its Q format.
#[derive(Clone, Copy)]
pub(crate) struct Predicted {
    pub(crate) gain: i16,
    pub(crate) q: i32,
}

/// The quantised energies (dB, Q10) of the last four subframes, latest first.
#[derive(Clone)]
pub(crate) struct GainMemory {
    past: [i16; 4],
}

impl GainMemory {
    pub(crate) fn new() -> Self {
        Self { past: INITIAL_GAIN_MEMORY }
    }

    /// Gain expected for the codevector (Q13).
    pub(crate) fn predict(&self, code: &Subframe) -> Predicted {
        let (exponent, fraction) = log2(saturated_energy(0, code));
        // -3.0103 dB per power of two of the energy; 127.298 holds the mean energy and the formats.
        let mean_removed = l_mac(mpy_32_16(compose(exponent, fraction), -24660), 32588, 32);
        let db = self
            .past
            .iter()
            .zip(&GAIN_PREDICTOR)
            .fold(l_shl(mean_removed, 10), |s, (&past, &tap)| l_mac(s, tap, past));
        // 10^(dB / 20) = 2^(0.166 dB).
        let power = l_mult(high(db), 5439) >> 8;
        let (exponent, fraction) = (i32::from(high(power)), low((power >> 1) & 0x7fff));
        Predicted { gain: low(pow2(14, fraction)), q: 14 - exponent }
    }

    /// Remembers the correction factor (Q13) of a quantised gain.
    pub(crate) fn update(&mut self, factor: i32) {
        let (exponent, fraction) = log2(factor);
        let log = high(l_shl(compose(exponent - 13, fraction), 13));
        self.push(mult(log, 24660));
    }

    /// Remembers a lost subframe: 4 dB below the average, not below -14 dB.
    pub(crate) fn update_erased(&mut self) {
        let sum: i32 = self.past.iter().map(|&p| i32::from(p)).sum();
        self.push(low(sum >> 2).saturating_sub(4096).max(-14336));
    }

    fn push(&mut self, energy: i16) {
        self.past.copy_within(..3, 1);
        self.past[0] = energy;
    }
}

/// Rows of the two-stage codebook, internal numbering.
#[derive(Clone, Copy, Default)]
pub(crate) struct GainIndex {
    pub(crate) stage1: usize,
    pub(crate) stage2: usize,
}

impl GainIndex {
    pub(crate) fn from_code(code: u16) -> Self {
        Self {
            stage1: usize::from(GAIN_UNMAP1[usize::from(code >> 4 & 7)]),
            stage2: usize::from(GAIN_UNMAP2[usize::from(code & 15)]),
        }
    }

    /// Pitch gain, Q14.
    pub(crate) fn pitch(self) -> i16 {
        GAIN_STAGE1[self.stage1][0].saturating_add(GAIN_STAGE2[self.stage2][0])
    }

    /// Correction factor of the fixed codebook gain, Q13.
    pub(crate) fn factor(self) -> i32 {
        i32::from(GAIN_STAGE1[self.stage1][1]) + i32::from(GAIN_STAGE2[self.stage2][1])
    }

    /// Both gains; the memory learns the factor.
    pub(crate) fn gains(self, predicted: Predicted, memory: &mut GainMemory) -> Gains {
        let product = l_mult(low(self.factor() >> 1), predicted.gain);
        memory.update(self.factor());
        Gains { pitch: self.pitch(), code: high(l_shl(product, 4 - predicted.q)) }
    }
}

impl Gains {
    /// Gains of a received subframe.
    pub(crate) fn decode(code: u16, codevector: &Subframe, memory: &mut GainMemory) -> Self {
        let predicted = memory.predict(codevector);
        GainIndex::from_code(code).gains(predicted, memory)
    }

    /// Attenuates both gains for a lost subframe. The bound on the pitch gain is the literal of the software,
    /// which does not take effect at 0.9 as the text says.
    pub(crate) fn attenuate(&mut self, memory: &mut GainMemory) {
        self.pitch = mult(self.pitch, 29491).min(29491);
        self.code = mult(self.code, 32111);
        memory.update_erased();
    }
}
