//! What a peer recorded: mono 16-bit PCM in a WAVE file.

use std::{fs, path::Path};

/// Level of a tone in the recording's last second but one half, dBm0; `None` when there is no such recording.
#[must_use]
pub fn tone_dbm0(path: &Path, hz: f32) -> Option<f32> {
    let octets = fs::read(path).ok()?;
    let rate = u32::from_le_bytes(octets.get(24..28)?.try_into().ok()?);
    let begin = octets.windows(4).position(|window| window == b"data")? + 8;
    let samples: Vec<i16> =
        octets[begin..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    // The end of a recording may hold the silence after the call.
    let half = usize::try_from(rate / 2).ok()?;
    let end = samples.len().checked_sub(half)?;
    Some(codecs::measure::tone_dbm0(&samples[end.checked_sub(half)?..end], rate, hz))
}

/// Writes a recording of a tone at 16 kHz, at the level of speech.
///
/// # Panics
/// When the file cannot be written.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "audio samples")]
pub fn write_tone(path: &Path, hz: f32, seconds: u32) {
    const RATE: u32 = 16_000;
    let length = RATE * seconds * 2;
    let mut octets = Vec::with_capacity(44 + length as usize);
    octets.extend_from_slice(b"RIFF");
    octets.extend_from_slice(&(36 + length).to_le_bytes());
    octets.extend_from_slice(b"WAVEfmt ");
    octets.extend_from_slice(&16_u32.to_le_bytes());
    octets.extend_from_slice(&[1, 0, 1, 0]);
    octets.extend_from_slice(&RATE.to_le_bytes());
    octets.extend_from_slice(&(RATE * 2).to_le_bytes());
    octets.extend_from_slice(&[2, 0, 16, 0]);
    octets.extend_from_slice(b"data");
    octets.extend_from_slice(&length.to_le_bytes());
    for sample in 0..RATE * seconds {
        // Whole periods of a second keep the phase exact.
        let phase = (sample % RATE) as f32 / RATE as f32 * hz % 1.0;
        let value = (phase * std::f32::consts::TAU).sin() * 7_230.0;
        octets.extend_from_slice(&(value as i16).to_le_bytes());
    }
    fs::write(path, octets).unwrap();
}
