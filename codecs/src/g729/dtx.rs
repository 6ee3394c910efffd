//! Discontinuous transmission in the encoder (B.4.1): autocorrelation statistics, the decision to send a
//! descriptor, and what it describes.

use super::ORDER;
use super::basic_op::{high, l_mac, l_mult, l_shl, mult_r, norm_l, round, shr};
use super::bits::SidCode;
use super::filter::Coefficients;
use super::lpc::{Autocorrelation, Levinson};
use super::lsf::LsfMemory;
use super::lsp::{self, Lsp};
use super::noise;
use super::sid::{self, Energy};
use super::tables::annex_b::SID_GAIN;
use super::tables::filters::INITIAL_FILTER;

/// Frames per stored sum.
const FRAMES_PER_SUM: usize = 2;
/// Stored sums.
const SUMS: usize = 3;
/// Inactive frames after a descriptor before there can be another one.
const SID_DISTANCE: u8 = 3;

/// Autocorrelation with a common exponent: value times 2^-shift.
#[derive(Clone, Copy)]
struct Statistic {
    r: [i16; ORDER + 1],
    shift: i32,
}

impl Statistic {
    const NONE: Self = Self { r: [0; ORDER + 1], shift: 40 };

    /// Sum of several, normalised.
    fn sum(parts: &[Self]) -> Self {
        let shift = parts.iter().map(|p| p.shift).fold(i32::MAX, i32::min) + 14;
        let sums: [i32; ORDER + 1] = std::array::from_fn(|k| {
            parts.iter().fold(0i32, |s, p| s.saturating_add(l_shl(i32::from(p.r[k]), shift - p.shift)))
        });
        let norm = norm_l(sums[0]);
        Self { r: sums.map(|s| high(l_shl(s, norm))), shift: shift + norm - 16 }
    }

    /// Itakura's test: whether the residual energy through the filter `other` exceeds `own`, that of the best
    /// filter, by more than `threshold`.
    fn differs_from(&self, other: &Self, own: i16, threshold: i16) -> bool {
        let mut down = [0, 0];
        let mut turn = 1;
        let energy = loop {
            match self.filtered_energy(other, down) {
                Some(energy) => break energy,
                None => {
                    down[turn] += 1;
                    turn = 1 - turn;
                }
            }
        };
        let limit = i32::from(mult_r(own, threshold)).saturating_add(i32::from(own));
        energy.saturating_sub(l_shl(limit, other.shift + 9 - down[0] - down[1])) > 0
    }

    /// Half the energy through the filter whose coefficients correlate as `other`; none on overflow.
    fn filtered_energy(&self, other: &Self, down: [i32; 2]) -> Option<i32> {
        let term = |k: usize| l_mult(shr(other.r[k], down[0]), shr(self.r[k], down[1]));
        let product = |k: usize| {
            let (a, b) = (shr(other.r[k], down[0]), shr(self.r[k], down[1]));
            (i32::from(a) * i32::from(b)).checked_mul(2)
        };
        product(0)?;
        (1..=ORDER).try_fold(term(0) >> 1, |s, k| s.checked_add(product(k)?))
    }
}

/// Autocorrelation of a filter's coefficients, for Itakura's test.
fn coefficient_statistic(a: &Coefficients) -> Statistic {
    let energy = a.iter().fold(0, |s, &c| l_mac(s, c, c));
    let shift = norm_l(energy);
    let r = std::array::from_fn(|k| {
        let sum = a.iter().zip(&a[k..]).fold(0, |s, (&x, &y)| l_mac(s, x, y));
        round(l_shl(sum, shift))
    });
    Statistic { r, shift }
}

/// State of the decision.
#[derive(Clone)]
pub(crate) struct Dtx {
    recent: [Statistic; FRAMES_PER_SUM],
    sums: [Statistic; SUMS],
    /// Frames since the last sum.
    phase: usize,
    energies: [Energy; 2],
    /// Inactive frames since the last descriptor.
    since_sid: u8,
    changed: bool,
    /// What the last descriptor said: filter, level in dB, LSPs, gain.
    reference: Statistic,
    sent_level: i16,
    sid_lsp: Lsp,
    sid_gain: i16,
    gain: i16,
    seed: i16,
}

/// What an inactive frame yields: the descriptor if one is due, the gain of the noise.
pub(crate) struct Inactive {
    pub(crate) descriptor: Option<SidCode>,
    pub(crate) lsp: Lsp,
    pub(crate) gain: i16,
}

impl Dtx {
    pub(crate) fn new() -> Self {
        Self {
            recent: [Statistic::NONE; FRAMES_PER_SUM],
            sums: [Statistic::NONE; SUMS],
            phase: 0,
            energies: [Energy::NONE; 2],
            since_sid: 0,
            changed: false,
            reference: Statistic::NONE,
            sent_level: 0,
            sid_lsp: [0; ORDER],
            sid_gain: 0,
            gain: 0,
            seed: noise::SEED,
        }
    }

    /// Notes the autocorrelation of every frame, before its lag window.
    pub(crate) fn observe(&mut self, r: &Autocorrelation, active: bool) {
        self.recent[1] = self.recent[0];
        self.recent[0] = Statistic { r: std::array::from_fn(|k| high(r.r[k])), shift: -(16 + r.exponent) };
        self.phase = (self.phase + 1) % FRAMES_PER_SUM;
        if active {
            self.seed = noise::SEED;
            self.store_sum();
        }
    }

    /// Seed of the noise generator, common to both ends.
    pub(crate) fn seed(&mut self) -> &mut i16 {
        &mut self.seed
    }

    /// An inactive frame. `first` after speech; `lsp` is the quantised one of the previous frame.
    pub(crate) fn inactive(
        &mut self,
        first: bool,
        lsp: &Lsp,
        memory: &mut LsfMemory,
        levinson: &mut Levinson,
    ) -> Inactive {
        let current = Statistic::sum(&self.recent);
        let filter = self.measure(&current, levinson);
        let measured = if first { 1 } else { 2 };
        let (gain_index, level) = sid::quantise_energy(&self.energies[..measured]);
        let due = first || self.due(&current, level);
        let descriptor = due.then(|| {
            let filter = self.represent(&current, filter, levinson);
            let mut code = sid::quantise_lsp(&lsp::from_filter(&filter, lsp), memory);
            code.gain = gain_index;
            self.sid_lsp = sid::reconstruct_lsp(code, memory);
            self.sid_gain = SID_GAIN[usize::from(gain_index)];
            self.sent_level = level;
            (self.since_sid, self.changed) = (0, false);
            code
        });
        self.gain = noise::follow(self.gain, self.sid_gain, first);
        self.store_sum();
        Inactive { descriptor, lsp: self.sid_lsp, gain: self.gain }
    }

    /// Filter and residual energy of the current frames.
    fn measure(&mut self, current: &Statistic, levinson: &mut Levinson) -> Coefficients {
        self.energies[1] = self.energies[0];
        self.energies[0].shift = current.shift;
        if current.r[0] == 0 {
            self.energies[0].mantissa = 0;
            return INITIAL_FILTER;
        }
        let prediction = levinson.solve(&current.r.map(|r| i32::from(r) << 16));
        // Without a stable filter the previous energy stays.
        if let Some(error) = prediction.error {
            self.energies[0].mantissa = error;
        }
        prediction.filter
    }

    /// Whether the background moved away from what was described, and long enough ago.
    fn due(&mut self, current: &Statistic, level: i16) -> bool {
        let own = self.energies[0].mantissa;
        self.changed |= current.differs_from(&self.reference, own, 4855);
        self.changed |= (self.sent_level - level).abs() > 2;
        self.since_sid = (self.since_sid + 1).min(SID_DISTANCE);
        self.since_sid == SID_DISTANCE && self.changed
    }

    /// The filter to describe: the average of the past unless the present one is different.
    fn represent(&mut self, current: &Statistic, now: Coefficients, levinson: &mut Levinson) -> Coefficients {
        let past = Statistic::sum(&self.sums);
        let average = if past.r[0] == 0 {
            INITIAL_FILTER
        } else {
            levinson.solve(&past.r.map(|r| i32::from(r) << 16)).filter
        };
        self.reference = coefficient_statistic(&average);
        if !current.differs_from(&self.reference, self.energies[0].mantissa, 3161) {
            return average;
        }
        self.reference = coefficient_statistic(&now);
        now
    }

    fn store_sum(&mut self) {
        if self.phase == 0 {
            self.sums.copy_within(..SUMS - 1, 1);
            self.sums[0] = Statistic::sum(&self.recent);
        }
    }
}
