//! Lanes: eight 16-bit or four 32-bit integers worked on together. SSE2 on x86-64, of which it is part; arrays
//! elsewhere. Both give the same bits for every operation, which the tests hold them to.
//!
//! Its `unsafe` are unaligned loads and stores of whole arrays; the only other of the crate calls libopus (`opus::ffi`).

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod sse2;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{I16x8, I32x4};
#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::{I16x8, I32x4};

/// The first eight samples of a slice.
#[inline(always)]
pub(crate) fn lanes(x: &[i16]) -> I16x8 {
    I16x8::new(x.first_chunk().expect("the caller has eight samples left"))
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{portable, sse2};

    /// Every corner of 16 bits turns up often.
    fn numbers(seed: &mut u64) -> [i16; 8] {
        [(); 8].map(|()| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bits = (*seed >> 40) as i16;
            match *seed >> 61 {
                0 => i16::MIN,
                1 => i16::MAX,
                2 => bits % 2,
                _ => bits,
            }
        })
    }

    fn wide(x: [i16; 8]) -> [i32; 4] {
        std::array::from_fn(|k| i32::from(x[k]) << 16 | i32::from(x[k + 4] as u16))
    }

    macro_rules! agree {
        ($a:ident, $b:ident, $p:ident => $e:expr) => {{
            let portable = {
                use portable as $p;
                $e
            };
            let sse2 = {
                use sse2 as $p;
                $e
            };
            assert_eq!(portable, sse2, "{:?} {:?} {}", $a, $b, stringify!($e));
        }};
    }

    #[test]
    fn both_kinds_of_lanes_agree() {
        let mut seed = 1;
        for _ in 0..5000 {
            let (a, b, c) = (numbers(&mut seed), numbers(&mut seed), numbers(&mut seed));
            agree!(a, b, p => p::I16x8::new(&a).add(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).add_saturating(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).sub_saturating(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).above(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).xor(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).min(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).max(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&c).select(p::I16x8::new(&a), p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).q15_product(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).products(p::I16x8::new(&b)).map(p::I32x4::array));
            agree!(a, b, p => p::I16x8::new(&a).pair_sums(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).interleave(p::I16x8::new(&b)).map(p::I16x8::array));
            agree!(a, b, p => p::I16x8::splat_pair(a[0], b[0]).array());
            agree!(a, b, p => p::I16x8::splat(a[0]).array());
            agree!(a, b, p => p::I16x8::new(&a).sub(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).and(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).signs().array());
            agree!(a, b, p => p::I16x8::new(&a).high_products(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).high_products_unsigned(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).products_q15(p::I16x8::new(&b)).array());
            agree!(a, b, p => p::I16x8::new(&a).pushed(b[3]).array());
            agree!(a, b, p => p::I16x8::new(&a).above(p::I16x8::new(&b)).any());
            agree!(a, b, p => p::I16x8::new(&a).shifted_right::<9>().array());
            agree!(a, b, p => p::I16x8::new(&a).with::<6>(b[0]).array());
            agree!(a, b, p => p::I16x8::new(&a).widened_unsigned().map(p::I32x4::array));
            let (a, b, c) = (wide(a), wide(b), wide(c));
            agree!(a, b, p => p::I32x4::new(&a).float_bits().array());
            agree!(a, b, p => p::I32x4::new(&a).shift_right::<1>().float_bits().truncated_from_bits().array());
            agree!(a, b, p => p::I32x4::new(&a).and(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).or(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).low_products(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).add(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).above(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&c).select(p::I32x4::new(&a), p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).shift_right::<15>().array());
            agree!(a, b, p => p::I32x4::new(&a).shift_right_unsigned::<15>().array());
            agree!(a, b, p => p::I32x4::new(&a).shift_left::<13>().array());
            agree!(a, b, p => p::I32x4::new(&a).narrow(p::I32x4::new(&b)).array());
            agree!(a, b, p => p::I32x4::new(&a).sum());
            agree!(a, b, p => p::I32x4::splat(a[1]).array());
        }
    }
}
