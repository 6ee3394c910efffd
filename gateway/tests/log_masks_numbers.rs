//! `mask_numbers`: telephone numbers in fields are masked, in text and in JSON, in events and in spans.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use dectgate::{
    config::{LogConfig, LogFormat},
    logging,
};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged(format: LogFormat, mask_numbers: bool) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let config = LogConfig { format, mask_numbers, filter: "info".into() };
    let subscriber = logging::subscriber(&config, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("call", caller = "+4930555123", call = 777_123);
        let _inside = span.enter();
        tracing::info!(
            peer = "sip:004930987654@pbx",
            number = 112_233,
            status = 486,
            port = 16_384,
            "call refused"
        );
        tracing::debug!(peer = "12345678", "not asked for");
    });
    let lines = lines.0.lock().unwrap();
    String::from_utf8(lines.clone()).unwrap()
}

#[test]
fn numbers_stand_in_the_log_unless_they_are_masked() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let open = logged(format, false);
        assert!(open.contains("004930987654") && open.contains("+4930555123"), "{open}");
        let closed = logged(format, true);
        for number in ["004930987654", "4930555123", "112233"] {
            assert!(!closed.contains(number), "{closed}");
        }
        for kept in ["call refused", "**********54", "********23", "486", "16384", "777123"] {
            assert!(closed.contains(kept), "{kept} not in {closed}");
        }
        assert_eq!(closed.lines().count(), 1, "{closed}");
        if format == LogFormat::Json {
            let line: serde_json::Value = serde_json::from_str(&closed).unwrap();
            assert_eq!(line["fields"]["status"], 486);
        }
    }
}
