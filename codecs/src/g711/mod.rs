//! G.711: A-law and mu-law, and the direct conversion between them.
//!
//! Sample alignment is that of the ITU software tools: 16-bit PCM, A-law uses the upper 13 bits, mu-law the
//! upper 14. Expansion is a 256-entry table. Compression is arithmetic: a float's exponent and top mantissa
//! bits *are* the segment and the step within it, so the loop has no branch and no 64 KiB table that would
//! evict the state of a hundred calls from the cache.

mod cross;
mod tables;

pub use cross::{A_TO_MU, MU_TO_A, a_to_mu, mu_to_a};
pub use tables::{A_EXPANDED, MU_EXPANDED};

/// A-law code of one linear sample (G.711 table 1).
#[must_use]
#[inline]
pub const fn compress_a(linear: i16) -> u8 {
    // Negative values fold by one's complement: the decision levels are then symmetric about -1/2 LSB.
    let sign = linear >> 15;
    let magnitude = ((linear ^ sign) >> 4) as i32;
    let bits = (magnitude as f32).to_bits() >> 19;
    let segment_and_step = bits.wrapping_sub((127 + 3) << 4) as i32;
    // The first two segments share one step size; there the magnitude is the code.
    let code = if magnitude < 32 { magnitude } else { segment_and_step };
    (code as u8 | (!sign as u8 & 0x80)) ^ 0x55
}

/// mu-law code of one linear sample (G.711 table 2).
#[must_use]
#[inline]
pub const fn compress_mu(linear: i16) -> u8 {
    let sign = linear >> 15;
    let biased = ((linear ^ sign) >> 2) as i32 + 33;
    let clipped = if biased > 8191 { 8191 } else { biased };
    let segment_and_step = (clipped as f32).to_bits() >> 19;
    let code = segment_and_step.wrapping_sub((127 + 5) << 4) as u8;
    !code & 0x7F | (!sign as u8 & 0x80)
}

/// Linear value of an A-law code.
#[must_use]
#[inline]
pub const fn expand_a(code: u8) -> i16 {
    A_EXPANDED[code as usize]
}

/// Linear value of a mu-law code.
#[must_use]
#[inline]
pub const fn expand_mu(code: u8) -> i16 {
    MU_EXPANDED[code as usize]
}

/// Compresses as many samples as both slices hold.
pub fn encode_a(pcm: &[i16], out: &mut [u8]) {
    for (code, &sample) in out.iter_mut().zip(pcm) {
        *code = compress_a(sample);
    }
}

/// Compresses as many samples as both slices hold.
pub fn encode_mu(pcm: &[i16], out: &mut [u8]) {
    for (code, &sample) in out.iter_mut().zip(pcm) {
        *code = compress_mu(sample);
    }
}

/// Expands as many codes as both slices hold.
pub fn decode_a(codes: &[u8], pcm: &mut [i16]) {
    for (sample, &code) in pcm.iter_mut().zip(codes) {
        *sample = expand_a(code);
    }
}

/// Expands as many codes as both slices hold.
pub fn decode_mu(codes: &[u8], pcm: &mut [i16]) {
    for (sample, &code) in pcm.iter_mut().zip(codes) {
        *sample = expand_mu(code);
    }
}
