//! Numbers from a seed: SSRCs, first numbers, report intervals. Not for keys.

use super::CNAME_LEN;

/// A SplitMix64 sequence.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Hexadecimal digits.
    pub(crate) fn cname(&mut self) -> [u8; CNAME_LEN] {
        let (high, low) = (self.next(), self.next());
        std::array::from_fn(|digit| {
            let word = if digit < 16 { high >> (4 * digit) } else { low >> (4 * (digit - 16)) };
            b"0123456789abcdef"[(word & 15) as usize]
        })
    }
}
