//! Opus (RFC 6716, RFC 7587) by the system's libopus.
//!
//! The maintained bindings either build libopus themselves, which needs cmake, or want its development files at
//! build time; both would break a build on a machine that has Rust and a C compiler only. So the shared library is
//! looked for at run time, by the shell, once: [`load`]. Found, Opus is on offer; not found, the codec table says so
//! and nothing else changes. The distribution keeps the library patched, too.

mod ffi;

use std::fmt;

use crate::codec::OpusRate;
use crate::error::CodecError;

/// Why Opus is not on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// A library of that name is there but lacks a function.
    Incomplete,
    /// There is no `libopus.so.0`.
    NotFound,
}

/// Looks for libopus, the first time it is called, and tells its version. To be called once at start, by the
/// shell, before codecs are offered to anybody.
///
/// # Errors
/// Why Opus will not be on offer in this process.
pub fn load() -> Result<&'static str, LoadError> {
    ffi::load().map(ffi::Functions::version)
}

/// Whether [`load`] has found the library.
#[must_use]
pub fn is_loaded() -> bool {
    ffi::loaded().is_some()
}

/// PCM samples of a payload at a rate, from its table of contents (RFC 6716 3.1 and 3.2).
///
/// # Errors
/// [`CodecError::PayloadSize`], [`CodecError::Malformed`] beyond 120 ms (RFC 6716 3.4 R5).
pub fn samples_in(payload: &[u8], rate: OpusRate) -> Result<usize, CodecError> {
    let &toc = payload.first().ok_or(CodecError::PayloadSize)?;
    // In samples at 48 kHz. RFC 6716 table 2.
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        config @ 12..=15 => [480, 960][usize::from(config & 1)],
        config => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(payload.get(1).ok_or(CodecError::PayloadSize)? & 0x3F),
    };
    let samples = frame * frames;
    if samples == 0 || samples > 5760 {
        return Err(CodecError::Malformed);
    }
    Ok(samples / (48_000 / rate.hz() as usize))
}

/// A mono encoder.
#[derive(Clone)]
pub(crate) struct Encoder {
    state: ffi::State,
}

/// A mono decoder.
#[derive(Clone)]
pub(crate) struct Decoder {
    state: ffi::State,
    rate: OpusRate,
}

impl Encoder {
    pub(crate) fn new(rate: OpusRate, fec: bool, dtx: bool) -> Result<Self, CodecError> {
        let functions = ffi::loaded().ok_or(CodecError::NotOffered)?;
        let settings = [
            (SET_BITRATE, bit_rate(rate)),
            // Half way: what 10 adds over 5 in speech is not worth twice the time on every call.
            (SET_COMPLEXITY, 5),
            (SET_SIGNAL, SIGNAL_VOICE),
            (SET_INBAND_FEC, i32::from(fec)),
            // The encoder only spends bits on FEC when it is told to expect losses.
            (SET_PACKET_LOSS_PERCENT, if fec { 10 } else { 0 }),
            (SET_DTX, i32::from(dtx)),
        ];
        let state = ffi::State::encoder(functions, rate.hz(), &settings).ok_or(CodecError::NotOffered)?;
        Ok(Self { state })
    }

    /// Bytes written; 0 when the packet need not be sent (discontinuous transmission).
    pub(crate) fn encode(&mut self, pcm: &[i16], out: &mut [u8]) -> Result<usize, CodecError> {
        let bytes = usize::try_from(self.state.encode(pcm, out)).map_err(|_| CodecError::FrameSize)?;
        // opus.h: "if the return value is 2 bytes or less, then the packet does not need to be transmitted".
        Ok(if bytes <= 2 { 0 } else { bytes })
    }

    pub(crate) fn state_bytes(&self) -> usize {
        self.state.size()
    }
}

impl Decoder {
    pub(crate) fn new(rate: OpusRate) -> Result<Self, CodecError> {
        let functions = ffi::loaded().ok_or(CodecError::NotOffered)?;
        let state = ffi::State::decoder(functions, rate.hz()).ok_or(CodecError::NotOffered)?;
        Ok(Self { state, rate })
    }

    pub(crate) fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError> {
        usize::try_from(self.state.decode(Some(payload), pcm, false)).map_err(|_| CodecError::Malformed)
    }

    /// Whole tens of milliseconds.
    pub(crate) fn conceal(&mut self, pcm: &mut [i16]) {
        for pcm in pcm.chunks_mut(self.rate.hz() as usize / 50) {
            if self.state.decode(None, pcm, false) != pcm.len() as i32 {
                pcm.fill(0);
            }
        }
    }

    /// The last packet time of `pcm` from the redundancy in `next`, what is before it by concealment.
    pub(crate) fn recover(&mut self, next: &[u8], pcm: &mut [i16]) {
        let redundant = samples_in(next, self.rate).unwrap_or(0).min(pcm.len());
        let (lost, last) = pcm.split_at_mut(pcm.len() - redundant);
        self.conceal(lost);
        if !last.is_empty() && self.state.decode(Some(next), last, true) != last.len() as i32 {
            self.conceal(last);
        }
    }

    pub(crate) fn state_bytes(&self) -> usize {
        self.state.size()
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Incomplete => "libopus.so.0 lacks a function this program needs: Opus is not offered",
            Self::NotFound => "libopus.so.0 is not installed: Opus is not offered",
        })
    }
}

impl std::error::Error for LoadError {}

/// Bytes of the largest packet the encoder is allowed: 60 ms at 64 kbit/s, and no IP fragment.
pub(crate) const LARGEST_PACKET: usize = 480;

/// RFC 7587 3.1.1, the upper end for speech of each bandwidth.
fn bit_rate(rate: OpusRate) -> i32 {
    match rate {
        OpusRate::Hz8000 => 12_000,
        OpusRate::Hz16000 => 20_000,
        OpusRate::Hz48000 => 40_000,
    }
}

const SET_BITRATE: i32 = 4002;
const SET_COMPLEXITY: i32 = 4010;
const SET_INBAND_FEC: i32 = 4012;
const SET_PACKET_LOSS_PERCENT: i32 = 4014;
const SET_DTX: i32 = 4016;
const SET_SIGNAL: i32 = 4024;
const SIGNAL_VOICE: i32 = 3001;
