//! Levels and gain.
//!
//! 0 dBm0 is the level whose A-law sine of 3.14 dBm0 touches the overload point, which is full scale of 16-bit PCM
//! here (G.711 clause 5, tables 5 and 6). dBov (RFC 3389) counts from a full-scale square wave.

/// Level of a block in dBm0; silence gives [`SILENCE_DBM0`].
#[must_use]
pub fn dbm0(pcm: &[i16]) -> f32 {
    mean_square_dbm0(mean_square(pcm))
}

/// Level of a block in dBov, as RFC 3389 and RFC 6464 count; never above 0, silence gives -127.
#[must_use]
pub fn dbov(pcm: &[i16]) -> f32 {
    let power = mean_square(pcm) / (32768.0 * 32768.0);
    if power <= 0.0 { -127.0 } else { (10.0 * power.log10()).clamp(-127.0, 0.0) }
}

/// RMS amplitude of a signal of so many dBm0.
#[must_use]
pub fn amplitude_rms(dbm0: f32) -> f32 {
    10f32.powf((dbm0 - OVERLOAD_DBM0) / 20.0) * 32768.0 * std::f32::consts::FRAC_1_SQRT_2
}

/// Level meter with exponential averaging.
#[derive(Clone, Debug)]
pub struct LevelMeter {
    /// Mean square, and the weight of one new sample.
    power: f32,
    weight: f32,
    peak: u16,
}

impl LevelMeter {
    /// A meter that reaches 63 % of a step of power after `time_constant_ms`.
    #[must_use]
    pub fn new(sample_rate_hz: u32, time_constant_ms: u32) -> Self {
        let samples = sample_rate_hz as f32 * time_constant_ms.max(1) as f32 / 1000.0;
        Self { power: 0.0, weight: 1.0 / samples, peak: 0 }
    }

    /// Takes a block.
    pub fn process(&mut self, pcm: &[i16]) {
        for &sample in pcm {
            let square = f32::from(sample) * f32::from(sample);
            self.power += self.weight * (square - self.power);
            self.peak = self.peak.max(sample.unsigned_abs());
        }
        // What fades for ever ends in denormal numbers, on which each operation takes a hundred times as long.
        if self.power < f32::MIN_POSITIVE * 1e6 {
            self.power = 0.0;
        }
    }

    /// The averaged level, dBm0.
    #[must_use]
    pub fn dbm0(&self) -> f32 {
        mean_square_dbm0(self.power)
    }

    /// The largest magnitude since the last call.
    pub fn take_peak(&mut self) -> u16 {
        std::mem::take(&mut self.peak)
    }
}

/// A fixed gain with saturation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Q12.
    factor: i32,
}

impl Gain {
    /// A gain in dB, limited to -60 to +18 dB.
    #[must_use]
    pub fn from_db(db: f32) -> Self {
        Self { factor: (10f32.powf(db.clamp(-60.0, 18.0) / 20.0) * 4096.0).round() as i32 }
    }

    /// Applies the gain in place.
    pub fn apply(self, pcm: &mut [i16]) {
        for sample in pcm {
            *sample = ((i32::from(*sample) * self.factor + 2048) >> 12).clamp(-32768, 32767) as i16;
        }
    }
}

/// What [`dbm0`] says of digital silence.
pub const SILENCE_DBM0: f32 = -96.0;

/// Level of a full-scale sine: the A-law overload level (G.711 clause 5).
#[allow(clippy::approx_constant, reason = "decibels, not half a turn")]
pub const OVERLOAD_DBM0: f32 = 3.14;

fn mean_square(pcm: &[i16]) -> f32 {
    let sum: i64 = pcm.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
    sum as f32 / pcm.len().max(1) as f32
}

fn mean_square_dbm0(power: f32) -> f32 {
    if power <= 0.0 {
        return SILENCE_DBM0;
    }
    // A full-scale sine has half the power of a full-scale square wave.
    (10.0 * (power / (32768.0 * 32768.0 / 2.0)).log10() + OVERLOAD_DBM0).max(SILENCE_DBM0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_of_silence_comes_to_rest() {
        let mut meter = LevelMeter::new(8000, 20);
        meter.process(&[12_000; 800]);
        (0..200).for_each(|_| meter.process(&[0; 160]));
        assert_eq!(meter.power, 0.0);
    }
}
