//! The adaptive predictor of either band: two poles, six zeros (clauses 3.6 and 6.2.1.4, blocks 4L and 4H).
//!
//! Block names of the Recommendation stand beside the lines. All arithmetic is 16-bit with saturation exactly
//! where the Recommendation has it; intermediate values are held in 32 bits.

use crate::simd::I16x8;

/// Predictor state and its last output.
#[derive(Clone, Debug)]
pub(super) struct Predictor {
    /// SL or SH: the prediction of the next sample.
    pub(super) output: i32,
    /// SZL or SZH: the share of the zeros in it.
    zeros_output: i32,
    /// AL1, AL2, Q14.
    poles: [i32; 2],
    /// RLT1, RLT2: reconstructed signal, doubled with saturation as FILTEP wants it.
    reconstructed: [i32; 2],
    /// PLT1, PLT2: partially reconstructed signal; only its signs are used.
    partial: [i32; 2],
    /// BL1 to BL6, Q14, and two lanes that fill up a vector: they meet zeros only.
    zeros: I16x8,
    /// DLT1 to DLT6, doubled as FILTEZ wants them, and two zeros. A quantised difference has less than 15 bits, so
    /// doubling keeps its value and its sign.
    differences: I16x8,
}

/// The lanes of a vector of eight that are in use.
const SIX: [i16; 8] = [-1, -1, -1, -1, -1, -1, 0, 0];

/// Terms up to a sixth of the range: no partial sum of six can saturate.
const SMALL: i16 = 5460;

impl Predictor {
    pub(super) fn new() -> Self {
        Self {
            output: 0,
            zeros_output: 0,
            poles: [0; 2],
            reconstructed: [0; 2],
            partial: [0; 2],
            zeros: I16x8::splat(0),
            differences: I16x8::splat(0),
        }
    }

    /// Takes the quantised difference, adapts, and predicts the next sample.
    #[inline(always)]
    pub(super) fn update(&mut self, difference: i32) {
        // PARREC. Only its sign is used, which saturation would not change.
        let partial = difference + self.zeros_output;
        let reconstructed = saturate(self.output + difference); // RECONS
        self.adapt_poles(partial);
        self.adapt_zeros(difference);
        self.partial = [partial, self.partial[0]];
        self.reconstructed = [saturate(reconstructed << 1), self.reconstructed[0]]; // DELAYA
        let poles_output = self.filter_poles();
        self.zeros_output = self.filter_zeros();
        self.output = saturate(poles_output + self.zeros_output); // PREDIC
    }

    #[inline(always)]
    fn adapt_poles(&mut self, partial: i32) {
        let same_as = |past: i32| (partial ^ past) >= 0;
        let [first, second] = self.poles;
        // UPPOL2
        let leaning = saturate(first << 2);
        let leaning = if same_as(self.partial[0]) { (-leaning).min(32767) } else { leaning };
        let push = if same_as(self.partial[1]) { 128 } else { -128 };
        let second = ((leaning >> 7) + push + ((second * 32512) >> 15)).clamp(-12288, 12288);
        // UPPOL1
        let push = if same_as(self.partial[0]) { 192 } else { -192 };
        let limit = 15360 - second;
        let first = (push + ((first * 32640) >> 15)).min(limit).max(-limit);
        self.poles = [first, second];
    }

    #[inline(always)]
    fn adapt_zeros(&mut self, difference: i32) {
        // UPZERO
        let step = I16x8::splat(if difference == 0 { 0 } else { 128 });
        let doubled = (difference << 1) as i16;
        let unlike = self.differences.xor(I16x8::splat(doubled)).signs();
        // 255/256 of it, rounded down: it, and -1/256 of it rounded down.
        let leaked = self.zeros.add(self.zeros.high_products(I16x8::splat(-256)));
        self.zeros = leaked.add_saturating(step.xor(unlike).sub(unlike));
        self.differences = self.differences.pushed(doubled).and(I16x8::new(&SIX));
    }

    #[inline(always)]
    fn filter_poles(&self) -> i32 {
        // FILTEP
        let first = (self.poles[0] * self.reconstructed[0]) >> 15;
        let second = (self.poles[1] * self.reconstructed[1]) >> 15;
        saturate(first + second)
    }

    #[inline(always)]
    fn filter_zeros(&self) -> i32 {
        // FILTEZ: each product is rounded, each partial sum saturated.
        let terms = self.zeros.products_q15(self.differences);
        if terms.xor(terms.signs()).above(I16x8::splat(SMALL)).any() {
            return saturating_sum(terms);
        }
        terms.pair_sums(I16x8::splat(1)).sum()
    }
}

#[cold]
fn saturating_sum(terms: I16x8) -> i32 {
    terms.array().into_iter().fold(0, |sum, term| saturate(sum + i32::from(term)))
}

#[inline(always)]
pub(super) fn saturate(value: i32) -> i32 {
    value.clamp(-32768, 32767)
}
