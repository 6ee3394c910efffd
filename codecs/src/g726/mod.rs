//! G.726: ADPCM at 16, 24, 32 and 40 kbit/s.
//!
//! [`Adpcm`] is the coder of the Recommendation, codeword by codeword, with both G.711 laws (bit-exact with the
//! test sequences, tandem adjustment included) and with uniform PCM (Annex A). [`Encoder`] and [`Decoder`] put
//! codewords into octets in either order: RFC 3551 4.5.4 fills from the least significant bit, I.366.2 (AAL2)
//! from the most significant one.

pub mod tables;

mod adpcm;
mod predictor;
mod rates;

pub use adpcm::Adpcm;

use crate::codec::{G726Packing, G726Rate};
use crate::g711;

/// Which G.711 law the PCM side of [`Adpcm`] speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// A-law.
    A,
    /// mu-law.
    Mu,
}

/// PCM to octets.
#[derive(Clone, Debug)]
pub struct Encoder {
    coder: Adpcm,
    rate: G726Rate,
    packing: G726Packing,
}

/// Octets to PCM.
#[derive(Clone, Debug)]
pub struct Decoder {
    coder: Adpcm,
    rate: G726Rate,
    packing: G726Packing,
}

impl Encoder {
    /// An encoder after reset.
    #[must_use]
    pub fn new(rate: G726Rate, packing: G726Packing) -> Self {
        Self { coder: Adpcm::new(rate), rate, packing }
    }

    /// Encodes whole octets, as many as both slices hold.
    pub fn encode(&mut self, pcm: &[i16], out: &mut [u8]) {
        match self.rate {
            G726Rate::R16 => self.pack::<2, 4, 1>(pcm, out),
            G726Rate::R24 => self.pack::<3, 8, 3>(pcm, out),
            G726Rate::R32 => self.pack::<4, 2, 1>(pcm, out),
            G726Rate::R40 => self.pack::<5, 8, 5>(pcm, out),
        }
    }

    #[inline(always)]
    fn pack<const BITS: u32, const SAMPLES: usize, const OCTETS: usize>(
        &mut self,
        pcm: &[i16],
        out: &mut [u8],
    ) {
        for (pcm, out) in pcm.chunks_exact(SAMPLES).zip(out.chunks_exact_mut(OCTETS)) {
            let mut group = 0u64;
            match self.packing {
                G726Packing::Aal2 => {
                    for &sample in pcm {
                        group = group << BITS | u64::from(self.coder.encode(sample >> 2));
                    }
                    out.copy_from_slice(&group.to_be_bytes()[8 - OCTETS..]);
                }
                G726Packing::Rfc3551 => {
                    for (n, &sample) in (0..).zip(pcm) {
                        group |= u64::from(self.coder.encode(sample >> 2)) << (n * BITS);
                    }
                    out.copy_from_slice(&group.to_le_bytes()[..OCTETS]);
                }
            }
        }
    }
}

impl Decoder {
    /// A decoder after reset.
    #[must_use]
    pub fn new(rate: G726Rate, packing: G726Packing) -> Self {
        Self { coder: Adpcm::new(rate), rate, packing }
    }

    /// Decodes whole groups of octets, as many as both slices hold.
    pub fn decode(&mut self, codes: &[u8], pcm: &mut [i16]) {
        match self.rate {
            G726Rate::R16 => self.unpack::<2, 4, 1>(codes, pcm),
            G726Rate::R24 => self.unpack::<3, 8, 3>(codes, pcm),
            G726Rate::R32 => self.unpack::<4, 2, 1>(codes, pcm),
            G726Rate::R40 => self.unpack::<5, 8, 5>(codes, pcm),
        }
    }

    /// Keeps the predictor on the track of a concealment: its state goes on as if `pcm` had been received.
    pub fn follow(&mut self, pcm: &[i16]) {
        for &sample in pcm {
            self.coder.encode(sample >> 2);
        }
    }

    #[inline(always)]
    fn unpack<const BITS: u32, const SAMPLES: usize, const OCTETS: usize>(
        &mut self,
        codes: &[u8],
        pcm: &mut [i16],
    ) {
        let mask = (1 << BITS) - 1;
        for (codes, pcm) in codes.chunks_exact(OCTETS).zip(pcm.chunks_exact_mut(SAMPLES)) {
            let mut octets = [0; 8];
            octets[..OCTETS].copy_from_slice(codes);
            let group = match self.packing {
                G726Packing::Aal2 => u64::from_be_bytes(octets) >> (64 - 8 * OCTETS),
                G726Packing::Rfc3551 => u64::from_le_bytes(octets),
            };
            for (n, sample) in (0..).zip(pcm) {
                let place = match self.packing {
                    G726Packing::Aal2 => SAMPLES as u32 - 1 - n,
                    G726Packing::Rfc3551 => n,
                };
                *sample = self.coder.decode((group >> (place * BITS)) as u8 & mask) << 2;
            }
        }
    }
}

impl Law {
    /// COMPRESS: the code of a reconstructed signal, which is 16 bits modulo 2^16.
    #[inline(always)]
    fn compress(self, signal: i32) -> u8 {
        let negative = (signal as i16) < 0;
        // The magnitude has 15 bits: -32768 comes out as a negative zero, and so it is in the ITU sequences.
        let magnitude = (i32::from(signal as i16).abs() & 32767).min(8191) as i16;
        match (self, negative) {
            (Self::A, false) => g711::compress_a(magnitude << 2),
            // Toward zero by one: the A-law decision levels are not symmetric in two's complement.
            (Self::A, true) => g711::compress_a((magnitude.max(1) - 1) << 2) ^ 0x80,
            (Self::Mu, _) => g711::compress_mu(magnitude << 2) ^ u8::from(negative) << 7,
        }
    }

    /// EXPAND: the 14-bit uniform value of a code.
    #[inline(always)]
    fn expand(self, code: u8) -> i16 {
        match self {
            Self::A => g711::expand_a(code) >> 2,
            Self::Mu => g711::expand_mu(code) >> 2,
        }
    }

    /// The code of the next lower level, saturating (SYNC).
    fn below(self, code: u8) -> u8 {
        self.step(code, -1)
    }

    /// The code of the next higher level, saturating (SYNC).
    fn above(self, code: u8) -> u8 {
        self.step(code, 1)
    }

    fn step(self, code: u8, by: i16) -> u8 {
        match self {
            Self::A => {
                let plain = code ^ 0x55;
                let magnitude = i16::from(plain & 0x7F);
                let level = if plain & 0x80 != 0 { magnitude } else { -1 - magnitude };
                let level = (level + by).clamp(-128, 127);
                0x55 ^ if level >= 0 { 0x80 | level as u8 } else { (-1 - level) as u8 }
            }
            Self::Mu => {
                // The two zeros are one level, left by a step of one; from below it is the negative one that is
                // reached. The decoder-input sequences at 40 kbit/s tell.
                let magnitude = i16::from(!code & 0x7F);
                let level = if code & 0x80 != 0 { magnitude } else { -magnitude };
                let next = (level + by).clamp(-127, 127);
                let negative = next < 0 || next == 0 && level < 0;
                !(next.unsigned_abs() as u8 | u8::from(negative) << 7)
            }
        }
    }
}
