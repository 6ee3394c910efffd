//! Why a coder refused a call. `Copy`, because it is the drop reason of a media packet.

use std::fmt;

/// Why a call of an [`Encoder`](crate::Encoder) or [`Decoder`](crate::Decoder) did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CodecError {
    /// Local: the PCM slice is empty or not a whole number of the codec's frames.
    FrameSize,
    /// Local: the caller's output slice is too small; `needed` is in elements of that slice.
    OutputTooSmall {
        /// Elements that would have been written.
        needed: usize,
    },
    /// Peer: the payload's length cannot be one of this codec.
    PayloadSize,
    /// Peer: the payload contradicts itself (lengths, table of contents, reserved codes).
    Malformed,
    /// Unsupported: the codec has a slot in the table but no coder here.
    NotOffered,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameSize => f.write_str("PCM is not a whole number of codec frames"),
            Self::OutputTooSmall { needed } => write!(f, "output buffer too small, {needed} elements needed"),
            Self::PayloadSize => f.write_str("payload length is impossible for this codec"),
            Self::Malformed => f.write_str("payload contradicts itself"),
            Self::NotOffered => f.write_str("codec is not offered by this build or on this machine"),
        }
    }
}

impl std::error::Error for CodecError {}
