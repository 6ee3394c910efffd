//! A conference of all legs of a session: everyone hears the others, nobody himself.
//!
//! Owns: an ear per leg (decoder and a small playout buffer) and a mouth per leg that mixes. Runs by the clock, a frame of
//! [`FRAME_MS`] at a time, because the speakers' packets come at times of their own.
//! Must never: let one leg's silence or burst hold up the others.
//!
//! | ear | frame due | becomes |
//! |---|---|---|
//! | filling | silence | playing once [`PREFILL_MS`] are held |
//! | playing | a frame | filling when less than a frame is held |

use std::time::{Duration, Instant};

use codecs::Decoder;
use codecs::resample::Resampler;
use media_api::{Codec, Format, MAX_LEGS, Refusal};

use crate::outbox::PCM_LEN;
use crate::session::format::coder;
use crate::session::packer::Packer;

/// The mixing of one session.
#[derive(Debug)]
pub(crate) struct Mixer {
    rate_hz: u32,
    due: Instant,
    ears: [Ear; MAX_LEGS],
    mouths: [Option<Mouth>; MAX_LEGS],
}

/// What one leg says.
#[derive(Debug, Default)]
struct Ear {
    coder: Option<(Codec, Decoder, Resampler)>,
    held: Vec<i16>,
    playing: bool,
    frame: Vec<i16>,
}

/// What one leg hears.
#[derive(Debug)]
struct Mouth {
    format: Format,
    packer: Packer,
}

impl Mixer {
    /// Mixes at 16 kHz when any listener can hear it, else at 8 kHz. `listeners` are the sending formats of the legs that mix.
    pub(crate) fn new(now: Instant, listeners: [Option<Format>; MAX_LEGS]) -> Result<Self, Refusal> {
        let rates = listeners.iter().flatten().map(|format| coder(format.codec).sample_rate_hz());
        let rate_hz = if rates.into_iter().any(|rate| rate > 8_000) { 16_000 } else { 8_000 };
        let mut mouths = [const { None }; MAX_LEGS];
        for (mouth, format) in mouths.iter_mut().zip(listeners) {
            if let Some(format) = format {
                *mouth = Some(Mouth { format, packer: Packer::new(rate_hz, format)? });
            }
        }
        let frame = rate_hz as usize / 1_000 * FRAME_MS;
        let ears = std::array::from_fn(|_| Ear {
            coder: None,
            held: Vec::with_capacity(rate_hz as usize / 1_000 * (MOST_MS + LONGEST_MS)),
            playing: false,
            frame: vec![0; frame],
        });
        Ok(Self { rate_hz, due: now, ears, mouths })
    }

    /// Whether the same legs hear the mix in the same formats.
    pub(crate) fn serves(&self, listeners: &[Option<Format>; MAX_LEGS]) -> bool {
        self.mouths
            .iter()
            .zip(listeners)
            .all(|(mouth, format)| mouth.as_ref().map(|mouth| mouth.format) == *format)
    }

    pub(crate) const fn poll_timeout(&self) -> Instant {
        self.due
    }

    /// Takes a payload of a leg; `missing` packets before it were lost. Answers whether it decodes.
    pub(crate) fn hear(
        &mut self,
        leg: usize,
        codec: Codec,
        payload: &[u8],
        missing: u16,
        pcm: &mut [i16; PCM_LEN],
    ) -> bool {
        let ear = &mut self.ears[leg];
        if ear.coder.as_ref().is_none_or(|(of, ..)| *of != codec) {
            let from = coder(codec);
            let made = Decoder::new(from).ok().zip(Resampler::new(from.sample_rate_hz(), self.rate_hz));
            ear.coder = made.map(|(decoder, resampler)| (codec, decoder, resampler));
        }
        let most = self.rate_hz as usize / 1_000 * MOST_MS;
        ear.take(payload, missing, pcm, most)
    }

    /// Mixes a frame that is due at `now` into the packers of the listeners; answers whether there was one.
    pub(crate) fn mix(&mut self, now: Instant) -> bool {
        if now < self.due {
            return false;
        }
        let frame = Duration::from_millis(FRAME_MS as u64);
        self.due = if now > self.due + LATE { now + frame } else { self.due + frame };
        let prefill = self.rate_hz as usize / 1_000 * PREFILL_MS;
        for ear in &mut self.ears {
            ear.play(prefill);
        }
        for (leg, mouth) in self.mouths.iter_mut().enumerate() {
            let Some(mouth) = mouth else { continue };
            let mut mixed = [0i16; FRAME_LEN];
            let mixed = &mut mixed[..self.ears[0].frame.len()];
            for (_, ear) in self.ears.iter().enumerate().filter(|(other, _)| *other != leg) {
                for (sum, sample) in mixed.iter_mut().zip(&ear.frame) {
                    *sum = sum.saturating_add(*sample);
                }
            }
            mouth.packer.push(mixed);
        }
        true
    }

    pub(crate) fn packer(&mut self, leg: usize) -> Option<&mut Packer> {
        self.mouths[leg].as_mut().map(|mouth| &mut mouth.packer)
    }
}

impl Ear {
    fn take(&mut self, payload: &[u8], missing: u16, pcm: &mut [i16; PCM_LEN], most: usize) -> bool {
        let Some((codec, decoder, resampler)) = &mut self.coder else { return false };
        let expected = coder(*codec).samples_in(payload).unwrap_or(0).min(PCM_LEN);
        for _ in 0..missing.min(CONCEALED) {
            let filled = decoder.conceal(&mut pcm[..expected]);
            hold(&mut self.held, resampler, &pcm[..filled]);
        }
        let Ok(samples) = decoder.decode(payload, pcm) else { return false };
        hold(&mut self.held, resampler, &pcm[..samples]);
        if self.held.len() > most {
            // The speaker's clock is faster, or a burst came: the oldest is given up, down to half.
            let surplus = self.held.len() - most / 2;
            self.held.drain(..surplus);
        }
        true
    }

    /// Moves a frame out of the buffer, or silence.
    fn play(&mut self, prefill: usize) {
        let len = self.frame.len();
        self.playing = if self.playing { self.held.len() >= len } else { self.held.len() >= prefill };
        if self.playing {
            self.frame.copy_from_slice(&self.held[..len]);
            self.held.drain(..len);
        } else {
            self.frame.fill(0);
        }
    }
}

/// Appends within the capacity: nothing is allocated, what does not fit is lost.
fn hold(held: &mut Vec<i16>, resampler: &mut Resampler, pcm: &[i16]) {
    let len = held.len();
    held.resize(held.capacity(), 0);
    let written = resampler.process(pcm, &mut held[len..]);
    held.truncate(len + written);
}

/// A frame of the mix.
pub(crate) const FRAME_MS: usize = 20;
/// Samples of a frame at 16 kHz.
const FRAME_LEN: usize = 16 * FRAME_MS;
/// Held before a speaker is heard: two packets of the customary length absorb the jitter of a local network.
const PREFILL_MS: usize = 40;
/// Held at most.
const MOST_MS: usize = 160;
/// Longest packet taken (RFC 3551 4.2).
const LONGEST_MS: usize = 200;
/// Lost packets that are concealed in a row.
const CONCEALED: u16 = 3;
/// A driver that was late does not catch up.
const LATE: Duration = Duration::from_millis(100);
