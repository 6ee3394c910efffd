//! One ADPCM coder: quantiser and its adaptation (clauses 4.2.1 to 4.2.5), shared by encoder and decoder.

use super::Law;
use super::predictor::{Estimate, Predictor};
use super::rates::Tables;
use crate::codec::G726Rate;

/// Encoder or decoder state of one channel, codeword by codeword.
#[derive(Clone, Debug)]
pub struct Adpcm {
    tables: &'static Tables,
    predictor: Predictor,
    /// YU, 9 fractional bits.
    fast_scale: i32,
    /// YL, 15 fractional bits.
    slow_scale: i32,
    /// DMS and DML: short- and long-term averages of F(I).
    change_short: i32,
    change_long: i32,
    /// AP, 8 fractional bits.
    speed: i32,
}

impl Adpcm {
    /// A coder after reset.
    #[must_use]
    pub fn new(rate: G726Rate) -> Self {
        Self {
            tables: Tables::of(rate),
            predictor: Predictor::new(),
            fast_scale: 544,
            slow_scale: 34816,
            change_short: 0,
            change_long: 0,
            speed: 0,
        }
    }

    /// Changes the rate between two samples and keeps the state: all four share it.
    pub const fn set_rate(&mut self, rate: G726Rate) {
        self.tables = Tables::of(rate);
    }

    /// Encodes a G.711 code.
    #[inline]
    pub fn encode_log(&mut self, code: u8, law: Law) -> u8 {
        self.encode(law.expand(code))
    }

    /// Encodes a uniform 14-bit sample (Annex A), -8192 to 8191.
    #[inline(always)]
    pub fn encode(&mut self, sample: i16) -> u8 {
        let estimate = self.predictor.estimate();
        let scale = self.scale();
        let difference = i32::from(sample) - estimate.signal; // SUBTA
        let code = self.quantise(difference, scale);
        self.adapt(code, scale, estimate);
        code
    }

    /// Decodes to a uniform 14-bit sample (Annex A, limited as LIMO does).
    #[inline(always)]
    pub fn decode(&mut self, code: u8) -> i16 {
        let estimate = self.predictor.estimate();
        let scale = self.scale();
        let (sign, magnitude) = self.adapt(code & self.tables.mask(), scale, estimate);
        (((magnitude ^ sign) - sign + estimate.signal) as i16).clamp(-8192, 8191)
    }

    /// Decodes to a G.711 code, adjusted so that synchronous tandem codings do not accumulate distortion (SYNC).
    #[inline]
    pub fn decode_log(&mut self, code: u8, law: Law) -> u8 {
        let estimate = self.predictor.estimate();
        let scale = self.scale();
        let code = code & self.tables.mask();
        let (sign, magnitude) = self.adapt(code, scale, estimate);
        let log = law.compress((magnitude ^ sign) - sign + estimate.signal);
        let linear = law.expand(log);
        let again = self.quantise(i32::from(linear) - estimate.signal, scale);
        // In the order of ascending differences: codes with the top bit are the negative half.
        let rank = |code: u8| code ^ (self.tables.mask() / 2 + 1);
        match rank(again).cmp(&rank(code)) {
            std::cmp::Ordering::Equal => log,
            std::cmp::Ordering::Greater => law.below(log),
            std::cmp::Ordering::Less => law.above(log),
        }
    }

    /// Y: the scale factor by the speed of adaptation (LIMA, MIX).
    #[inline(always)]
    fn scale(&self) -> i32 {
        let weight = if self.speed >= 256 { 64 } else { self.speed >> 2 };
        let slow = self.slow_scale >> 6;
        let difference = self.fast_scale - slow;
        let product = (difference.abs() * weight) >> 6;
        slow + if difference < 0 { -product } else { product }
    }

    /// LOG, SUBTB, QUAN.
    #[inline(always)]
    fn quantise(&self, difference: i32, scale: i32) -> u8 {
        let magnitude = difference.unsigned_abs() & 32767;
        let exponent = (magnitude | 1).ilog2();
        let mantissa = (magnitude << 7 >> exponent) & 127;
        let log = (exponent << 7 | mantissa) as i32 - (scale >> 2);
        let level: i16 = self.tables.levels.iter().map(|&level| i16::from(level <= log as i16)).sum();
        self.tables.codes[usize::from(difference < 0)][usize::from(level as u16 & 15)]
    }

    /// Everything after the quantiser, in both directions; returns DQ as sign (0 or -1) and magnitude.
    #[inline(always)]
    fn adapt(&mut self, code: u8, scale: i32, estimate: Estimate) -> (i32, i32) {
        let step = self.tables.steps[usize::from(code & 31)];
        let sign = -(i32::from(code) >> (self.tables.bits - 1));
        // ADDA, ANTILOG
        let log = i32::from(step.log_level) + (scale >> 2);
        let magnitude = if log < 0 { 0 } else { (128 + (log & 127)) << 7 >> (14 - (log >> 7 & 15)) };
        let transition = self.predictor.tone() && magnitude > self.transition_threshold();
        self.predictor.adapt(sign, magnitude, estimate, self.tables.leak, transition);
        self.adapt_scale(step.scale, scale);
        self.adapt_speed(i32::from(step.change), scale, transition);
        (sign, magnitude)
    }

    /// TRANS
    #[inline(always)]
    fn transition_threshold(&self) -> i32 {
        let integer = self.slow_scale >> 15;
        let threshold = if integer > 9 { 31 << 10 } else { (32 + (self.slow_scale >> 10 & 31)) << integer };
        (threshold + (threshold >> 1)) >> 1
    }

    /// FILTD, LIMB, FILTE
    #[inline(always)]
    fn adapt_scale(&mut self, step: i32, scale: i32) {
        self.fast_scale = (scale + ((step - scale) >> 5)).clamp(544, 5120);
        self.slow_scale += self.fast_scale + (-self.slow_scale >> 6);
    }

    /// FILTA, FILTB, SUBTC, FILTC, TRIGA
    #[inline(always)]
    fn adapt_speed(&mut self, change: i32, scale: i32, transition: bool) {
        self.change_short += ((change << 9) - self.change_short) >> 5;
        self.change_long += ((change << 11) - self.change_long) >> 7;
        let apart = ((self.change_short << 2) - self.change_long).abs();
        let steady = scale >= 1536 && apart < self.change_long >> 3 && !self.predictor.tone();
        let target = if steady { 0 } else { 512 };
        self.speed = if transition { 256 } else { self.speed + ((target - self.speed) >> 4) };
    }
}
