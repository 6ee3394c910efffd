//! Line spectral frequencies (clause 3.2.4): conversion from and to LSP, the moving-average predictor, spacing
//! and stability. LSFs are radians in Q13, ascending.

use super::ORDER;
use super::basic_op::{high, l_mac, l_msu, l_mult, l_shl, l_shr, low, mult, round};
use super::lsp::Lsp;
use super::tables::lsf::{
    ACOS_SLOPE, ACOS_SLOPE_NORMALISED, COS, COS_NORMALISED, COS_SLOPE, INITIAL_LSF, LSF_PREDICTOR,
    LSF_PREDICTOR_SUM, LSF_PREDICTOR_SUM_INV, LSF_STAGE1, LSF_STAGE2,
};

/// Ten LSFs, radians in Q13.
pub(crate) type Lsf = [i16; ORDER];

/// Smallest distance of neighbours before prediction, first and second pass, and of the result.
pub(crate) const GAP1: i16 = 10;
pub(crate) const GAP2: i16 = 5;
pub(crate) const GAP3: i16 = 321;
/// Smallest and largest LSF.
pub(crate) const L_LIMIT: i16 = 40;
pub(crate) const M_LIMIT: i16 = 25681;

/// Components of the lower half of the second stage.
pub(crate) const SPLIT: usize = ORDER / 2;

/// Arc cosine by table, in radians.
pub(crate) fn from_lsp(lsp: &Lsp) -> Lsf {
    let mut lsf = [0; ORDER];
    let mut i = 63;
    for (f, &x) in lsf.iter_mut().zip(lsp).rev() {
        while i > 0 && COS[i] < x {
            i -= 1;
        }
        let offset = l_mult(ACOS_SLOPE[i], x.saturating_sub(COS[i]));
        let normalised = ((i as i16) << 9).saturating_add(low(l_shr(offset, 12)));
        *f = mult(normalised, 25736);
    }
    lsf
}

/// Cosine by table.
pub(crate) fn to_lsp(lsf: &Lsf) -> Lsp {
    lsf.map(|f| {
        let normalised = mult(f, 20861);
        let i = (normalised >> 8).clamp(0, 63) as usize;
        let offset = l_mult(COS_SLOPE[i], normalised & 0xff);
        COS[i].saturating_add(low(l_shr(offset, 13)))
    })
}

/// LSFs normalised to 0..0.5 of the sampling rate in Q15, as the VAD compares them (Annex B).
pub(crate) fn normalised_from_lsp(lsp: &Lsp) -> Lsf {
    let mut lsf = [0; ORDER];
    let mut i = 63;
    for (f, &x) in lsf.iter_mut().zip(lsp).rev() {
        while i > 0 && COS_NORMALISED[i] < x {
            i -= 1;
        }
        let offset = l_mult(x.saturating_sub(COS_NORMALISED[i]), ACOS_SLOPE_NORMALISED[i]);
        *f = round(l_shl(offset, 3)).saturating_add((i as i16) << 8);
    }
    lsf
}

/// A set of coefficients of the moving-average predictor.
#[derive(Clone, Copy)]
pub(crate) struct Predictor {
    pub(crate) taps: &'static [[i16; ORDER]; 4],
    /// 1 minus the sum of the taps, Q15.
    pub(crate) rest: &'static [i16; ORDER],
    /// The reciprocal of `rest`, Q12.
    pub(crate) rest_inverse: &'static [i16; ORDER],
}

impl Predictor {
    /// One of the two predictors of speech frames.
    pub(crate) fn speech(mode: usize) -> Self {
        Self {
            taps: &LSF_PREDICTOR[mode],
            rest: &LSF_PREDICTOR_SUM[mode],
            rest_inverse: &LSF_PREDICTOR_SUM_INV[mode],
        }
    }
}

/// The four latest quantiser outputs: the memory of the predictor, shared by speech and SID frames.
#[derive(Clone)]
pub(crate) struct LsfMemory {
    past: [Lsf; 4],
}

impl LsfMemory {
    pub(crate) fn new() -> Self {
        Self { past: [INITIAL_LSF; 4] }
    }

    /// The quantiser output that would give `lsf`.
    pub(crate) fn target(&self, lsf: &Lsf, p: Predictor) -> Lsf {
        let mut out = [0; ORDER];
        for (j, out) in out.iter_mut().enumerate() {
            let rest = (0..4).fold(i32::from(lsf[j]) << 16, |s, k| l_msu(s, self.past[k][j], p.taps[k][j]));
            *out = high(l_shl(l_mult(high(rest), p.rest_inverse[j]), 3));
        }
        out
    }

    /// The LSFs of a quantiser output, before the stability check.
    pub(crate) fn compose(&self, output: &Lsf, p: Predictor) -> Lsf {
        let mut out = [0; ORDER];
        for (j, out) in out.iter_mut().enumerate() {
            let first = l_mult(output[j], p.rest[j]);
            *out = high((0..4).fold(first, |s, k| l_mac(s, self.past[k][j], p.taps[k][j])));
        }
        out
    }

    pub(crate) fn push(&mut self, output: Lsf) {
        self.past.copy_within(..3, 1);
        self.past[0] = output;
    }

    /// Reconstruction that both ends do alike: spacing, prediction, memory, stability.
    pub(crate) fn reconstruct(&mut self, index: LsfIndex) -> Lsf {
        let mut output = index.codewords();
        space(&mut output, GAP1);
        space(&mut output, GAP2);
        let mut lsf = self.compose(&output, Predictor::speech(index.mode));
        self.push(output);
        stabilise(&mut lsf);
        lsf
    }
}

/// L0 to L3.
#[derive(Clone, Copy)]
pub(crate) struct LsfIndex {
    pub(crate) mode: usize,
    pub(crate) stage1: usize,
    pub(crate) lower: usize,
    pub(crate) upper: usize,
}

impl LsfIndex {
    fn codewords(self) -> Lsf {
        let mut out = LSF_STAGE1[self.stage1];
        for (j, out) in out.iter_mut().enumerate() {
            let row = if j < SPLIT { self.lower } else { self.upper };
            *out = out.saturating_add(LSF_STAGE2[row][j]);
        }
        out
    }
}

/// Pushes neighbours that are closer than `gap` apart, in one ascending pass.
pub(crate) fn space(buf: &mut [i16], gap: i16) {
    for j in 1..buf.len() {
        let push = buf[j - 1].saturating_sub(buf[j]).saturating_add(gap) >> 1;
        if push > 0 {
            buf[j - 1] = buf[j - 1].saturating_sub(push);
            buf[j] = buf[j].saturating_add(push);
        }
    }
}

/// Order, limits and least distance of the final LSFs.
pub(crate) fn stabilise(lsf: &mut Lsf) {
    for j in 0..ORDER - 1 {
        if lsf[j + 1] < lsf[j] {
            lsf.swap(j, j + 1);
        }
    }
    lsf[0] = lsf[0].max(L_LIMIT);
    for j in 0..ORDER - 1 {
        if i32::from(lsf[j + 1]) - i32::from(lsf[j]) < i32::from(GAP3) {
            lsf[j + 1] = lsf[j].saturating_add(GAP3);
        }
    }
    lsf[ORDER - 1] = lsf[ORDER - 1].min(M_LIMIT);
}
