//! Inner products of subframes as chains of `L_mac`, which saturate at every step: plain sums on lanes where the
//! peaks rule saturation out, step by step elsewhere.

use super::SUBFRAME;
use super::basic_op::l_mac;
use super::pitch::Subframe;
use crate::simd::{I16x8, I32x4};

/// Largest magnitude.
#[inline]
pub(crate) fn peak(x: &[i16]) -> i32 {
    let (blocks, rest) = x.as_chunks::<8>();
    let zero = I16x8::splat(0);
    let (least, most) =
        blocks.iter().map(I16x8::new).fold((zero, zero), |(least, most), x| (least.min(x), most.max(x)));
    let of_rest = rest.iter().fold(0, |m: i32, &s| m.max(i32::from(s).abs()));
    // The negative of the least may be one beyond 16 bits.
    let least = least.array().into_iter().fold(0, i16::min);
    let most = most.array().into_iter().fold(0, i16::max);
    of_rest.max(i32::from(most)).max(-i32::from(least))
}

/// Sum of squares.
#[inline]
pub(crate) fn energy(x: &Subframe) -> i64 {
    energy_of_blocks(x.as_chunks::<8>().0)
}

/// Sum of squares of at most 65,536 blocks.
#[inline]
pub(crate) fn energy_of_blocks(x: &[[i16; 8]]) -> i64 {
    // Pairs are summed twice, whole and without their 15 low bits. The first sum wraps; what is missing in it are
    // multiples of 2^32, and the second one knows how many.
    let zero = I32x4::splat(0);
    let (whole, upper) = x.iter().map(I16x8::new).fold((zero, zero), |(whole, upper), x| {
        let pairs = x.pair_sums(x);
        // Two squares of -32768 make a sum with its top bit set, which is not a sign.
        (whole.add(pairs), upper.add(pairs.shift_right_unsigned::<15>()))
    });
    let lanes = whole.array().into_iter().zip(upper.array());
    lanes
        .map(|(whole, upper)| {
            let upper = i64::from(upper) << 15;
            let lower = (whole as u32).wrapping_sub(upper as u32);
            upper + i64::from(lower)
        })
        .sum()
}

/// `L_mac` of the squares from `start`, saturated: squares are positive, so that happens at the end or never.
#[inline]
pub(crate) fn saturated_energy(start: i32, x: &Subframe) -> i32 {
    (i64::from(start) + 2 * energy(x)).min(i64::from(i32::MAX)) as i32
}

/// Whether no partial sum of products of samples up to these magnitudes reaches 2^30.
#[inline]
pub(crate) fn plain(peak_x: i32, peak_y: i32) -> bool {
    i64::from(peak_x) * i64::from(peak_y) * (SUBFRAME as i64) < 1 << 30
}

/// Inner product, wrapping.
#[inline(always)]
pub(crate) fn plain_dot(x: &Subframe, y: &Subframe) -> i32 {
    let (x, y) = (x.as_chunks::<8>().0, y.as_chunks::<8>().0);
    let products = x.iter().zip(y).map(|(x, y)| I16x8::new(x).pair_sums(I16x8::new(y)));
    products.fold(I32x4::splat(0), I32x4::add).sum()
}

/// The chain of `L_mac` from `start`.
#[inline]
pub(crate) fn dot(start: i32, x: &Subframe, y: &Subframe) -> i32 {
    if plain(peak(x), peak(y)) {
        return start.saturating_add(2 * plain_dot(x, y));
    }
    dot_stepwise(start, x, y)
}

/// The chain as written.
#[cold]
pub(crate) fn dot_stepwise(start: i32, x: &Subframe, y: &Subframe) -> i32 {
    x.iter().zip(y).fold(start, |s, (&x, &y)| l_mac(s, x, y))
}

/// The chain; none if it saturates on the way.
#[inline]
pub(crate) fn checked_dot(start: i32, x: &Subframe, y: &Subframe) -> Option<i32> {
    if plain(peak(x), peak(y)) {
        return start.checked_add(2 * plain_dot(x, y));
    }
    x.iter().zip(y).try_fold(start, |s, (&x, &y)| {
        let product = (i32::from(x) * i32::from(y)).checked_mul(2)?;
        s.checked_add(product)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_stepwise_chains_agree() {
        let mut seed = 21u32;
        let mut noise = |shift: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (if seed >> 29 == 0 { i16::MIN } else { (seed >> 16) as i16 }) >> shift
        };
        let mut saturated = 0;
        for round in 0..4000 {
            let x = [0; SUBFRAME].map(|_: i16| noise(round % 8));
            let y = [0; SUBFRAME].map(|_: i16| noise(round / 8 % 8));
            assert_eq!(dot(1, &x, &y), dot_stepwise(1, &x, &y));
            assert_eq!(saturated_energy(1, &x), dot_stepwise(1, &x, &x));
            assert_eq!(peak(&x[3..]), x[3..].iter().map(|&s| i32::from(s).abs()).max().unwrap());
            match checked_dot(0, &x, &y) {
                Some(sum) => assert_eq!(sum, dot_stepwise(0, &x, &y)),
                None => saturated += 1,
            }
        }
        assert!(saturated > 50, "{saturated}");
    }
}
