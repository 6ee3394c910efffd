//! Comfort noise: RFC 3389 payloads, the encoder side that describes a background and the generator that plays it.
//!
//! G.711 Appendix II and RFC 3389 share this payload: a level in -dBov and the reflection coefficients of an
//! all-pole model. The spectrum is optional; a bare level means white noise.

/// A comfort noise payload, at most [`MAX_ORDER`] coefficients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SilenceDescriptor {
    /// 0 to 127, negated dBov: 127 is silence.
    pub level: u8,
    /// Reflection coefficients, -1 to 1.
    reflection: [f32; MAX_ORDER],
    order: u8,
}

/// Reflection coefficients kept of a payload; RFC 3389 3 allows any number and lets the receiver ignore the rest.
pub const MAX_ORDER: usize = 10;

impl SilenceDescriptor {
    /// White noise of a level in -dBov.
    #[must_use]
    pub const fn white(level: u8) -> Self {
        Self { level: if level > 127 { 127 } else { level }, reflection: [0.0; MAX_ORDER], order: 0 }
    }

    /// Reads a payload; `None` when it is empty.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let (&level, coefficients) = payload.split_first()?;
        // RFC 3389 3.1: the most significant bit is reserved and must be ignored.
        let mut descriptor = Self::white(level & 0x7F);
        for (value, &code) in descriptor.reflection.iter_mut().zip(coefficients) {
            // RFC 3389 3.2: 127 stands for 0, 255 is reserved.
            *value = (f32::from(code.min(254)) - 127.0) * 258.0 / 32768.0;
            descriptor.order += 1;
        }
        Some(descriptor)
    }

    /// Writes the payload and returns its length; 0 when `out` is empty. Coefficients that do not fit are left out.
    pub fn write(&self, out: &mut [u8]) -> usize {
        let Some((level, coefficients)) = out.split_first_mut() else { return 0 };
        *level = self.level;
        let values = &self.reflection[..usize::from(self.order)];
        for (code, value) in coefficients.iter_mut().zip(values) {
            *code = (value * 32768.0 / 258.0 + 127.0).round().clamp(0.0, 254.0) as u8;
        }
        1 + values.len().min(coefficients.len())
    }

    /// The reflection coefficients.
    #[must_use]
    pub fn reflection(&self) -> &[f32] {
        &self.reflection[..usize::from(self.order)]
    }
}

/// Describes the background of a signal, averaged over about a tenth of a second.
#[derive(Clone, Debug)]
pub struct Analyzer {
    autocorrelation: [f32; MAX_ORDER + 1],
}

impl Analyzer {
    /// Knows nothing yet: silence.
    #[must_use]
    pub const fn new() -> Self {
        Self { autocorrelation: [0.0; MAX_ORDER + 1] }
    }

    /// Takes a block of background, of any length.
    pub fn process(&mut self, pcm: &[i16]) {
        for block in pcm.chunks(80) {
            for (lag, value) in self.autocorrelation.iter_mut().enumerate() {
                let delayed = block.get(lag..).unwrap_or_default();
                let sum: f32 = delayed.iter().zip(block).map(|(&a, &b)| f32::from(a) * f32::from(b)).sum();
                *value += 0.1 * (sum / block.len() as f32 - *value);
            }
        }
    }

    /// The background as a payload.
    #[must_use]
    pub fn describe(&self) -> SilenceDescriptor {
        let power = self.autocorrelation[0];
        if power < 0.1 {
            return SilenceDescriptor::white(127);
        }
        let dbov = 10.0 * (power / (32768.0 * 32768.0)).log10();
        let level = (-dbov).round().clamp(0.0, 127.0) as u8;
        SilenceDescriptor { level, reflection: self.reflection(), order: MAX_ORDER as u8 }
    }

    /// Levinson-Durbin, with a white noise floor of 40 dB so that the model stays stable.
    fn reflection(&self) -> [f32; MAX_ORDER] {
        let r = &self.autocorrelation;
        let mut reflection = [0.0; MAX_ORDER];
        let mut predictor = [0.0f32; MAX_ORDER];
        let mut error = r[0] * 1.0001;
        for order in 0..MAX_ORDER {
            let known: f32 = (0..order).map(|n| predictor[n] * r[order - n]).sum();
            let k = ((r[order + 1] - known) / error).clamp(-0.99, 0.99);
            let old = predictor;
            for n in 0..order {
                predictor[n] = old[n] - k * old[order - 1 - n];
            }
            predictor[order] = k;
            error *= 1.0 - k * k;
            // RFC 3389 uses the sign of the lattice filter, the predictor's negated.
            reflection[order] = -k;
        }
        reflection
    }
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new()
    }
}

/// Plays comfort noise.
#[derive(Clone, Debug)]
pub struct Generator {
    descriptor: SilenceDescriptor,
    /// Amplitude of the excitation, gliding towards its target.
    gain: f32,
    target: f32,
    lattice: [f32; MAX_ORDER],
    seed: u32,
}

impl Generator {
    /// A generator of silence; the seed only decides which noise it is.
    #[must_use]
    pub const fn new(seed: u32) -> Self {
        Self {
            descriptor: SilenceDescriptor::white(127),
            gain: 0.0,
            target: 0.0,
            lattice: [0.0; MAX_ORDER],
            seed,
        }
    }

    /// Takes a new description; the level glides there within a few milliseconds.
    pub fn update(&mut self, descriptor: &SilenceDescriptor) {
        self.descriptor = *descriptor;
        for value in &mut self.descriptor.reflection {
            // RFC 3389 3.2 can express magnitudes up to 1: such a filter would ring for ever.
            *value = value.clamp(-0.99, 0.99);
        }
        let loss: f32 = self.descriptor.reflection().iter().map(|k| 1.0 - k * k).product();
        let rms = if descriptor.level >= 127 { 0.0 } else { 10f32.powf(f32::from(descriptor.level) / -20.0) };
        // Uniform noise in -1 to 1 has an RMS of the square root of a third.
        self.target = rms * 32768.0 * loss.sqrt() * 3f32.sqrt();
    }

    /// Fills the block.
    pub fn fill(&mut self, pcm: &mut [i16]) {
        let order = usize::from(self.descriptor.order);
        for sample in pcm {
            self.gain += (self.target - self.gain) * 0.02;
            if self.target == 0.0 && self.gain < INAUDIBLE {
                self.rest();
            }
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (self.seed >> 8) as f32 / (1 << 23) as f32 - 1.0;
            let mut forward = self.gain * white;
            for n in (0..order).rev() {
                let k = self.descriptor.reflection[n];
                let backward = self.lattice[n];
                forward -= k * backward;
                if n + 1 < order {
                    self.lattice[n + 1] = backward + k * forward;
                }
            }
            self.lattice[0] = forward;
            *sample = forward.clamp(-32768.0, 32767.0) as i16;
        }
    }

    /// Nothing drives the filter any more. What fades for ever ends in denormal numbers, on which each operation
    /// takes a hundred times as long: what nobody hears is zero.
    fn rest(&mut self) {
        self.gain = 0.0;
        for value in &mut self.lattice {
            if value.abs() < INAUDIBLE {
                *value = 0.0;
            }
        }
    }
}

/// Far below half a step of 16-bit PCM, whatever the filter makes of it, and far above a denormal number.
const INAUDIBLE: f32 = 1e-20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_comes_to_rest() {
        let mut generator = Generator::new(1);
        let mut ringing = [180; 1 + MAX_ORDER];
        ringing[0] = 10;
        generator.update(&SilenceDescriptor::parse(&ringing).expect("long enough"));
        let mut pcm = [0; 8000];
        generator.fill(&mut pcm);
        assert!(generator.gain > 0.0);
        ringing[0] = 127;
        generator.update(&SilenceDescriptor::parse(&ringing).expect("long enough"));
        (0..10).for_each(|_| generator.fill(&mut pcm));
        assert_eq!((generator.gain, generator.lattice), (0.0, [0.0; MAX_ORDER]));
    }
}
