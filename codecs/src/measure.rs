//! Measuring aids for tests and for the operator's line test: what is in a signal, how good, how late.

use std::f32::consts::TAU;

use crate::level;

/// Level of one frequency within a block, dBm0. The block's length sets the bandwidth (20 ms: 50 Hz).
#[must_use]
pub fn tone_dbm0(pcm: &[i16], sample_rate_hz: u32, hz: f32) -> f32 {
    let turn = f64::from(TAU * hz) / f64::from(sample_rate_hz);
    let (mut now, mut before) = (0.0f64, 0.0f64);
    for &sample in pcm {
        (now, before) = (f64::from(sample) + 2.0 * turn.cos() * now - before, now);
    }
    let power = now * now + before * before - 2.0 * turn.cos() * now * before;
    let amplitude = 2.0 * power.max(0.0).sqrt() / pcm.len().max(1) as f64;
    if amplitude < 0.01 {
        return level::SILENCE_DBM0;
    }
    (20.0 * (amplitude / 32768.0).log10()) as f32 + level::OVERLOAD_DBM0
}

/// Signal to noise ratio of `heard` against `reference`, dB, after the gain that fits best; 120 when identical.
#[must_use]
pub fn snr_db(reference: &[i16], heard: &[i16]) -> f32 {
    let pairs = || reference.iter().zip(heard).map(|(&a, &b)| (f64::from(a), f64::from(b)));
    let (energy, product) = pairs().fold((0.0, 0.0), |(e, p), (a, b)| (e + a * a, p + a * b));
    let gain = if energy > 0.0 { product / energy } else { 1.0 };
    let noise: f64 = pairs().map(|(a, b)| (b - gain * a).powi(2)).sum();
    let signal = gain * gain * energy;
    if noise <= signal * 1e-12 { 120.0 } else { (10.0 * (signal / noise).log10()) as f32 }
}

/// Samples by which `heard` lags `reference`, up to `longest`, by the largest normalised correlation.
#[must_use]
pub fn delay_samples(reference: &[i16], heard: &[i16], longest: usize) -> usize {
    let likeness = |delay: usize| {
        let late = heard.get(delay..).unwrap_or_default();
        let pairs = reference.iter().zip(late).map(|(&a, &b)| (f64::from(a), f64::from(b)));
        let (product, energy) = pairs.fold((0.0, 1.0), |(p, e), (a, b)| (p + a * b, e + b * b));
        product / f64::sqrt(energy)
    };
    let scored = (0..=longest).map(|delay| (delay, likeness(delay)));
    scored.fold((0, f64::MIN), |best, next| if next.1 > best.1 { next } else { best }).0
}

/// A marker for round trip measurements: a sweep from 400 to 3,000 Hz at -13 dBm0, whose echo
/// [`delay_samples`] finds to the sample.
pub fn marker(pcm: &mut [i16], sample_rate_hz: u32) {
    let peak = level::amplitude_rms(-13.0) * std::f32::consts::SQRT_2;
    let length = pcm.len().max(1) as f32;
    let mut phase = 0.0f32;
    for (n, sample) in pcm.iter_mut().enumerate() {
        let hz = 400.0 + 2600.0 * n as f32 / length;
        phase = (phase + hz / sample_rate_hz as f32).fract();
        *sample = (peak * (TAU * phase).sin()) as i16;
    }
}
