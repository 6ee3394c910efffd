//! One encoder for every codec on offer: an enum inside, no trait object.

use crate::codec::CodecId;
use crate::error::CodecError;
use crate::{g711, g722, g726};

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
    G722(g722::Encoder),
    G726(g726::Encoder),
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
            CodecId::G722 => State::G722(g722::Encoder::new()),
            CodecId::G726 { rate, packing } => State::G726(g726::Encoder::new(rate, packing)),
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
        let needed = self.codec.octets_for(pcm.len());
        let out = out.get_mut(..needed).ok_or(CodecError::OutputTooSmall { needed })?;
        match &mut self.state {
            State::G722(coder) => coder.encode(pcm, out),
            State::G726(coder) => coder.encode(pcm, out),
            State::Pcma => g711::encode_a(pcm, out),
            State::Pcmu => g711::encode_mu(pcm, out),
        }
        Ok(Encoded { bytes: needed, samples: pcm.len(), kind: FrameKind::Speech })
    }
}
