//! `dectgate check`, and how every other command reads the configuration.

use std::{io::Write, path::Path};

use super::{Exit, say};
use crate::config::{Config, ConfigError};

/// Names every fault, one per line, as `FILE: line N: key: what`.
pub(super) fn check(path: &Path, out: &mut dyn Write) -> Exit {
    match Config::load(path) {
        Ok(_) => {
            let _closed = writeln!(out, "{}: good", path.display());
            Exit::Fine
        }
        Err(ConfigError::File(error)) => {
            say(&format!("{}: {error}", path.display()));
            Exit::NoInput
        }
        Err(ConfigError::Faults(faults)) => {
            for fault in &faults.0 {
                let _closed = writeln!(out, "{}: {fault}", path.display());
            }
            Exit::Faults
        }
    }
}

/// The configuration, or the way out after telling why there is none.
pub(super) fn load(path: &Path) -> Result<Config, Exit> {
    Config::load(path).map_err(|error| {
        match &error {
            ConfigError::File(error) => say(&format!("{}: {error}", path.display())),
            ConfigError::Faults(faults) => {
                for fault in &faults.0 {
                    say(&format!("{}: {fault}", path.display()));
                }
            }
        }
        Exit::Config
    })
}
