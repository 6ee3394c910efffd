//! Postfilter of the decoder (A.4.2): long-term postfilter with an integer lag, short-term postfilter with tilt
//! compensation, adaptive gain control.

use super::basic_op::{div_s, high, l_mac, l_mult, l_shl, l_shr, mult, norm_l, round};
use super::dpf::inv_sqrt;
use super::filter::{Coefficients, Expansion, residual, synthesis, synthesis_update};
use super::inner::{peak, plain_dot, saturated_energy};
use super::pitch::{Subframe, subframe_at};
use super::{FRAME, MAX_LAG, ORDER, SUBFRAME, inner};
use crate::simd::{I16x8, I32x4};

/// Memory of the postfilter.
#[derive(Clone)]
pub(crate) struct Postfilter {
    /// Residual of the synthesis through A(z / 0.55): one lag of history, then the subframe.
    residual: [i16; MAX_LAG + SUBFRAME],
    synthesis: [i16; ORDER],
    tilt: i16,
    /// Q12.
    gain: i16,
}

/// 0.55 and 0.7, the two sides of the short-term postfilter.
static ZEROS: Expansion = Expansion::new(18022);
static POLES: Expansion = Expansion::new(22938);

/// Response samples that the tilt is measured on.
const TILT_SAMPLES: usize = 22;

impl Postfilter {
    pub(crate) fn new() -> Self {
        Self { residual: [0; MAX_LAG + SUBFRAME], synthesis: [0; ORDER], tilt: 0, gain: 4096 }
    }

    /// Filters a frame. `speech` holds `ORDER` samples before it; `long_term` is off in comfort noise (Annex B).
    pub(crate) fn run(
        &mut self,
        speech: &[i16; ORDER + FRAME],
        filters: &[Coefficients; 2],
        lags: [usize; 2],
        long_term: bool,
        out: &mut [i16; FRAME],
    ) {
        for (k, out) in out.chunks_exact_mut(SUBFRAME).enumerate() {
            let speech: &[i16; ORDER + SUBFRAME] =
                speech[k * SUBFRAME..][..ORDER + SUBFRAME].try_into().expect("a subframe and its history");
            let out: &mut Subframe = out.try_into().expect("a whole subframe");
            self.subframe(speech, &filters[k], lags[k], long_term, out);
        }
    }

    fn subframe(
        &mut self,
        speech: &[i16; ORDER + SUBFRAME],
        filter: &Coefficients,
        lag: usize,
        long_term: bool,
        out: &mut Subframe,
    ) {
        let (zeros, poles) = (ZEROS.apply(filter), POLES.apply(filter));
        let new: &mut Subframe = (&mut self.residual[MAX_LAG..]).try_into().expect("a whole subframe");
        residual(&zeros, speech, new);

        let mut x = if long_term { self.long_term(lag) } else { *subframe_at(&self.residual, MAX_LAG) };
        self.compensate_tilt(&mut x, tilt(&zeros, &poles));
        synthesis_update(&poles, &x, &mut self.synthesis, out);
        self.control_gain(subframe_at(speech, ORDER), out);
        self.residual.copy_within(SUBFRAME.., 0);
    }

    /// Adds the residual one lag before where that predicts at least 3 dB.
    fn long_term(&self, lag: usize) -> Subframe {
        let least = (lag - 3).min(MAX_LAG - 6);
        // The largest of the lags to try reaches back this far.
        let scaled = self.residual.map(|s| s >> 2);
        let now = subframe_at(&scaled, MAX_LAG);
        let plain = inner::plain(peak(now), peak(&scaled[MAX_LAG - least - 6..]));
        let signal = subframe_at(&self.residual, MAX_LAG);
        let (mut lag, mut most) = (least, i32::MIN);
        for t in least..=least + 6 {
            let past = subframe_at(&scaled, MAX_LAG - t);
            let c = if plain { 2 * plain_dot(now, past) } else { inner::dot_stepwise(0, now, past) };
            if c > most {
                (lag, most) = (t, c);
            }
        }
        let past_energy = saturated_energy(1, subframe_at(&scaled, MAX_LAG - lag));
        let energy = saturated_energy(1, now);
        let cross = most.max(0);

        let shift = norm_l(cross.max(past_energy).max(energy));
        let [cross, past_energy, energy] = [cross, past_energy, energy].map(|x| round(l_shl(x, shift)));
        if l_mult(cross, cross).saturating_sub(l_mult(past_energy, energy) >> 1) < 0 {
            return *signal;
        }
        let (direct, delayed) = if cross > past_energy {
            (21845, 10923)
        } else {
            let cross = mult(cross, 16384) >> 1;
            let sum = cross.saturating_add(past_energy >> 1);
            let delayed = if sum > 0 { div_s(cross, sum) } else { 0 };
            (32767 - delayed, delayed)
        };
        let past = subframe_at(&self.residual, MAX_LAG - lag);
        let mut out = [0; SUBFRAME];
        let (direct, delayed) = (I16x8::splat(direct), I16x8::splat(delayed));
        let blocks = signal.as_chunks::<8>().0.iter().zip(past.as_chunks::<8>().0);
        for (out, (signal, past)) in out.as_chunks_mut::<8>().0.iter_mut().zip(blocks) {
            let signal = I16x8::new(signal).q15_product(direct);
            *out = signal.add_saturating(I16x8::new(past).q15_product(delayed)).array();
        }
        out
    }

    fn compensate_tilt(&mut self, x: &mut Subframe, factor: i16) {
        let mut before = [0; SUBFRAME];
        before[0] = self.tilt;
        before[1..].copy_from_slice(&x[..SUBFRAME - 1]);
        self.tilt = x[SUBFRAME - 1];
        let factor = I16x8::splat(factor);
        for (x, before) in x.as_chunks_mut::<8>().0.iter_mut().zip(before.as_chunks::<8>().0) {
            let part = I16x8::new(before).q15_product(factor);
            *x = I16x8::new(x).sub_saturating(part).array();
        }
    }

    /// Follows the level of the unfiltered speech.
    fn control_gain(&mut self, before: &Subframe, after: &mut Subframe) {
        let quarter = after.map(|s| s >> 2);
        let energy_out = saturated_energy(0, &quarter);
        if energy_out == 0 {
            self.gain = 0;
            return;
        }
        let exponent = norm_l(energy_out) - 1;
        let level_out = round(l_shl(energy_out, exponent));
        let quarter = before.map(|s| s >> 2);
        let energy_in = saturated_energy(0, &quarter);
        let target = if energy_in == 0 {
            0
        } else {
            let shift = norm_l(energy_in);
            let level_in = round(l_shl(energy_in, shift));
            let ratio = l_shl(i32::from(div_s(level_out, level_in)), 7);
            let root = inv_sqrt(l_shr(ratio, exponent - shift));
            mult(round(l_shl(root, 9)), 3276)
        };
        let mut gains = [0; SUBFRAME];
        for g in &mut gains {
            self.gain = mult(self.gain, 29491).saturating_add(target);
            *g = self.gain;
        }
        for (s, g) in after.as_chunks_mut::<8>().0.iter_mut().zip(gains.as_chunks::<8>().0) {
            let [low, high] = I16x8::new(s).products(I16x8::new(g)).map(I32x4::shift_right::<12>);
            *s = low.narrow(high).array();
        }
    }
}

/// Tilt factor of A(z / 0.55) / A(z / 0.7), Q15; none for a negative tilt.
fn tilt(zeros: &Coefficients, poles: &Coefficients) -> i16 {
    let mut x = [0i16; TILT_SAMPLES];
    x[..=ORDER].copy_from_slice(zeros);
    let mut h = [0; TILT_SAMPLES];
    synthesis(poles, &x, &[0; ORDER], &mut h);
    let energy = h.iter().fold(0, |s, &h| l_mac(s, h, h));
    let next = h.windows(2).fold(0, |s, p| l_mac(s, p[0], p[1]));
    if high(next) <= 0 { 0 } else { div_s(mult(high(next), 26214), high(energy)) }
}
