//! Why a description could not be read. All variants blame the peer that sent it.

use std::error::Error;
use std::fmt;

/// Why the octets are not a session description we can read. Lines are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpError {
    /// No line at all.
    Empty,
    /// A line is not `<letter>=<value>`, or its value breaks the grammar of its letter.
    Malformed {
        /// Number of the line.
        line: usize,
        /// What was being read.
        what: &'static str,
    },
    /// A bound of [`crate::limits`] was passed.
    TooLarge {
        /// The bound that was passed.
        what: &'static str,
    },
    /// `v=` is not 0 (RFC 8866 5.1).
    Version {
        /// Number of the line.
        line: usize,
    },
}

impl fmt::Display for SdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty session description"),
            Self::Malformed { line, what } => write!(f, "line {line}: malformed {what}"),
            Self::TooLarge { what } => write!(f, "too many or too long: {what}"),
            Self::Version { line } => write!(f, "line {line}: protocol version is not 0"),
        }
    }
}

impl Error for SdpError {}
