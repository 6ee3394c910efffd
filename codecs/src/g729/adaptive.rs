//! Adaptive codebook: the past excitation interpolated at a lag in thirds of a sample (clauses 3.7.1, 4.1.3), and
//! the coding of the lag (clause 3.7.2).

use super::basic_op::{l_mac, mult, round};
use super::inner::peak;
use super::tables::excitation::INTERPOLATION;
use super::{FRAME, MAX_LAG, MIN_LAG, SUBFRAME};
use crate::simd::{I16x8, I32x4, lanes};

/// Samples the interpolation filter reaches beyond the largest lag.
const REACH: usize = 11;

/// Past samples in the excitation buffer.
pub(crate) const PAST: usize = MAX_LAG + REACH;

/// Excitation: `PAST` samples of history, then the frame.
pub(crate) type Excitation = [i16; PAST + FRAME];

/// Taps of the interpolation filter on either side.
const SIDE: usize = 10;

/// A pitch delay of `samples + thirds / 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    pub(crate) samples: usize,
    /// -1, 0 or 1.
    pub(crate) thirds: i32,
}

/// Writes the adaptive vector of the subframe that starts at `at` over the excitation there. A lag shorter than
/// the subframe repeats what was just written.
pub(crate) fn predict(exc: &mut Excitation, at: usize, lag: Lag) {
    let phase = (-lag.thirds).rem_euclid(3) as usize;
    // First sample under the filter for the first output.
    let first = at - lag.samples - usize::from(lag.thirds > 0) - (SIDE - 1);
    let taps = &TAPS[phase];
    let mut plain = peak(&exc[first..(first + SUBFRAME + 2 * SIDE).min(at)]) <= SAFE;
    for block in (0..SUBFRAME).step_by(BLOCK) {
        let x: &[i16; BLOCK + 2 * SIDE] =
            exc[first + block..][..BLOCK + 2 * SIDE].try_into().expect("block and its neighbours");
        let y = if plain { filter_block(x, taps) } else { filter_stepwise(x, taps) };
        exc[at + block..at + block + BLOCK].copy_from_slice(&y);
        // What was written may be read again.
        plain &= peak(&y) <= SAFE;
    }
}

/// Outputs computed together. The shortest lag is 20, so none of them depends on another.
const BLOCK: usize = 8;

/// Largest magnitude for which no sum of 20 products saturates.
const SAFE: i32 = {
    let mut least = 32767;
    let mut phase = 0;
    while phase < 3 {
        let (mut sum, mut k) = (0i32, 0);
        while k < 2 * SIDE {
            sum += (TAPS[phase][k] as i32).abs();
            k += 1;
        }
        if ((1 << 30) - 1) / sum < least {
            least = ((1 << 30) - 1) / sum;
        }
        phase += 1;
    }
    least
};

/// The filter of each phase in the order of the samples it meets.
const TAPS: [[i16; 2 * SIDE]; 3] = {
    let mut taps = [[0; 2 * SIDE]; 3];
    let mut phase = 0;
    while phase < 3 {
        let mut k = 0;
        while k < SIDE {
            taps[phase][SIDE - 1 - k] = INTERPOLATION[phase + 3 * k];
            taps[phase][SIDE + k] = INTERPOLATION[3 - phase + 3 * k];
            k += 1;
        }
        phase += 1;
    }
    taps
};

fn filter_block(x: &[i16; BLOCK + 2 * SIDE], taps: &[i16; 2 * SIDE]) -> [i16; BLOCK] {
    let mut sums = [I32x4::splat(0x4000); 2];
    for (k, &[even, odd]) in taps.as_chunks::<2>().0.iter().enumerate() {
        let pairs = lanes(&x[2 * k..]).interleave(lanes(&x[2 * k + 1..]));
        let taps = I16x8::splat_pair(even, odd);
        sums = [0, 1].map(|half| sums[half].add(pairs[half].pair_sums(taps)));
    }
    let [low, high] = sums.map(I32x4::shift_right::<15>);
    low.narrow(high).array()
}

fn filter_stepwise(x: &[i16; BLOCK + 2 * SIDE], taps: &[i16; 2 * SIDE]) -> [i16; BLOCK] {
    std::array::from_fn(|n| {
        round((0..SIDE).fold(0, |s, i| {
            let (before, after) = (SIDE - 1 - i, SIDE + i);
            l_mac(l_mac(s, x[n + before], taps[before]), x[n + after], taps[after])
        }))
    })
}

/// The range of integer lags the second subframe can code, from the first subframe's lag.
pub(crate) fn second_range(first: usize) -> (usize, usize) {
    let low = (first.max(MIN_LAG + 5) - 5).min(MAX_LAG - 9);
    (low, low + 9)
}

/// P1.
pub(crate) fn encode_first(lag: Lag) -> u16 {
    let t = lag.samples as i32;
    (if t <= 85 { 3 * t - 58 + lag.thirds } else { t + 112 }) as u16
}

/// P2, relative to the lowest codable lag.
pub(crate) fn encode_second(lag: Lag, lowest: usize) -> u16 {
    (3 * (lag.samples as i32 - lowest as i32) + 2 + lag.thirds) as u16
}

/// Lag of P1, 8 bits.
pub(crate) fn decode_first(index: u16) -> Lag {
    let index = index as i16 & 0xff;
    if index < 197 {
        let t = mult(index + 2, 10923) + 19;
        Lag { samples: t as usize, thirds: i32::from(index - 3 * t + 58) }
    } else {
        Lag { samples: (index - 112) as usize, thirds: 0 }
    }
}

/// Lag of P2, 5 bits.
pub(crate) fn decode_second(index: u16, lowest: usize) -> Lag {
    let index = index as i16 & 31;
    let offset = mult(index + 2, 10923) - 1;
    Lag { samples: (lowest as i16 + offset) as usize, thirds: i32::from(index - 2 - 3 * offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_survive_coding() {
        for index in 0..256 {
            let lag = decode_first(index);
            assert!((19..=MAX_LAG).contains(&lag.samples) && (-1..=1).contains(&lag.thirds), "{lag:?}");
            assert_eq!(encode_first(lag), index);
        }
        for lowest in MIN_LAG..=MAX_LAG - 9 {
            for index in 0..32 {
                let lag = decode_second(index, lowest);
                assert!((lowest - 1..=lowest + 10).contains(&lag.samples), "{lag:?}");
                assert_eq!(encode_second(lag, lowest), index);
            }
        }
    }

    #[test]
    fn block_and_stepwise_filters_agree_up_to_the_safe_magnitude() {
        let mut seed = 3u32;
        for phase in TAPS {
            for _ in 0..200 {
                let x = [0; BLOCK + 2 * SIDE].map(|_: i16| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if seed >> 31 == 0 { SAFE as i16 } else { -SAFE as i16 }
                });
                assert_eq!(filter_block(&x, &phase), filter_stepwise(&x, &phase));
            }
        }
    }
}
