//! The International Portable Equipment Identity of a handset (EN 300 175-6 annex C).
//!
//! 36 bits: the manufacturer's code EMC (16 bits, 5 decimal digits) and the serial number PSN (20 bits, 7 decimal
//! digits), printed with a check digit as `EEEEE PPPPPPP C`. The IPDI some makes show instead is written in the same
//! digits and read the same way.

use std::fmt;
use std::str::FromStr;

use super::{IdentityError, check_digit};

/// A handset's identity. Ordered by manufacturer, then serial number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ipei {
    emc: u16,
    psn: u32,
}

impl Ipei {
    /// From its parts; `None` when the serial number has more than 20 bits.
    pub fn new(emc: u16, psn: u32) -> Option<Self> {
        (psn <= MAX_PSN).then_some(Self { emc, psn })
    }

    /// From the 36-bit value; `None` when higher bits are set.
    pub fn from_bits(bits: u64) -> Option<Self> {
        Self::new(u16::try_from(bits >> 20).ok()?, (bits & u64::from(MAX_PSN)) as u32)
    }

    /// The 36-bit value: EMC above PSN, as in IPUI type N.
    pub fn bits(self) -> u64 {
        u64::from(self.emc) << 20 | u64::from(self.psn)
    }

    /// Manufacturer's code.
    pub fn emc(self) -> u16 {
        self.emc
    }

    /// Serial number, below 2^20.
    pub fn psn(self) -> u32 {
        self.psn
    }

    /// The check digit, `0` to `9` or `*`.
    pub fn check_digit(self) -> char {
        check_digit(self.digits())
    }

    /// The 13 characters without spaces: the form of user names and import files.
    pub fn compact(self) -> String {
        format!("{:05}{:07}{}", self.emc, self.psn, self.check_digit())
    }

    fn digits(self) -> [u8; 12] {
        let mut rest = u64::from(self.emc) * 10_000_000 + u64::from(self.psn);
        let mut digits = [0; 12];
        for digit in digits.iter_mut().rev() {
            *digit = (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }
}

impl FromStr for Ipei {
    type Err = IdentityError;

    /// Reads 12 digits (without check digit) or 13 (with it, which must fit); spaces and dashes may stand anywhere
    /// between them: `03586 0017017 7`, `0358600170177`, `035860017017`, `03586-0017017-7`.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let mut digits = [0u8; 12];
        let mut check = None;
        let mut count = 0;
        for character in text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')) {
            match (character.to_digit(10), count) {
                (Some(digit), 0..12) => digits[count] = digit as u8,
                (Some(_), _) => check = Some(character),
                (None, 12) if character == '*' => check = Some(character),
                (None, _) => return Err(IdentityError::Character),
            }
            count += 1;
        }
        if !matches!(count, 12 | 13) {
            return Err(IdentityError::Length { digits: count });
        }
        let number =
            |digits: &[u8]| digits.iter().fold(0u32, |number, digit| number * 10 + u32::from(*digit));
        let emc = u16::try_from(number(&digits[..5])).map_err(|_| IdentityError::Range)?;
        let ipei = Self::new(emc, number(&digits[5..])).ok_or(IdentityError::Range)?;
        match check {
            Some(check) if check != ipei.check_digit() => {
                Err(IdentityError::CheckDigit { expected: ipei.check_digit() })
            }
            _ => Ok(ipei),
        }
    }
}

impl fmt::Display for Ipei {
    /// The printed form `03586 0017017 7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05} {:07} {}", self.emc, self.psn, self.check_digit())
    }
}

const MAX_PSN: u32 = (1 << 20) - 1;
