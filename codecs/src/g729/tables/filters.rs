//! Analysis window, lag window, root-search grid, high-pass filters and the start values of the LP analysis.
//! Values of the Recommendation; `tables::tests` checks their digests.

/// `hamwindow`: LP analysis window: half Hamming (200) then quarter cosine (40) (Q15).
/// Index: sample 0 is the oldest.
pub(crate) static LP_WINDOW: [i16; 240] = [
    2621, 2623, 2629, 2638, 2651, 2668, 2689, 2713, 2741, 2772, 2808, 2847, 2890, 2936, 2986, 3040, 3097,
    3158, 3223, 3291, 3363, 3438, 3517, 3599, 3685, 3774, 3867, 3963, 4063, 4166, 4272, 4382, 4495, 4611,
    4731, 4853, 4979, 5108, 5240, 5376, 5514, 5655, 5800, 5947, 6097, 6250, 6406, 6565, 6726, 6890, 7057,
    7227, 7399, 7573, 7750, 7930, 8112, 8296, 8483, 8672, 8863, 9057, 9252, 9450, 9650, 9852, 10055, 10261,
    10468, 10677, 10888, 11101, 11315, 11531, 11748, 11967, 12187, 12409, 12632, 12856, 13082, 13308, 13536,
    13764, 13994, 14225, 14456, 14688, 14921, 15155, 15389, 15624, 15859, 16095, 16331, 16568, 16805, 17042,
    17279, 17516, 17754, 17991, 18228, 18465, 18702, 18939, 19175, 19411, 19647, 19882, 20117, 20350, 20584,
    20816, 21048, 21279, 21509, 21738, 21967, 22194, 22420, 22644, 22868, 23090, 23311, 23531, 23749, 23965,
    24181, 24394, 24606, 24816, 25024, 25231, 25435, 25638, 25839, 26037, 26234, 26428, 26621, 26811, 26999,
    27184, 27368, 27548, 27727, 27903, 28076, 28247, 28415, 28581, 28743, 28903, 29061, 29215, 29367, 29515,
    29661, 29804, 29944, 30081, 30214, 30345, 30472, 30597, 30718, 30836, 30950, 31062, 31170, 31274, 31376,
    31474, 31568, 31659, 31747, 31831, 31911, 31988, 32062, 32132, 32198, 32261, 32320, 32376, 32428, 32476,
    32521, 32561, 32599, 32632, 32662, 32688, 32711, 32729, 32744, 32755, 32763, 32767, 32767, 32741, 32665,
    32537, 32359, 32129, 31850, 31521, 31143, 30716, 30242, 29720, 29151, 28538, 27879, 27177, 26433, 25647,
    24821, 23957, 23055, 22117, 21145, 20139, 19102, 18036, 16941, 15820, 14674, 13505, 12315, 11106, 9879,
    8637, 7381, 6114, 4838, 3554, 2264, 971,
];

/// `lag_h`: Lag window incl. noise floor 1.0001 and 60 Hz bandwidth expansion, high halves (high half of a Q31 DPF number).
/// Index: entry k-1 is for lag k; lag 0 not stored.
pub(crate) static LAG_WINDOW_HIGH: [i16; 12] =
    [32728, 32619, 32438, 32187, 31867, 31480, 31029, 30517, 29946, 29321, 28645, 27923];

/// `lag_l`: Lag window, low halves (low half (value = high*65536 + low*2)).
/// Index: as lag_h.
pub(crate) static LAG_WINDOW_LOW: [i16; 12] =
    [11904, 17280, 30720, 25856, 24192, 28992, 24384, 7360, 19520, 14784, 22092, 12924];

/// `grid_a`: Chebyshev evaluation grid cos(pi*k/50) with clipped ends, named grid in the software (Q15).
/// Index: k = 0..50.
pub(crate) static ROOT_GRID: [i16; 51] = [
    32760, 32703, 32509, 32187, 31738, 31164, 30466, 29649, 28714, 27666, 26509, 25248, 23886, 22431, 20887,
    19260, 17557, 15786, 13951, 12062, 10125, 8149, 6140, 4106, 2057, 0, -2057, -4106, -6140, -8149, -10125,
    -12062, -13951, -15786, -17557, -19260, -20887, -22431, -23886, -25248, -26509, -27666, -28714, -29649,
    -30466, -31164, -31738, -32187, -32509, -32703, -32760,
];

/// `b140`: Pre-processing 140 Hz high-pass, numerator (Q12, halved (the input is divided by two)).
pub(crate) static PRE_ZEROS: [i16; 3] = [1899, -3798, 1899];

/// `a140`: Pre-processing 140 Hz high-pass, recursive part, signs already such that the terms are added (Q12).
pub(crate) static PRE_POLES: [i16; 3] = [4096, 7807, -3733];

/// `b100`: Post-processing 100 Hz high-pass, numerator (Q13).
pub(crate) static POST_ZEROS: [i16; 3] = [7699, -15398, 7699];

/// `a100`: Post-processing 100 Hz high-pass, recursive part, signs already such that the terms are added (Q13).
pub(crate) static POST_POLES: [i16; 3] = [8192, 15836, -7667];

/// `lsp_old`: Initial LSP vectors (unquantised and quantised) of encoder and decoder (Q15).
pub(crate) static INITIAL_LSP: [i16; 10] =
    [30000, 26000, 21000, 15000, 8000, 0, -8000, -15000, -21000, -26000];

/// `old_A`: Initial fallback LP filter used when Levinson finds an unstable filter (Q12).
pub(crate) static INITIAL_FILTER: [i16; 11] = [4096, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
