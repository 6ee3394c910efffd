//! Voice activity: whether a block is speech or the noise behind it.
//!
//! Compares the level of a block with a noise floor that falls fast and rises slowly, and holds the decision over
//! the pauses within words. This is the gateway's own decision (comfort noise, statistics); codecs with a VAD in
//! their Recommendation use that one.

use crate::level;

/// Adaptive energy detector for blocks of 10 to 60 ms.
#[derive(Clone, Debug)]
pub struct Vad {
    /// Noise floor, dBm0.
    floor: f32,
    /// Milliseconds for which speech is still assumed.
    hangover_ms: u32,
}

impl Vad {
    /// A detector that assumes a quiet line.
    #[must_use]
    pub const fn new() -> Self {
        Self { floor: -55.0, hangover_ms: 0 }
    }

    /// Whether this block is speech.
    pub fn is_speech(&mut self, pcm: &[i16], sample_rate_hz: u32) -> bool {
        let block_ms = (pcm.len() as u64 * 1000).checked_div(sample_rate_hz.into()).unwrap_or(0);
        let block_ms = u32::try_from(block_ms).unwrap_or(u32::MAX);
        let level = level::dbm0(pcm);
        let loud = level > self.floor + MARGIN_DB && level > QUIETEST_SPEECH_DBM0;
        self.track(level, loud, block_ms as f32);
        if loud {
            self.hangover_ms = HANGOVER_MS;
        } else {
            self.hangover_ms = self.hangover_ms.saturating_sub(block_ms);
        }
        loud || self.hangover_ms > 0
    }

    /// The noise floor, dBm0.
    #[must_use]
    pub const fn noise_floor_dbm0(&self) -> f32 {
        self.floor
    }

    fn track(&mut self, level: f32, loud: bool, block_ms: f32) {
        let rise_db_per_s = if loud { 1.5 } else { 10.0 };
        if level < self.floor {
            // Half the way down at once: a floor that is too high cuts speech.
            self.floor += (level - self.floor) * 0.5;
        } else {
            self.floor = level.min(self.floor + rise_db_per_s * block_ms / 1000.0);
        }
        self.floor = self.floor.clamp(-80.0, -20.0);
    }
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}

/// Speech stands out of the floor by this much.
const MARGIN_DB: f32 = 8.0;
/// Nothing below is called speech.
const QUIETEST_SPEECH_DBM0: f32 = -58.0;
/// Pauses within words are shorter.
const HANGOVER_MS: u32 = 200;
