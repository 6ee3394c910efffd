//! The numbers of G.722, checked against the digests of their published values by `tests/table_digests.rs`.

/// QMF coefficients, 2^13 times the value (table 11).
pub const QMF: [i16; 24] = [
    3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876, 3876, 951, -805, -210, 362, 32, -156, 12, 53,
    -11, -11, 3,
];

/// Lower band decision levels (table 14); entry 0 is the origin.
pub const LEVELS_6: [i16; 30] = [
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121,
    1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];

/// Lower band code of a negative difference by interval 1 to 30 (table 16).
pub const CODE_NEGATIVE_6: [u8; 31] = [
    0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8,
    7, 6, 5, 4,
];

/// Lower band code of a non-negative difference by interval 1 to 30 (table 16).
pub const CODE_POSITIVE_6: [u8; 31] = [
    0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37,
    36, 35, 34, 33, 32,
];

/// Inverse quantiser of the upper 4 bits of a lower band code, sign and magnitude in one, Q15.
pub const INVERSE_4: [i16; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];

/// Inverse quantiser of the upper 5 bits of a lower band code, Q15.
pub const INVERSE_5: [i16; 32] = [
    -280, -280, -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696, -3784, -2960, -2208,
    -1520, -880, 23352, 17560, 14120, 11664, 9752, 8184, 6864, 5712, 4696, 3784, 2960, 2208, 1520, 880, 280,
    -280,
];

/// Inverse quantiser of a 6-bit lower band code, Q15; codes 0 to 3 never come from an encoder.
pub const INVERSE_6: [i16; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
    -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856,
    7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136,
    -432, -136,
];

/// Lower band log scale factor increments by magnitude (table 14).
pub const LOG_STEP_LOW: [i16; 8] = [-60, -30, 58, 172, 334, 538, 1198, 3042];

/// Magnitude of a 4-bit lower band code (table 17).
pub const MAGNITUDE_4: [u8; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];

/// Log to linear conversion, method 2 (table 15): 2^11 times 2^(k/32).
pub const LOG_TO_LINEAR: [i16; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896,
    2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/// Upper band code of a negative difference by interval 1, 2 (table 20).
pub const CODE_NEGATIVE_2: [u8; 3] = [0, 1, 0];

/// Upper band code of a non-negative difference by interval 1, 2 (table 20).
pub const CODE_POSITIVE_2: [u8; 3] = [0, 3, 2];

/// Magnitude of a 2-bit upper band code.
pub const MAGNITUDE_2: [u8; 4] = [2, 1, 2, 1];

/// Inverse quantiser of an upper band code, Q15.
pub const INVERSE_2: [i16; 4] = [-7408, -1616, 7408, 1616];

/// Upper band log scale factor increments by magnitude (table 14); entry 0 unused.
pub const LOG_STEP_HIGH: [i16; 3] = [0, -214, 798];
