//! One decoder for every codec on offer: an enum inside, no trait object.

use crate::codec::CodecId;
use crate::error::CodecError;
use crate::{g711, g722, g726};

/// Turns payload bytes into PCM and hides losses. `Send`, owns all its state, allocates only in [`Decoder::new`].
#[derive(Clone, Debug)]
pub struct Decoder {
    codec: CodecId,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    G722(g722::Decoder),
    G726(g726::Decoder),
    Pcma,
    Pcmu,
}

impl Decoder {
    /// A decoder in its initial state.
    ///
    /// # Errors
    /// [`CodecError::NotOffered`] when this codec has no coder here.
    pub fn new(codec: CodecId) -> Result<Self, CodecError> {
        let state = match codec {
            CodecId::G722 => State::G722(g722::Decoder::new(g722::Mode::Kbit64)),
            CodecId::G726 { rate, packing } => State::G726(g726::Decoder::new(rate, packing)),
            CodecId::Pcma => State::Pcma,
            CodecId::Pcmu => State::Pcmu,
            _ => return Err(CodecError::NotOffered),
        };
        Ok(Self { codec, state })
    }

    /// The codec this decoder was made for.
    #[must_use]
    pub fn codec(&self) -> CodecId {
        self.codec
    }

    /// Decodes one packet into the front of `pcm` and returns the number of samples.
    ///
    /// # Errors
    /// [`CodecError::PayloadSize`], [`CodecError::Malformed`]: treat the packet as lost.
    /// [`CodecError::OutputTooSmall`]. The state is unchanged in every case.
    pub fn decode(&mut self, payload: &[u8], pcm: &mut [i16]) -> Result<usize, CodecError> {
        let needed = self.codec.samples_in(payload)?;
        let pcm = pcm.get_mut(..needed).ok_or(CodecError::OutputTooSmall { needed })?;
        match &mut self.state {
            State::G722(coder) => coder.decode(payload, pcm),
            State::G726(coder) => coder.decode(payload, pcm),
            State::Pcma => g711::decode_a(payload, pcm),
            State::Pcmu => g711::decode_mu(payload, pcm),
        }
        Ok(needed)
    }

    /// Fills `pcm` in place of a lost packet of that length and returns the samples written: `pcm.len()` rounded
    /// down to whole codec frames.
    pub fn conceal(&mut self, pcm: &mut [i16]) -> usize {
        let samples = pcm.len() - pcm.len() % self.codec.granule();
        pcm[..samples].fill(0);
        samples
    }

    /// As [`Decoder::conceal`], with the packet after the lost one already at hand: a codec with in-band forward
    /// error correction (Opus) recovers the loss from it, the others conceal.
    pub fn recover(&mut self, next_payload: &[u8], pcm: &mut [i16]) -> usize {
        let _ = next_payload;
        self.conceal(pcm)
    }
}
