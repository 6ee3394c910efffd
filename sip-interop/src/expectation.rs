//! Known failures: data with reasons. One that passes is an error, so that the list only names what is still broken.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known_failure: Vec<Known>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    test: String,
    reason: String,
}

/// Why `test` is known to fail, if it is.
pub(crate) fn known_failure(test: &str) -> Option<String> {
    let file: File =
        toml::from_str(include_str!("../expectations.toml")).expect("expectations.toml is valid");
    file.known_failure.into_iter().find(|known| known.test == test).map(|known| known.reason)
}
