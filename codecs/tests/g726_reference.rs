//! G.726's predictor on lanes against the blocks of the Recommendation word by word, in unsigned arithmetic modulo
//! the widths the Recommendation gives, on codes that drive it to its limits.

use codecs::G726Rate;
use codecs::g726::{Adpcm, tables};

/// The state of clause 4.2, as 16-bit words.
struct Blocks {
    b: [u32; 6],
    a: [u32; 2],
    dq: [u32; 6],
    sr: [u32; 2],
    pk: [u32; 2],
    yu: i32,
    yl: i32,
    dms: i32,
    dml: i32,
    ap: i32,
    td: bool,
}

fn signed(word: u32) -> i32 {
    i32::from(word as u16 as i16)
}

/// FMULT: 16-bit coefficient times 11-bit floating signal, 16-bit result.
fn fmult(an: u32, srn: u32) -> u32 {
    let an_sign = an >> 15;
    let an_magnitude = if an_sign == 0 { an >> 2 } else { (16_384 - (an >> 2)) & 8191 };
    let an_exponent = 32 - an_magnitude.leading_zeros();
    let an_mantissa = if an_magnitude == 0 { 32 } else { (an_magnitude << 6) >> an_exponent };
    let (sr_sign, sr_exponent, sr_mantissa) = (srn >> 10, srn >> 6 & 15, srn & 63);
    let exponent = sr_exponent + an_exponent;
    let mantissa = (sr_mantissa * an_mantissa + 48) >> 4;
    let magnitude = if exponent <= 26 {
        (mantissa << 7) >> (26 - exponent)
    } else {
        ((mantissa << 7) << (exponent - 26)) & 32_767
    };
    if sr_sign ^ an_sign == 0 { magnitude } else { (65_536 - magnitude) & 65_535 }
}

/// FLOATA and FLOATB.
fn float(sign: u32, magnitude: u32) -> u32 {
    let exponent = 32 - magnitude.leading_zeros();
    let mantissa = if magnitude == 0 { 32 } else { (magnitude << 6) >> exponent };
    sign << 10 | exponent << 6 | mantissa
}

impl Blocks {
    fn new() -> Self {
        Self {
            b: [0; 6],
            a: [0; 2],
            dq: [32; 6],
            sr: [32; 2],
            pk: [0; 2],
            yu: 544,
            yl: 34_816,
            dms: 0,
            dml: 0,
            ap: 0,
            td: false,
        }
    }

    /// One codeword of `bits` to the reconstructed signal; `level`, `w` and `f` are the tables' entries of it.
    fn decode(&mut self, code: u8, bits: u32, level: i32, w: i32, f: i32) -> i16 {
        let zeros = self.b.iter().zip(&self.dq).fold(0u32, |sum, (&b, &dq)| sum + fmult(b, dq)) & 65_535;
        let all = (zeros + fmult(self.a[1], self.sr[1]) + fmult(self.a[0], self.sr[0])) & 65_535;
        let (sez, se) = (signed(zeros) >> 1, signed(all) >> 1);
        let al = if self.ap >= 256 { 64 } else { self.ap >> 2 };
        let difference = self.yu - (self.yl >> 6);
        let product = (difference.abs() * al) >> 6;
        let y = (self.yl >> 6) + if difference < 0 { -product } else { product };
        // ADDA, ANTILOG
        let dql = (level + (y >> 2)) & 4095;
        let magnitude =
            if dql >> 11 == 1 { 0 } else { ((128 + (dql & 127)) << 7) >> (14 - (dql >> 7 & 15)) } as u32;
        let dq_sign = u32::from(code) >> (bits - 1);
        let dq = if dq_sign == 0 { magnitude as i32 } else { -(magnitude as i32) };
        // TRANS
        let (integer, fraction) = (self.yl >> 15, self.yl >> 10 & 31);
        let threshold = if integer > 9 { 31 << 10 } else { (32 + fraction) << integer };
        let transition = self.td && magnitude as i32 > (threshold + (threshold >> 1)) >> 1;
        // ADDC, ADDB
        let dqsez = (dq + sez) as u32 & 65_535;
        let sr = (dq + se) as u32 & 65_535;
        let pk0 = dqsez >> 15;
        let sigpk = dqsez == 0;
        let (a1, a2) = (signed(self.a[0]), signed(self.a[1]));
        // UPA2, LIMC
        let uga2a = if pk0 ^ self.pk[1] == 0 { 16_384 } else { -16_384 };
        let fa1 = a1.clamp(-8191, 8191) << 2;
        let fa = if pk0 ^ self.pk[0] == 0 { -fa1 } else { fa1 };
        let uga2 = if sigpk { 0 } else { (uga2a + fa) >> 7 };
        let a2_next = (a2 + uga2 - (a2 >> 7)).clamp(-12_288, 12_288);
        // UPA1, LIMD
        let uga1 = if sigpk {
            0
        } else if pk0 ^ self.pk[0] == 0 {
            192
        } else {
            -192
        };
        let a1_next = a1 + uga1 - (a1 >> 8);
        let a1_next = a1_next.min(15_360 - a2_next).max(a2_next - 15_360);
        // XOR, UPB
        let leak = if bits == 5 { 9 } else { 8 };
        for (b, past) in self.b.iter_mut().zip(&self.dq) {
            let u = past >> 10 ^ dq_sign;
            let ugb = if magnitude == 0 {
                0
            } else if u == 0 {
                128
            } else {
                -128
            };
            *b = (signed(*b) + ugb - (signed(*b) >> leak)) as u32 & 65_535;
        }
        self.a = [a1_next as u32 & 65_535, a2_next as u32 & 65_535];
        let tone = a2_next < -11_776;
        if transition {
            (self.a, self.b) = ([0; 2], [0; 6]);
        }
        self.td = tone && !transition;
        self.pk = [pk0, self.pk[0]];
        self.dq.copy_within(0..5, 1);
        self.dq[0] = float(dq_sign, magnitude);
        let sr_sign = sr >> 15;
        let sr_magnitude = if sr_sign == 0 { sr } else { (65_536 - sr) & 32_767 };
        self.sr = [float(sr_sign, sr_magnitude), self.sr[0]];
        // FILTD, LIMB, FILTE, FILTA, FILTB, SUBTC, FILTC, TRIGA
        self.yu = (y + (((w << 5) - y) >> 5)).clamp(544, 5120);
        self.yl += self.yu + (-self.yl >> 6);
        self.dms += ((f << 9) - self.dms) >> 5;
        self.dml += ((f << 11) - self.dml) >> 7;
        let unsteady = y < 1536 || ((self.dms << 2) - self.dml).abs() >= self.dml >> 3 || tone;
        self.ap = if transition { 256 } else { self.ap + (((i32::from(unsteady) << 9) - self.ap) >> 4) };
        // LIMO
        (signed(sr)).clamp(-8192, 8191) as i16
    }
}

#[test]
fn any_codes_decode_as_the_blocks_say() {
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as u32
    };
    for (rate, levels, ws, fs) in [
        (G726Rate::R16, &tables::LOG_LEVEL_16[..], &tables::SCALE_STEP_16[..], &tables::CHANGE_WEIGHT_16[..]),
        (G726Rate::R24, &tables::LOG_LEVEL_24, &tables::SCALE_STEP_24, &tables::CHANGE_WEIGHT_24),
        (G726Rate::R32, &tables::LOG_LEVEL_32, &tables::SCALE_STEP_32, &tables::CHANGE_WEIGHT_32),
        (G726Rate::R40, &tables::LOG_LEVEL_40, &tables::SCALE_STEP_40, &tables::CHANGE_WEIGHT_40),
    ] {
        let bits = rate.bits_per_sample() as u32;
        for run in 0..150 {
            let (mut coder, mut blocks) = (Adpcm::new(rate), Blocks::new());
            let (mut held, mut period) = ([0u8; 8], 1);
            for n in 0..2000 {
                if n % 150 == 0 {
                    held = [(); 8].map(|()| random() as u8);
                    period = 1 + random() as usize % 8;
                }
                let code = (if run % 4 == 0 { random() as u8 } else { held[n % period] }) & ((1 << bits) - 1);
                let at = usize::from(code);
                let expected = blocks.decode(code, bits, levels[at].into(), ws[at].into(), fs[at].into());
                assert_eq!(coder.decode(code), expected, "{rate:?}, run {run}, {n}");
            }
        }
    }
}
