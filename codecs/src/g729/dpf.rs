//! Double precision format and the elementary functions built on it.
//!
//! The Recommendation writes a 32-bit number as two 16-bit words, `high * 65536 + low * 2` with
//! `0 <= low < 32768`. Here such a number stays one `i32` whose lowest bit is ignored; the operators
//! below give exactly what the two-word arithmetic gives.

use super::basic_op::{div_s, high, l_mult, l_shl, l_shr_r, low, norm_l};
use super::tables::maths::{INV_SQRT, LOG2, POW2};

/// The number of the two words (`L_Comp`).
#[inline(always)]
pub(crate) fn compose(high: i16, low: i16) -> i32 {
    (i32::from(high) << 16).saturating_add(i32::from(low) << 1)
}

/// What is left of a number after it went through two words (`L_Extract`, `L_Comp`).
#[inline(always)]
pub(crate) fn truncate(x: i32) -> i32 {
    x & !1
}

/// `Mpy_32_16`: one multiplication, because the dropped parts of `high * n` and `low * n` are those of the sum.
#[inline(always)]
pub(crate) fn mpy_32_16(x: i32, n: i16) -> i32 {
    let product = ((i64::from(x >> 1) * i64::from(n)) >> 15) << 1;
    product.min(i64::from(i32::MAX)) as i32
}

/// `Mpy_32`: the product of both low words is ignored.
#[inline(always)]
pub(crate) fn mpy_32(x: i32, y: i32) -> i32 {
    let (xh, xl) = (x >> 16, (x >> 1) & 0x7fff);
    let (yh, yl) = (y >> 16, (y >> 1) & 0x7fff);
    let cross = ((xh * yl) >> 15) + ((xl * yh) >> 15);
    l_mult(xh as i16, yh as i16).saturating_add(cross << 1)
}

/// `Div_32`: `0 < x < d`, `d` normalised.
pub(crate) fn div_32(x: i32, d: i32) -> i32 {
    let q = div_s(16383, high(d));
    let t = i32::MAX.saturating_sub(mpy_32_16(d, q));
    let r = mpy_32_16(t, q);
    l_shl(mpy_32(x, r), 2)
}

/// `Pow2`: 2^(exponent + fraction / 32768).
pub(crate) fn pow2(exponent: i32, fraction: i16) -> i32 {
    let i = usize::from((fraction.max(0) >> 10) as u16);
    let a = (fraction & 1023) << 5;
    l_shr_r(interpolate(&POW2, i, a), 30 - exponent)
}

/// `Log2`: exponent and Q15 fraction; both 0 for `x <= 0`.
pub(crate) fn log2(x: i32) -> (i16, i16) {
    if x <= 0 {
        return (0, 0);
    }
    let n = norm_l(x);
    let y = x << n;
    let i = (y >> 25) as usize - 32;
    ((30 - n) as i16, high(interpolate(&LOG2, i, low((y >> 10) & 0x7fff))))
}

/// `Inv_sqrt`: Q30 for an integer `x`.
pub(crate) fn inv_sqrt(x: i32) -> i32 {
    if x <= 0 {
        return 0x3fff_ffff;
    }
    let n = norm_l(x);
    let exponent = 30 - n;
    let y = (x << n) >> i32::from(exponent & 1 == 0);
    let i = (y >> 25) as usize - 16;
    interpolate(&INV_SQRT, i, low((y >> 10) & 0x7fff)) >> ((exponent >> 1) + 1)
}

/// Linear interpolation between entries `i` and `i + 1`; the tables are positive and differences small.
fn interpolate(table: &[i16], i: usize, a: i16) -> i32 {
    let step = table[i].saturating_sub(table[i + 1]);
    (i32::from(table[i]) << 16).saturating_sub(l_mult(step, a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::g729::basic_op::{l_mac, mult};

    /// The two-word definitions.
    fn two_words(x: i32) -> (i16, i16) {
        let h = high(x);
        (h, low((x >> 1) - (i32::from(h) << 15)))
    }

    #[test]
    fn products_equal_the_two_word_arithmetic() {
        let mut seed = 1u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed as i32
        };
        for i in 0..20_000 {
            let (x, y) = match i {
                0 => (i32::MIN, i32::MIN),
                1 => (i32::MAX, i32::MIN),
                _ => (next(), next()),
            };
            let ((xh, xl), (yh, yl)) = (two_words(x), two_words(y));
            let expected = l_mac(l_mac(l_mult(xh, yh), mult(xh, yl), 1), mult(xl, yh), 1);
            assert_eq!(mpy_32(x, y), expected, "{x} {y}");
            assert_eq!(mpy_32_16(x, yh), l_mac(l_mult(xh, yh), mult(xl, yh), 1), "{x} {yh}");
            assert_eq!(truncate(x), compose(xh, xl));
        }
    }

    #[test]
    fn elementary_functions_are_close_to_their_names() {
        assert_eq!(log2(1 << 20), (20, 0));
        assert_eq!(pow2(14, 0), 16384);
        assert_eq!(inv_sqrt(0), 0x3fff_ffff);
        for x in [1, 5, 77, 1000, 123_456, i32::MAX] {
            let (e, f) = log2(x);
            assert!((f64::from(e) + f64::from(f) / 32768.0 - f64::from(x).log2()).abs() < 1e-3);
            let relative = f64::from(inv_sqrt(x)) / (f64::from(1 << 30) / f64::from(x).sqrt());
            assert!((relative - 1.0).abs() < 2e-3, "{x} {relative}");
        }
        let q = div_32(0x2000_0000, 0x4000_0000);
        assert!((q - 0x4000_0000).abs() < 0x10000, "{q:x}");
    }
}
