//! Fixed codebook search (A.3.8): depth-first searches that keep two positions of one track instead of all
//! combinations. The correlations they run on are in [`super::correlation`].

use super::SUBFRAME;
use super::correlation::{Correlations, PER_TRACK, TRACKS, Track};
use super::pitch::{Subframe, backward_filter};
use super::pulses::{Pulses, sharpen};

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
    let pulses = choose(&Correlations::new(&h, &backward_filter(&h, target)));

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

/// A pulse: track and index on the track.
type Pulse = (usize, usize);

/// The pulses that maximise squared correlation over energy.
fn choose(c: &Correlations) -> Pulses {
    let mut best = Fraction::NONE;
    let mut chosen = [(0, 0), (1, 0), (2, 0), (3, 0)];
    for last in 3..TRACKS {
        for (pair, rest) in [([2, last], [0, 1]), ([last, 0], [1, 2])] {
            let (first, sum, energy) = search_pair(c, pair);
            let (second, found) = search_rest(c, first, sum, energy, rest);
            if best.beaten_by(found) {
                best = found;
                for pulse in first.into_iter().chain(second) {
                    chosen[pulse.0.min(3)] = pulse;
                }
            }
        }
    }
    Pulses {
        positions: chosen.map(|(track, i)| TRACKS * i + track),
        positive: chosen.map(|(track, i)| c.positive[track][i]),
    }
}

/// The two strongest positions of one track against all of the other.
fn search_pair(c: &Correlations, [a, b]: [usize; 2]) -> ([Pulse; 2], i16, i16) {
    let positions = strongest(&c.target[a]);
    let mut tried = Candidates::<2>::new();
    for (row, &i) in positions.iter().enumerate() {
        let cross = &c.cross[a][b][i];
        let alone = i32::from(c.energy[a][i]) << 14;
        let energy =
            std::array::from_fn(|j| alone + (i32::from(c.energy[b][j]) << 14) + (i32::from(cross[j]) << 15));
        tried.set_row(row, c.target[a][i], &c.target[b], &energy);
    }
    let (row, j, found) = tried.best();
    let i = positions[row];
    ([(a, i), (b, j)], c.target[a][i].saturating_add(c.target[b][j]), found.energy)
}

fn strongest(track: &Track) -> [usize; 2] {
    let pick = |skip: usize| {
        let (mut at, mut most) = (0, -1);
        for (i, &c) in track.iter().enumerate() {
            if c > most && i != skip {
                (at, most) = (i, c);
            }
        }
        at
    };
    let first = pick(PER_TRACK);
    [first, pick(first)]
}

/// The other two pulses, all 64 combinations.
fn search_rest(
    c: &Correlations,
    fixed: [Pulse; 2],
    sum: i16,
    energy: i16,
    [a, b]: [usize; 2],
) -> ([Pulse; 2], Fraction) {
    let [(p, x), (q, y)] = fixed;
    // Sixteenths of the energies and eighths of the cross terms, in the Recommendation's order of rounding.
    let (to_b, also_to_b) = (&c.cross[p][b][x], &c.cross[q][b][y]);
    let inner: [i32; PER_TRACK] = std::array::from_fn(|j| {
        let own = i32::from(c.energy[b][j]) << 13;
        let cross = i32::from(to_b[j]) + i32::from(also_to_b[j]);
        (own + (cross << 14) + 0x8000) >> 16 << 15
    });
    let mut tried = Candidates::<PER_TRACK>::new();
    for i in 0..PER_TRACK {
        let cross = i32::from(c.cross[p][a][x][i]) + i32::from(c.cross[q][a][y][i]);
        let outer = (i32::from(energy) << 14) + (i32::from(c.energy[a][i]) << 12) + (cross << 13);
        let both = &c.cross[a][b][i];
        let energy = std::array::from_fn(|j| outer + inner[j] + (i32::from(both[j]) << 13));
        tried.set_row(i, sum.saturating_add(c.target[a][i]), &c.target[b], &energy);
    }
    let (i, j, found) = tried.best();
    ([(a, i), (b, j)], found)
}

/// Squared correlation over energy, compared by cross-multiplication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    square: i16,
    energy: i16,
}

impl Fraction {
    const NONE: Self = Self { square: -1, energy: 1 };

    fn beaten_by(self, other: Self) -> bool {
        i32::from(self.energy) * i32::from(other.square) > i32::from(self.square) * i32::from(other.energy)
    }
}

/// `ROWS` times eight candidates.
struct Candidates<const ROWS: usize> {
    square: [Track; ROWS],
    energy: [Track; ROWS],
}

impl<const ROWS: usize> Candidates<ROWS> {
    fn new() -> Self {
        Self { square: [[0; PER_TRACK]; ROWS], energy: [[0; PER_TRACK]; ROWS] }
    }

    /// `base` plus each of `target` is a correlation; `energy` has 16 fraction bits.
    fn set_row(&mut self, row: usize, base: i16, target: &Track, energy: &[i32; PER_TRACK]) {
        for j in 0..PER_TRACK {
            let s = i32::from(base.saturating_add(target[j]));
            self.square[row][j] = ((s * s) >> 15) as i16;
            self.energy[row][j] = ((energy[j].saturating_add(0x8000)) >> 16) as i16;
        }
    }

    /// Row, column and value of the first of the largest fractions.
    fn best(&self) -> (usize, usize, Fraction) {
        if self.energy.iter().flatten().any(|&e| e <= 0) {
            return self.best_in_order();
        }
        // All energies are positive, so the order of the comparisons does not matter: by columns first.
        let (mut square, mut energy, mut row) = ([-1i16; PER_TRACK], [1i16; PER_TRACK], [0i16; PER_TRACK]);
        for i in 0..ROWS {
            for j in 0..PER_TRACK {
                let (s, e) = (self.square[i][j], self.energy[i][j]);
                let better = i32::from(energy[j]) * i32::from(s) > i32::from(square[j]) * i32::from(e);
                square[j] = if better { s } else { square[j] };
                energy[j] = if better { e } else { energy[j] };
                row[j] = if better { i as i16 } else { row[j] };
            }
        }
        let of = |j: usize| Fraction { square: square[j], energy: energy[j] };
        let mut at = 0;
        for j in 1..PER_TRACK {
            let equal = !of(at).beaten_by(of(j)) && !of(j).beaten_by(of(at));
            if of(at).beaten_by(of(j)) || (equal && row[j] < row[at]) {
                at = j;
            }
        }
        (row[at] as usize, at, of(at))
    }

    fn best_in_order(&self) -> (usize, usize, Fraction) {
        let (mut i, mut j, mut best) = (0, 0, Fraction::NONE);
        for row in 0..ROWS {
            for column in 0..PER_TRACK {
                let candidate =
                    Fraction { square: self.square[row][column], energy: self.energy[row][column] };
                if best.beaten_by(candidate) {
                    (i, j, best) = (row, column, candidate);
                }
            }
        }
        (i, j, best)
    }
}
