//! Quantiser, inverse quantiser and scale factor adaptation of each band (clauses 6.2.1 and 6.2.2, blocks 1 to 3).

use super::Mode;
use super::predictor::{Predictor, saturate};
use super::tables::{
    CODE_NEGATIVE_2, CODE_NEGATIVE_6, CODE_POSITIVE_2, CODE_POSITIVE_6, INVERSE_2, INVERSE_4, INVERSE_5,
    INVERSE_6, LEVELS_6, LOG_STEP_HIGH, LOG_STEP_LOW, LOG_TO_LINEAR, MAGNITUDE_2, MAGNITUDE_4,
};
use crate::simd::I16x8;

/// Lower band: 6 bits a sample, adapted by the upper 4 of them.
#[derive(Clone, Debug)]
pub(super) struct LowerBand {
    predictor: Predictor,
    /// DETL: quantiser scale.
    scale: i32,
    /// NBL: its logarithm, Q11.
    log_scale: i32,
}

/// Upper band: 2 bits a sample.
#[derive(Clone, Debug)]
pub(super) struct UpperBand {
    predictor: Predictor,
    /// DETH.
    scale: i32,
    /// NBH, Q11.
    log_scale: i32,
}

impl LowerBand {
    pub(super) fn new() -> Self {
        Self { predictor: Predictor::new(), scale: 32, log_scale: 0 }
    }

    /// The 6-bit code of one sample.
    #[inline(always)]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let difference = saturate(i32::from(sample) - self.predictor.output); // SUBTRA
        let code = self.quantise(difference);
        self.adapt(code);
        code
    }

    /// The sample of a 6-bit code; the lower bits are data, not speech, in modes 2 and 3.
    #[inline(always)]
    pub(super) fn decode(&mut self, code: u8, mode: Mode) -> i16 {
        let factor = match mode {
            Mode::Kbit64 => INVERSE_6[usize::from(code & 63)],
            Mode::Kbit56 => INVERSE_5[usize::from(code & 63) >> 1],
            Mode::Kbit48 => INVERSE_4[usize::from(code & 63) >> 2],
        };
        let difference = (self.scale * i32::from(factor)) >> 15; // INVQBL
        let sample = saturate(self.predictor.output + difference).clamp(-16384, 16383); // RECONS, LIMIT
        self.adapt(code);
        sample as i16
    }

    #[inline(always)]
    fn quantise(&self, difference: i32) -> u8 {
        // QUANTL: a negative difference is compared through its one's complement.
        let magnitude = (if difference < 0 { !difference } else { difference }) as i16;
        // All levels at once: no branch to mispredict.
        let (scale, magnitude) = (I16x8::splat(self.scale as i16), I16x8::splat(magnitude));
        let out_of_reach = |factors| I16x8::new(factors).high_products_unsigned(scale).above(magnitude);
        let [a, b, c, d] = &LEVEL_FACTORS;
        let missed = out_of_reach(a).add(out_of_reach(b)).add(out_of_reach(c)).add(out_of_reach(d));
        // Every missed level counts -1.
        let interval = 32 + missed.pair_sums(I16x8::splat(1)).sum();
        CODES_6[usize::from(difference < 0)][(interval & 31) as usize]
    }

    #[inline(always)]
    fn adapt(&mut self, code: u8) {
        let code = usize::from(code & 63) >> 2;
        let difference = (self.scale * i32::from(INVERSE_4[code])) >> 15; // INVQAL
        let step = i32::from(LOG_STEP_LOW[usize::from(MAGNITUDE_4[code])]);
        self.log_scale = (((self.log_scale * 32512) >> 15) + step).clamp(0, 18432); // LOGSCL
        self.scale = linear(self.log_scale, 8); // SCALEL
        self.predictor.update(difference);
    }
}

impl UpperBand {
    pub(super) fn new() -> Self {
        Self { predictor: Predictor::new(), scale: 8, log_scale: 0 }
    }

    /// The 2-bit code of one sample.
    #[inline(always)]
    pub(super) fn encode(&mut self, sample: i16) -> u8 {
        let difference = saturate(i32::from(sample) - self.predictor.output); // SUBTRA
        // QUANTH
        let magnitude = if difference < 0 { !difference } else { difference };
        let interval = 1 + usize::from(magnitude >= (LEVEL_2 * 8 * self.scale) >> 15);
        let code = if difference < 0 { CODE_NEGATIVE_2[interval] } else { CODE_POSITIVE_2[interval] };
        self.adapt(code);
        code
    }

    /// The sample of a 2-bit code.
    #[inline(always)]
    pub(super) fn decode(&mut self, code: u8) -> i16 {
        let prediction = self.predictor.output;
        let difference = self.adapt(code);
        saturate(prediction + difference).clamp(-16384, 16383) as i16 // RECONS, LIMIT
    }

    #[inline(always)]
    fn adapt(&mut self, code: u8) -> i32 {
        let code = usize::from(code & 3);
        let difference = (self.scale * i32::from(INVERSE_2[code])) >> 15; // INVQAH
        let step = i32::from(LOG_STEP_HIGH[usize::from(MAGNITUDE_2[code])]);
        self.log_scale = (((self.log_scale * 32512) >> 15) + step).clamp(0, 22528); // LOGSCH
        self.scale = linear(self.log_scale, 10); // SCALEH
        self.predictor.update(difference);
        difference
    }
}

/// SCALEL, SCALEH by method 2: antilogarithm of a Q11 value, `exponent` being that of full scale.
#[inline(always)]
fn linear(log: i32, exponent: i32) -> i32 {
    let mantissa = i32::from(LOG_TO_LINEAR[(log >> 6 & 31) as usize]);
    // One more bit than method 2 keeps, so that the shift never turns negative (log is at most 11 in Q11).
    ((mantissa << 1) >> (exponent + 1 - (log >> 11))) << 2
}

/// Upper band decision level (table 14).
const LEVEL_2: i32 = 564;

/// Lower band levels as factors of the scale in Q16, unsigned, behind two of 0 that are always reached.
const LEVEL_FACTORS: [[i16; 8]; 4] = {
    let mut factors = [[0; 8]; 4];
    let mut n = 0;
    while n < 30 {
        factors[(n + 2) / 8][(n + 2) % 8] = ((LEVELS_6[n] as u16) << 4) as i16;
        n += 1;
    }
    factors
};

/// Codes by sign and number of reached levels: two of padding and the origin are always reached.
const CODES_6: [[u8; 32]; 2] = {
    let mut codes = [[0; 32]; 2];
    let mut interval = 1;
    while interval <= 30 {
        codes[0][(interval + 2) % 32] = CODE_POSITIVE_6[interval];
        codes[1][(interval + 2) % 32] = CODE_NEGATIVE_6[interval];
        interval += 1;
    }
    codes
};
