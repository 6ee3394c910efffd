//! The adaptive predictor of either band: two poles, six zeros (clauses 3.6 and 6.2.1.4, blocks 4L and 4H).
//!
//! Block names of the Recommendation stand beside the lines. All arithmetic is 16-bit with saturation exactly
//! where the Recommendation has it; intermediate values are held in 32 bits.

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
    zeros: [i16; LANES],
    /// DLT1 to DLT6, doubled as FILTEZ wants them, and two zeros. A quantised difference has less than 15 bits, so
    /// doubling keeps its value and its sign.
    differences: [i16; LANES],
}

/// Six zeros in a vector of eight.
const LANES: usize = 8;

impl Predictor {
    pub(super) const fn new() -> Self {
        Self {
            output: 0,
            zeros_output: 0,
            poles: [0; 2],
            reconstructed: [0; 2],
            partial: [0; 2],
            zeros: [0; LANES],
            differences: [0; LANES],
        }
    }

    /// Takes the quantised difference, adapts, and predicts the next sample.
    #[inline(always)]
    pub(super) fn update(&mut self, difference: i32) {
        let partial = saturate(difference + self.zeros_output); // PARREC
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
        let leaning = if same_as(self.partial[0]) { saturate(-leaning) } else { leaning };
        let push = if same_as(self.partial[1]) { 128 } else { -128 };
        let second = ((leaning >> 7) + push + ((second * 32512) >> 15)).clamp(-12288, 12288);
        // UPPOL1
        let push = if same_as(self.partial[0]) { 192 } else { -192 };
        let limit = 15360 - second;
        let first = (push + ((first * 32640) >> 15)).clamp(-limit, limit);
        self.poles = [first, second];
    }

    #[inline(always)]
    fn adapt_zeros(&mut self, difference: i32) {
        // UPZERO
        let step = if difference == 0 { 0 } else { 128 };
        let doubled = (difference << 1) as i16;
        for (zero, &past) in self.zeros.iter_mut().zip(&self.differences) {
            let unlike = (past ^ doubled) >> 15;
            // 255/256 of it, rounded down: it, and -1/256 of it rounded down.
            let leaked = zero.wrapping_add((i32::from(*zero) * -256 >> 16) as i16);
            *zero = leaked.saturating_add((step ^ unlike).wrapping_sub(unlike));
        }
        let [a, b, c, d, e, ..] = self.differences;
        self.differences = [doubled, a, b, c, d, e, 0, 0];
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
        let mut terms = [0i16; LANES];
        for ((term, &zero), &difference) in terms.iter_mut().zip(&self.zeros).zip(&self.differences) {
            *term = ((i32::from(zero) * i32::from(difference)) >> 15) as i16;
        }
        // Six terms below a sixth of the range cannot saturate any partial sum.
        let largest = terms.iter().fold(0u16, |bits, term| bits.max((term ^ (term >> 15)) as u16));
        if largest <= 5460 { terms.iter().map(|&term| i32::from(term)).sum() } else { saturating_sum(&terms) }
    }
}

#[cold]
fn saturating_sum(terms: &[i16; LANES]) -> i32 {
    terms.iter().fold(0, |sum, &term| saturate(sum + i32::from(term)))
}

#[inline(always)]
pub(super) fn saturate(value: i32) -> i32 {
    value.clamp(-32768, 32767)
}
