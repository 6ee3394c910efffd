//! ITU-T G.729 Annex A with Annex B: 8 kbit/s CS-ACELP in 10 ms frames, voice activity detection, silence
//! insertion descriptors, comfort noise, concealment of erased frames.
//!
//! Owns: the fixed-point coder, bit-exact with the ITU software; the split of RTP payloads ([`payload`]); the
//! serial format of the conformance sequences ([`serial`]). Must never: allocate, keep a global, panic on any
//! byte string or sequence of losses. Clause numbers in this folder are those of the Recommendation (01/2007);
//! where its text and its software differ, the software counts (clause 5).
//!
//! State: [`Encoder`] 1,944 bytes, [`Decoder`] 1,104 bytes, both plain memory and `Send`.
//!
//! | files | what |
//! |---|---|
//! | `encoder`, `decoder` | the order of things per frame |
//! | `highpass`, `filter`, `lpc`, `lsp`, `lsf`, `lsf_search` | filters, LP analysis, line spectra and their quantiser |
//! | `open_loop`, `adaptive`, `pitch`, `taming` | long-term prediction |
//! | `pulses`, `correlation`, `fixed_codebook`, `gain`, `gain_search` | the innovation and both gains |
//! | `synthesis`, `postfilter` | the receiving end |
//! | `vad`, `boundary`, `dtx`, `sid`, `noise` | Annex B |
//! | `bits`, `payload`, `serial` | codewords, RTP, conformance files |
//! | `basic_op`, `dpf`, `inner`, `tables` | arithmetic and numbers |
//!
//! Saturation is followed step by step only where it can happen: inner loops first bound their sums, run plain
//! when the bound holds, and leave the rest to a stepwise twin.

mod adaptive;
mod basic_op;
mod bits;
mod boundary;
mod correlation;
mod decoder;
mod dpf;
mod dtx;
mod encoder;
mod filter;
mod fixed_codebook;
mod gain;
mod gain_search;
mod highpass;
mod inner;
mod lpc;
mod lsf;
mod lsf_search;
mod lsp;
mod noise;
mod open_loop;
pub mod payload;
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
