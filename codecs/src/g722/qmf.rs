//! The two-band quadrature mirror filters of G.722 (clauses 3.1 and 4.4), a block at a time.
//!
//! The filter is symmetric, so the time order of the samples needs no reversal, and it is its own mirror: the
//! upper band takes the same taps with alternating signs.

use super::tables::QMF;

/// Splits 16 kHz PCM into two bands at 8 kHz each.
#[derive(Clone, Debug)]
pub(super) struct Analysis {
    past: [i16; TAPS - 2],
}

/// Joins two bands into 16 kHz PCM.
#[derive(Clone, Debug)]
pub(super) struct Synthesis {
    difference: [i16; HALF - 1],
    sum: [i16; HALF - 1],
}

/// Sample pairs filtered at once: 5 ms.
pub(super) const BLOCK: usize = 40;

/// Delay of analysis and synthesis together, samples at 16 kHz.
pub(super) const DELAY: usize = TAPS - 2;

impl Analysis {
    pub(super) const fn new() -> Self {
        Self { past: [0; TAPS - 2] }
    }

    /// Filters that have already seen `pcm`, at most [`DELAY`] samples.
    pub(super) fn primed(pcm: &[i16]) -> Self {
        let mut past = [0; TAPS - 2];
        let length = pcm.len().min(past.len());
        past[TAPS - 2 - length..].copy_from_slice(&pcm[pcm.len() - length..]);
        Self { past }
    }

    /// At most [`BLOCK`] pairs of `pcm` into as many band samples.
    pub(super) fn split(&mut self, pcm: &[i16], low: &mut [i16], high: &mut [i16]) {
        let mut line = [0i16; TAPS - 2 + 2 * BLOCK];
        line[..TAPS - 2].copy_from_slice(&self.past);
        line[TAPS - 2..][..pcm.len()].copy_from_slice(pcm);
        for ((window, low), high) in line.windows(TAPS).step_by(2).zip(low).zip(high) {
            let window: &[i16; TAPS] = window.try_into().expect("windows have this length");
            *low = clip(dot(window, &LOW) >> 14);
            *high = clip(dot(window, &HIGH) >> 14);
        }
        self.past.copy_from_slice(&line[pcm.len()..][..TAPS - 2]);
    }
}

impl Synthesis {
    pub(super) const fn new() -> Self {
        Self { difference: [0; HALF - 1], sum: [0; HALF - 1] }
    }

    /// At most [`BLOCK`] samples of both bands into twice as many of `pcm`.
    pub(super) fn join(&mut self, low: &[i16], high: &[i16], pcm: &mut [i16]) {
        let mut difference = [0i16; HALF - 1 + BLOCK];
        let mut sum = [0i16; HALF - 1 + BLOCK];
        difference[..HALF - 1].copy_from_slice(&self.difference);
        sum[..HALF - 1].copy_from_slice(&self.sum);
        let lines = difference[HALF - 1..].iter_mut().zip(&mut sum[HALF - 1..]);
        for ((difference, sum), (&low, &high)) in lines.zip(low.iter().zip(high)) {
            // Bands are clipped to 15 bits, so neither line can overflow.
            *difference = low.wrapping_sub(high);
            *sum = low.wrapping_add(high);
        }
        let windows = difference.windows(HALF).zip(sum.windows(HALF));
        for (pair, (difference, sum)) in pcm.chunks_exact_mut(2).zip(windows) {
            let difference: &[i16; HALF] = difference.try_into().expect("windows have this length");
            let sum: &[i16; HALF] = sum.try_into().expect("windows have this length");
            pair[0] = saturate(dot(difference, &ODD) >> 11);
            pair[1] = saturate(dot(sum, &EVEN) >> 11);
        }
        self.difference.copy_from_slice(&difference[low.len()..][..HALF - 1]);
        self.sum.copy_from_slice(&sum[low.len()..][..HALF - 1]);
    }
}

#[inline(always)]
fn dot<const N: usize>(window: &[i16; N], taps: &[i16; N]) -> i32 {
    // The taps' magnitudes sum to 12,964: 16-bit input cannot overflow 32 bits.
    window.iter().zip(taps).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum()
}

#[inline(always)]
fn clip(value: i32) -> i16 {
    value.clamp(-16384, 16383) as i16
}

#[inline(always)]
fn saturate(value: i32) -> i16 {
    value.clamp(-32768, 32767) as i16
}

const TAPS: usize = 24;
const HALF: usize = TAPS / 2;
const LOW: [i16; TAPS] = QMF;
const HIGH: [i16; TAPS] = {
    let mut taps = QMF;
    let mut n = 0;
    while n < TAPS {
        taps[n] = -taps[n];
        n += 2;
    }
    taps
};
const EVEN: [i16; HALF] = phase(0);
const ODD: [i16; HALF] = phase(1);

const fn phase(first: usize) -> [i16; HALF] {
    let mut taps = [0; HALF];
    let mut n = 0;
    while n < HALF {
        taps[n] = QMF[2 * n + first];
        n += 1;
    }
    taps
}
