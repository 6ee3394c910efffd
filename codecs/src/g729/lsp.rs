//! Line spectral pairs (clauses 3.2.3, 3.2.5, 3.2.6; A.3.2.3): A(z) to LSP by root search, LSP to A(z),
//! interpolation over the two subframes.

use super::ORDER;
use super::basic_op::{
    abs, div_s, high, l_mac, l_mult, l_shl, l_shr, l_shr_r, low, mult, norm_s, saturate, shl,
};
use super::dpf::{mpy_32_16, truncate};
use super::filter::Coefficients;
use super::tables::filters::ROOT_GRID;

/// Ten LSPs, cosines in Q15, descending.
pub(crate) type Lsp = [i16; ORDER];

const HALF: usize = ORDER / 2;

/// Sum or difference polynomial without its trivial root.
type Polynomial = [i16; HALF + 1];

/// LSPs of A(z); `fallback` when fewer than ten roots are found.
pub(crate) fn from_filter(a: &Coefficients, fallback: &Lsp) -> Lsp {
    match polynomials(a, 11) {
        Some(pair) if pair.iter().all(is_small) => search(&pair, chebyshev_plain, fallback),
        Some(pair) => search(&pair, chebyshev::<24>, fallback),
        // One bit less where a coefficient overflows; what overflows even then saturates.
        None => search(&saturated_polynomials(a, 10), chebyshev::<23>, fallback),
    }
}

/// F1 and F2 in Q`q`, or none if a coefficient does not fit.
fn polynomials(a: &Coefficients, q: i32) -> Option<[Polynomial; 2]> {
    let pair = saturated_polynomials(a, q);
    let fits = (0..HALF).all(|i| {
        let (sum, difference) = halves(a, i, q);
        pair[0][i + 1] as i32 == sum - i32::from(pair[0][i])
            && pair[1][i + 1] as i32 == difference + i32::from(pair[1][i])
    });
    fits.then_some(pair)
}

fn saturated_polynomials(a: &Coefficients, q: i32) -> [Polynomial; 2] {
    let mut pair = [[0; HALF + 1]; 2];
    pair[0][0] = 1 << q;
    pair[1][0] = 1 << q;
    for i in 0..HALF {
        let (sum, difference) = halves(a, i, q);
        pair[0][i + 1] = (sum as i16).saturating_sub(pair[0][i]);
        pair[1][i + 1] = (difference as i16).saturating_add(pair[1][i]);
    }
    pair
}

/// a\[i+1\] plus and minus a\[10-i\] in Q`q`; 16 bits suffice.
fn halves(a: &Coefficients, i: usize, q: i32) -> (i32, i32) {
    let (x, y) = (i32::from(a[i + 1]), i32::from(a[ORDER - i]));
    ((x + y) >> (12 - q), (x - y) >> (12 - q))
}

/// Walks the grid for sign changes, alternating between the two polynomials.
#[inline(always)]
fn search(pair: &[Polynomial; 2], evaluate: impl Fn(i16, &Polynomial) -> i16, fallback: &Lsp) -> Lsp {
    let mut lsp = [0; ORDER];
    let mut found = 0;
    let mut low_x = ROOT_GRID[0];
    let mut low_y = evaluate(low_x, &pair[0]);
    for &x in &ROOT_GRID[1..] {
        let (mut high_x, mut high_y) = (low_x, low_y);
        let f = &pair[found & 1];
        low_x = x;
        low_y = evaluate(low_x, f);
        if !opposite(low_y, high_y) {
            continue;
        }
        for _ in 0..2 {
            let x = (low_x >> 1) + (high_x >> 1);
            let y = evaluate(x, f);
            if opposite(low_y, y) {
                (high_x, high_y) = (x, y);
            } else {
                (low_x, low_y) = (x, y);
            }
        }
        low_x = interpolate_root(low_x, low_y, high_x, high_y);
        lsp[found] = low_x;
        found += 1;
        if found == ORDER {
            return lsp;
        }
        low_y = evaluate(low_x, &pair[found & 1]);
    }
    *fallback
}

fn opposite(a: i16, b: i16) -> bool {
    i32::from(a) * i32::from(b) <= 0
}

fn interpolate_root(low_x: i16, low_y: i16, high_x: i16, high_y: i16) -> i16 {
    let dy = high_y.saturating_sub(low_y);
    if dy == 0 {
        return low_x;
    }
    let exponent = norm_s(abs(dy));
    let inverse = div_s(16383, shl(abs(dy), exponent));
    let slope = low(l_shr(l_mult(high_x.saturating_sub(low_x), inverse), 20 - exponent));
    let slope = if dy < 0 { slope.saturating_neg() } else { slope };
    low_x.saturating_sub(low(l_mult(low_y, slope) >> 11))
}

/// The polynomial at `x` = cos w by Chebyshev recursion; result Q14. `Q` is 24 for Q11 coefficients, 23 for Q10.
fn chebyshev<const Q: i32>(x: i16, f: &Polynomial) -> i16 {
    let mut b2 = 1i32 << Q;
    let mut b1 = truncate(l_mac(l_mult(x, 1 << (Q - 15)), f[1], 4096));
    for &c in &f[2..HALF] {
        let b0 = truncate(l_mac(subtract_words(l_shl(mpy_32_16(b1, x), 1), b2), c, 4096));
        (b2, b1) = (b1, b0);
    }
    let sum = l_mac(subtract_words(mpy_32_16(b1, x), b2), f[HALF], 2048);
    high(l_shl(sum, 30 - Q))
}

/// Whether the recursion on Q11 coefficients stays within 32 bits of Q24. Its terms are sums of the coefficients
/// times Chebyshev polynomials of the second kind, whose magnitude is at most their degree plus one.
fn is_small(f: &Polynomial) -> bool {
    let f = f.map(|c| i32::from(c).abs());
    4 * f[0] + 3 * f[1] + 2 * f[2] + f[3] < 63 << 11
        && 5 * f[0] + 4 * f[1] + 3 * f[2] + 2 * f[3] + 2 * f[4] < 127 << 11
        && f.iter().sum::<i32>() < 127 << 11
}

/// [`chebyshev`] where only the result can saturate.
fn chebyshev_plain(x: i16, f: &Polynomial) -> i16 {
    // `mpy_32_16` on even numbers: the product without its 15 low bits, then without the lowest.
    let times_x = |b: i32| ((i64::from(b) * i64::from(x)) >> 15) as i32 & !1;
    let mut b2 = 1i32 << 24;
    let mut b1 = (i32::from(x) << 10) + (i32::from(f[1]) << 13);
    for &c in &f[2..HALF] {
        let b0 = 2 * times_x(b1) - b2 + (i32::from(c) << 13);
        (b2, b1) = (b1, b0);
    }
    let sum = times_x(b1) - b2 + (i32::from(f[HALF]) << 12);
    saturate(sum >> 10)
}

/// Subtracts first the high word of `b`, then the low one, with a saturation each.
#[inline(always)]
fn subtract_words(x: i32, b: i32) -> i32 {
    x.saturating_sub(b & !0xffff).saturating_sub(b & 0xfffe)
}

/// A(z) of the LSPs.
pub(crate) fn to_filter(lsp: &Lsp) -> Coefficients {
    let mut f1 = product([lsp[0], lsp[2], lsp[4], lsp[6], lsp[8]]);
    let mut f2 = product([lsp[1], lsp[3], lsp[5], lsp[7], lsp[9]]);
    for i in (1..=HALF).rev() {
        f1[i] = f1[i].saturating_add(f1[i - 1]);
        f2[i] = f2[i].saturating_sub(f2[i - 1]);
    }
    let mut a = [4096; ORDER + 1];
    for i in 1..=HALF {
        a[i] = low(l_shr_r(f1[i].saturating_add(f2[i]), 13));
        a[ORDER + 1 - i] = low(l_shr_r(f1[i].saturating_sub(f2[i]), 13));
    }
    a
}

/// First half of the symmetric product of (1 - 2 q z^-1 + z^-2), Q24.
fn product(q: [i16; HALF]) -> [i32; HALF + 1] {
    let mut f = [0i32; HALF + 1];
    f[0] = 1 << 24;
    f[1] = -1024 * i32::from(q[0]);
    for (i, &q) in (2..=HALF).zip(&q[1..]) {
        f[i] = f[i - 2];
        for j in (2..=i).rev() {
            let t = l_shl(mpy_32_16(f[j - 1], q), 1);
            f[j] = f[j].saturating_add(f[j - 2]).saturating_sub(t);
        }
        f[1] = f[1].saturating_sub(1024 * i32::from(q));
    }
    f
}

/// Filters of both subframes: the first from the average of the previous and the new LSPs.
pub(crate) fn interpolate(previous: &Lsp, new: &Lsp) -> [Coefficients; 2] {
    let mut middle = [0; ORDER];
    for (m, (&p, &n)) in middle.iter_mut().zip(previous.iter().zip(new)) {
        *m = (n >> 1) + (p >> 1);
    }
    [to_filter(&middle), to_filter(new)]
}

/// Coefficients of A(z) (1 - 0.7 z^-1) truncated to order 10: the low-pass weighting of A.3.3.
pub(crate) fn low_pass(a: &Coefficients) -> Coefficients {
    let mut out = *a;
    out[0] = 4096;
    for i in 1..=ORDER {
        out[i] = a[i].saturating_sub(mult(a[i - 1], 22938));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_saturating_recursions_agree() {
        let mut seed = 8u32;
        let mut small = 0;
        for round in 0..20_000 {
            let f: Polynomial = std::array::from_fn(|k| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if k == 0 { 2048 } else { (seed >> 16) as i16 >> (round % 4) }
            });
            let x = ROOT_GRID[round % ROOT_GRID.len()];
            if is_small(&f) {
                assert_eq!(chebyshev_plain(x, &f), chebyshev::<24>(x, &f));
                small += 1;
            }
        }
        assert!(small > 3000, "{small}");
    }
}
