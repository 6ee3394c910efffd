//! G.722: 7 kHz audio in 64, 56 or 48 kbit/s by two ADPCM bands.
//!
//! An encoder always makes 64 kbit/s; the mode tells a decoder how many bits of the lower band are speech
//! (clause 1.2). On RTP it is always 64 kbit/s with a clock of 8 kHz (RFC 3551 4.5.2). Bit-exact with the
//! Recommendation's digital sequences ([`BandCoder`] bypasses the filters) and with the software tools end to end.

pub mod tables;

mod band;
mod predictor;
mod qmf;

use band::{LowerBand, UpperBand};
use qmf::{Analysis, BLOCK, Synthesis};

/// How many bits of an octet are speech.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Mode 3: 4 + 2 bits, the lowest two are data.
    Kbit48,
    /// Mode 2: 5 + 2 bits, the lowest one is data.
    Kbit56,
    /// Mode 1: all eight.
    #[default]
    Kbit64,
}

/// PCM at 16 kHz to octets.
#[derive(Clone, Debug)]
pub struct Encoder {
    bands: BandCoder,
    filter: Analysis,
}

/// Octets to PCM at 16 kHz.
#[derive(Clone, Debug)]
pub struct Decoder {
    bands: BandCoder,
    filter: Synthesis,
    mode: Mode,
}

/// The two ADPCM coders without their filters: the "digital" test interface of Appendix II.
#[derive(Clone, Debug)]
pub struct BandCoder {
    lower: LowerBand,
    upper: UpperBand,
}

impl Encoder {
    /// An encoder after reset.
    #[must_use]
    pub fn new() -> Self {
        Self { bands: BandCoder::new(), filter: Analysis::new() }
    }

    /// Two samples make one octet, as many as both slices hold.
    pub fn encode(&mut self, pcm: &[i16], out: &mut [u8]) {
        let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
        for (pcm, out) in pcm.chunks(2 * BLOCK).zip(out.chunks_mut(BLOCK)) {
            let count = out.len().min(pcm.len() / 2);
            self.filter.split(&pcm[..2 * count], &mut low[..count], &mut high[..count]);
            // A copy on the stack lives in registers, where a field would be written back at every sample.
            let mut bands = self.bands.clone();
            for ((code, &low), &high) in out.iter_mut().zip(&low).zip(&high).take(count) {
                *code = bands.encode(low, high);
            }
            self.bands = bands;
        }
    }
}

impl Decoder {
    /// A decoder after reset.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self { bands: BandCoder::new(), filter: Synthesis::new(), mode }
    }

    /// One octet makes two samples, as many as both slices hold.
    pub fn decode(&mut self, codes: &[u8], pcm: &mut [i16]) {
        match self.mode {
            Mode::Kbit48 => self.decode_in(Mode::Kbit48, codes, pcm),
            Mode::Kbit56 => self.decode_in(Mode::Kbit56, codes, pcm),
            Mode::Kbit64 => self.decode_in(Mode::Kbit64, codes, pcm),
        }
    }

    /// Keeps both bands on the track of a concealment: their state goes on as if `pcm` had been received.
    ///
    /// `ahead` tells the concealment beyond the end of `pcm`: both filters together delay by 22 samples, so the
    /// bands of the last samples are those of a signal that is not there yet (G.722 Appendix III 5.5 does the same).
    pub fn follow(&mut self, pcm: &[i16], ahead: impl Fn(usize) -> i16) {
        let mut late = [0; qmf::DELAY];
        late.iter_mut().enumerate().for_each(|(n, sample)| *sample = ahead(n));
        let (first, rest) = pcm.split_at(pcm.len().min(qmf::DELAY));
        let mut filter = Analysis::primed(first);
        self.follow_bands(&mut filter, rest);
        self.follow_bands(&mut filter, &late[..first.len() & !1]);
    }

    fn follow_bands(&mut self, filter: &mut Analysis, pcm: &[i16]) {
        let (mut low, mut high, mut thrown) = ([0; BLOCK], [0; BLOCK], [0; 2 * BLOCK]);
        for pcm in pcm.chunks(2 * BLOCK) {
            let count = pcm.len() / 2;
            filter.split(pcm, &mut low[..count], &mut high[..count]);
            for (&low, &high) in low.iter().zip(&high).take(count) {
                self.bands.encode(low, high);
            }
            self.filter.join(&low[..count], &high[..count], &mut thrown[..2 * count]);
        }
    }

    #[inline(always)]
    fn decode_in(&mut self, mode: Mode, codes: &[u8], pcm: &mut [i16]) {
        let (mut low, mut high) = ([0; BLOCK], [0; BLOCK]);
        for (codes, pcm) in codes.chunks(BLOCK).zip(pcm.chunks_mut(2 * BLOCK)) {
            let count = codes.len().min(pcm.len() / 2);
            let mut bands = self.bands.clone();
            for ((&code, low), high) in codes.iter().zip(&mut low).zip(&mut high).take(count) {
                (*low, *high) = bands.decode(code, mode);
            }
            self.bands = bands;
            self.filter.join(&low[..count], &high[..count], &mut pcm[..2 * count]);
        }
    }
}

impl BandCoder {
    /// Both bands after reset.
    #[must_use]
    pub fn new() -> Self {
        Self { lower: LowerBand::new(), upper: UpperBand::new() }
    }

    /// The octet of one sample of each band (15 bits, -16384 to 16383).
    #[inline(always)]
    pub fn encode(&mut self, low: i16, high: i16) -> u8 {
        self.upper.encode(high) << 6 | self.lower.encode(low)
    }

    /// One sample of each band.
    #[inline(always)]
    pub fn decode(&mut self, code: u8, mode: Mode) -> (i16, i16) {
        (self.lower.decode(code, mode), self.upper.decode(code >> 6))
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Mode::default())
    }
}

impl Default for BandCoder {
    fn default() -> Self {
        Self::new()
    }
}
