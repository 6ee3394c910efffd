//! The text format of Prometheus.

use std::fmt::Write;

/// Text under construction.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn family(&mut self, name: &str, help: &str, kind: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let mut line = name.to_owned();
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            line.push(if at == 0 { '{' } else { ',' });
            line.push_str(label);
            line.push_str("=\"");
            line.push_str(&text);
            line.push('"');
        }
        if !labels.is_empty() {
            line.push('}');
        }
        self.line(format_args!("{line} {value}"));
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Text::default();
        text.sample("a", &[("b", "x\"y\\z\n"), ("c", "")], 3);
        assert_eq!(text.finish(), "a{b=\"x\\\"y\\\\z\\n\",c=\"\"} 3\n");
    }
}
