//! The fourteen boundaries of the initial voice activity decision (B.3.5).

use super::basic_op::{l_mac, l_mult, l_shr};

/// Averages minus the frame.
pub(crate) struct Difference {
    pub(crate) energy: i16,
    pub(crate) low_band: i16,
    pub(crate) crossings: i16,
    /// Spectral distance, never negative.
    pub(crate) spectrum: i16,
}

/// Which difference a boundary looks at.
#[derive(Clone, Copy)]
enum Axis {
    Energy,
    LowBand,
    Crossings,
    Spectrum,
}

/// `x * kx + c0 * c1`, shifted right, plus `y`, compared with zero.
struct Boundary {
    x: (Axis, i16),
    constant: (i16, i16),
    shift: i32,
    /// None as a factor: `y` enters as it is, 16 bits up.
    y: Option<(Axis, Option<i16>)>,
    /// Voice above zero; else below.
    above: bool,
}

impl Difference {
    fn of(&self, axis: Axis) -> i16 {
        match axis {
            Axis::Energy => self.energy,
            Axis::LowBand => self.low_band,
            Axis::Crossings => self.crossings,
            Axis::Spectrum => self.spectrum,
        }
    }

    /// The initial decision: voice as soon as one of the boundaries is crossed.
    pub(crate) fn beyond_a_boundary(&self) -> bool {
        BOUNDARIES.iter().any(|b| {
            let line = l_mac(l_mult(self.of(b.x.0), b.x.1), b.constant.0, b.constant.1);
            let line = l_shr(line, b.shift);
            let value = match b.y {
                None => line,
                Some((axis, None)) => line.saturating_add(i32::from(self.of(axis)) << 16),
                Some((axis, Some(factor))) => l_mac(line, self.of(axis), factor),
            };
            if b.above { value > 0 } else { value < 0 }
        })
    }
}

const fn boundary(
    x: (Axis, i16),
    constant: (i16, i16),
    shift: i32,
    y: Option<(Axis, Option<i16>)>,
    above: bool,
) -> Boundary {
    Boundary { x, constant, shift, y, above }
}

/// In the order of the software, whose constants differ from Table B.1 in places.
const BOUNDARIES: [Boundary; 14] = {
    use Axis::{Crossings, Energy, LowBand, Spectrum};
    [
        boundary((Crossings, -14680), (8192, -28521), 8, Some((Spectrum, None)), true),
        boundary((Crossings, 19065), (8192, -19446), 7, Some((Spectrum, None)), true),
        boundary((Crossings, 20480), (8192, 16384), 2, Some((Energy, None)), false),
        boundary((Crossings, -16384), (8192, 19660), 2, Some((Energy, None)), false),
        boundary((Energy, 32767), (1024, 30802), 0, None, false),
        boundary((Spectrum, -28160), (64, 19988), 0, Some((Energy, Some(512))), false),
        boundary((Spectrum, 32767), (32, -30199), 0, None, true),
        boundary((Crossings, -20480), (8192, 22938), 2, Some((Energy, None)), false),
        boundary((Crossings, 23831), (4096, 31576), 2, Some((Energy, None)), false),
        boundary((Energy, 32767), (2048, 17367), 0, None, false),
        boundary((Spectrum, -22400), (32, 25395), 0, Some((LowBand, Some(256))), false),
        boundary((Energy, -30427), (256, -29959), 0, Some((LowBand, None)), true),
        boundary((Energy, -23406), (512, 28087), 0, Some((LowBand, None)), false),
        boundary((Energy, 24576), (1024, 29491), 0, Some((LowBand, Some(16384))), false),
    ]
};
