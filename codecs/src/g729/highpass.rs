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
        for (&x, out) in pcm.iter().zip(out) {
            *out = round(self.step(x, &PRE_ZEROS, &PRE_POLES, 3));
        }
    }

    /// Post-processing: high-pass at 100 Hz and doubling.
    pub(crate) fn after_decoding(&mut self, speech: &[i16; FRAME], out: &mut [i16; FRAME]) {
        for (&x, out) in speech.iter().zip(out) {
            *out = round(l_shl(self.step(x, &POST_ZEROS, &POST_POLES, 2), 1));
        }
    }

    #[inline(always)]
    fn step(&mut self, x: i16, zeros: &[i16; 3], poles: &[i16; 3], shift: i32) -> i32 {
        let past = mpy_32_16(self.y1, poles[1]).saturating_add(mpy_32_16(self.y2, poles[2]));
        let sum = l_mac(l_mac(l_mac(past, x, zeros[0]), self.x1, zeros[1]), self.x2, zeros[2]);
        let y = l_shl(sum, shift);
        (self.x2, self.x1) = (self.x1, x);
        (self.y2, self.y1) = (self.y1, truncate(y));
        y
    }
}
