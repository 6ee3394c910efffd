//! Direct conversion between A-law and mu-law, G.711 tables 3 and 4 (code to code, no linear step).
//!
//! The Recommendation departs from the nearest level in two entries (mu 80 to A 81, A 80 to mu 79) so that
//! A to mu to A is transparent in bits 1 to 7; a decode followed by an encode would not be.

/// A-law code of a mu-law code (G.711 table 3).
#[must_use]
#[inline]
pub const fn mu_to_a(code: u8) -> u8 {
    MU_TO_A[code as usize]
}

/// mu-law code of an A-law code (G.711 table 4).
#[must_use]
#[inline]
pub const fn a_to_mu(code: u8) -> u8 {
    A_TO_MU[code as usize]
}

/// mu-law code to A-law code.
pub static MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let level = A_LEVEL_OF_MU[(!code & 0x7F) as usize] - 1;
        table[code as usize] = (code as u8 & 0x80 | level) ^ 0x55;
        code += 1;
    }
    table
};

/// A-law code to mu-law code.
pub static A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let plain = code as u8 ^ 0x55;
        let level = MU_LEVEL_OF_A[(plain & 0x7F) as usize];
        table[code as usize] = plain & 0x80 | !level & 0x7F;
        code += 1;
    }
    table
};

/// Decoder output value number of A-law (1 to 128) by that of mu-law (0 to 127).
#[rustfmt::skip]
const A_LEVEL_OF_MU: [u8; 128] = [
      1,   1,   2,   2,   3,   3,   4,   4,   5,   5,   6,   6,   7,   7,   8,   8,
      9,  10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,
     25,  27,  29,  31,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,
     46,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,
     64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,
     81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  96,
     97,  98,  99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112,
    113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128,
];

/// Decoder output value number of mu-law (0 to 127) by that of A-law (1 to 128, stored from index 0).
#[rustfmt::skip]
const MU_LEVEL_OF_A: [u8; 128] = [
      1,   3,   5,   7,   9,  11,  13,  15,  16,  17,  18,  19,  20,  21,  22,  23,
     24,  25,  26,  27,  28,  29,  30,  31,  32,  32,  33,  33,  34,  34,  35,  35,
     36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  48,  49,  49,
     50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  63,  64,  64,
     65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  79,
     80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,
     96,  97,  98,  99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
];
