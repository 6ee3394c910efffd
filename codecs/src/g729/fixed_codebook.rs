//! Fixed codebook search (A.3.8): depth-first searches that keep two positions of one track instead of all
//! combinations. The correlations they run on are in [`super::correlation`].

use super::SUBFRAME;
use super::correlation::{Correlations, PER_TRACK, TRACKS, Track};
use super::pitch::{Subframe, backward_filter};
use super::pulses::{Pulses, sharpen};
use crate::simd::{I16x8, I32x4};

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
        positive: chosen.map(|(track, i)| c.negative[track][i] == 0),
    }
}

/// The two strongest positions of one track against all of the other.
fn search_pair(c: &Correlations, [a, b]: [usize; 2]) -> ([Pulse; 2], i16, i16) {
    let positions = strongest(&c.target[a]);
    let target = I16x8::new(&c.target[b]);
    let own = scaled::<14>(&c.energy[b]);
    let mut contest = Contest::<2>::new();
    for (row, &i) in positions.iter().enumerate() {
        let alone = I32x4::splat(i32::from(c.energy[a][i]) << 14);
        let cross = scaled::<14>(&c.cross[a][b][i]).map(I32x4::shift_left::<1>);
        let energy = [0, 1].map(|half| alone.add(own[half]).add(cross[half]));
        contest.enter(row, target.add_saturating(I16x8::splat(c.target[a][i])), energy);
    }
    let (row, j, found) = contest.winner();
    let i = positions[row];
    ([(a, i), (b, j)], c.target[a][i].saturating_add(c.target[b][j]), found.energy)
}

/// A track in 32 bits, shifted left by up to 14.
#[inline(always)]
fn scaled<const N: u32>(track: &Track) -> [I32x4; 2] {
    I16x8::new(track).products(I16x8::splat(1 << N))
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
    // Sixteenths of the energies and eighths of the cross terms, rounded in the Recommendation's order. The sums
    // stay below 2^31: their weights add up to 1 as those of 32767 do.
    let own = scaled::<13>(&c.energy[b]);
    let (to_b, also_to_b) = (scaled::<14>(&c.cross[p][b][x]), scaled::<14>(&c.cross[q][b][y]));
    let inner = rounded([0, 1].map(|half| own[half].add(to_b[half]).add(also_to_b[half])));
    let inner = inner.products(I16x8::splat(1 << 14)).map(I32x4::shift_left::<1>);
    let target = I16x8::new(&c.target[b]);
    let mut contest = Contest::<PER_TRACK>::new();
    for i in 0..PER_TRACK {
        let cross = i32::from(c.cross[p][a][x][i]) + i32::from(c.cross[q][a][y][i]);
        let outer = (i32::from(energy) << 14) + (i32::from(c.energy[a][i]) << 12) + (cross << 13);
        let outer = I32x4::splat(outer);
        let both = scaled::<13>(&c.cross[a][b][i]);
        let energy = [0, 1].map(|half| outer.add(inner[half]).add(both[half]));
        contest.enter(i, target.add_saturating(I16x8::splat(sum.saturating_add(c.target[a][i]))), energy);
    }
    let (i, j, found) = contest.winner();
    ([(a, i), (b, j)], found)
}

/// The high halves, rounded and saturated: one bit is kept for rounding, so no carry is lost.
#[inline(always)]
fn rounded(x: [I32x4; 2]) -> I16x8 {
    let one = I32x4::splat(1);
    let [low, high] = x.map(|x| x.shift_right::<15>().add(one).shift_right::<1>());
    low.narrow(high)
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

/// `ROWS` times eight candidates and the best of each column.
struct Contest<const ROWS: usize> {
    square: [Track; ROWS],
    energy: [Track; ROWS],
    best_square_negated: I16x8,
    best_energy: I16x8,
    best_row: I16x8,
    least_energy: I16x8,
}

impl<const ROWS: usize> Contest<ROWS> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            square: [[0; PER_TRACK]; ROWS],
            energy: [[0; PER_TRACK]; ROWS],
            best_square_negated: I16x8::splat(-Fraction::NONE.square),
            best_energy: I16x8::splat(Fraction::NONE.energy),
            best_row: I16x8::splat(0),
            least_energy: I16x8::splat(i16::MAX),
        }
    }

    /// Eight candidates: correlations, not negative, and energies with 16 fraction bits.
    #[inline(always)]
    fn enter(&mut self, row: usize, correlation: I16x8, energy: [I32x4; 2]) {
        let [low, high] = correlation.products(correlation);
        let square = low.shift_right::<15>().narrow(high.shift_right::<15>());
        let energy = rounded(energy);
        self.square[row] = square.array();
        self.energy[row] = energy.array();
        self.least_energy = self.least_energy.min(energy);

        // square * best_energy - energy * best_square > 0.
        let zero = I32x4::splat(0);
        let [ours, more_of_ours] = square.interleave(energy);
        let [theirs, more_of_theirs] = self.best_energy.interleave(self.best_square_negated);
        let better =
            ours.pair_sums(theirs).above(zero).narrow(more_of_ours.pair_sums(more_of_theirs).above(zero));
        let negated = I16x8::splat(0).sub_saturating(square);
        self.best_square_negated = better.select(negated, self.best_square_negated);
        self.best_energy = better.select(energy, self.best_energy);
        self.best_row = better.select(I16x8::splat(row as i16), self.best_row);
    }

    /// Row, column and value of the first of the largest fractions.
    fn winner(&self) -> (usize, usize, Fraction) {
        // With positive energies the order of the comparisons does not matter.
        if self.least_energy.array().iter().any(|&e| e <= 0) {
            return self.winner_in_order();
        }
        let (square, energy) = (self.best_square_negated.array(), self.best_energy.array());
        let row = self.best_row.array();
        let of = |j: usize| Fraction { square: -square[j], energy: energy[j] };
        let mut at = 0;
        for j in 1..PER_TRACK {
            let equal = !of(j).beaten_by(of(at));
            if of(at).beaten_by(of(j)) || (equal && row[j] < row[at]) {
                at = j;
            }
        }
        (row[at] as usize, at, of(at))
    }

    fn winner_in_order(&self) -> (usize, usize, Fraction) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_winner_by_columns_is_the_winner_in_order() {
        let mut seed = 3u32;
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        for round in 0..4000 {
            // Few different values, so that many candidates tie.
            let coarse = 1 << (round % 12);
            let mut contest = Contest::<PER_TRACK>::new();
            for row in 0..PER_TRACK {
                let correlation: Track = std::array::from_fn(|_| (next() % 0x8000 / coarse * coarse) as i16);
                let mut energy = || {
                    let e = (next() % 0x8000 / coarse * coarse) as i32 + i32::from(round % 5 != 0);
                    e.min(32_767) << 16
                };
                let energy = [(); 2].map(|()| I32x4::new(&std::array::from_fn(|_| energy())));
                contest.enter(row, I16x8::new(&correlation), energy);
            }
            assert_eq!(contest.winner(), contest.winner_in_order());
        }
    }
}
