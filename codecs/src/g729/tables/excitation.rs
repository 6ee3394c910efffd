//! Long-term prediction, taming and gain quantisation (clauses 3.7 to 3.9).
//! Values of the Recommendation; `tables::tests` checks their digests.

/// `inter_3l`: 1/3-sample interpolation filter of the past excitation (one side); Table 12 of the text prints it as inter_3 of size 31, the text calls it b30 (Q15).
/// Index: centre tap first, 3 taps per sample, 10 samples.
pub(crate) static INTERPOLATION: [i16; 31] = [
    29443, 25207, 14701, 3143, -4402, -5850, -2783, 1211, 3130, 2259, 0, -1652, -1666, -464, 756, 1099, 550,
    -245, -634, -451, 0, 308, 296, 78, -120, -165, -79, 34, 91, 70, 0,
];

/// `tab_zone`: Maps an excitation delay to one of the four error zones of the taming procedure (zone number 0..3).
/// Index: 0..152.
pub(crate) static ERROR_ZONE: [u8; 153] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
];

/// `pred`: MA predictor of the fixed-codebook energy (0.68 0.58 0.34 0.19) (Q13).
/// Index: delay 1..4.
pub(crate) static GAIN_PREDICTOR: [i16; 4] = [5571, 4751, 2785, 1556];

/// `past_qua_en`: Initial memory of the gain predictor (-14 dB) (Q10 dB).
pub(crate) static INITIAL_GAIN_MEMORY: [i16; 4] = [-14336, -14336, -14336, -14336];

/// `gbk1`: Gain VQ first stage GA (column 0 Q14 (pitch gain part), column 1 Q13 (code gain factor part)).
/// Index: (internal index, after imap1)(0 pitch | 1 code).
pub(crate) static GAIN_STAGE1: [[i16; 2]; 8] = [
    [1, 1516],
    [1551, 2425],
    [1831, 5022],
    [57, 5404],
    [1921, 9291],
    [3242, 9949],
    [356, 14756],
    [2678, 27162],
];

/// `gbk2`: Gain VQ second stage GB (column 0 Q14, column 1 Q13).
/// Index: (internal index, after imap2)(0 pitch | 1 code).
pub(crate) static GAIN_STAGE2: [[i16; 2]; 16] = [
    [826, 2005],
    [1994, 0],
    [5142, 592],
    [6160, 2395],
    [8091, 4861],
    [9120, 525],
    [10573, 2966],
    [11569, 1196],
    [13260, 3256],
    [14194, 1630],
    [15132, 4914],
    [15161, 14276],
    [15434, 237],
    [16112, 3392],
    [17299, 1861],
    [18973, 5935],
];

/// `map1`: Internal GA index to transmitted GA index (index).
pub(crate) static GAIN_MAP1: [u8; 8] = [5, 1, 4, 7, 3, 0, 6, 2];

/// `map2`: Internal GB index to transmitted GB index (index).
pub(crate) static GAIN_MAP2: [u8; 16] = [4, 6, 0, 2, 12, 14, 8, 10, 15, 11, 9, 13, 7, 3, 1, 5];

/// `imap1`: Transmitted GA index to internal index (inverse of map1) (index).
pub(crate) static GAIN_UNMAP1: [u8; 8] = [5, 1, 7, 4, 2, 0, 6, 3];

/// `imap2`: Transmitted GB index to internal index (inverse of map2) (index).
pub(crate) static GAIN_UNMAP2: [u8; 16] = [2, 14, 3, 13, 0, 15, 1, 12, 6, 10, 7, 9, 4, 11, 5, 8];

/// `coef`: Coefficients of the gain codebook preselection (mixed: [0][0] Q10, [0][1] Q14, [1][0] Q16, [1][1] Q19).
pub(crate) static PRESELECT: [[i16; 2]; 2] = [[31881, 26416], [31548, 27816]];

/// `L_coef`: Same coefficients with 32-bit precision; coef is the truncated high half of each (mixed: [0][0] Q26, [0][1] Q30, [1][0] Q32, [1][1] Q35).
pub(crate) static PRESELECT_LONG: [[i32; 2]; 2] = [[2089405952, 1731217536], [2067549984, 1822990272]];

/// `thr1`: GA preselection thresholds (Q14).
pub(crate) static PRESELECT_THRESHOLD1: [i16; 4] = [10808, 12374, 19778, 32567];

/// `thr2`: GB preselection thresholds (Q15).
pub(crate) static PRESELECT_THRESHOLD2: [i16; 8] = [14087, 16188, 20274, 21321, 23525, 25232, 27873, 30542];
