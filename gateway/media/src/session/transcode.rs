//! Transcoding of one direction: payload in, PCM, payload out.
//!
//! Owns: a decoder, an encoder and the PCM that does not fill a packet yet. Works when packets arrive, never by the clock: the
//! listener has a jitter buffer of its own, a second one would only add delay. A short loss is concealed; a long one, and a
//! pause of the speaker, are left as they are and start a talk spurt.
//! Must never: hold more PCM than a packet plus what one arrival brings.

use codecs::{CodecError, CodecId, Decoder, Encoded, Encoder};
use media_api::{Codec, Format, Refusal};

use crate::outbox::PCM_LEN;
use crate::session::format::coder;

/// The coders between two formats.
#[derive(Debug)]
pub(crate) struct Transcoder {
    decoder: Decoder,
    encoder: Encoder,
    /// Samples of a full packet at the encoder's rate.
    packet: usize,
    /// RTP units of a packet on the listener's clock.
    packet_units: u32,
    held: Box<[i16]>,
    len: usize,
    /// Timestamp of the first sample held, on the listener's clock.
    timestamp: u32,
    /// Where the next packet should begin, on the source's clock.
    next_in: Option<u32>,
    /// A packet was left out: the next one starts a talk spurt.
    silent: bool,
}

/// A packet that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) octets: usize,
    /// On the listener's clock.
    pub(crate) timestamp: u32,
    /// First after silence.
    pub(crate) marker: bool,
}

impl Transcoder {
    pub(crate) fn new(from: Codec, to: Format) -> Result<Self, Refusal> {
        let (into, out_of) = (coder(to.codec), coder(from));
        let encoder = Encoder::new(into).map_err(|_| Refusal::Codec(to.codec))?;
        let decoder = Decoder::new(out_of).map_err(|_| Refusal::Codec(from))?;
        let packet = into.samples_per(u32::from(to.ptime_ms));
        // The longest arrival, and a packet that lacks one sample.
        let held = vec![0; packet + into.samples_per(LONGEST_MS)].into_boxed_slice();
        let packet_units = into.rtp_clock_hz() / 1_000 * u32::from(to.ptime_ms);
        let rest = Self {
            decoder,
            encoder,
            packet,
            packet_units,
            held,
            len: 0,
            timestamp: 0,
            next_in: None,
            silent: false,
        };
        rest.with_rates(out_of, into).ok_or(Refusal::Codec(from))
    }

    /// What was lost directly before the packet at `timestamp`, on the source's clock, when it is short enough to conceal.
    pub(crate) fn gap(&self, timestamp: u32, missing: u16) -> Gap {
        let Some(next_in) = self.next_in else { return Gap::Spurt };
        let clock = self.decoder.codec().rtp_clock_hz();
        match timestamp.wrapping_sub(next_in) {
            0 => Gap::None,
            units if missing > 0 && units <= clock / 1_000 * CONCEALED_MS => Gap::Lost { units },
            _ => Gap::Spurt,
        }
    }

    /// Drops what is held; the next sample stands at `timestamp` on the listener's clock.
    pub(crate) fn restart(&mut self, timestamp: u32) {
        self.len = 0;
        self.timestamp = timestamp;
        self.silent = true;
    }

    /// Fills the place of lost audio of `units` on the source's clock.
    pub(crate) fn conceal(&mut self, units: u32, pcm: &mut [i16; PCM_LEN]) {
        let codec = self.decoder.codec();
        let samples =
            (units as usize * codec.sample_rate_hz() as usize / codec.rtp_clock_hz() as usize).min(PCM_LEN);
        let filled = self.decoder.conceal(&mut pcm[..samples]);
        self.hold(&pcm[..filled]);
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
        let units = samples as u32 / (codec.sample_rate_hz() / 1_000) * (codec.rtp_clock_hz() / 1_000);
        self.next_in = Some(timestamp.wrapping_add(units));
        self.hold(&pcm[..samples]);
        Ok(())
    }

    /// Encodes the next full packet into `out`; `None` when there is none, or silence is not sent.
    pub(crate) fn poll(&mut self, out: &mut [u8]) -> Option<Made> {
        while self.len >= self.packet {
            let timestamp = self.timestamp;
            let encoded = self.encoder.encode(&self.held[..self.packet], out);
            let Encoded { bytes, samples, .. } = encoded.ok()?;
            self.consume(samples.max(1));
            if bytes == 0 {
                self.silent = true;
                continue;
            }
            let marker = std::mem::take(&mut self.silent);
            return Some(Made { octets: bytes, timestamp, marker });
        }
        None
    }

    fn consume(&mut self, samples: usize) {
        self.held.copy_within(samples..self.len, 0);
        self.len -= samples;
        let units = self.packet_units as usize * samples / self.packet;
        self.timestamp = self.timestamp.wrapping_add(units as u32);
    }

    fn hold(&mut self, pcm: &[i16]) {
        let fits = pcm.len().min(self.held.len() - self.len);
        self.held[self.len..self.len + fits].copy_from_slice(&pcm[..fits]);
        self.len += fits;
    }

    fn with_rates(self, from: CodecId, to: CodecId) -> Option<Self> {
        (from.sample_rate_hz() == to.sample_rate_hz()).then_some(self)
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
/// Longest packet taken (RFC 3551 4.2).
const LONGEST_MS: u32 = 200;
