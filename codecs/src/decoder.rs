//! One decoder for every codec on offer: an enum inside, no trait object.

use std::fmt;

use crate::codec::CodecId;
use crate::error::CodecError;
use crate::plc::{NarrowPlc, Onset, WidePlc};
use crate::{g711, g722, g726, g729, opus};

/// Turns payload bytes into PCM and hides losses. `Send`, owns all its state, allocates only in [`Decoder::new`].
#[derive(Clone)]
pub struct Decoder {
    codec: CodecId,
    state: State,
}

#[derive(Clone)]
enum State {
    /// Boxed: its history is twice as long as the others'.
    G722(Box<(g722::Decoder, WidePlc)>),
    G726(g726::Decoder, NarrowPlc),
    G729(Box<g729::Decoder>),
    Opus(opus::Decoder),
    Pcma(NarrowPlc),
    Pcmu(NarrowPlc),
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state is thousands of numbers that tell a log nothing.
        f.debug_struct("Decoder").field("codec", &self.codec).finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder in its initial state.
    ///
    /// # Errors
    /// [`CodecError::NotOffered`] when this codec has no coder here.
    pub fn new(codec: CodecId) -> Result<Self, CodecError> {
        let state = match codec {
            CodecId::G722 => {
                State::G722(Box::new((g722::Decoder::default(), WidePlc::new(Onset::Immediate))))
            }
            CodecId::G726 { rate, packing } => {
                State::G726(g726::Decoder::new(rate, packing), NarrowPlc::new(Onset::Immediate))
            }
            CodecId::G729 { .. } => State::G729(Box::default()),
            CodecId::Pcma => State::Pcma(NarrowPlc::new(Onset::Immediate)),
            CodecId::Pcmu => State::Pcmu(NarrowPlc::new(Onset::Immediate)),
            CodecId::Opus { rate, .. } => State::Opus(opus::Decoder::new(rate)?),
            CodecId::AmrWb => return Err(CodecError::NotOffered),
        };
        Ok(Self { codec, state })
    }

    /// The codec this decoder was made for.
    #[must_use]
    pub fn codec(&self) -> CodecId {
        self.codec
    }

    /// Bytes of memory this decoder keeps beyond its own size.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.state {
            State::G722(_) => size_of::<(g722::Decoder, WidePlc)>(),
            State::G729(_) => size_of::<g729::Decoder>(),
            State::Opus(coder) => coder.state_bytes(),
            State::G726(..) | State::Pcma(_) | State::Pcmu(_) => 0,
        }
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
            State::G722(wide) => {
                let (coder, plc) = &mut **wide;
                coder.decode(payload, pcm);
                plc.good(pcm);
            }
            State::G726(coder, plc) => {
                coder.decode(payload, pcm);
                plc.good(pcm);
            }
            State::G729(coder) => {
                let frames = g729::payload::split(payload).ok_or(CodecError::PayloadSize)?;
                for (frame, pcm) in frames.zip(pcm.as_chunks_mut::<{ g729::FRAME }>().0) {
                    coder.decode(frame, pcm);
                }
            }
            State::Opus(coder) => return coder.decode(payload, pcm),
            State::Pcma(plc) => {
                g711::decode_a(payload, pcm);
                plc.good(pcm);
            }
            State::Pcmu(plc) => {
                g711::decode_mu(payload, pcm);
                plc.good(pcm);
            }
        }
        Ok(needed)
    }

    /// Fills `pcm` in place of a lost packet of that length and returns the samples written: `pcm.len()` rounded
    /// down to whole codec frames.
    pub fn conceal(&mut self, pcm: &mut [i16]) -> usize {
        let samples = pcm.len() - pcm.len() % self.codec.granule();
        let pcm = &mut pcm[..samples];
        match &mut self.state {
            State::G722(wide) => {
                let (coder, plc) = &mut **wide;
                plc.conceal(pcm);
                coder.follow(pcm, |ahead| plc.ahead(ahead));
            }
            State::G726(coder, plc) => {
                plc.conceal(pcm);
                coder.follow(pcm);
            }
            State::G729(coder) => {
                // Within a pause this is comfort noise going on, within speech a frame erasure.
                for pcm in pcm.as_chunks_mut::<{ g729::FRAME }>().0 {
                    coder.decode(g729::Frame::Erased, pcm);
                }
            }
            State::Opus(coder) => coder.conceal(pcm),
            State::Pcma(plc) | State::Pcmu(plc) => plc.conceal(pcm),
        }
        samples
    }

    /// As [`Decoder::conceal`], with the packet after the lost one already at hand: a codec with in-band forward
    /// error correction (Opus) recovers the loss from it, the others conceal.
    pub fn recover(&mut self, next_payload: &[u8], pcm: &mut [i16]) -> usize {
        let State::Opus(coder) = &mut self.state else { return self.conceal(pcm) };
        let samples = pcm.len() - pcm.len() % self.codec.granule();
        coder.recover(next_payload, &mut pcm[..samples]);
        samples
    }
}
