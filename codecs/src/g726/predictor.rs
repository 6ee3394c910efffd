//! The adaptive predictor of G.726: six zeros, two poles, in the Recommendation's small floating point
//! (clause 4.2.6 and 4.2.7). Block names stand beside the lines.

/// Eight taps in one order for all arrays: B1 to B6, then A1, A2.
#[derive(Clone, Debug)]
pub(super) struct Predictor {
    /// B1 to B6 and A1, A2, 16-bit two's complement, Q14.
    taps: [i32; 8],
    /// DQ1 to DQ6 and SR1, SR2.
    past: Past,
    /// Signs of the partially reconstructed signal, PK1 and PK2: 0 or -1.
    partial_signs: [i32; 2],
    /// TD: a partial-band signal (a tone or a modem) was seen.
    tone: bool,
}

/// Signals in the 11-bit floating format of FLOATA and FLOATB, split in its parts.
#[derive(Clone, Debug)]
struct Past {
    mantissa: [i32; 8],
    exponent: [i32; 8],
    /// 0 or -1.
    sign: [i32; 8],
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
    pub(super) const fn new() -> Self {
        Self {
            taps: [0; 8],
            past: Past { mantissa: [32; 8], exponent: [0; 8], sign: [0; 8] },
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
        let zeros: i32 = products[..6].iter().sum();
        let signal = zeros + products[6] + products[7];
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
            self.taps = [0; 8];
            self.tone = false;
        } else {
            let [first, second] = self.adapted_poles(partial, partial_sign);
            self.adapt_zeros(sign, magnitude, leak);
            self.taps[6] = first;
            self.taps[7] = second;
            self.tone = second < -11776; // TONE
        }
        self.partial_signs = [partial_sign, self.partial_signs[0]];
        self.past.push(sign, magnitude, reconstructed);
    }

    #[inline(always)]
    fn adapted_poles(&self, partial: i32, partial_sign: i32) -> [i32; 2] {
        let (first, second) = (self.taps[6], self.taps[7]);
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
        let first_next = (first + (toward & push) - (first >> 8)).clamp(-limit, limit);
        [first_next, second_next]
    }

    #[inline(always)]
    fn adapt_zeros(&mut self, sign: i32, magnitude: i32, leak: u32) {
        // XOR, UPB. The two poles are carried along and overwritten: eight lanes are two vectors.
        let step = if magnitude == 0 { 0 } else { 128 };
        for (tap, past_sign) in self.taps.iter_mut().zip(&self.past.sign) {
            let unlike = past_sign ^ sign;
            // Modulo 2^16: only a stream that no encoder makes gets that far, and it must wrap as the ITU's does.
            *tap = i32::from((*tap + ((step ^ unlike) - unlike) - (*tap >> leak)) as i16);
        }
    }

    /// FMULT of all taps.
    #[inline(always)]
    fn products(&self) -> [i32; 8] {
        let mut products = [0; 8];
        for (n, product) in products.iter_mut().enumerate() {
            let tap = self.taps[n];
            let tap_sign = tap >> 31;
            // 13 bits: the two's complement is taken after the shift, so negative taps round away from zero.
            let magnitude = (((tap >> 2) ^ tap_sign) - tap_sign) & 8191;
            let exponent = 32 - magnitude.leading_zeros() as i32;
            let mantissa = if magnitude == 0 { 32 } else { magnitude << 6 >> exponent };
            let exponent = exponent + self.past.exponent[n];
            let mantissa = (mantissa * self.past.mantissa[n] + 48) >> 4;
            // One shift either way: the product has 8 bits and the exponent is at most 28.
            let magnitude = (mantissa << 9 >> (28 - exponent)) & 32767;
            let sign = tap_sign ^ self.past.sign[n];
            *product = (magnitude ^ sign) - sign;
        }
        products
    }
}

impl Past {
    #[inline(always)]
    fn push(&mut self, sign: i32, magnitude: i32, reconstructed: i32) {
        self.mantissa.copy_within(0..5, 1);
        self.exponent.copy_within(0..5, 1);
        self.sign.copy_within(0..5, 1);
        self.set(0, sign, magnitude); // FLOATA
        (self.mantissa[7], self.exponent[7], self.sign[7]) =
            (self.mantissa[6], self.exponent[6], self.sign[6]);
        let sign = reconstructed >> 31;
        self.set(6, sign, ((reconstructed ^ sign) - sign) & 32767); // FLOATB
    }

    #[inline(always)]
    fn set(&mut self, at: usize, sign: i32, magnitude: i32) {
        let exponent = 32 - magnitude.leading_zeros() as i32;
        self.mantissa[at] = if magnitude == 0 { 32 } else { magnitude << 6 >> exponent };
        self.exponent[at] = exponent;
        self.sign[at] = sign;
    }
}
