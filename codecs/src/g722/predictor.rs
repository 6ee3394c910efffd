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
    /// RLT1, RLT2: reconstructed signal.
    reconstructed: [i32; 2],
    /// PLT1, PLT2: partially reconstructed signal; only its signs are used.
    partial: [i32; 2],
    /// BL1 to BL6, Q14.
    zeros: [i16; 6],
    /// DLT1 to DLT6: quantised differences.
    differences: [i16; 6],
}

impl Predictor {
    pub(super) const fn new() -> Self {
        Self {
            output: 0,
            zeros_output: 0,
            poles: [0; 2],
            reconstructed: [0; 2],
            partial: [0; 2],
            zeros: [0; 6],
            differences: [0; 6],
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
        self.reconstructed = [reconstructed, self.reconstructed[0]]; // DELAYA
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
        for (zero, &past) in self.zeros.iter_mut().zip(&self.differences) {
            let push = if (i32::from(past) ^ difference) >= 0 { step } else { -step };
            *zero = saturate(push + ((i32::from(*zero) * 32640) >> 15)) as i16;
        }
        self.differences.copy_within(0..5, 1);
        self.differences[0] = difference as i16;
    }

    #[inline(always)]
    fn filter_poles(&self) -> i32 {
        // FILTEP
        let first = (self.poles[0] * saturate(self.reconstructed[0] << 1)) >> 15;
        let second = (self.poles[1] * saturate(self.reconstructed[1] << 1)) >> 15;
        saturate(first + second)
    }

    #[inline(always)]
    fn filter_zeros(&self) -> i32 {
        // FILTEZ
        let terms = self.zeros.iter().zip(&self.differences);
        terms.fold(0, |sum, (&zero, &difference)| {
            saturate(sum + ((i32::from(zero) * saturate(i32::from(difference) << 1)) >> 15))
        })
    }
}

#[inline(always)]
pub(super) fn saturate(value: i32) -> i32 {
    value.clamp(-32768, 32767)
}
