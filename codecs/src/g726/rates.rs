//! What differs between the four rates: quantiser, inverse quantiser and adaptation steps, laid out for use.

use super::tables::{
    CHANGE_WEIGHT_16, CHANGE_WEIGHT_24, CHANGE_WEIGHT_32, CHANGE_WEIGHT_40, CODE_NEGATIVE_16,
    CODE_NEGATIVE_24, CODE_NEGATIVE_32, CODE_NEGATIVE_40, CODE_POSITIVE_16, CODE_POSITIVE_24,
    CODE_POSITIVE_32, CODE_POSITIVE_40, LEVELS_16, LEVELS_24, LEVELS_32, LEVELS_40, LOG_LEVEL_16,
    LOG_LEVEL_24, LOG_LEVEL_32, LOG_LEVEL_40, SCALE_STEP_16, SCALE_STEP_24, SCALE_STEP_32, SCALE_STEP_40,
};
use crate::codec::G726Rate;

/// The tables of one rate.
#[derive(Debug)]
pub(super) struct Tables {
    /// Decision levels, padded by one that no log difference reaches.
    pub(super) levels: [i16; 16],
    /// Code by sign (negative second) and number of levels reached.
    pub(super) codes: [[u8; 16]; 2],
    /// What a code does.
    pub(super) steps: [Step; 32],
    /// Bits of a codeword.
    pub(super) bits: u32,
    /// Leak of the zeros: 2^-8, but 2^-9 at 40 kbit/s.
    pub(super) leak: u32,
}

/// What one code means to inverse quantiser and adaptation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// DQLN.
    pub(super) log_level: i16,
    /// F(I).
    pub(super) change: i16,
    /// W(I) shifted left by 5.
    pub(super) scale: i32,
}

impl Tables {
    pub(super) const fn of(rate: G726Rate) -> &'static Self {
        match rate {
            G726Rate::R16 => &R16,
            G726Rate::R24 => &R24,
            G726Rate::R32 => &R32,
            G726Rate::R40 => &R40,
        }
    }

    /// Mask of a codeword.
    #[inline(always)]
    pub(super) const fn mask(&self) -> u8 {
        (1 << self.bits) - 1
    }
}

const fn lay_out<const L: usize, const M: usize, const C: usize>(
    levels: [i16; L],
    codes: [[u8; M]; 2],
    steps: ([i16; C], [i16; C], [u8; C]),
    leak: u32,
) -> Tables {
    let mut tables = Tables {
        levels: [i16::MAX; 16],
        codes: [[0; 16]; 2],
        steps: [Step { log_level: -2048, change: 0, scale: 0 }; 32],
        bits: C.trailing_zeros(),
        leak,
    };
    let mut n = 0;
    while n < L {
        tables.levels[n] = levels[n];
        n += 1;
    }
    n = 0;
    while n < M {
        tables.codes[0][n] = codes[0][n];
        tables.codes[1][n] = codes[1][n];
        n += 1;
    }
    n = 0;
    while n < C {
        tables.steps[n] =
            Step { log_level: steps.0[n], scale: (steps.1[n] as i32) << 5, change: steps.2[n] as i16 };
        n += 1;
    }
    tables
}

static R16: Tables = lay_out(
    LEVELS_16,
    [CODE_POSITIVE_16, CODE_NEGATIVE_16],
    (LOG_LEVEL_16, SCALE_STEP_16, CHANGE_WEIGHT_16),
    8,
);
static R24: Tables = lay_out(
    LEVELS_24,
    [CODE_POSITIVE_24, CODE_NEGATIVE_24],
    (LOG_LEVEL_24, SCALE_STEP_24, CHANGE_WEIGHT_24),
    8,
);
static R32: Tables = lay_out(
    LEVELS_32,
    [CODE_POSITIVE_32, CODE_NEGATIVE_32],
    (LOG_LEVEL_32, SCALE_STEP_32, CHANGE_WEIGHT_32),
    8,
);
static R40: Tables = lay_out(
    LEVELS_40,
    [CODE_POSITIVE_40, CODE_NEGATIVE_40],
    (LOG_LEVEL_40, SCALE_STEP_40, CHANGE_WEIGHT_40),
    9,
);
