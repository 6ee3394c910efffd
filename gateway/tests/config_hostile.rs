//! Whatever a configuration file holds, reading it ends with a configuration or with faults.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dectgate::config::Sections;
use proptest::{collection::vec, prelude::*, sample::Index};

const EXAMPLE: &str = include_str!("../dectgate.example.toml");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_mutated_example(
        edits in vec((any::<Index>(), prop::sample::select(vec![
            "", "=", "\"", "[", "]", "[[", "\n", "9", "-1", "99999999999999999999", "true", "{}", "0x", "1e9", "\u{0}", "ä", "'''",
        ])), 1..12),
        swaps in vec((any::<Index>(), any::<Index>()), 0..4),
    ) {
        let mut lines: Vec<String> = EXAMPLE.lines().map(str::to_owned).collect();
        for (a, b) in swaps {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }
        for (at, text) in edits {
            let line = at.index(lines.len());
            let mut place = at.index(lines[line].len() + 1);
            while !lines[line].is_char_boundary(place) {
                place -= 1;
            }
            lines[line].insert_str(place, text);
        }
        match Sections::parse(&lines.join("\n")) {
            Ok(sections) => {
                // What is good can be used.
                let config = sections.config(3);
                prop_assert!(!config.settings.access.listeners.is_empty());
            }
            Err(faults) => {
                prop_assert!(!faults.0.is_empty());
                for fault in faults.0 {
                    prop_assert!(fault.line.is_none_or(|line| (1..=lines.len() + 30).contains(&line)));
                }
            }
        }
    }
}
