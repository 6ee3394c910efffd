//! The encoder: analysis, then either the closed-loop search of a speech frame (clause 3, Annex A) or the
//! description of a pause (Annex B).

use super::FRAME;
use super::adaptive::{Excitation, PAST, encode_first, encode_second, second_range};
use super::basic_op::{high, l_mult, l_shl};
use super::bits::{SID_BYTES, SPEECH_BYTES, SpeechCode, SubframeCode, parity};
use super::dtx::Dtx;
use super::filter::{Coefficients, Expansion, residual, synthesis, synthesis_update};
use super::gain::{GainMemory, Gains};
use super::gain_search::{self, ErrorTerms};
use super::highpass::HighPass;
use super::lpc::{Autocorrelation, Levinson, WINDOW};
use super::lsf::LsfMemory;
use super::lsp::{self, Lsp};
use super::open_loop::{self, Weighted};
use super::pitch::{self, Subframe, backward_filter, subframe_at};
use super::synthesis::mix;
use super::tables::filters::INITIAL_LSP;
use super::taming::Taming;
use super::vad::{Measures, Vad};
use super::{MAX_LAG, MIN_LAG, ORDER, SHARPENING_MAX, SHARPENING_MIN, SUBFRAME};
use super::{fixed_codebook, lsf, lsf_search, noise};

/// G.729 Annex A encoder. One per direction of a call; no allocation.
#[derive(Clone)]
pub struct Encoder {
    highpass: HighPass,
    /// 120 past samples, 80 of the frame, 40 ahead.
    speech: [i16; WINDOW],
    levinson: Levinson,
    lsp: Lsp,
    quantised_lsp: Lsp,
    lsf_memory: LsfMemory,
    weighted: Weighted,
    weighted_memory: [i16; ORDER],
    excitation: Excitation,
    target_memory: [i16; ORDER],
    taming: Taming,
    gain_memory: GainMemory,
    sharpening: i16,
    pauses: Option<Pauses>,
}

/// Whether pauses are described instead of coded (the parameter `annexb` of RFC 4855).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnexB {
    /// Every frame is a speech frame.
    Off,
    /// Voice activity detection and discontinuous transmission.
    On,
}

/// What Annex B adds.
#[derive(Clone)]
struct Pauses {
    vad: Vad,
    dtx: Dtx,
    /// Whether the previous frame was speech.
    speaking: bool,
}

impl Encoder {
    /// An encoder in the state the Recommendation starts from.
    pub fn new(annex_b: AnnexB) -> Self {
        Self {
            highpass: HighPass::default(),
            speech: [0; WINDOW],
            levinson: Levinson::new(),
            lsp: INITIAL_LSP,
            quantised_lsp: INITIAL_LSP,
            lsf_memory: LsfMemory::new(),
            weighted: [0; MAX_LAG + FRAME],
            weighted_memory: [0; ORDER],
            excitation: [0; PAST + FRAME],
            target_memory: [0; ORDER],
            taming: Taming::new(),
            gain_memory: GainMemory::new(),
            sharpening: SHARPENING_MIN,
            pauses: (annex_b == AnnexB::On).then(|| Pauses {
                vad: Vad::new(),
                dtx: Dtx::new(),
                speaking: true,
            }),
        }
    }

    /// Encodes 10 ms of 16-bit PCM and returns how many bytes of `out` are to be sent: 10 for speech, 2 for a
    /// descriptor of a pause, 0 when the pause goes on.
    ///
    /// The coding delay is 15 ms: this frame and a look-ahead of 5 ms.
    pub fn encode(&mut self, pcm: &[i16; FRAME], out: &mut [u8; SPEECH_BYTES]) -> usize {
        self.speech.copy_within(FRAME.., 0);
        let new: &mut [i16; FRAME] = (&mut self.speech[WINDOW - FRAME..]).try_into().expect("a frame");
        self.highpass.before_encoding(pcm, new);
        let raw = Autocorrelation::new(&self.speech);
        let windowed = raw.windowed();
        let prediction = self.levinson.solve(&windowed.r);
        let lsp = lsp::from_filter(&prediction.filter, &self.lsp);
        let measures = || {
            let lsf = lsf::normalised_from_lsp(&lsp);
            Measures::new(&windowed, lsf, prediction.reflection[1], &self.speech)
        };
        let voice = match &mut self.pauses {
            None => true,
            Some(pauses) => {
                let voice = pauses.vad.decide(&measures());
                pauses.dtx.observe(&raw, voice);
                voice
            }
        };
        let sent = if voice {
            self.speech_frame(lsp).pack(out);
            SPEECH_BYTES
        } else {
            self.pause_frame(out)
        };
        if let Some(pauses) = &mut self.pauses {
            pauses.speaking = voice;
        }
        self.weighted.copy_within(FRAME.., 0);
        self.excitation.copy_within(FRAME.., 0);
        sent
    }

    /// A frame without speech: follows the decoder's noise so that speech can resume.
    fn pause_frame(&mut self, out: &mut [u8; SPEECH_BYTES]) -> usize {
        let Some(pauses) = &mut self.pauses else { return 0 };
        let pause = pauses.dtx.inactive(
            pauses.speaking,
            &self.quantised_lsp,
            &mut self.lsf_memory,
            &mut self.levinson,
        );
        let parts = noise::excite(&mut self.excitation, pause.gain, pauses.dtx.seed());
        for part in parts {
            self.taming.update(part.gain, part.lag);
        }
        let filters = lsp::interpolate(&self.quantised_lsp, &pause.lsp);
        self.quantised_lsp = pause.lsp;
        for (k, filter) in filters.iter().enumerate() {
            self.follow_noise(filter, k);
        }
        self.sharpening = SHARPENING_MIN;
        let Some(descriptor) = pause.descriptor else { return 0 };
        out[..SID_BYTES].copy_from_slice(&descriptor.pack());
        SID_BYTES
    }

    /// Moves the memories of the weighting filters over a subframe whose excitation is noise.
    fn follow_noise(&mut self, filter: &Coefficients, k: usize) {
        let mut rest = [0; SUBFRAME];
        residual(filter, self.speech_subframe(k), &mut rest);
        let weighting = WEIGHTING.apply(filter);
        let weighted: &mut Subframe =
            (&mut self.weighted[MAX_LAG + k * SUBFRAME..][..SUBFRAME]).try_into().expect("a subframe");
        synthesis_update(&lsp::low_pass(&weighting), &rest, &mut self.weighted_memory, weighted);
        for (r, &e) in rest.iter_mut().zip(&self.excitation[PAST + k * SUBFRAME..]) {
            *r = r.saturating_sub(e);
        }
        let mut error = [0; SUBFRAME];
        synthesis_update(&weighting, &rest, &mut self.target_memory, &mut error);
    }

    fn speech_subframe(&self, k: usize) -> &[i16; ORDER + SUBFRAME] {
        let at = FRAME_AT + k * SUBFRAME - ORDER;
        self.speech[at..at + ORDER + SUBFRAME].try_into().expect("a subframe and its history")
    }

    fn speech_frame(&mut self, lsp: Lsp) -> SpeechCode {
        let mut code = SpeechCode::default();
        let index = lsf_search::search(&lsf::from_lsp(&lsp), &self.lsf_memory);
        code.set_lsf_index(index);
        let quantised = lsf::to_lsp(&self.lsf_memory.reconstruct(index));
        let filters = lsp::interpolate(&self.quantised_lsp, &quantised);
        (self.lsp, self.quantised_lsp) = (lsp, quantised);

        let weighting = filters.map(|a| WEIGHTING.apply(&a));
        for (k, (filter, weighting)) in filters.iter().zip(&weighting).enumerate() {
            self.weigh(filter, weighting, k);
        }
        let open = open_loop::search(&self.weighted);
        let low = (open.max(MIN_LAG + 3) - 3).min(MAX_LAG - 6);
        let mut range = (low, low + 6);
        for (k, weighting) in weighting.iter().enumerate() {
            let lag = self.subframe(weighting, k, range, &mut code.subframes[k]);
            if k == 0 {
                code.parity = parity(code.subframes[0].pitch);
                range = second_range(lag);
            }
        }
        code
    }

    /// Leaves the LP residual of a subframe in the excitation and its weighted speech in the buffer.
    fn weigh(&mut self, filter: &Coefficients, weighting: &Coefficients, k: usize) {
        let at = PAST + k * SUBFRAME;
        let mut rest = [0; SUBFRAME];
        residual(filter, self.speech_subframe(k), &mut rest);
        self.excitation[at..at + SUBFRAME].copy_from_slice(&rest);
        let at = MAX_LAG + k * SUBFRAME;
        let weighted: &mut Subframe = (&mut self.weighted[at..at + SUBFRAME]).try_into().expect("a subframe");
        synthesis_update(&lsp::low_pass(weighting), &rest, &mut self.weighted_memory, weighted);
    }

    /// Codes a subframe, returns its integer lag.
    fn subframe(
        &mut self,
        weighting: &Coefficients,
        k: usize,
        range: (usize, usize),
        code: &mut SubframeCode,
    ) -> usize {
        let at = PAST + k * SUBFRAME;
        let mut impulse = [0; SUBFRAME];
        impulse[0] = 4096;
        let (mut h, mut target) = ([0; SUBFRAME], [0; SUBFRAME]);
        synthesis(weighting, &impulse, &[0; ORDER], &mut h);
        synthesis(weighting, subframe_at(&self.excitation, at), &self.target_memory, &mut target);

        let correlation = backward_filter(&h, &target);
        let lag = pitch::search(&mut self.excitation, at, &correlation, range, k == 0);
        code.pitch = if k == 0 { encode_first(lag) } else { encode_second(lag, range.0) };

        let mut adaptive = [0; SUBFRAME];
        synthesis(weighting, subframe_at(&self.excitation, at), &[0; ORDER], &mut adaptive);
        let (gain, terms) = pitch::gain(&target, &adaptive);
        let taming = self.taming.needed(lag);
        let gain = if taming { gain.min(15564) } else { gain };
        let rest: Subframe =
            std::array::from_fn(|n| target[n].saturating_sub(high(l_shl(l_mult(adaptive[n], gain), 1))));

        let fixed = fixed_codebook::search(&rest, &h, lag.samples, self.sharpening);
        code.pulses = fixed.pulses.position_code();
        code.signs = fixed.pulses.sign_code();

        let terms = ErrorTerms::new(&target, &adaptive, &fixed.filtered, terms);
        let (word, gains) = gain_search::quantise(&fixed.code, &terms, &mut self.gain_memory, taming);
        code.gains = word;
        self.sharpening = gains.pitch.clamp(SHARPENING_MIN, SHARPENING_MAX);
        mix(&mut self.excitation[at..], &fixed.code, gains);
        self.taming.update(gains.pitch, lag.samples);
        self.remember_error(&target, &adaptive, &fixed.filtered, gains);
        lag.samples
    }

    /// Memory of the weighted synthesis: what both codevectors leave of the target.
    fn remember_error(&mut self, target: &Subframe, adaptive: &Subframe, fixed: &Subframe, gains: Gains) {
        for (m, n) in self.target_memory.iter_mut().zip(SUBFRAME - ORDER..) {
            let a = high(l_shl(l_mult(adaptive[n], gains.pitch), 1));
            let f = high(l_shl(l_mult(fixed[n], gains.code), 2));
            *m = target[n].saturating_sub(a.saturating_add(f));
        }
    }
}

/// 0.75, the bandwidth expansion of the weighting filter.
static WEIGHTING: Expansion = Expansion::new(24576);

/// Where the frame starts in the speech buffer.
const FRAME_AT: usize = WINDOW - FRAME - SUBFRAME;
