//! The two second-order high-pass filters: 140 Hz before the encoder (clause 3.1), 100 Hz after the decoder
//! (clause 4.2.5). The recursion keeps 32-bit outputs.

use super::FRAME;
use super::basic_op::{l_mac, l_shl, round};
use super::dpf::{mpy_32_16, truncate};
use super::tables::filters::{POST_POLES, POST_ZEROS, PRE_POLES, PRE_ZEROS};

/// Memory of a high-pass: two inputs and two unrounded outputs.
#[derive(Clone, Default)]
pub(crate) struct HighPass {
    x1: i16,
    x2: i16,
    y1: i32,
    y2: i32,
}

impl HighPass {
    /// Pre-processing: high-pass at 140 Hz and division by two.
    pub(crate) fn before_encoding(&mut self, pcm: &[i16; FRAME], out: &mut [i16; FRAME]) {
        let y = self.run::<3>(pcm, &PRE_ZEROS, &PRE_POLES);
        for (out, y) in out.iter_mut().zip(y) {
            *out = round(y);
        }
    }

    /// Post-processing: high-pass at 100 Hz and doubling.
    pub(crate) fn after_decoding(&mut self, speech: &[i16; FRAME], out: &mut [i16; FRAME]) {
        let y = self.run::<2>(speech, &POST_ZEROS, &POST_POLES);
        for (out, y) in out.iter_mut().zip(y) {
            *out = round(y.saturating_add(y));
        }
    }

    /// Unrounded outputs; `SHIFT` makes up for the format of the coefficients.
    fn run<const SHIFT: i32>(
        &mut self,
        x: &[i16; FRAME],
        zeros: &[i16; 3],
        poles: &[i16; 3],
    ) -> [i32; FRAME] {
        let before = self.clone();
        self.run_plain::<SHIFT>(x, zeros, poles).unwrap_or_else(|| {
            *self = before;
            std::array::from_fn(|n| self.step(x[n], zeros, poles, SHIFT))
        })
    }

    /// Without saturation; none when an output does not fit 32 bits. As long as the outputs fit no other sum
    /// saturates: the poles' part is below 0.72 times 2^31, and what the zeros add after it is undone by the
    /// time the output is known.
    #[inline(always)]
    fn run_plain<const SHIFT: i32>(
        &mut self,
        x: &[i16; FRAME],
        zeros: &[i16; 3],
        poles: &[i16; 3],
    ) -> Option<[i32; FRAME]> {
        let zeros = zeros.map(|c| 2 * i64::from(c));
        let poles = poles.map(i64::from);
        let (mut x1, mut x2) = (i64::from(self.x1), i64::from(self.x2));
        let (mut w1, mut w2) = (i64::from(self.y1 >> 1), i64::from(self.y2 >> 1));
        let mut spread = 0;
        let mut out = [0; FRAME];
        for (out, &x) in out.iter_mut().zip(x) {
            let x = i64::from(x);
            let rest = x * zeros[0] + x1 * zeros[1] + x2 * zeros[2] + (((w2 * poles[2]) >> 15) << 1);
            let y = (rest + (((w1 * poles[1]) >> 15) << 1)) << SHIFT;
            (x2, x1) = (x1, x);
            (w2, w1) = (w1, y >> 1);
            spread |= y ^ (y >> 63);
            *out = y as i32;
            // An output that does not fit spoils what follows; cut it off before it can grow.
            w1 = i64::from(w1 as i32);
        }
        let last = |n: usize| (x[FRAME - n], truncate(out[FRAME - n]));
        ((self.x1, self.y1), (self.x2, self.y2)) = (last(1), last(2));
        (spread <= i64::from(i32::MAX)).then_some(out)
    }

    fn step(&mut self, x: i16, zeros: &[i16; 3], poles: &[i16; 3], shift: i32) -> i32 {
        let past = mpy_32_16(self.y1, poles[1]).saturating_add(mpy_32_16(self.y2, poles[2]));
        let sum = l_mac(l_mac(l_mac(past, x, zeros[0]), self.x1, zeros[1]), self.x2, zeros[2]);
        let y = l_shl(sum, shift);
        (self.x2, self.x1) = (self.x1, x);
        (self.y2, self.y1) = (self.y1, truncate(y));
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_stepwise_filters_agree() {
        let mut seed = 2u32;
        let (mut fast, mut slow) = (HighPass::default(), HighPass::default());
        let mut saturated = 0;
        for round in 0..2000 {
            let x = [0; FRAME].map(|_: i16| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match round % 4 {
                    0 => (seed >> 16) as i16,
                    1 => (seed >> 16) as i16 >> 4,
                    2 => [i16::MIN, i16::MAX][(seed >> 31) as usize],
                    _ => [i16::MIN, i16::MAX][(round / 4) % 2],
                }
            });
            saturated += u32::from(fast.clone().run_plain::<2>(&x, &POST_ZEROS, &POST_POLES).is_none());
            let found = fast.run::<2>(&x, &POST_ZEROS, &POST_POLES);
            let expected: [i32; FRAME] =
                std::array::from_fn(|n| slow.step(x[n], &POST_ZEROS, &POST_POLES, 2));
            assert_eq!(found, expected);
        }
        assert!(saturated > 100, "{saturated}");
    }
}
