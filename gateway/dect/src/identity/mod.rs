//! Identities of handsets and bases (EN 300 175-6), and the authentication code. Newtypes that are valid once made.

mod ari;
mod code;
mod ipei;

use std::error::Error;
use std::fmt;

pub use ari::{AccessRightsClass, Ari, Park, Rfpi};
pub use code::AuthCode;
pub use ipei::Ipei;

/// Why a text is not an identity. The offending text is left out: it may be a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityError {
    /// A character that does not belong there.
    Character,
    /// The check digit does not fit.
    CheckDigit {
        /// The one that would.
        expected: char,
    },
    /// Too few or too many digits.
    Length {
        /// How many digits were found.
        digits: usize,
    },
    /// A part is larger than its bits allow.
    Range,
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character => f.write_str("unexpected character"),
            Self::CheckDigit { expected } => write!(f, "wrong check digit, expected {expected}"),
            Self::Length { digits } => write!(f, "wrong number of digits: {digits}"),
            Self::Range => f.write_str("number out of range"),
        }
    }
}

impl Error for IdentityError {}

/// The check digit of EN 300 175-6 annex C: each digit times its place from 1, summed, modulo 11, 10 written `*`.
fn check_digit(digits: impl IntoIterator<Item = u8>) -> char {
    let sum: u32 = (1u32..).zip(digits).map(|(place, digit)| place * u32::from(digit)).sum();
    match sum % 11 {
        10 => '*',
        digit => char::from_digit(digit, 10).expect("below 10"),
    }
}
