//! ITU-T G.729 Annex A with Annex B: 8 kbit/s CS-ACELP in 10 ms frames, voice activity detection, silence
//! insertion descriptors, comfort noise, concealment of erased frames.

mod adaptive;
mod basic_op;
mod bits;
mod decoder;
mod dpf;
mod dtx;
mod encoder;
mod filter;
mod fixed_codebook;
mod gain;
mod gain_search;
mod highpass;
mod lpc;
mod lsf;
mod lsf_search;
mod lsp;
mod noise;
mod open_loop;
mod pitch;
mod postfilter;
mod pulses;
pub mod serial;
mod sid;
mod synthesis;
mod tables;
mod taming;
mod vad;

pub use bits::{SID_BYTES, SPEECH_BYTES};
pub use decoder::Decoder;
pub use encoder::{AnnexB, Encoder};

/// Samples of a frame: 10 ms at 8 kHz.
pub const FRAME: usize = 80;

/// What the decoder is given every 10 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The frame was lost, or arrived broken.
    Erased,
    /// Silence insertion descriptor (Annex B).
    Sid([u8; SID_BYTES]),
    /// 80 bits of speech.
    Speech([u8; SPEECH_BYTES]),
    /// Silence goes on and the sender sent nothing (Annex B).
    Untransmitted,
}

const SUBFRAME: usize = 40;
/// Order of the LP filter.
const ORDER: usize = 10;
/// Range of the integer pitch lag.
const MIN_LAG: usize = 20;
const MAX_LAG: usize = 143;
/// Bounds of the pitch sharpening gain, Q14.
const SHARPENING_MIN: i16 = 3277;
const SHARPENING_MAX: i16 = 13017;

/// The generator behind lost codevectors and comfort noise.
fn random(seed: &mut i16) -> i16 {
    *seed = seed.wrapping_mul(31821).wrapping_add(13849);
    *seed
}
