//! Exit codes.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// The configuration file has faults, and something else than `check` was asked (EX_CONFIG).
    Config,
    /// The data of the user is wrong: an import was refused (EX_DATAERR).
    Data,
    /// `check` found faults.
    Faults,
    /// All well.
    Fine,
    /// Reading or writing failed (EX_IOERR).
    Io,
    /// An input file is not there or cannot be read (EX_NOINPUT).
    NoInput,
    /// The system gave no thread, descriptor or address (EX_OSERR).
    System,
    /// No gateway runs, or it does not answer (EX_UNAVAILABLE).
    Unavailable,
    /// The command line is wrong (EX_USAGE).
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Faults => 1,
            Exit::Usage => 64,
            Exit::Data => 65,
            Exit::NoInput => 66,
            Exit::Unavailable => 69,
            Exit::System => 71,
            Exit::Io => 74,
            Exit::Config => 78,
        })
    }
}
