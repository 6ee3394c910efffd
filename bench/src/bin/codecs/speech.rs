//! What is coded: real speech when the conformance data is at hand, else a synthetic voice.

use std::path::{Path, PathBuf};

/// 8 kHz.
pub(crate) fn narrowband(samples: usize) -> Vec<i16> {
    recording("speech-8k-osr/OSR_us_000_0010_8k.wav")
        .map_or_else(|| voice(samples, 8000.0), |pcm| loops(&pcm, samples))
}

/// 16 kHz.
pub(crate) fn wideband(samples: usize) -> Vec<i16> {
    recording("speech-16k-pocketsphinx/sense_and_sensibility_01_austen_64kb-0870.wav")
        .map_or_else(|| voice(samples, 16_000.0), |pcm| loops(&pcm, samples))
}

fn recording(name: &str) -> Option<Vec<i16>> {
    let roots = std::env::var("DECTGATE_SHARED")
        .map(PathBuf::from)
        .into_iter()
        .chain(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared")));
    let file = roots.filter_map(|root| std::fs::read(root.join("vectors").join(name)).ok()).next()?;
    let data = file.windows(4).position(|tag| tag == b"data")? + 8;
    Some(file[data..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

fn loops(pcm: &[i16], samples: usize) -> Vec<i16> {
    pcm.iter().copied().cycle().take(samples).collect()
}

/// A pulse train of moving pitch through two resonances, with pauses of faint noise.
fn voice(samples: usize, rate: f64) -> Vec<i16> {
    let (mut phase, mut seed) = (0.0, 1u32);
    let mut resonators = [[0.0f64; 2]; 2];
    let mut next = |n: usize| {
        let time = n as f64 / rate;
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(seed >> 16) / 32_768.0 - 1.0;
        phase += (110.0 + 40.0 * (3.0 * time).sin()) / rate;
        let pulse = if phase >= 1.0 { 4000.0 } else { 0.0 };
        phase %= 1.0;
        let loud = if time % 1.6 < 1.0 { 1.0 } else { 0.0 };
        let mut signal = loud * (pulse + 60.0 * noise) + 4.0 * noise;
        for (memory, hz) in resonators.iter_mut().zip([600.0 + 200.0 * (2.0 * time).sin(), 1700.0]) {
            let turn = std::f64::consts::TAU * hz / rate;
            let output = signal + 1.9 * turn.cos() * memory[0] - 0.9025 * memory[1];
            *memory = [output, memory[0]];
            signal = output;
        }
        (signal * 0.3).clamp(-32_000.0, 32_000.0) as i16
    };
    (0..samples).map(&mut next).collect()
}
