//! Correlations of the fixed codebook search (clause 3.8.1): of the target and of the impulse response with itself,
//! by the tracks the pulses lie on.

use super::SUBFRAME;
use super::basic_op::{high, l_mac, mult, norm_l, shl};
use super::pitch::Subframe;
use crate::simd::{I16x8, I32x4};

/// Positions per track.
pub(crate) const PER_TRACK: usize = 8;
pub(crate) const TRACKS: usize = 5;

/// A number per position of a track.
pub(crate) type Track = [i16; PER_TRACK];

/// What the search needs to know, scaled to 16 bits.
pub(crate) struct Correlations {
    /// Magnitude of the correlation with the target, by track and position.
    pub(crate) target: [Track; TRACKS],
    /// -1 where the correlation is negative, else 0.
    pub(crate) negative: [Track; TRACKS],
    /// Energy of the response at each position.
    pub(crate) energy: [Track; TRACKS],
    /// Cross-correlation of the responses at two positions with the signs of the target: `cross[a][b][i]` is
    /// position `i` of track `a` against all of track `b`.
    pub(crate) cross: [[[Track; PER_TRACK]; TRACKS]; TRACKS],
}

impl Correlations {
    pub(crate) fn new(h: &Subframe, target: &Subframe) -> Self {
        let mut out = Self {
            target: [[0; PER_TRACK]; TRACKS],
            negative: [[0; PER_TRACK]; TRACKS],
            energy: [[0; PER_TRACK]; TRACKS],
            cross: [[[[0; PER_TRACK]; PER_TRACK]; TRACKS]; TRACKS],
        };
        for (n, &c) in target.iter().enumerate() {
            out.target[n % TRACKS][n / TRACKS] = c.saturating_abs();
            out.negative[n % TRACKS][n / TRACKS] = c >> 15;
        }
        let h = scaled(h);
        let energy: i64 = h.iter().map(|&h| i64::from(i32::from(h) * i32::from(h))).sum();
        if energy < 1 << 30 {
            out.correlate(&h);
        } else {
            out.correlate_stepwise(&h);
        }
        out
    }

    /// No sum of products exceeds the energy (Cauchy-Schwarz), so none saturates. The correlation of positions
    /// p and q is that of p + 1 and q + 1 plus one product; q runs through a whole track at a time.
    fn correlate(&mut self, h: &Subframe) {
        let mut sum = 0;
        for p in (0..SUBFRAME).rev() {
            let h = i32::from(h[SUBFRAME - 1 - p]);
            sum += h * h;
            self.energy[p % TRACKS][p / TRACKS] = (sum >> 15) as i16;
        }
        // Response by the track of the position it starts at.
        let tracks: [I16x8; TRACKS] =
            std::array::from_fn(|b| I16x8::new(&std::array::from_fn(|j| h[SUBFRAME - 1 - TRACKS * j - b])));
        let negative = self.negative.map(|track| I16x8::new(&track));
        self.correlate_apart::<1>(h, &tracks, &negative);
        self.correlate_apart::<2>(h, &tracks, &negative);
        self.correlate_apart::<3>(h, &tracks, &negative);
        self.correlate_apart::<4>(h, &tracks, &negative);
    }

    /// Tracks that are `APART` from each other.
    #[inline(always)]
    fn correlate_apart<const APART: usize>(
        &mut self,
        h: &Subframe,
        tracks: &[I16x8; TRACKS],
        negative: &[I16x8; TRACKS],
    ) {
        let mut sums = [I32x4::splat(0); 2];
        for i in (0..PER_TRACK).rev() {
            for a in (0..TRACKS).rev() {
                let b = (a + APART) % TRACKS;
                if b == TRACKS - 1 {
                    // Position q + 1 of the step before was on the first track, one index up.
                    sums = raised(sums);
                }
                let products = I16x8::splat(h[SUBFRAME - 1 - TRACKS * i - a]).products(tracks[b]);
                sums = [sums[0].add(products[0]), sums[1].add(products[1])];
                let c = sums[0].shift_right::<15>().narrow(sums[1].shift_right::<15>());
                let different = negative[b].xor(I16x8::splat(self.negative[a][i]));
                self.cross[a][b][i] = signed_lanes(c, different).array();
            }
        }
    }

    fn correlate_stepwise(&mut self, h: &Subframe) {
        for distance in 0..SUBFRAME {
            let mut sum = 0;
            for k in 0..SUBFRAME - distance {
                sum = l_mac(sum, h[k], h[k + distance]);
                let q = SUBFRAME - 1 - k;
                self.put(q - distance, q, high(sum));
            }
        }
    }

    fn put(&mut self, p: usize, q: usize, c: i16) {
        let ((a, i), (b, j)) = ((p % TRACKS, p / TRACKS), (q % TRACKS, q / TRACKS));
        if p == q {
            self.energy[a][i] = c;
        } else if a != b {
            let c = signed(c, self.negative[a][i] != self.negative[b][j]);
            self.cross[a][b][i][j] = c;
            self.cross[b][a][j][i] = c;
        }
    }
}

/// The product with both signs, which are +32767 and -32768 in Q15: the product of equal ones truncates a positive
/// value.
#[inline(always)]
fn signed(c: i16, different: bool) -> i16 {
    if different { mult(c, -32768) } else { c - i16::from(c > 0) }
}

/// The same for a track; `different` is a mask.
#[inline(always)]
fn signed_lanes(c: I16x8, different: I16x8) -> I16x8 {
    let zero = I16x8::splat(0);
    different.select(zero.sub_saturating(c), c.add(c.above(zero)))
}

/// Every sum one lane down, 0 at the top.
#[inline(always)]
fn raised(sums: [I32x4; 2]) -> [I32x4; 2] {
    let [a, b] = sums.map(I32x4::array);
    [I32x4::new(&[a[1], a[2], a[3], b[0]]), I32x4::new(&[b[1], b[2], b[3], 0])]
}

/// The response scaled so that its correlations fill 32 bits.
fn scaled(h: &Subframe) -> Subframe {
    let energy = h.iter().fold(0, |s, &h| l_mac(s, h, h));
    if high(energy) > 32000 {
        return h.map(|h| h >> 1);
    }
    let shift = norm_l(energy) >> 1;
    h.map(|h| shl(h, shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_correlate_agree() {
        let mut seed = 5u32;
        let mut noise = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) as i16
        };
        let mut plain = 0;
        for round in 0..300 {
            let h = [0; SUBFRAME].map(|_: i16| noise() >> (round % 9));
            let target = [0; SUBFRAME].map(|_: i16| noise());
            let found = Correlations::new(&h, &target);
            let h = scaled(&h);
            plain += u32::from(h.iter().map(|&h| i64::from(h).pow(2)).sum::<i64>() < 1 << 30);
            let mut expected = Correlations { energy: [[0; 8]; 5], cross: [[[[0; 8]; 8]; 5]; 5], ..found };
            expected.correlate_stepwise(&h);
            assert_eq!(found.energy, expected.energy);
            assert_eq!(found.cross, expected.cross);
        }
        assert!(plain > 200, "{plain}");
    }
}
