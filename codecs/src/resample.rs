//! Resampling between 8, 16 and 48 kHz.
//!
//! The steps are one by two (half-band filter, 63 taps of which every second but the middle one is zero) and one by
//! three (third-band filter, 107 taps), both linear phase Kaiser designs (beta 6.5): flat to 0.85 of the lower band
//! edge, 66 dB down from 1.15 of it. Samples that exist at both rates pass unchanged, so 8 to 16 to 8 kHz keeps
//! the level exactly. Delay: 2 ms for a step of two at 8 kHz, 1.1 ms for a step of three at 16 kHz.

/// A converter between two of the three telephone rates. Keeps its filter memory between calls.
#[derive(Clone, Debug)]
pub struct Resampler(Steps);

#[derive(Clone, Debug)]
enum Steps {
    Same,
    Up2(Up2),
    Up3(Up3),
    Up6(Up2, Up3),
    Down2(Down2),
    Down3(Down3),
    Down6(Down3, Down2),
}

impl Resampler {
    /// A converter from one rate to another, Hz; `None` unless both are 8,000, 16,000 or 48,000.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Option<Self> {
        Some(Self(match (from_hz, to_hz) {
            (8_000, 8_000) | (16_000, 16_000) | (48_000, 48_000) => Steps::Same,
            (8_000, 16_000) => Steps::Up2(Up2::new()),
            (16_000, 48_000) => Steps::Up3(Up3::new()),
            (8_000, 48_000) => Steps::Up6(Up2::new(), Up3::new()),
            (16_000, 8_000) => Steps::Down2(Down2::new()),
            (48_000, 16_000) => Steps::Down3(Down3::new()),
            (48_000, 8_000) => Steps::Down6(Down3::new(), Down2::new()),
            _ => return None,
        }))
    }

    /// Converts whole groups (6 samples at 48 kHz, 2 at 16, 1 at 8), as many as both slices hold, and returns the
    /// samples written. A packet of whole milliseconds is always whole groups.
    pub fn process(&mut self, input: &[i16], output: &mut [i16]) -> usize {
        match &mut self.0 {
            Steps::Same => {
                let count = input.len().min(output.len());
                output[..count].copy_from_slice(&input[..count]);
                count
            }
            Steps::Up2(step) => up::<2>(input, output, |from, to| step.run(from, to)),
            Steps::Up3(step) => up::<3>(input, output, |from, to| step.run(from, to)),
            Steps::Up6(first, second) => up::<6>(input, output, |from, to| {
                let mut between = [0; 2 * BLOCK];
                let between = &mut between[..2 * from.len()];
                first.run(from, between);
                for (from, to) in between.chunks(BLOCK).zip(to.chunks_mut(3 * BLOCK)) {
                    second.run(from, to);
                }
            }),
            Steps::Down2(step) => down::<2>(input, output, |from, to| step.run(from, to)),
            Steps::Down3(step) => down::<3>(input, output, |from, to| step.run(from, to)),
            Steps::Down6(first, second) => down::<6>(input, output, |from, to| {
                let mut between = [0; 2 * BLOCK];
                let between = &mut between[..2 * to.len()];
                for (from, to) in from.chunks(3 * BLOCK).zip(between.chunks_mut(BLOCK)) {
                    first.run(from, to);
                }
                second.run(between, to);
            }),
        }
    }
}

/// Blocks of an upward conversion by `RATIO`.
fn up<const RATIO: usize>(
    input: &[i16],
    output: &mut [i16],
    mut block: impl FnMut(&[i16], &mut [i16]),
) -> usize {
    let count = input.len().min(output.len() / RATIO);
    let blocks = input[..count].chunks(BLOCK).zip(output[..count * RATIO].chunks_mut(BLOCK * RATIO));
    blocks.for_each(|(from, to)| block(from, to));
    count * RATIO
}

/// Blocks of a downward conversion by `RATIO`.
fn down<const RATIO: usize>(
    input: &[i16],
    output: &mut [i16],
    mut block: impl FnMut(&[i16], &mut [i16]),
) -> usize {
    let count = output.len().min(input.len() / RATIO);
    let blocks = input[..count * RATIO].chunks(BLOCK * RATIO).zip(output[..count].chunks_mut(BLOCK));
    blocks.for_each(|(from, to)| block(from, to));
    count
}

/// One to two.
#[derive(Clone, Debug)]
struct Up2 {
    past: [i16; HALF - 1],
}

/// Two to one: the samples that fall between the output's grid go through the filter.
#[derive(Clone, Debug)]
struct Down2 {
    on: [i16; HALF / 2 - 1],
    off: [i16; HALF - 1],
}

/// One to three.
#[derive(Clone, Debug)]
struct Up3 {
    past: [i16; THIRD - 1],
}

/// Three to one.
#[derive(Clone, Debug)]
struct Down3 {
    on: [i16; THIRD / 2 - 1],
    after: [i16; THIRD - 1],
    before: [i16; THIRD - 1],
}

impl Up2 {
    const fn new() -> Self {
        Self { past: [0; HALF - 1] }
    }

    fn run(&mut self, input: &[i16], output: &mut [i16]) {
        let line = Line::<{ HALF - 1 }>::new(&mut self.past, input.iter().copied());
        for (window, pair) in line.windows::<HALF>().zip(output.chunks_exact_mut(2)) {
            pair[0] = window[HALF / 2 - 1];
            pair[1] = rounded(dot(window, &HALF_BAND));
        }
    }
}

impl Down2 {
    const fn new() -> Self {
        Self { on: [0; HALF / 2 - 1], off: [0; HALF - 1] }
    }

    fn run(&mut self, input: &[i16], output: &mut [i16]) {
        let on = Line::<{ HALF / 2 - 1 }>::new(&mut self.on, input.iter().copied().step_by(2));
        let off = Line::<{ HALF - 1 }>::new(&mut self.off, input.iter().copied().skip(1).step_by(2));
        for ((on, off), out) in on.samples.iter().zip(off.windows::<HALF>()).zip(output) {
            let sum = (i32::from(*on) << 13) + (dot(off, &HALF_BAND) >> 1);
            *out = rounded(sum);
        }
    }
}

impl Up3 {
    const fn new() -> Self {
        Self { past: [0; THIRD - 1] }
    }

    fn run(&mut self, input: &[i16], output: &mut [i16]) {
        let line = Line::<{ THIRD - 1 }>::new(&mut self.past, input.iter().copied());
        for (window, three) in line.windows::<THIRD>().zip(output.chunks_exact_mut(3)) {
            three[0] = window[THIRD / 2 - 1];
            three[1] = rounded(dot(window, &THIRD_BAND));
            three[2] = rounded(dot(window, &THIRD_BAND_MIRRORED));
        }
    }
}

impl Down3 {
    const fn new() -> Self {
        Self { on: [0; THIRD / 2 - 1], after: [0; THIRD - 1], before: [0; THIRD - 1] }
    }

    fn run(&mut self, input: &[i16], output: &mut [i16]) {
        let phase = |first: usize| input.iter().copied().skip(first).step_by(3);
        let on = Line::<{ THIRD / 2 - 1 }>::new(&mut self.on, phase(0));
        let after = Line::<{ THIRD - 1 }>::new(&mut self.after, phase(1));
        let before = Line::<{ THIRD - 1 }>::new(&mut self.before, phase(2));
        let windows = after.windows::<THIRD>().zip(before.windows::<THIRD>());
        for ((on, (after, before)), out) in on.samples.iter().zip(windows).zip(output) {
            let sum = (i64::from(*on) << 14)
                + i64::from(dot(after, &THIRD_BAND_MIRRORED))
                + i64::from(dot(before, &THIRD_BAND));
            *out = rounded((sum / 3) as i32);
        }
    }
}

/// Past samples followed by a block of new ones, on the stack.
struct Line<const PAST: usize> {
    samples: [i16; LONGEST_PAST + BLOCK],
    length: usize,
}

impl<const PAST: usize> Line<PAST> {
    /// Joins the past with the new samples and leaves the newest of both as the next past.
    fn new(past: &mut [i16; PAST], new: impl Iterator<Item = i16>) -> Self {
        let mut samples = [0; LONGEST_PAST + BLOCK];
        samples[..PAST].copy_from_slice(past);
        let mut length = PAST;
        for (place, sample) in samples[PAST..].iter_mut().zip(new) {
            *place = sample;
            length += 1;
        }
        past.copy_from_slice(&samples[length - PAST..length]);
        Self { samples, length }
    }

    fn windows<const N: usize>(&self) -> impl Iterator<Item = &[i16; N]> {
        self.samples[..self.length]
            .windows(N)
            .map(|window| window.try_into().expect("windows have this length"))
    }
}

#[inline(always)]
fn dot<const N: usize>(window: &[i16; N], taps: &[i16; N]) -> i32 {
    // The magnitudes of either filter's taps sum to less than 2^16: 32 bits hold any input.
    window.iter().zip(taps).map(|(&sample, &tap)| i32::from(sample) * i32::from(tap)).sum()
}

#[inline(always)]
fn rounded(sum: i32) -> i16 {
    ((sum + (1 << 13)) >> 14).clamp(-32768, 32767) as i16
}

/// Samples of the lower rate taken at once: 10 ms at 8 kHz.
const BLOCK: usize = 80;
const HALF: usize = 32;
const THIRD: usize = 36;
const LONGEST_PAST: usize = THIRD - 1;

/// Value halfway between two samples, Q14.
const HALF_BAND: [i16; HALF] = [
    -3, 10, -21, 39, -66, 105, -159, 233, -331, 464, -644, 896, -1277, 1929, -3381, 10398, 10398, -3381,
    1929, -1277, 896, -644, 464, -331, 233, -159, 105, -66, 39, -21, 10, -3,
];

/// Value a third of the way from one sample to the next, Q14.
const THIRD_BAND: [i16; THIRD] = [
    -4, 8, -16, 28, -45, 69, -101, 143, -198, 268, -360, 480, -641, 869, -1217, 1837, -3330, 13537, 6746,
    -2639, 1582, -1082, 783, -582, 436, -327, 243, -178, 128, -89, 60, -39, 24, -13, 6, -2,
];

/// Value two thirds of the way.
const THIRD_BAND_MIRRORED: [i16; THIRD] = {
    let mut taps = THIRD_BAND;
    let mut n = 0;
    while n < THIRD {
        taps[n] = THIRD_BAND[THIRD - 1 - n];
        n += 1;
    }
    taps
};
