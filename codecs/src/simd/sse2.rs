//! Lanes as SSE2 registers. Every x86-64 processor has them, so nothing is asked at run time.
#![allow(unsafe_code, reason = "processor intrinsics; unaligned loads and stores of whole arrays")]

use std::arch::x86_64::*;

/// An intrinsic on registers.
macro_rules! register {
    ($call:expr) => {
        // SAFETY: registers in, register out; SSE2 is part of x86-64.
        unsafe { $call }
    };
}

/// Eight 16-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I16x8(__m128i);

/// Four 32-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I32x4(__m128i);

impl I16x8 {
    #[inline(always)]
    pub(crate) fn new(x: &[i16; 8]) -> Self {
        // SAFETY: the array is 16 readable bytes; the load needs no alignment.
        Self(unsafe { _mm_loadu_si128(x.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(crate) fn splat(x: i16) -> Self {
        Self(register!(_mm_set1_epi16(x)))
    }

    #[inline(always)]
    pub(crate) fn splat_pair(even: i16, odd: i16) -> Self {
        Self(register!(_mm_set1_epi32(i32::from(odd) << 16 | i32::from(even as u16))))
    }

    #[inline(always)]
    pub(crate) fn array(self) -> [i16; 8] {
        let mut out = [0; 8];
        // SAFETY: the array is 16 writable bytes; the store needs no alignment.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), self.0) };
        out
    }

    #[inline(always)]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(register!(_mm_add_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn add_saturating(self, other: Self) -> Self {
        Self(register!(_mm_adds_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn sub_saturating(self, other: Self) -> Self {
        Self(register!(_mm_subs_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn min(self, other: Self) -> Self {
        Self(register!(_mm_min_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn max(self, other: Self) -> Self {
        Self(register!(_mm_max_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn above(self, other: Self) -> Self {
        Self(register!(_mm_cmpgt_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn xor(self, other: Self) -> Self {
        Self(register!(_mm_xor_si128(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn select(self, yes: Self, no: Self) -> Self {
        let (yes, no) = (register!(_mm_and_si128(self.0, yes.0)), register!(_mm_andnot_si128(self.0, no.0)));
        Self(register!(_mm_or_si128(yes, no)))
    }

    #[inline(always)]
    pub(crate) fn q15_product(self, other: Self) -> Self {
        let high = register!(_mm_slli_epi16::<1>(_mm_mulhi_epi16(self.0, other.0)));
        let low = register!(_mm_srli_epi16::<15>(_mm_mullo_epi16(self.0, other.0)));
        Self(register!(_mm_or_si128(high, low)))
    }

    #[inline(always)]
    pub(crate) fn products(self, other: Self) -> [I32x4; 2] {
        let low = register!(_mm_mullo_epi16(self.0, other.0));
        let high = register!(_mm_mulhi_epi16(self.0, other.0));
        [I32x4(register!(_mm_unpacklo_epi16(low, high))), I32x4(register!(_mm_unpackhi_epi16(low, high)))]
    }

    #[inline(always)]
    pub(crate) fn pair_sums(self, other: Self) -> I32x4 {
        I32x4(register!(_mm_madd_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn interleave(self, other: Self) -> [Self; 2] {
        [
            Self(register!(_mm_unpacklo_epi16(self.0, other.0))),
            Self(register!(_mm_unpackhi_epi16(self.0, other.0))),
        ]
    }
}

impl I32x4 {
    #[inline(always)]
    pub(crate) fn new(x: &[i32; 4]) -> Self {
        // SAFETY: the array is 16 readable bytes; the load needs no alignment.
        Self(unsafe { _mm_loadu_si128(x.as_ptr().cast()) })
    }

    #[inline(always)]
    pub(crate) fn splat(x: i32) -> Self {
        Self(register!(_mm_set1_epi32(x)))
    }

    #[inline(always)]
    pub(crate) fn array(self) -> [i32; 4] {
        let mut out = [0; 4];
        // SAFETY: the array is 16 writable bytes; the store needs no alignment.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), self.0) };
        out
    }

    #[inline(always)]
    pub(crate) fn add(self, other: Self) -> Self {
        Self(register!(_mm_add_epi32(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn above(self, other: Self) -> Self {
        Self(register!(_mm_cmpgt_epi32(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn select(self, yes: Self, no: Self) -> Self {
        let (yes, no) = (register!(_mm_and_si128(self.0, yes.0)), register!(_mm_andnot_si128(self.0, no.0)));
        Self(register!(_mm_or_si128(yes, no)))
    }

    #[inline(always)]
    pub(crate) fn shift_right<const N: i32>(self) -> Self {
        Self(register!(_mm_srai_epi32::<N>(self.0)))
    }

    #[inline(always)]
    pub(crate) fn shift_right_unsigned<const N: i32>(self) -> Self {
        Self(register!(_mm_srli_epi32::<N>(self.0)))
    }

    #[inline(always)]
    pub(crate) fn shift_left<const N: i32>(self) -> Self {
        Self(register!(_mm_slli_epi32::<N>(self.0)))
    }

    #[inline(always)]
    pub(crate) fn narrow(self, upper: Self) -> I16x8 {
        I16x8(register!(_mm_packs_epi32(self.0, upper.0)))
    }

    #[inline(always)]
    pub(crate) fn sum(self) -> i32 {
        let halves = register!(_mm_add_epi32(self.0, _mm_shuffle_epi32::<0b01_00_11_10>(self.0)));
        register!(_mm_cvtsi128_si32(_mm_add_epi32(halves, _mm_shuffle_epi32::<0b10_11_00_01>(halves))))
    }
}

/// What an adaptive predictor needs of its taps.
impl I16x8 {
    #[inline(always)]
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(register!(_mm_sub_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(register!(_mm_and_si128(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn signs(self) -> Self {
        Self(register!(_mm_srai_epi16::<15>(self.0)))
    }

    #[inline(always)]
    pub(crate) fn high_products(self, other: Self) -> Self {
        Self(register!(_mm_mulhi_epi16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn high_products_unsigned(self, other: Self) -> Self {
        Self(register!(_mm_mulhi_epu16(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn products_q15(self, other: Self) -> Self {
        let high = register!(_mm_mulhi_epi16(self.0, other.0));
        let low = register!(_mm_srli_epi16::<15>(_mm_mullo_epi16(self.0, other.0)));
        Self(register!(_mm_or_si128(_mm_add_epi16(high, high), low)))
    }

    #[inline(always)]
    pub(crate) fn pushed(self, first: i16) -> Self {
        Self(register!(_mm_insert_epi16::<0>(_mm_slli_si128::<2>(self.0), i32::from(first))))
    }

    #[inline(always)]
    pub(crate) fn any(self) -> bool {
        register!(_mm_movemask_epi8(self.0)) != 0
    }

    #[inline(always)]
    pub(crate) fn shifted_right<const N: i32>(self) -> Self {
        Self(register!(_mm_srai_epi16::<N>(self.0)))
    }

    #[inline(always)]
    pub(crate) fn with<const LANE: i32>(self, value: i16) -> Self {
        Self(register!(_mm_insert_epi16::<LANE>(self.0, i32::from(value))))
    }

    #[inline(always)]
    pub(crate) fn widened_unsigned(self) -> [I32x4; 2] {
        let zero = register!(_mm_setzero_si128());
        [
            I32x4(register!(_mm_unpacklo_epi16(self.0, zero))),
            I32x4(register!(_mm_unpackhi_epi16(self.0, zero))),
        ]
    }
}

/// Floating point as a means to shift every lane by its own amount.
impl I32x4 {
    #[inline(always)]
    pub(crate) fn float_bits(self) -> Self {
        Self(register!(_mm_castps_si128(_mm_max_ps(_mm_cvtepi32_ps(self.0), _mm_set1_ps(0.5)))))
    }

    #[inline(always)]
    pub(crate) fn truncated_from_bits(self) -> Self {
        Self(register!(_mm_cvttps_epi32(_mm_castsi128_ps(self.0))))
    }

    #[inline(always)]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(register!(_mm_and_si128(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(register!(_mm_or_si128(self.0, other.0)))
    }

    #[inline(always)]
    pub(crate) fn low_products(self, other: Self) -> Self {
        Self(register!(_mm_madd_epi16(self.0, other.0)))
    }
}
