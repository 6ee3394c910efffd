//! One encoder for every codec on offer: an enum inside, no trait object.

use std::fmt;

use crate::codec::CodecId;
use crate::error::CodecError;
use crate::g729::{self, AnnexB};
use crate::{g711, g722, g726, opus};

/// Turns PCM into payload bytes. `Send`, owns all its state, allocates only in [`Encoder::new`].
#[derive(Clone)]
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

#[derive(Clone)]
enum State {
    G722(g722::Encoder),
    G726(g726::Encoder),
    G729(Box<g729::Encoder>),
    Opus(opus::Encoder),
    Pcma,
    Pcmu,
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state is thousands of numbers that tell a log nothing.
        f.debug_struct("Encoder").field("codec", &self.codec).finish_non_exhaustive()
    }
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
            CodecId::G729 { annex_b } => {
                let annex_b = if annex_b { AnnexB::On } else { AnnexB::Off };
                State::G729(Box::new(g729::Encoder::new(annex_b)))
            }
            CodecId::Pcma => State::Pcma,
            CodecId::Pcmu => State::Pcmu,
            CodecId::Opus { rate, fec, dtx } => State::Opus(opus::Encoder::new(rate, fec, dtx)?),
            CodecId::AmrWb => return Err(CodecError::NotOffered),
        };
        Ok(Self { codec, state })
    }

    /// The codec this encoder was made for.
    #[must_use]
    pub fn codec(&self) -> CodecId {
        self.codec
    }

    /// Bytes of memory this encoder keeps beyond its own size.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.state {
            State::G729(_) => size_of::<g729::Encoder>(),
            State::Opus(coder) => coder.state_bytes(),
            State::G722(_) | State::G726(_) | State::Pcma | State::Pcmu => 0,
        }
    }

    /// Encodes one packet of PCM, a whole number of codec frames, into `out`. Opus takes 10, 20, 40 or 60 ms.
    ///
    /// # Errors
    /// [`CodecError::FrameSize`], [`CodecError::OutputTooSmall`]; the state is unchanged then.
    pub fn encode(&mut self, pcm: &[i16], out: &mut [u8]) -> Result<Encoded, CodecError> {
        if !self.codec.takes(pcm.len()) {
            return Err(CodecError::FrameSize);
        }
        let needed = self.codec.octets_for(pcm.len());
        let out = out.get_mut(..needed).ok_or(CodecError::OutputTooSmall { needed })?;
        match &mut self.state {
            State::G722(coder) => coder.encode(pcm, out),
            State::G726(coder) => coder.encode(pcm, out),
            State::G729(coder) => return Ok(g729_packet(coder, pcm, out)),
            State::Opus(coder) => return opus_packet(coder, pcm, out),
            State::Pcma => g711::encode_a(pcm, out),
            State::Pcmu => g711::encode_mu(pcm, out),
        }
        Ok(Encoded { bytes: needed, samples: pcm.len(), kind: FrameKind::Speech })
    }
}

fn opus_packet(coder: &mut opus::Encoder, pcm: &[i16], out: &mut [u8]) -> Result<Encoded, CodecError> {
    let bytes = coder.encode(pcm, out)?;
    let kind = if bytes == 0 { FrameKind::Untransmitted } else { FrameKind::Speech };
    Ok(Encoded { bytes, samples: pcm.len(), kind })
}

/// RFC 3551 4.5.6: speech frames, then at most one descriptor. The packet ends with the descriptor, or where the
/// talk spurt does; an untransmitted frame at its front is a packet of its own, of no bytes.
fn g729_packet(coder: &mut g729::Encoder, pcm: &[i16], out: &mut [u8]) -> Encoded {
    let mut packet = Encoded { bytes: 0, samples: 0, kind: FrameKind::Untransmitted };
    let (frames, _) = pcm.as_chunks::<{ g729::FRAME }>();
    for frame in frames {
        let mut code = [0; g729::SPEECH_BYTES];
        let bytes = coder.encode(frame, &mut code);
        out[packet.bytes..packet.bytes + bytes].copy_from_slice(&code[..bytes]);
        packet.bytes += bytes;
        packet.samples += frame.len();
        packet.kind = match bytes {
            g729::SPEECH_BYTES => FrameKind::Speech,
            0 => return packet,
            _ => return Encoded { kind: FrameKind::Silence, ..packet },
        };
    }
    packet
}
