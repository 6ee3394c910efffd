//! The adaptive predictor of G.726: six zeros, two poles, in the Recommendation's small floating point
//! (clause 4.2.6 and 4.2.7). Block names stand beside the lines.

use crate::simd::{I16x8, I32x4};

/// Eight taps in one order for all lanes: B1 to B6, then A1, A2.
#[derive(Clone, Debug)]
pub(super) struct Predictor {
    /// B1 to B6 and A1, A2, 16-bit two's complement, Q14.
    taps: I16x8,
    /// A1, A2 once more.
    poles: [i32; 2],
    /// DQ1 to DQ6 and SR1, SR2 in the floating format of FLOATA and FLOATB, see [`float`].
    past: I16x8,
    /// Signs of the partially reconstructed signal, PK1 and PK2: 0 or -1.
    partial_signs: [i32; 2],
    /// TD: a partial-band signal (a tone or a modem) was seen.
    tone: bool,
}

/// Signal estimates of one sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    /// SE: of all taps.
    pub(super) signal: i32,
    /// SEZ: of the zeros.
    pub(super) zeros: i32,
}

impl Predictor {
    pub(super) fn new() -> Self {
        Self {
            taps: I16x8::splat(0),
            poles: [0; 2],
            past: I16x8::splat(float(0, 0)),
            partial_signs: [0; 2],
            tone: false,
        }
    }

    /// TD of the previous sample.
    #[inline(always)]
    pub(super) const fn tone(&self) -> bool {
        self.tone
    }

    /// SE and SEZ for the next sample (FMULT, ACCUM).
    #[inline(always)]
    pub(super) fn estimate(&self) -> Estimate {
        let products = self.products();
        let zeros = products.pair_sums(I16x8::new(&[1, 1, 1, 1, 1, 1, 0, 0])).sum();
        let signal = products.pair_sums(I16x8::splat(1)).sum();
        // Sums are modulo 2^16, then halved with their sign.
        Estimate { signal: i32::from(signal as i16) >> 1, zeros: i32::from(zeros as i16) >> 1 }
    }

    /// Takes the quantised difference (sign 0 or -1, magnitude) of the sample whose estimate is given;
    /// `leak` is that of the zeros, `transition` the decision of TRANS. Returns TDP.
    #[inline(always)]
    pub(super) fn adapt(
        &mut self,
        sign: i32,
        magnitude: i32,
        estimate: Estimate,
        leak: u32,
        transition: bool,
    ) {
        let difference = (magnitude ^ sign) - sign;
        let partial = i32::from((difference + estimate.zeros) as i16); // ADDC
        let reconstructed = i32::from((difference + estimate.signal) as i16); // ADDB
        let partial_sign = partial >> 31;
        if transition {
            // TRIGB
            self.taps = I16x8::splat(0);
            self.poles = [0; 2];
            self.tone = false;
        } else {
            self.poles = self.adapted_poles(partial, partial_sign);
            let [first, second] = self.poles;
            self.taps =
                self.adapted_zeros(sign, magnitude, leak).with::<6>(first as i16).with::<7>(second as i16);
            self.tone = second < -11776; // TONE
        }
        self.partial_signs = [partial_sign, self.partial_signs[0]];
        let sign_of_sr = reconstructed >> 31;
        let sr = float(sign_of_sr, ((reconstructed ^ sign_of_sr) - sign_of_sr) & 32767); // FLOATB
        // One place up moves SR1 to SR2, too; what DQ6 pushes into SR1's place is overwritten.
        self.past = self.past.pushed(float(sign, magnitude)).with::<6>(sr); // FLOATA
    }

    #[inline(always)]
    fn adapted_poles(&self, partial: i32, partial_sign: i32) -> [i32; 2] {
        let [first, second] = self.poles;
        let unlike_1 = partial_sign ^ self.partial_signs[0];
        let unlike_2 = partial_sign ^ self.partial_signs[1];
        // SIGPK: no push at all when the partial signal is zero.
        let push = if partial == 0 { 0 } else { -1 };
        // UPA2, LIMC
        let leaning = first.clamp(-8191, 8191) << 2;
        let leaning = if unlike_1 == 0 { -leaning } else { leaning };
        let toward = if unlike_2 == 0 { 16384 } else { -16384 };
        let second_next = (second + (((toward + leaning) >> 7) & push) - (second >> 7)).clamp(-12288, 12288);
        // UPA1, LIMD
        let toward = if unlike_1 == 0 { 192 } else { -192 };
        let limit = 15360 - second_next;
        let first_next = (first + (toward & push) - (first >> 8)).min(limit).max(-limit);
        [first_next, second_next]
    }

    #[inline(always)]
    fn adapted_zeros(&self, sign: i32, magnitude: i32, leak: u32) -> I16x8 {
        // XOR, UPB. Modulo 2^16: only a stream that no encoder makes gets that far, and it must wrap as the ITU's
        // does. The poles' lanes are carried along and overwritten.
        let step = I16x8::splat(if magnitude == 0 { 0 } else { 128 });
        let unlike = self.past.xor(I16x8::splat(sign as i16)).signs();
        let leaked = if leak == 8 { self.taps.shifted_right::<8>() } else { self.taps.shifted_right::<9>() };
        self.taps.add(step.xor(unlike).sub(unlike)).sub(leaked)
    }

    /// FMULT of all taps: the product of two numbers with six bits of mantissa each, rounded to eight.
    #[inline(always)]
    fn products(&self) -> I16x8 {
        let tap_signs = self.taps.signs();
        // 13 bits: the two's complement is taken after the shift, so negative taps round away from zero.
        let magnitudes = self.taps.shifted_right::<2>().xor(tap_signs).sub(tap_signs).and(I16x8::splat(8191));
        let [low, high] = magnitudes.widened_unsigned();
        let [past_low, past_high] = self.past.and(I16x8::splat(i16::MAX)).widened_unsigned();
        let products = product(low, past_low).narrow(product(high, past_high));
        let signs = self.past.signs().xor(tap_signs);
        products.xor(signs).sub(signs)
    }
}

/// Magnitudes of four products. A single precision number is the format FMULT wants: its exponent is that of the
/// tap (0.5 stands for a tap of 0, which has mantissa 32 and exponent 0), and adding to it shifts every lane by its own amount.
#[inline(always)]
fn product(tap: I32x4, past: I32x4) -> I32x4 {
    let tap = tap.float_bits();
    let tap_mantissa = tap.shift_right::<18>().and(I32x4::splat(31)).or(I32x4::splat(32));
    let mantissa = tap_mantissa.low_products(past.and(I32x4::splat(63)));
    let mantissa = mantissa.add(I32x4::splat(48)).shift_right::<4>();
    // In units of single precision: exponent of the tap plus that of the signal, less the biases and FMULT's 19.
    let exponents = tap.and(I32x4::splat(0xFF << 23)).add(past.shift_right::<6>().shift_left::<23>());
    let scaled = mantissa.float_bits().add(exponents).add(I32x4::splat(-((126 + 19) << 23)));
    scaled.truncated_from_bits().and(I32x4::splat(32767))
}

/// FLOATA, FLOATB: sign (0 or -1) in bit 15, exponent in bits 6 to 9, mantissa in bits 0 to 5.
#[inline(always)]
fn float(sign: i32, magnitude: i32) -> i16 {
    let exponent = 32 - magnitude.leading_zeros() as i32;
    let mantissa = if magnitude == 0 { 32 } else { (magnitude << 6) >> exponent };
    (sign << 15 | exponent << 6 | mantissa) as i16
}
