//! `dectgate run`.

use std::path::{Path, PathBuf};

use super::{Exit, check::load, complain};
use crate::{
    config::Config,
    logging,
    run::{self, RunError},
};

/// Runs until a signal or a drain ends it.
pub(super) fn run(path: &Path) -> Exit {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    if let Err(error) = logging::init(&config.log) {
        complain(&error);
        return Exit::System;
    }
    let path = PathBuf::from(path);
    match run::run(&config, move || reload(&path)) {
        Ok(()) => Exit::Fine,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot run");
            match error {
                RunError::Bind(..) => Exit::Unavailable,
                RunError::Store(_) => Exit::Io,
                RunError::Resource(_) | RunError::Worker(_) => Exit::System,
            }
        }
    }
}

/// A file with faults changes nothing: the gateway goes on with what it has.
fn reload(path: &Path) -> Option<Config> {
    match Config::load(path) {
        Ok(config) => {
            tracing::info!("configuration read again");
            Some(config)
        }
        Err(error) => {
            tracing::error!(%error, "configuration not taken over");
            None
        }
    }
}
