//! Bit allocation of the 80-bit speech frame and the 15-bit SID frame (Table 8, Annex B).

use super::lsf::LsfIndex;

/// Bytes of a speech frame.
pub const SPEECH_BYTES: usize = 10;
/// Bytes of a silence insertion descriptor (15 bits and a zero).
pub const SID_BYTES: usize = 2;

/// Codewords of one subframe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SubframeCode {
    /// P1 (8 bits) or P2 (5 bits).
    pub(crate) pitch: u16,
    /// C1, C2: pulse positions, 13 bits.
    pub(crate) pulses: u16,
    /// S1, S2: pulse signs, 4 bits.
    pub(crate) signs: u16,
    /// GA and GB: 3 + 4 bits.
    pub(crate) gains: u16,
}

/// Codewords of a speech frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpeechCode {
    /// L0, L1: 1 + 7 bits.
    pub(crate) lsf1: u16,
    /// L2, L3: 5 + 5 bits.
    pub(crate) lsf2: u16,
    /// P0.
    pub(crate) parity: u16,
    pub(crate) subframes: [SubframeCode; 2],
}

impl SpeechCode {
    pub(crate) fn pack(&self, out: &mut [u8; SPEECH_BYTES]) {
        let mut word = 0u128;
        for (value, bits) in self.fields() {
            word = word << bits | u128::from(value) & ((1 << bits) - 1);
        }
        out.copy_from_slice(&word.to_be_bytes()[16 - SPEECH_BYTES..]);
    }

    pub(crate) fn unpack(bytes: &[u8; SPEECH_BYTES]) -> Self {
        let mut wide = [0; 16];
        wide[16 - SPEECH_BYTES..].copy_from_slice(bytes);
        let word = u128::from_be_bytes(wide);
        let mut left = 80;
        let mut take = |bits: u32| {
            left -= bits;
            (word >> left) as u16 & ((1 << bits) - 1)
        };
        let (lsf1, lsf2) = (take(8), take(10));
        let (pitch, parity) = (take(8), take(1));
        let first = SubframeCode { pitch, pulses: take(13), signs: take(4), gains: take(7) };
        let second = SubframeCode { pitch: take(5), pulses: take(13), signs: take(4), gains: take(7) };
        Self { lsf1, lsf2, parity, subframes: [first, second] }
    }

    fn fields(&self) -> [(u16, u32); 11] {
        let [a, b] = &self.subframes;
        [
            (self.lsf1, 8),
            (self.lsf2, 10),
            (a.pitch, 8),
            (self.parity, 1),
            (a.pulses, 13),
            (a.signs, 4),
            (a.gains, 7),
            (b.pitch, 5),
            (b.pulses, 13),
            (b.signs, 4),
            (b.gains, 7),
        ]
    }

    pub(crate) fn lsf_index(&self) -> LsfIndex {
        LsfIndex {
            mode: usize::from(self.lsf1 >> 7 & 1),
            stage1: usize::from(self.lsf1 & 127),
            lower: usize::from(self.lsf2 >> 5 & 31),
            upper: usize::from(self.lsf2 & 31),
        }
    }

    pub(crate) fn set_lsf_index(&mut self, index: LsfIndex) {
        self.lsf1 = (index.mode << 7 | index.stage1) as u16;
        self.lsf2 = (index.lower << 5 | index.upper) as u16;
    }

    /// Whether P0 contradicts P1 (clause 4.1.2).
    pub(crate) fn parity_error(&self) -> bool {
        parity(self.subframes[0].pitch) != self.parity
    }
}

/// P0: the inverted exclusive or of the six most significant bits of P1 (clause 3.7.2).
pub(crate) fn parity(pitch: u16) -> u16 {
    ((pitch >> 2 & 63).count_ones() as u16 & 1) ^ 1
}

/// Codewords of a SID frame (B.4.2, B.4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SidCode {
    pub(crate) predictor: u8,
    pub(crate) stage1: u8,
    pub(crate) stage2: u8,
    pub(crate) gain: u8,
}

impl SidCode {
    pub(crate) fn pack(&self) -> [u8; SID_BYTES] {
        let bits = u16::from(self.predictor) << 14
            | u16::from(self.stage1) << 9
            | u16::from(self.stage2) << 5
            | u16::from(self.gain);
        (bits << 1).to_be_bytes()
    }

    pub(crate) fn unpack(bytes: [u8; SID_BYTES]) -> Self {
        let bits = u16::from_be_bytes(bytes) >> 1;
        Self {
            predictor: (bits >> 14 & 1) as u8,
            stage1: (bits >> 9 & 31) as u8,
            stage2: (bits >> 5 & 15) as u8,
            gain: (bits & 31) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_belongs_to_one_field() {
        for bit in 0..80 {
            let mut bytes = [0u8; SPEECH_BYTES];
            bytes[bit / 8] = 0x80 >> (bit % 8);
            let code = SpeechCode::unpack(&bytes);
            assert_eq!(code.fields().iter().map(|(v, _)| v.count_ones()).sum::<u32>(), 1);
            let mut again = [0; SPEECH_BYTES];
            code.pack(&mut again);
            assert_eq!(again, bytes);
        }
    }

    #[test]
    fn sid_frame_round_trip() {
        for word in 0..=u16::MAX {
            let bytes = word.to_be_bytes();
            assert_eq!(SidCode::unpack(bytes).pack(), (word & !1).to_be_bytes());
        }
    }

    #[test]
    fn parity_covers_the_six_upper_bits() {
        assert_eq!((parity(0), parity(3), parity(4), parity(0x80), parity(0xfc)), (1, 1, 0, 0, 1));
    }
}
