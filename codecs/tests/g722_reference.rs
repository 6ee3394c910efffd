//! G.722's band coders against a plain transcription of the Recommendation's blocks, every saturation in its place,
//! on input that drives them to their limits: what the conformance sequences may not reach.

use codecs::g722::tables::{
    INVERSE_2, INVERSE_4, LOG_STEP_HIGH, LOG_STEP_LOW, LOG_TO_LINEAR, MAGNITUDE_2, MAGNITUDE_4,
};
use codecs::g722::{BandCoder, Mode};

fn sat(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}

/// Clause 6.2: one band with the names of the Recommendation.
#[derive(Default)]
struct Band {
    nb: i32,
    det: i32,
    s: i32,
    sz: i32,
    a: [i32; 3],
    b: [i32; 7],
    d: [i32; 7],
    p: [i32; 3],
    r: [i32; 3],
}

impl Band {
    fn step(&mut self, d: i32) {
        self.d[0] = d;
        self.p[0] = sat(d + self.sz);
        self.r[0] = sat(self.s + d);
        let sg = self.p.map(|p| p >> 31);
        let wd1 = sat(self.a[1] << 2);
        let wd2 = if sg[0] == sg[1] { sat(-wd1) } else { wd1 };
        let wd3 = if sg[0] == sg[2] { 128 } else { -128 };
        let a2 = sat(sat((wd2 >> 7) + wd3) + ((self.a[2] * 32_512) >> 15)).clamp(-12_288, 12_288);
        let wd1 = if sg[0] == sg[1] { 192 } else { -192 };
        let limit = 15_360 - a2;
        let a1 = sat(wd1 + ((self.a[1] * 32_640) >> 15));
        let a1 = if a1 > limit {
            limit
        } else if a1 < -limit {
            -limit
        } else {
            a1
        };
        for n in 1..7 {
            let wd1 = if d == 0 { 0 } else { 128 };
            let wd2 = if (d >> 31) == (self.d[n] >> 31) { wd1 } else { -wd1 };
            self.b[n] = sat(wd2 + ((self.b[n] * 32_640) >> 15));
        }
        self.a = [0, a1, a2];
        self.d.copy_within(0..6, 1);
        self.p.copy_within(0..2, 1);
        self.r.copy_within(0..2, 1);
        let product = |coefficient: i32, signal: i32| sat((coefficient * sat(signal << 1)) >> 15);
        let sp = sat(product(self.a[1], self.r[1]) + product(self.a[2], self.r[2]));
        self.sz = (1..7).fold(0, |sum, n| sat(sum + product(self.b[n], self.d[n])));
        self.s = sat(sp + self.sz);
    }

    fn scale(&mut self, step: i32, highest: i32, full: i32) {
        self.nb = (((self.nb * 32_512) >> 15) + step).clamp(0, highest);
        let shift = full - (self.nb >> 11);
        let mantissa = i32::from(LOG_TO_LINEAR[(self.nb >> 6 & 31) as usize]);
        self.det = (if shift < 0 { mantissa << -shift } else { mantissa >> shift }) << 2;
    }
}

fn decode(low: &mut Band, high: &mut Band, code: u8) -> (i16, i16) {
    let (low_code, high_code) = (usize::from(code & 63) >> 2, usize::from(code >> 6));
    let d = (low.det * i32::from(INVERSE_4[low_code])) >> 15;
    let low_out = sat(low.s + d).clamp(-16_384, 16_383);
    low.scale(i32::from(LOG_STEP_LOW[usize::from(MAGNITUDE_4[low_code])]), 18_432, 8);
    low.step(d);
    let d = (high.det * i32::from(INVERSE_2[high_code])) >> 15;
    let high_out = sat(high.s + d).clamp(-16_384, 16_383);
    high.scale(i32::from(LOG_STEP_HIGH[usize::from(MAGNITUDE_2[high_code])]), 22_528, 10);
    high.step(d);
    (low_out as i16, high_out as i16)
}

#[test]
fn any_codes_decode_as_the_blocks_say() {
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u32
    };
    for run in 0..400 {
        let mut coder = BandCoder::new();
        let (mut low, mut high) = (Band { det: 32, ..Band::default() }, Band { det: 8, ..Band::default() });
        let (mut held, mut period) = ([0u8; 8], 1);
        for n in 0..2000 {
            // Short patterns held for a while push taps, scales and signals against their limits.
            if n % 120 == 0 {
                held = [(); 8].map(|()| random() as u8);
                period = 1 + random() as usize % 8;
            }
            let code = if run % 4 == 0 { random() as u8 } else { held[n % period] };
            assert_eq!(coder.decode(code, Mode::Kbit48), decode(&mut low, &mut high, code), "run {run}, {n}");
        }
    }
}
