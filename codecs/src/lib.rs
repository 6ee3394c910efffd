//! Audio coding for telephony: PCM in, bytes out and back.
//!
//! Owns: the codec table ([`CodecId`]), one [`Encoder`] and one [`Decoder`] with static dispatch, and the
//! signal blocks a gateway needs beside them: resampling, gain, level, voice activity, loss concealment,
//! comfort noise, DTMF and call-progress tones, and the RFC 4867 payload format.
//!
//! Must never: do I/O, read a clock, draw randomness from outside, allocate after construction, keep a global
//! that changes. Every payload is hostile: no byte string and no sequence of losses may panic a decoder.
//!
//! Samples are 16-bit linear PCM, native endian, mono, at the codec's own sample rate
//! ([`CodecId::sample_rate_hz`]); full scale follows G.711, i.e. 3.14 dBm0 (A-law) is a sine with peak 32767.
//!
//! ```
//! use codecs::{CodecId, Decoder, Encoder};
//!
//! let mut encoder = Encoder::new(CodecId::Pcma)?;
//! let mut decoder = Decoder::new(CodecId::Pcma)?;
//! let (mut payload, mut pcm) = ([0u8; 160], [0i16; 160]);
//! let sent = encoder.encode(&[1000; 160], &mut payload)?;
//! let samples = decoder.decode(&payload[..sent.bytes], &mut pcm)?;
//! assert_eq!((samples, pcm[0]), (160, 1008));
//! # Ok::<(), codecs::CodecError>(())
//! ```

pub mod amrwb;
pub mod comfort_noise;
pub mod dtmf;
pub mod g711;
pub mod g722;
pub mod g726;
pub mod g729;
pub mod level;
pub mod measure;
pub mod opus;
pub mod plc;
pub mod resample;
pub mod tones;
pub mod vad;

mod codec;
mod decoder;
mod encoder;
mod error;
mod simd;

pub use codec::{CodecId, Facts, G726Packing, G726Rate, OpusRate};
pub use decoder::Decoder;
pub use encoder::{Encoded, Encoder, FrameKind};
pub use error::CodecError;
