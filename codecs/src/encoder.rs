//! One encoder for every codec on offer: an enum inside, no trait object.

use crate::codec::CodecId;
use crate::error::CodecError;
use crate::g711;

/// Turns PCM into payload bytes. `Send`, owns all its state, allocates only in [`Encoder::new`].
#[derive(Clone, Debug)]
pub struct Encoder {
    codec: CodecId,
    state: State,
}

/// What one call of [`Encoder::encode`] produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Payload bytes written; 0 when nothing is to be sent.
    pub bytes: usize,
    /// PCM samples consumed from the front of the input. Less than given only where a packet must end early
    /// (a G.729 Annex B packet ends with its SID frame): call again with the rest for the next packet.
    pub samples: usize,
    /// What the bytes are.
    pub kind: FrameKind,
}

/// What a payload carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Ends with a silence descriptor: the talk spurt is over.
    Silence,
    /// Speech, or anything a codec without silence compression sends.
    Speech,
    /// Nothing: discontinuous transmission, no packet. The next packet with speech carries the RTP marker.
    Untransmitted,
}

#[derive(Clone, Debug)]
enum State {
    Pcma,
    Pcmu,
}

impl Encoder {
    /// An encoder in its initial state.
    ///
    /// # Errors
    /// [`CodecError::NotOffered`] when this codec has no coder here.
    pub fn new(codec: CodecId) -> Result<Self, CodecError> {
        let state = match codec {
            CodecId::Pcma => State::Pcma,
            CodecId::Pcmu => State::Pcmu,
            _ => return Err(CodecError::NotOffered),
        };
        Ok(Self { codec, state })
    }

    /// The codec this encoder was made for.
    #[must_use]
    pub fn codec(&self) -> CodecId {
        self.codec
    }

    /// Encodes one packet of PCM (a whole number of codec frames, at most 200 ms) into `out`.
    ///
    /// # Errors
    /// [`CodecError::FrameSize`], [`CodecError::OutputTooSmall`]; the state is unchanged then.
    pub fn encode(&mut self, pcm: &[i16], out: &mut [u8]) -> Result<Encoded, CodecError> {
        if pcm.is_empty() || !pcm.len().is_multiple_of(self.codec.granule()) {
            return Err(CodecError::FrameSize);
        }
        match &mut self.state {
            State::Pcma => all(g711::encode_a(pcm, room(out, pcm.len())?), pcm.len()),
            State::Pcmu => all(g711::encode_mu(pcm, room(out, pcm.len())?), pcm.len()),
        }
    }
}

fn room(out: &mut [u8], needed: usize) -> Result<&mut [u8], CodecError> {
    out.get_mut(..needed).ok_or(CodecError::OutputTooSmall { needed })
}

#[allow(clippy::unnecessary_wraps, reason = "keeps the dispatch one expression per codec")]
fn all((): (), samples: usize) -> Result<Encoded, CodecError> {
    Ok(Encoded { bytes: samples, samples, kind: FrameKind::Speech })
}
