//! Log lines on standard error: text for people or JSON for machines, with telephone numbers masked if asked for.
//!
//! Secrets never come here: their types show nothing ([`control::directory::Secret`]). Telephone numbers stand in fields of
//! their own, never in the text of a message; which fields those are is the list below. `user`, `device` and `call` are
//! numbers of records and stay readable.

use std::{
    fmt,
    io::{self, Write},
};

use tracing::{Subscriber, field::Field};
use tracing_subscriber::{
    EnvFilter,
    field::MakeExt,
    fmt::{MakeWriter, format},
};

use crate::config::{LogConfig, LogFormat};

/// Makes the log of this process and writes its first line: what runs here.
///
/// # Errors
/// There is a log already.
pub fn init(config: &LogConfig) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(subscriber(config, io::stderr))?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        commit = option_env!("DECTGATE_COMMIT").unwrap_or("unknown"),
        profile = if cfg!(debug_assertions) { "debug" } else { "release" },
        target = concat!(env!("CARGO_PKG_NAME"), "-", env!("CARGO_PKG_RUST_VERSION")),
        pid = std::process::id(),
        "dectgate starts"
    );
    Ok(())
}

/// A log into `writer`.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // Checked when the configuration was read.
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    match (config.format, config.mask_numbers) {
        (LogFormat::Json, true) => Box::new(builder.json().with_writer(MaskedJson(writer)).finish()),
        (LogFormat::Json, false) => Box::new(builder.json().with_writer(writer).finish()),
        (LogFormat::Text, true) => {
            let fields = format::debug_fn(masked_field).delimited(" ");
            Box::new(builder.fmt_fields(fields).with_writer(writer).finish())
        }
        (LogFormat::Text, false) => Box::new(builder.with_writer(writer).finish()),
    }
}

/// Fields that hold telephone numbers or addresses made of them.
const NUMBERS: &[&str] = &[
    "aor",
    "callee",
    "caller",
    "contact",
    "detail",
    "dialled",
    "from",
    "name",
    "number",
    "peer",
    "remote_party",
    "to",
    "uri",
    "username",
];

fn masked_field(writer: &mut format::Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    match field.name() {
        "message" => write!(writer, "{value:?}"),
        name if NUMBERS.contains(&name) => write!(writer, "{name}={}", masked(&format!("{value:?}"))),
        name => write!(writer, "{name}={value:?}"),
    }
}

/// Runs of three digits and more become stars, but for the last two digits: enough to tell calls apart.
fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (run, after) = digits.split_at(end);
        shown.push_str(before);
        let hidden = if run.len() >= 3 { run.len() - 2 } else { 0 };
        shown.extend(std::iter::repeat_n('*', hidden));
        shown.push_str(&run[hidden..]);
        rest = after;
    }
    shown.push_str(rest);
    shown
}

/// Masks whole lines of JSON. The formatter writes each event by one call.
struct MaskedJson<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for MaskedJson<W> {
    type Writer = MaskedLine<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskedLine(self.0.make_writer())
    }
}

struct MaskedLine<W>(W);

impl<W: Write> Write for MaskedLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match serde_json::from_slice::<serde_json::Value>(line) {
            Ok(mut value) => {
                mask_value(&mut value);
                writeln!(self.0, "{value}")?;
            }
            // Not a whole line: better nothing than a number that should not be seen.
            Err(_) => writeln!(
                self.0,
                "{{\"level\":\"ERROR\",\"fields\":{{\"message\":\"a log line was lost\"}}}}"
            )?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn mask_value(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                if NUMBERS.contains(&name.as_str()) && !value.is_object() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    *value = masked(&text).into();
                } else {
                    mask_value(value);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(mask_value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_but_for_two_digits() {
        assert_eq!(masked("sip:+4930123456@192.0.2.1:5060"), "sip:+********56@*92.0.2.1:**60");
        assert_eq!(masked("112"), "*12");
        assert_eq!(masked("Anna 42"), "Anna 42");
        assert_eq!(masked(""), "");
    }
}
