//! `[calls]`: limits and habits of calls.

use std::time::Duration;

use super::reader::Section;

/// Calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsConfig {
    /// Calls at once; above it 503.
    pub max_calls: usize,
    /// A call that rings longer is ended.
    pub ring_timeout: Duration,
    /// 183 to the PBX at once.
    pub early_progress: bool,
    /// Offer each side all its codecs and transcode where they differ.
    pub transcode: bool,
}

impl Default for CallsConfig {
    fn default() -> Self {
        Self {
            // Ends overload with a clear answer before ports or memory end it without.
            max_calls: 4000,
            // RFC 3261 16.6 item 11: timer C is above three minutes; a PBX forwards earlier.
            ring_timeout: Duration::from_secs(180),
            // INTEROP-06.
            early_progress: false,
            // Without it a wideband handset and a G.729 trunk could not talk.
            transcode: true,
        }
    }
}

impl CallsConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.number("max_calls", &mut self.max_calls, 1..=100_000);
        section.seconds("ring_timeout_s", &mut self.ring_timeout, 10..=3600);
        section.flag("early_progress", &mut self.early_progress);
        section.flag("transcode", &mut self.transcode);
    }
}
