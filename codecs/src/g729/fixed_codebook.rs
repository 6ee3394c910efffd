//! Fixed codebook search (A.3.8): correlations of the impulse response, then depth-first searches that keep two
//! positions of one track instead of all combinations.

use super::SUBFRAME;
use super::basic_op::{high, l_mac, l_mult, mult, norm_l, round, shl};
use super::pitch::{Subframe, backward_filter};
use super::pulses::{Pulses, sharpen};

/// Positions per track.
const PER_TRACK: usize = 8;
const TRACKS: usize = 5;

/// Signed correlations between the positions of two tracks.
type Cross = [[i16; PER_TRACK]; PER_TRACK];

/// The chosen pulses, the sharpened codevector (Q13) and the codevector through the sharpened response (Q12).
pub(crate) struct Choice {
    pub(crate) pulses: Pulses,
    pub(crate) code: Subframe,
    pub(crate) filtered: Subframe,
}

/// Searches for the codevector closest to the target; `sharpening` in Q14.
pub(crate) fn search(target: &Subframe, h: &Subframe, lag: usize, sharpening: i16) -> Choice {
    let mut h = *h;
    sharpen(&mut h, lag, sharpening);
    let correlations = Correlations::new(&h, &backward_filter(&h, target));
    let pulses = correlations.search();

    let mut code = pulses.codevector();
    let mut filtered = [0i16; SUBFRAME];
    for (&p, &positive) in pulses.positions.iter().zip(&pulses.positive) {
        for (y, &h) in filtered[p..].iter_mut().zip(&h) {
            *y = if positive { y.saturating_add(h) } else { y.saturating_sub(h) };
        }
    }
    sharpen(&mut code, lag, sharpening);
    Choice { pulses, code, filtered }
}

struct Correlations {
    /// Magnitude of the correlation with the target, by track and position.
    target: [[i16; PER_TRACK]; TRACKS],
    positive: [[bool; PER_TRACK]; TRACKS],
    /// Energy of the response at each position.
    energy: [[i16; PER_TRACK]; TRACKS],
    /// Cross-correlations of two tracks, signs included. `cross[a][b][i][j]`: a is the one searched outside.
    cross: [[Cross; TRACKS]; TRACKS],
}

/// A pulse: track and index on the track.
type Pulse = (usize, usize);

/// Best combination so far: squared correlation over energy, compared by cross-multiplication.
#[derive(Clone, Copy)]
struct Best {
    square: i16,
    energy: i16,
}

impl Best {
    const NONE: Self = Self { square: -1, energy: 1 };

    fn beaten_by(&self, square: i16, energy: i16) -> bool {
        i32::from(self.energy) * i32::from(square) > i32::from(self.square) * i32::from(energy)
    }
}

const HALF: i16 = 16384;
const QUARTER: i16 = 8192;
const EIGHTH: i16 = 4096;
const SIXTEENTH: i16 = 2048;

impl Correlations {
    fn new(h: &Subframe, target: &Subframe) -> Self {
        let mut out = Self {
            target: [[0; PER_TRACK]; TRACKS],
            positive: [[true; PER_TRACK]; TRACKS],
            energy: [[0; PER_TRACK]; TRACKS],
            cross: [[[[0; PER_TRACK]; PER_TRACK]; TRACKS]; TRACKS],
        };
        for (n, &c) in target.iter().enumerate() {
            out.target[n % TRACKS][n / TRACKS] = c.saturating_abs();
            out.positive[n % TRACKS][n / TRACKS] = c >= 0;
        }
        let h = scaled(h);
        for distance in 0..SUBFRAME {
            if distance > 0 && distance % TRACKS == 0 {
                continue;
            }
            let mut sum = 0;
            for k in 0..SUBFRAME - distance {
                sum = l_mac(sum, h[k], h[k + distance]);
                let later = SUBFRAME - 1 - k;
                out.put(later - distance, later, high(sum));
            }
        }
        out
    }

    fn put(&mut self, earlier: usize, later: usize, c: i16) {
        let ((a, i), (b, j)) = ((earlier % TRACKS, earlier / TRACKS), (later % TRACKS, later / TRACKS));
        if earlier == later {
            self.energy[a][i] = c;
            return;
        }
        // The signs are +32767 and -32768 in Q15: equal signs truncate a positive value.
        let signed =
            if self.positive[a][i] == self.positive[b][j] { mult(c, 32767) } else { mult(c, -32768) };
        self.cross[a][b][i][j] = signed;
        self.cross[b][a][j][i] = signed;
    }

    fn search(&self) -> Pulses {
        let mut best = Best::NONE;
        let mut chosen = [(0, 0), (1, 0), (2, 0), (3, 0)];
        for last in 3..5 {
            for (pair, rest) in [([2, last], [0, 1]), ([last, 0], [1, 2])] {
                let (first, square_sum, energy) = self.search_pair(pair);
                let (second, found) = self.search_rest(first, square_sum, energy, rest);
                if best.beaten_by(found.square, found.energy) {
                    best = found;
                    for pulse in first.into_iter().chain(second) {
                        chosen[pulse.0.min(3)] = pulse;
                    }
                }
            }
        }
        Pulses {
            positions: chosen.map(|(track, i)| TRACKS * i + track),
            positive: chosen.map(|(track, i)| self.positive[track][i]),
        }
    }

    /// The two strongest positions of one track against all of the other.
    fn search_pair(&self, [a, b]: [usize; 2]) -> ([Pulse; 2], i16, i16) {
        let mut best = Best::NONE;
        let (mut pulses, mut sum) = ([(a, 0), (b, 0)], 0);
        for i in self.strongest(a) {
            let alone = l_mult(self.energy[a][i], QUARTER);
            for j in 0..PER_TRACK {
                let s = self.target[a][i].saturating_add(self.target[b][j]);
                let e = l_mac(l_mac(alone, self.energy[b][j], QUARTER), self.cross[a][b][i][j], HALF);
                let (square, energy) = (mult(s, s), round(e));
                if best.beaten_by(square, energy) {
                    best = Best { square, energy };
                    (pulses, sum) = ([(a, i), (b, j)], s);
                }
            }
        }
        (pulses, sum, best.energy)
    }

    fn strongest(&self, track: usize) -> [usize; 2] {
        let c = &self.target[track];
        let pick = |skip: Option<usize>| {
            let (mut at, mut most) = (0, -1);
            for (i, &c) in c.iter().enumerate() {
                if c > most && skip != Some(i) {
                    (at, most) = (i, c);
                }
            }
            at
        };
        let first = pick(None);
        [first, pick(Some(first))]
    }

    /// The other two pulses, all 64 combinations.
    fn search_rest(
        &self,
        fixed: [Pulse; 2],
        sum: i16,
        energy: i16,
        [a, b]: [usize; 2],
    ) -> ([Pulse; 2], Best) {
        let [(p, x), (q, y)] = fixed;
        let base = l_mult(energy, QUARTER);
        let inner: [i16; PER_TRACK] = std::array::from_fn(|j| {
            let own = l_mult(self.energy[b][j], EIGHTH);
            round(l_mac(l_mac(own, self.cross[p][b][x][j], QUARTER), self.cross[q][b][y][j], QUARTER))
        });
        let mut best = Best::NONE;
        let mut pulses = [(a, 0), (b, 0)];
        for i in 0..PER_TRACK {
            let s1 = sum.saturating_add(self.target[a][i]);
            let e1 = l_mac(base, self.energy[a][i], SIXTEENTH);
            let e1 = l_mac(l_mac(e1, self.cross[p][a][x][i], EIGHTH), self.cross[q][a][y][i], EIGHTH);
            for j in 0..PER_TRACK {
                let s = s1.saturating_add(self.target[b][j]);
                let e = l_mac(l_mac(e1, inner[j], HALF), self.cross[a][b][i][j], EIGHTH);
                let (square, energy) = (mult(s, s), round(e));
                if best.beaten_by(square, energy) {
                    best = Best { square, energy };
                    pulses = [(a, i), (b, j)];
                }
            }
        }
        (pulses, best)
    }
}

/// The response scaled so that its correlations fill 32 bits.
fn scaled(h: &Subframe) -> Subframe {
    let energy = h.iter().fold(0, |s, &h| l_mac(s, h, h));
    if high(energy) > 32000 {
        return h.map(|h| h >> 1);
    }
    let shift = norm_l(energy) >> 1;
    h.map(|h| shl(h, shift))
}
