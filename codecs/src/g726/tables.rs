//! The numbers of G.726, one set per rate; checked against the digests of their published values by
//! `tests/table_digests.rs`.

/// 16 kbit/s: decision levels: a magnitude is the number of levels not above the log difference.
pub const LEVELS_16: [i16; 1] = [261];

/// 16 kbit/s: code of a non-negative difference by magnitude.
pub const CODE_POSITIVE_16: [u8; 2] = [0, 1];

/// 16 kbit/s: code of a negative difference by magnitude.
pub const CODE_NEGATIVE_16: [u8; 2] = [3, 2];

/// 16 kbit/s: reconstruction level by code, log2 with 7 fractional bits; -2048 stands for zero.
pub const LOG_LEVEL_16: [i16; 4] = [116, 365, 365, 116];

/// 16 kbit/s: scale factor multiplier W(I) by code, 4 fractional bits.
pub const SCALE_STEP_16: [i16; 4] = [-22, 439, 439, -22];

/// 16 kbit/s: rate-of-change weight F(I) by code.
pub const CHANGE_WEIGHT_16: [u8; 4] = [0, 7, 7, 0];

/// 24 kbit/s: decision levels: a magnitude is the number of levels not above the log difference.
pub const LEVELS_24: [i16; 3] = [8, 218, 331];

/// 24 kbit/s: code of a non-negative difference by magnitude.
pub const CODE_POSITIVE_24: [u8; 4] = [7, 1, 2, 3];

/// 24 kbit/s: code of a negative difference by magnitude.
pub const CODE_NEGATIVE_24: [u8; 4] = [7, 6, 5, 4];

/// 24 kbit/s: reconstruction level by code, log2 with 7 fractional bits; -2048 stands for zero.
pub const LOG_LEVEL_24: [i16; 8] = [-2048, 135, 273, 373, 373, 273, 135, -2048];

/// 24 kbit/s: scale factor multiplier W(I) by code, 4 fractional bits.
pub const SCALE_STEP_24: [i16; 8] = [-4, 30, 137, 582, 582, 137, 30, -4];

/// 24 kbit/s: rate-of-change weight F(I) by code.
pub const CHANGE_WEIGHT_24: [u8; 8] = [0, 1, 2, 7, 7, 2, 1, 0];

/// 32 kbit/s: decision levels: a magnitude is the number of levels not above the log difference.
pub const LEVELS_32: [i16; 7] = [-124, 80, 178, 246, 300, 349, 400];

/// 32 kbit/s: code of a non-negative difference by magnitude.
pub const CODE_POSITIVE_32: [u8; 8] = [15, 1, 2, 3, 4, 5, 6, 7];

/// 32 kbit/s: code of a negative difference by magnitude.
pub const CODE_NEGATIVE_32: [u8; 8] = [15, 14, 13, 12, 11, 10, 9, 8];

/// 32 kbit/s: reconstruction level by code, log2 with 7 fractional bits; -2048 stands for zero.
pub const LOG_LEVEL_32: [i16; 16] =
    [-2048, 4, 135, 213, 273, 323, 373, 425, 425, 373, 323, 273, 213, 135, 4, -2048];

/// 32 kbit/s: scale factor multiplier W(I) by code, 4 fractional bits.
pub const SCALE_STEP_32: [i16; 16] =
    [-12, 18, 41, 64, 112, 198, 355, 1122, 1122, 355, 198, 112, 64, 41, 18, -12];

/// 32 kbit/s: rate-of-change weight F(I) by code.
pub const CHANGE_WEIGHT_32: [u8; 16] = [0, 0, 0, 1, 1, 1, 3, 7, 7, 3, 1, 1, 1, 0, 0, 0];

/// 40 kbit/s: decision levels: a magnitude is the number of levels not above the log difference.
pub const LEVELS_40: [i16; 15] = [-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553];

/// 40 kbit/s: code of a non-negative difference by magnitude.
pub const CODE_POSITIVE_40: [u8; 16] = [31, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// 40 kbit/s: code of a negative difference by magnitude.
pub const CODE_NEGATIVE_40: [u8; 16] = [31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16];

/// 40 kbit/s: reconstruction level by code, log2 with 7 fractional bits; -2048 stands for zero.
pub const LOG_LEVEL_40: [i16; 32] = [
    -2048, -66, 28, 104, 169, 224, 274, 318, 358, 395, 429, 459, 488, 514, 539, 566, 566, 539, 514, 488, 459,
    429, 395, 358, 318, 274, 224, 169, 104, 28, -66, -2048,
];

/// 40 kbit/s: scale factor multiplier W(I) by code, 4 fractional bits.
pub const SCALE_STEP_40: [i16; 32] = [
    14, 14, 24, 39, 40, 41, 58, 100, 141, 179, 219, 280, 358, 440, 529, 696, 696, 529, 440, 358, 280, 219,
    179, 141, 100, 58, 41, 40, 39, 24, 14, 14,
];

/// 40 kbit/s: rate-of-change weight F(I) by code.
pub const CHANGE_WEIGHT_40: [u8; 32] =
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
