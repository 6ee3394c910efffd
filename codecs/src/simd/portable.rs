//! Lanes as arrays: what every operation means.

/// Eight 16-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I16x8([i16; 8]);

/// Four 32-bit integers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct I32x4([i32; 4]);

impl I16x8 {
    pub(crate) fn new(x: &[i16; 8]) -> Self {
        Self(*x)
    }

    pub(crate) fn splat(x: i16) -> Self {
        Self([x; 8])
    }

    /// Two numbers in turn.
    pub(crate) fn splat_pair(even: i16, odd: i16) -> Self {
        Self([even, odd, even, odd, even, odd, even, odd])
    }

    pub(crate) fn array(self) -> [i16; 8] {
        self.0
    }

    fn zip(self, other: Self, f: impl Fn(i16, i16) -> i16) -> Self {
        Self(std::array::from_fn(|k| f(self.0[k], other.0[k])))
    }

    /// Wrapping.
    pub(crate) fn add(self, other: Self) -> Self {
        self.zip(other, i16::wrapping_add)
    }

    pub(crate) fn add_saturating(self, other: Self) -> Self {
        self.zip(other, i16::saturating_add)
    }

    pub(crate) fn sub_saturating(self, other: Self) -> Self {
        self.zip(other, i16::saturating_sub)
    }

    pub(crate) fn min(self, other: Self) -> Self {
        self.zip(other, i16::min)
    }

    pub(crate) fn max(self, other: Self) -> Self {
        self.zip(other, i16::max)
    }

    /// -1 where greater, else 0.
    pub(crate) fn above(self, other: Self) -> Self {
        self.zip(other, |a, b| -i16::from(a > b))
    }

    pub(crate) fn xor(self, other: Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    /// Bits of `yes` where the mask has ones, else of `no`.
    pub(crate) fn select(self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] & yes.0[k] | !self.0[k] & no.0[k]))
    }

    /// Products of Q15 numbers, truncated; -1 times -1 wraps.
    pub(crate) fn q15_product(self, other: Self) -> Self {
        self.zip(other, |a, b| ((i32::from(a) * i32::from(b)) >> 15) as i16)
    }

    /// All eight products: of the lower and of the upper four.
    pub(crate) fn products(self, other: Self) -> [I32x4; 2] {
        [0, 4].map(|from| {
            I32x4(std::array::from_fn(|k| i32::from(self.0[from + k]) * i32::from(other.0[from + k])))
        })
    }

    /// Sums of the products of neighbours, wrapping.
    pub(crate) fn pair_sums(self, other: Self) -> I32x4 {
        let product = |k: usize| i32::from(self.0[k]) * i32::from(other.0[k]);
        I32x4(std::array::from_fn(|k| product(2 * k).wrapping_add(product(2 * k + 1))))
    }

    /// Pairs of one of each: of the lower and of the upper four.
    pub(crate) fn interleave(self, other: Self) -> [Self; 2] {
        [0, 4].map(|from| {
            Self(std::array::from_fn(
                |k| if k % 2 == 0 { self.0[from + k / 2] } else { other.0[from + k / 2] },
            ))
        })
    }
}

impl I32x4 {
    pub(crate) fn new(x: &[i32; 4]) -> Self {
        Self(*x)
    }

    pub(crate) fn splat(x: i32) -> Self {
        Self([x; 4])
    }

    pub(crate) fn array(self) -> [i32; 4] {
        self.0
    }

    /// Wrapping.
    pub(crate) fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k].wrapping_add(other.0[k])))
    }

    /// -1 where greater, else 0.
    pub(crate) fn above(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| -i32::from(self.0[k] > other.0[k])))
    }

    /// Bits of `yes` where the mask has ones, else of `no`.
    pub(crate) fn select(self, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] & yes.0[k] | !self.0[k] & no.0[k]))
    }

    pub(crate) fn shift_right<const N: i32>(self) -> Self {
        Self(self.0.map(|x| x >> N))
    }

    /// Zeros come in at the top.
    pub(crate) fn shift_right_unsigned<const N: i32>(self) -> Self {
        Self(self.0.map(|x| ((x as u32) >> N) as i32))
    }

    pub(crate) fn shift_left<const N: i32>(self) -> Self {
        Self(self.0.map(|x| x << N))
    }

    /// All eight, saturated to 16 bits.
    pub(crate) fn narrow(self, upper: Self) -> I16x8 {
        let saturated = |x: i32| x.clamp(-32_768, 32_767) as i16;
        I16x8(std::array::from_fn(|k| saturated(if k < 4 { self.0[k] } else { upper.0[k - 4] })))
    }

    /// Of all lanes, wrapping.
    pub(crate) fn sum(self) -> i32 {
        self.0.iter().fold(0, |s, &x| s.wrapping_add(x))
    }
}

/// What an adaptive predictor needs of its taps.
impl I16x8 {
    /// Differences modulo 2^16.
    pub(crate) fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k].wrapping_sub(other.0[k])))
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] & other.0[k]))
    }

    /// -1 where negative, else 0.
    pub(crate) fn signs(self) -> Self {
        Self(self.0.map(|x| x >> 15))
    }

    /// Upper halves of the products.
    pub(crate) fn high_products(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| ((i32::from(self.0[k]) * i32::from(other.0[k])) >> 16) as i16))
    }

    /// Upper halves of the products of both as unsigned numbers.
    pub(crate) fn high_products_unsigned(self, other: Self) -> Self {
        let unsigned = |x: i16| u32::from(x as u16);
        Self(std::array::from_fn(|k| ((unsigned(self.0[k]) * unsigned(other.0[k])) >> 16) as i16))
    }

    /// Products shifted right by 15, modulo 2^16.
    pub(crate) fn products_q15(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| ((i32::from(self.0[k]) * i32::from(other.0[k])) >> 15) as i16))
    }

    /// All lanes one place up, the last one lost, `first` in the first.
    pub(crate) fn pushed(self, first: i16) -> Self {
        Self(std::array::from_fn(|k| if k == 0 { first } else { self.0[k - 1] }))
    }

    /// Whether any bit is set.
    pub(crate) fn any(self) -> bool {
        self.0 != [0; 8]
    }

    /// Arithmetic shift.
    pub(crate) fn shifted_right<const N: i32>(self) -> Self {
        Self(self.0.map(|x| x >> N))
    }

    /// Another value in one lane.
    pub(crate) fn with<const LANE: i32>(self, value: i16) -> Self {
        let mut lanes = self.0;
        lanes[LANE as usize] = value;
        Self(lanes)
    }

    /// Lanes 0 to 3 and 4 to 7 as unsigned 32-bit numbers.
    pub(crate) fn widened_unsigned(self) -> [I32x4; 2] {
        let half = |first: usize| I32x4(std::array::from_fn(|k| i32::from(self.0[first + k] as u16)));
        [half(0), half(4)]
    }
}

/// Floating point as a means to shift every lane by its own amount.
impl I32x4 {
    /// Bits of the single precision number, at least 0.5.
    pub(crate) fn float_bits(self) -> Self {
        Self(self.0.map(|x| (x as f32).max(0.5).to_bits() as i32))
    }

    /// The integer part of the single precision number of these bits, which must lie within 31 bits.
    pub(crate) fn truncated_from_bits(self) -> Self {
        Self(self.0.map(|bits| f32::from_bits(bits as u32) as i32))
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] & other.0[k]))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k] | other.0[k]))
    }

    /// Products of numbers whose upper halves are zero.
    pub(crate) fn low_products(self, other: Self) -> Self {
        let halves = |x: i32| (i32::from(x as i16), x >> 16);
        Self(std::array::from_fn(|k| {
            let ((a, b), (c, d)) = (halves(self.0[k]), halves(other.0[k]));
            (a * c).wrapping_add(b * d)
        }))
    }
}
