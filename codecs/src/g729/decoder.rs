//! The decoder: speech frames, concealment of erased ones (clause 4.4), comfort noise (Annex B).

use super::adaptive::{Lag, PAST, decode_first, decode_second, predict, second_range};
use super::bits::{SidCode, SpeechCode, SubframeCode};
use super::filter::Coefficients;
use super::gain::{GainMemory, Gains};
use super::highpass::HighPass;
use super::lsf::{self, Lsf, LsfMemory, Predictor};
use super::lsp::{self, Lsp};
use super::pitch::Subframe;
use super::postfilter::Postfilter;
use super::pulses::{Pulses, sharpen};
use super::synthesis::{Synthesis, mix};
use super::tables::annex_b::{INITIAL_SID_LSP, SID_GAIN};
use super::tables::filters::INITIAL_LSP;
use super::tables::lsf::INITIAL_LSF;
use super::{FRAME, Frame, MAX_LAG, ORDER, SHARPENING_MAX, SHARPENING_MIN, SUBFRAME, noise, random, sid};

/// G.729 Annex A decoder with Annex B. One per direction of a call; no allocation.
#[derive(Clone)]
pub struct Decoder {
    lsf_memory: LsfMemory,
    /// Last received LSFs and their predictor, repeated for an erased frame.
    last_lsf: Lsf,
    last_mode: usize,
    last_lsp: Lsp,
    synthesis: Synthesis,
    gain_memory: GainMemory,
    gains: Gains,
    sharpening: i16,
    /// Lag for the next subframe without one of its own.
    fallback_lag: usize,
    erasure_seed: i16,
    /// `ORDER` samples of synthesis before the frame.
    speech: [i16; ORDER],
    postfilter: Postfilter,
    highpass: HighPass,
    noise: Noise,
}

/// Comfort noise (Annex B).
#[derive(Clone)]
struct Noise {
    /// Whether the previous frame was speech: an erased frame is taken for one of the same kind.
    speaking: bool,
    lsp: Lsp,
    /// Gain of the last descriptor and the one smoothed towards it.
    target: i16,
    gain: i16,
    seed: i16,
    /// Energy of the last good speech frame's excitation, mantissa and exponent, should a descriptor get lost.
    energy: (i16, i32),
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder in the state the Recommendation starts from.
    pub fn new() -> Self {
        Self {
            lsf_memory: LsfMemory::new(),
            last_lsf: INITIAL_LSF,
            last_mode: 0,
            last_lsp: INITIAL_LSP,
            synthesis: Synthesis::new(),
            gain_memory: GainMemory::new(),
            gains: Gains::default(),
            sharpening: SHARPENING_MIN,
            fallback_lag: 60,
            erasure_seed: 21845,
            speech: [0; ORDER],
            postfilter: Postfilter::new(),
            highpass: HighPass::default(),
            noise: Noise {
                speaking: true,
                lsp: INITIAL_SID_LSP,
                target: 0,
                gain: 0,
                seed: noise::SEED,
                energy: (0, 1),
            },
        }
    }

    /// Decodes 10 ms.
    pub fn decode(&mut self, frame: Frame, pcm: &mut [i16; FRAME]) {
        let mut speech = [0i16; ORDER + FRAME];
        speech[..ORDER].copy_from_slice(&self.speech);
        let active = match frame {
            Frame::Speech(_) => true,
            Frame::Sid(_) | Frame::Untransmitted => false,
            Frame::Erased => self.noise.speaking,
        };
        let (filters, lags) = match frame {
            Frame::Speech(bytes) => self.speech_frame(Some(&SpeechCode::unpack(&bytes)), &mut speech),
            Frame::Erased if active => self.speech_frame(None, &mut speech),
            Frame::Sid(bytes) => self.noise_frame(Some(SidCode::unpack(bytes)), &mut speech),
            Frame::Erased | Frame::Untransmitted => self.noise_frame(None, &mut speech),
        };
        self.noise.speaking = active;
        self.synthesis.advance();
        self.speech.copy_from_slice(&speech[FRAME..]);
        let mut filtered = [0; FRAME];
        self.postfilter.run(&speech, &filters, lags, active, &mut filtered);
        self.highpass.after_decoding(&filtered, pcm);
    }

    /// A speech frame, or the concealment of one.
    fn speech_frame(
        &mut self,
        code: Option<&SpeechCode>,
        speech: &mut [i16; ORDER + FRAME],
    ) -> ([Coefficients; 2], [usize; 2]) {
        let lsp = lsf::to_lsp(&self.lsf(code));
        let filters = lsp::interpolate(&self.last_lsp, &lsp);
        self.last_lsp = lsp;

        let mut lags = [0; 2];
        for k in 0..2 {
            let at = PAST + k * SUBFRAME;
            let subframe = code.map(|c| &c.subframes[k]);
            let lag = match (subframe, k) {
                (Some(s), 0) if !code.is_some_and(SpeechCode::parity_error) => {
                    self.received(decode_first(s.pitch))
                }
                (Some(s), 1) => self.received(decode_second(s.pitch, second_range(lags[0]).0)),
                _ => self.repeated_lag(),
            };
            lags[k] = lag.samples;
            predict(&mut self.synthesis.excitation, at, lag);
            let codevector = self.codevector(subframe, lag.samples);
            match subframe {
                Some(s) => self.gains = Gains::decode(s.gains, &codevector, &mut self.gain_memory),
                None => self.gains.attenuate(&mut self.gain_memory),
            }
            self.sharpening = self.gains.pitch.clamp(SHARPENING_MIN, SHARPENING_MAX);
            mix(&mut self.synthesis.excitation[at..], &codevector, self.gains);
            let out = &mut speech[ORDER + k * SUBFRAME..][..SUBFRAME];
            self.synthesis.run(&filters[k], at, out.try_into().expect("a whole subframe"));
        }
        self.noise.seed = noise::SEED;
        if code.is_some() {
            self.noise.energy = self.synthesis.frame_energy();
        }
        (filters, lags)
    }

    /// A frame of comfort noise, with or without a new descriptor (B.4.5).
    fn noise_frame(
        &mut self,
        code: Option<SidCode>,
        speech: &mut [i16; ORDER + FRAME],
    ) -> ([Coefficients; 2], [usize; 2]) {
        let first = self.noise.speaking;
        match code {
            Some(code) => {
                self.noise.target = SID_GAIN[usize::from(code.gain)];
                self.noise.lsp = sid::reconstruct_lsp(code, &mut self.lsf_memory);
            }
            None if first => {
                // The first descriptor was lost: go by the level of the speech.
                let (mantissa, exponent) = self.noise.energy;
                let index = sid::quantise_frame_energy(mantissa, exponent);
                self.noise.target = SID_GAIN[usize::from(index)];
            }
            None => {}
        }
        self.noise.gain = noise::follow(self.noise.gain, self.noise.target, first);
        noise::excite(&mut self.synthesis.excitation, self.noise.gain, &mut self.noise.seed);
        let filters = lsp::interpolate(&self.last_lsp, &self.noise.lsp);
        self.last_lsp = self.noise.lsp;
        for (k, filter) in filters.iter().enumerate() {
            let out = &mut speech[ORDER + k * SUBFRAME..][..SUBFRAME];
            self.synthesis.run(filter, PAST + k * SUBFRAME, out.try_into().expect("a whole subframe"));
        }
        self.sharpening = SHARPENING_MIN;
        (filters, [self.fallback_lag; 2])
    }

    /// LSFs of the frame. An erased one repeats the last and recomputes what the predictor would hold (4.4.1).
    fn lsf(&mut self, code: Option<&SpeechCode>) -> Lsf {
        match code {
            Some(code) => {
                let index = code.lsf_index();
                self.last_lsf = self.lsf_memory.reconstruct(index);
                self.last_mode = index.mode;
            }
            None => {
                let output = self.lsf_memory.target(&self.last_lsf, Predictor::speech(self.last_mode));
                self.lsf_memory.push(output);
            }
        }
        self.last_lsf
    }

    fn received(&mut self, lag: Lag) -> Lag {
        self.fallback_lag = lag.samples;
        lag
    }

    /// The previous integer lag, one more each time (4.4.4).
    fn repeated_lag(&mut self) -> Lag {
        let samples = self.fallback_lag;
        self.fallback_lag = (samples + 1).min(MAX_LAG);
        Lag { samples, thirds: 0 }
    }

    /// The fixed codevector, random where it was lost, sharpened.
    fn codevector(&mut self, subframe: Option<&SubframeCode>, lag: usize) -> Subframe {
        let pulses = match subframe {
            Some(s) => Pulses::decode(s.pulses, s.signs),
            None => {
                let positions = random(&mut self.erasure_seed) as u16 & 0x1fff;
                Pulses::decode(positions, random(&mut self.erasure_seed) as u16 & 15)
            }
        };
        let mut code = pulses.codevector();
        sharpen(&mut code, lag, self.sharpening);
        code
    }
}
