//! The algebraic codevector (clause 3.8): four signed pulses, each on its own track of every fifth position
//! (the fourth on track 3 or 4), its coding, and pitch sharpening.

use super::SUBFRAME;
use super::basic_op::{mult, shl};
use super::pitch::Subframe;

/// Positions of the four pulses and whether each is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pulses {
    pub(crate) positions: [usize; 4],
    pub(crate) positive: [bool; 4],
}

impl Pulses {
    /// C: 13 bits.
    pub(crate) fn position_code(&self) -> u16 {
        let [p0, p1, p2, p3] = self.positions.map(|p| (p / 5) as u16);
        let track = (self.positions[3] % 5 - 3) as u16;
        p0 | p1 << 3 | p2 << 6 | (2 * p3 + track) << 9
    }

    /// S: 4 bits.
    pub(crate) fn sign_code(&self) -> u16 {
        self.positive.iter().enumerate().map(|(k, &s)| u16::from(s) << k).sum()
    }

    pub(crate) fn decode(positions: u16, signs: u16) -> Self {
        let c = usize::from(positions);
        Self {
            positions: [
                5 * (c & 7),
                5 * (c >> 3 & 7) + 1,
                5 * (c >> 6 & 7) + 2,
                5 * (c >> 10 & 7) + 3 + (c >> 9 & 1),
            ],
            positive: std::array::from_fn(|k| signs >> k & 1 == 1),
        }
    }

    /// The codevector, Q13; a positive pulse is one short of 1.
    pub(crate) fn codevector(&self) -> Subframe {
        let mut code = [0; SUBFRAME];
        for (&p, &positive) in self.positions.iter().zip(&self.positive) {
            code[p] = if positive { 8191 } else { -8192 };
        }
        code
    }
}

/// Adds the signal of one lag before, scaled by the sharpening gain (Q14), when the lag is shorter than the
/// subframe.
pub(crate) fn sharpen(x: &mut Subframe, lag: usize, gain: i16) {
    let gain = shl(gain, 1);
    for i in lag..SUBFRAME {
        x[i] = x[i].saturating_add(mult(x[i - lag], gain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_a_codevector_of_its_own() {
        for code in 0..1 << 13 {
            let pulses = Pulses::decode(code, code & 15);
            assert_eq!(pulses.position_code(), code);
            assert_eq!(pulses.sign_code(), code & 15);
            assert_eq!(pulses.codevector().iter().filter(|&&c| c != 0).count(), 4);
        }
    }
}
