//! `[log]`.

use super::reader::Section;

/// Logging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Text for people or JSON for machines.
    pub format: LogFormat,
    /// What is logged, as a list of `target=level`.
    pub filter: String,
    /// Digits of telephone numbers are shown as `*`, but for the last two.
    pub mask_numbers: bool,
}

/// Form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One object per line.
    Json,
    /// One line of text.
    Text,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            // The journal reads best.
            format: LogFormat::Text,
            // What an operator must know, and no more than a few lines per call.
            filter: "info".into(),
            // An operator who looks for a call must find it; who may not see numbers turns it on.
            mask_numbers: false,
        }
    }
}

impl LogConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.word("format", &mut self.format, &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        section.text("filter", &mut self.filter);
        if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&self.filter) {
            section.fault("filter", error.to_string());
        }
        section.flag("mask_numbers", &mut self.mask_numbers);
    }
}
