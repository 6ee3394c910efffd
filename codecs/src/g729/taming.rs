//! Taming (clause 3.9.3 and the ITU software): bounds the pitch gain where an accumulated channel error in the
//! excitation could grow without limit.

use super::MAX_LAG;
use super::SUBFRAME;
use super::adaptive::Lag;
use super::basic_op::l_shl;
use super::dpf::{mpy_32_16, truncate};
use super::tables::excitation::ERROR_ZONE;

/// Error above which the gain is limited: 60000 in Q14.
const THRESHOLD: i32 = 983_040_000;
/// 1.0 in Q14.
const UNIT: i32 = 0x4000;

/// Worst-case error of the excitation, by zones of 40 samples into the past; Q14.
#[derive(Clone)]
pub(crate) struct Taming {
    zones: [i32; 4],
}

impl Taming {
    pub(crate) fn new() -> Self {
        Self { zones: [UNIT; 4] }
    }

    /// Whether the pitch gain for `lag` must be limited.
    pub(crate) fn needed(&self, lag: Lag) -> bool {
        let t = lag.samples + usize::from(lag.thirds > 0);
        let newest = zone(t.saturating_sub(SUBFRAME + 10));
        let oldest = zone(t + 8);
        self.zones[newest..=oldest].iter().any(|&e| e > THRESHOLD)
    }

    /// Accounts for a subframe predicted from `samples` back with `gain` (Q14).
    pub(crate) fn update(&mut self, gain: i16, samples: usize) {
        let grow = |e: i32| l_shl(mpy_32_16(truncate(e), gain), 1).saturating_add(UNIT);
        let worst = if samples < SUBFRAME {
            let once = grow(self.zones[0]);
            once.max(grow(once))
        } else {
            let (newest, oldest) = (zone(samples - SUBFRAME), zone(samples - 1));
            self.zones[newest..=oldest].iter().map(|&e| grow(e)).fold(-1, i32::max)
        };
        self.zones.copy_within(..3, 1);
        self.zones[0] = worst;
    }
}

fn zone(delay: usize) -> usize {
    usize::from(ERROR_ZONE[delay.min(MAX_LAG + 9)])
}
