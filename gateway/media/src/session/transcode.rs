//! Transcoding of one direction: payload in, PCM, payload out.
//!
//! Owns: a decoder and what it takes to follow the source's timeline. Works when packets arrive, never by the clock: the
//! listener has a jitter buffer of its own, a second one would only add delay. A short loss is concealed; a long one, and a
//! pause of the speaker, are left as they are and start a talk spurt.
//! Must never: invent audio for a pause.

use codecs::{CodecError, Decoder};
use media_api::{Codec, Format, Refusal};

use crate::outbox::PCM_LEN;
use crate::session::format::coder;
use crate::session::packer::Packer;

/// The coders between two formats.
#[derive(Debug)]
pub(crate) struct Transcoder {
    decoder: Decoder,
    pub(crate) packer: Packer,
    /// Where the next packet should begin, on the source's clock.
    next_in: Option<u32>,
}

impl Transcoder {
    pub(crate) fn new(from: Codec, to: Format) -> Result<Self, Refusal> {
        let decoder = Decoder::new(coder(from)).map_err(|_| Refusal::Codec(from))?;
        let packer = Packer::new(coder(from).sample_rate_hz(), to)?;
        Ok(Self { decoder, packer, next_in: None })
    }

    /// What lies between the last packet and the one at `timestamp`, on the source's clock.
    pub(crate) fn gap(&self, timestamp: u32, missing: u16) -> Gap {
        let Some(next_in) = self.next_in else { return Gap::Spurt };
        let clock = self.decoder.codec().rtp_clock_hz();
        match timestamp.wrapping_sub(next_in) {
            0 => Gap::None,
            units if missing > 0 && units <= clock / 1_000 * CONCEALED_MS => Gap::Lost { units },
            _ => Gap::Spurt,
        }
    }

    /// Fills the place of lost audio of `units` on the source's clock.
    pub(crate) fn conceal(&mut self, units: u32, pcm: &mut [i16; PCM_LEN]) {
        let codec = self.decoder.codec();
        let samples = units as usize * codec.sample_rate_hz() as usize / codec.rtp_clock_hz() as usize;
        let filled = self.decoder.conceal(&mut pcm[..samples.min(PCM_LEN)]);
        self.packer.push(&pcm[..filled]);
    }

    /// Decodes a payload.
    pub(crate) fn push(
        &mut self,
        payload: &[u8],
        timestamp: u32,
        pcm: &mut [i16; PCM_LEN],
    ) -> Result<(), CodecError> {
        let samples = self.decoder.decode(payload, pcm)?;
        let codec = self.decoder.codec();
        let units = samples as u32 * (codec.rtp_clock_hz() / 1_000) / (codec.sample_rate_hz() / 1_000);
        self.next_in = Some(timestamp.wrapping_add(units));
        self.packer.push(&pcm[..samples]);
        Ok(())
    }
}

/// What lies between the last packet and this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Lost audio, short enough to conceal.
    Lost {
        units: u32,
    },
    None,
    /// A pause or a long loss.
    Spurt,
}

/// Concealment beyond this is silence in every codec here (G.711 Appendix I fades out within 60 ms).
const CONCEALED_MS: u32 = 100;
