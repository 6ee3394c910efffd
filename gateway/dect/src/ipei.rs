//! Stand-in for the handset identity until the DECT crate is merged.

use std::{fmt, str::FromStr};

/// A handset identity: 16 bit maker code, 20 bit serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ipei {
    emc: u16,
    psn: u32,
}

/// Not an IPEI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpeiError {
    /// The check digit is wrong.
    CheckDigit,
    /// Neither 12 nor 13 digits, or numbers out of range.
    Form,
}

impl fmt::Display for IpeiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CheckDigit => "wrong check digit",
            Self::Form => "not 12 or 13 digits",
        })
    }
}

impl FromStr for Ipei {
    type Err = IpeiError;

    fn from_str(text: &str) -> Result<Self, IpeiError> {
        let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
        if digits.len() != 12 && digits.len() != 13 || !digits[..12].iter().all(u8::is_ascii_digit) {
            return Err(IpeiError::Form);
        }
        let number = |range: &[u8]| range.iter().fold(0u32, |n, d| n * 10 + u32::from(d - b'0'));
        let (emc, psn) = (number(&digits[..5]), number(&digits[5..12]));
        let emc = u16::try_from(emc).map_err(|_| IpeiError::Form)?;
        if psn > 0xf_ffff {
            return Err(IpeiError::Form);
        }
        let ipei = Self { emc, psn };
        if digits.len() == 13 && digits[12] != ipei.to_string().as_bytes()[12] {
            return Err(IpeiError::CheckDigit);
        }
        Ok(ipei)
    }
}

impl fmt::Display for Ipei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:05}{:07}", self.emc, self.psn);
        let sum: u32 = digits.bytes().zip(1..).map(|(d, at)| u32::from(d - b'0') * at).sum();
        match sum % 11 {
            10 => write!(f, "{digits}*"),
            check => write!(f, "{digits}{check}"),
        }
    }
}
