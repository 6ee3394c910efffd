//! The basic operators of G.729 (Table 11 of the Recommendation; ITU-T G.191): saturating 16- and 32-bit
//! arithmetic on two's complement fractions.
//!
//! There is no global overflow flag here. The few places that read it (LP analysis, root search, pitch gain,
//! open loop, synthesis, noise filter comparison) find out about overflow from their own sums.

/// `L_mult`: twice the product; only -32768 times -32768 saturates.
#[inline(always)]
pub(crate) fn l_mult(a: i16, b: i16) -> i32 {
    let product = i32::from(a) * i32::from(b);
    product.saturating_add(product)
}

/// `L_mac`: two separate saturations, so the order of accumulation matters.
#[inline(always)]
pub(crate) fn l_mac(acc: i32, a: i16, b: i16) -> i32 {
    acc.saturating_add(l_mult(a, b))
}

/// `L_msu`.
#[inline(always)]
pub(crate) fn l_msu(acc: i32, a: i16, b: i16) -> i32 {
    acc.saturating_sub(l_mult(a, b))
}

/// `mult`: Q15 product, truncated.
#[inline(always)]
pub(crate) fn mult(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 15).min(32767) as i16
}

/// `mult_r`: Q15 product, rounded.
#[inline(always)]
pub(crate) fn mult_r(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b) + 0x4000) >> 15).min(32767) as i16
}

/// `round`: the high half, rounded and saturated.
#[inline(always)]
pub(crate) fn round(x: i32) -> i16 {
    (x.saturating_add(0x8000) >> 16) as i16
}

/// `extract_h`.
#[inline(always)]
pub(crate) fn high(x: i32) -> i16 {
    (x >> 16) as i16
}

/// `extract_l`: the low half reinterpreted, so it may change sign.
#[inline(always)]
pub(crate) fn low(x: i32) -> i16 {
    x as i16
}

/// Saturation of a 32-bit number to 16 bits (`sature`).
#[inline(always)]
pub(crate) fn saturate(x: i32) -> i16 {
    x.clamp(-32768, 32767) as i16
}

/// `abs_s`.
#[inline(always)]
pub(crate) fn abs(a: i16) -> i16 {
    a.saturating_abs()
}

/// `shl`: a negative count shifts right.
#[inline]
pub(crate) fn shl(a: i16, n: i32) -> i16 {
    if n < 0 {
        return shr(a, -n);
    }
    saturate(i32::from(a) << n.min(15))
}

/// `shr`: arithmetic; a negative count shifts left.
#[inline]
pub(crate) fn shr(a: i16, n: i32) -> i16 {
    if n < 0 { shl(a, -n) } else { a >> n.min(15) }
}

/// `shr_r`: rounded when the count is positive.
#[inline]
pub(crate) fn shr_r(a: i16, n: i32) -> i16 {
    if n > 15 {
        return 0;
    }
    if n <= 0 {
        return shl(a, -n);
    }
    (a >> n).wrapping_add((a >> (n - 1)) & 1)
}

/// `L_shl`: saturating; a negative count shifts right.
#[inline]
pub(crate) fn l_shl(x: i32, n: i32) -> i32 {
    if n <= 0 {
        return l_shr(x, -n);
    }
    if n <= norm_l(x) || x == 0 {
        x.wrapping_shl(n as u32)
    } else if x < 0 {
        i32::MIN
    } else {
        i32::MAX
    }
}

/// `L_shr`: arithmetic; a negative count shifts left.
#[inline]
pub(crate) fn l_shr(x: i32, n: i32) -> i32 {
    if n < 0 { l_shl(x, -n) } else { x >> n.min(31) }
}

/// `L_shr_r`: rounded when the count is positive.
#[inline]
pub(crate) fn l_shr_r(x: i32, n: i32) -> i32 {
    if n > 31 {
        return 0;
    }
    if n <= 0 {
        return l_shl(x, -n);
    }
    (x >> n).wrapping_add((x >> (n - 1)) & 1)
}

/// `norm_s`: left shifts until bit 14 differs from the sign; 0 for 0 and 15 for -1.
#[inline]
pub(crate) fn norm_s(a: i16) -> i32 {
    if a == 0 { 0 } else { (a ^ (a >> 15)).leading_zeros() as i32 - 1 }
}

/// `norm_l`: left shifts until bit 30 differs from the sign; 0 for 0 and 31 for -1.
#[inline]
pub(crate) fn norm_l(x: i32) -> i32 {
    if x == 0 { 0 } else { (x ^ (x >> 31)).leading_zeros() as i32 - 1 }
}

/// `div_s`: the Q15 quotient of `0 <= a <= b`, `b > 0`. Outside that range it saturates instead of trapping.
#[inline]
pub(crate) fn div_s(a: i16, b: i16) -> i16 {
    if a >= b || b <= 0 { 32767 } else { ((i32::from(a.max(0)) << 15) / i32::from(b)) as i16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_saturate_by_sign() {
        assert_eq!(shl(1, 15), 32767);
        assert_eq!(shl(1, 14), 16384);
        assert_eq!(shl(-1, 15), -32768);
        assert_eq!(shl(5, 20), 32767);
        assert_eq!(shl(-5, 20), -32768);
        assert_eq!(shl(0, 20), 0);
        assert_eq!(shr(-1, 40), -1);
        assert_eq!(shr(-32768, -1), -32768);
        assert_eq!(l_shl(1, 31), i32::MAX);
        assert_eq!(l_shl(-1, 31), i32::MIN);
        assert_eq!(l_shl(-1, 40), i32::MIN);
        assert_eq!(l_shl(0, 40), 0);
        assert_eq!(l_shl(0x4000_0000, 1), i32::MAX);
        assert_eq!(l_shr(i32::MIN, 35), -1);
    }

    #[test]
    fn rounding_shifts_add_the_last_bit_out() {
        assert_eq!(shr_r(3, 1), 2);
        assert_eq!(shr_r(-3, 1), -1);
        assert_eq!(shr_r(32767, 15), 1);
        assert_eq!(shr_r(3, -2), 12);
        assert_eq!(l_shr_r(5, 1), 3);
        assert_eq!(l_shr_r(5, 32), 0);
        assert_eq!(l_shr_r(i32::MIN, 31), -1);
    }

    #[test]
    fn norms_complement_negative_numbers() {
        assert_eq!((norm_s(0), norm_s(-1), norm_s(1), norm_s(-2), norm_s(-32768)), (0, 15, 14, 14, 0));
        assert_eq!((norm_l(0), norm_l(-1), norm_l(1), norm_l(i32::MIN)), (0, 31, 30, 0));
    }

    #[test]
    fn the_only_product_that_saturates() {
        assert_eq!(l_mult(-32768, -32768), i32::MAX);
        assert_eq!(mult(-32768, -32768), 32767);
        assert_eq!(mult_r(-32768, -32768), 32767);
        assert_eq!(round(0x7fff_8000), 32767);
        assert_eq!((div_s(1, 1), div_s(1, 3), div_s(0, 7)), (32767, 10922, 0));
    }
}
