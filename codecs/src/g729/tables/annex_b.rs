//! Voice activity detection, SID quantiser and comfort noise (Annex B).
//! Values of the Recommendation; `tables::tests` checks their digests.

/// `lbf_corr`: Autocorrelation of the VAD low-band filter (lags 0..12) (Q15).
pub(crate) static LOW_BAND_CORRELATION: [i16; 13] =
    [7869, 7011, 4838, 2299, 321, -660, -782, -484, -164, 3, 39, 21, 4];

/// `shift_fx`: Left shift restoring the averages at the end of the 32-frame VAD initialisation (shift).
/// Index: number of low-energy frames among the first 32.
pub(crate) static VAD_INIT_SHIFT: [u8; 33] =
    [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 0];

/// `factor_fx`: Factor restoring the averages at the end of the 32-frame VAD initialisation (Q15).
/// Index: number of low-energy frames among the first 32.
pub(crate) static VAD_INIT_FACTOR: [i16; 33] = [
    32767, 16913, 17476, 18079, 18725, 19418, 20165, 20972, 21845, 22795, 23831, 24966, 26214, 27594, 29127,
    30840, 32767, 17476, 18725, 20165, 21845, 23831, 26214, 29127, 32767, 18725, 21845, 26214, 32767, 21845,
    32767, 32767, 0,
];

/// `vad_update`: Adaptation coefficients of the running noise averages, one row per range of the update counter (below 20, below 30, below 40, below 50, below 60, then); not a named table of the software (Q15).
/// Index: (range)(energy keep, energy new, ZC keep, ZC new, LSF keep, LSF new).
pub(crate) static VAD_ADAPTATION: [[i16; 6]; 6] = [
    [24576, 8192, 26214, 6554, 19661, 13017],
    [31130, 1638, 30147, 2621, 21299, 11469],
    [31785, 983, 30802, 1966, 22938, 9830],
    [32440, 328, 31457, 1311, 24576, 8192],
    [32604, 164, 32440, 328, 24576, 8192],
    [32604, 164, 32702, 66, 24576, 8192],
];

/// `fact`: SID gain: scaling of the energy sum (Q15-type factor).
/// Index: number of energies (0 = energy saved for a lost SID frame).
pub(crate) static SID_ENERGY_FACTOR: [i16; 3] = [410, 26, 13];

/// `marg`: SID gain: headroom (shift).
/// Index: number of energies.
pub(crate) static SID_ENERGY_MARGIN: [u8; 3] = [0, 0, 1];

/// `tab_Sidgain`: Decoded SID gain (Q3 (gain of one sample times 8)).
/// Index: SID gain index.
pub(crate) static SID_GAIN: [i16; 32] = [
    2, 5, 8, 13, 20, 32, 50, 64, 80, 101, 127, 160, 201, 253, 318, 401, 505, 635, 800, 1007, 1268, 1596,
    2010, 2530, 3185, 4009, 5048, 6355, 8000, 10071, 12679, 15962,
];

/// `noise_fg`: MA predictor of the SID LSF quantiser; not stored in the software but built at start-up: row 0 = fg[0]; row 1 = high half of (2*19660*fg[0] + 2*13107*fg[1]) (Q15).
/// Index: (SID predictor)(delay 1..4)(component).
pub(crate) static NOISE_PREDICTOR: [[[i16; 10]; 4]; 2] = [
    [
        [8421, 9109, 9175, 8965, 9034, 9057, 8765, 8775, 9106, 8673],
        [7018, 7189, 7638, 7307, 7444, 7379, 7038, 6956, 6930, 6868],
        [5472, 4990, 5134, 5177, 5246, 5141, 5206, 5095, 4830, 5147],
        [4056, 3031, 2614, 3024, 2916, 2713, 3309, 3237, 2857, 3473],
    ],
    [
        [8145, 8617, 8779, 8648, 8718, 8829, 8713, 8705, 8806, 8231],
        [5894, 5525, 5603, 5773, 6016, 5968, 5896, 5835, 5721, 5707],
        [4568, 3765, 3605, 3963, 4144, 4038, 4225, 4139, 3914, 4255],
        [3643, 2455, 1944, 2466, 2438, 2259, 2798, 2775, 2479, 3124],
    ],
];

/// `noise_fg_sum`: 1 minus the sum over the four delays of noise_fg (Q15).
/// Index: (SID predictor)(component).
pub(crate) static NOISE_PREDICTOR_SUM: [[i16; 10]; 2] = [
    [7798, 8447, 8205, 8293, 8126, 8477, 8447, 8703, 9043, 8604],
    [10514, 12402, 12833, 11914, 11447, 11670, 11132, 11311, 11844, 11447],
];

/// `noise_fg_sum_inv`: Reciprocal of noise_fg_sum (Q12).
/// Index: (SID predictor)(component).
pub(crate) static NOISE_PREDICTOR_SUM_INV: [[i16; 10]; 2] = [
    [17210, 15888, 16357, 16183, 16516, 15833, 15888, 15421, 14840, 15597],
    [12764, 10821, 10458, 11264, 11724, 11500, 12056, 11865, 11331, 11724],
];

/// `PtrTab_1`: Rows of lspcb1 that form the SID first stage (index).
/// Index: SID first stage index.
pub(crate) static SID_STAGE1_ROW: [u8; 32] = [
    96, 52, 20, 54, 86, 114, 82, 68, 36, 121, 48, 92, 18, 120, 94, 124, 50, 125, 4, 100, 28, 76, 12, 117, 81,
    22, 90, 116, 127, 21, 108, 66,
];

/// `PtrTab_2`: Rows of lspcb2 that form the SID second stage: [0] for components 0..4, [1] for components 5..9 (index).
/// Index: (half)(SID second stage index).
pub(crate) static SID_STAGE2_ROW: [[u8; 16]; 2] = [
    [31, 21, 9, 3, 10, 2, 19, 26, 4, 3, 11, 29, 15, 27, 21, 12],
    [16, 1, 0, 0, 8, 25, 22, 20, 19, 23, 20, 31, 4, 31, 20, 31],
];

/// `Mp`: Weight of the first-stage error of each predictor in the SID LSF search (Q15).
pub(crate) static SID_PREDICTOR_WEIGHT: [i16; 2] = [8644, 16572];

/// `lspSid`: Initial decoder SID LSP vector (introduced by v1.4 of the software) (Q15).
pub(crate) static INITIAL_SID_LSP: [i16; 10] =
    [31441, 27566, 21458, 13612, 4663, -4663, -13612, -21458, -27566, -31441];
