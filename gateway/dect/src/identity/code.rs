//! The authentication code a handset proves itself with (EN 300 175-7: the AC). On the SIP side it is the digest password
//! of a device account.

use std::fmt;
use std::str::FromStr;

use super::IdentityError;

/// Four to eight decimal digits (SUB-12). `Debug` hides them, dropping overwrites them, comparing takes the same time
/// wherever the digits differ.
#[derive(Clone)]
pub struct AuthCode {
    digits: [u8; 8],
    length: u8,
}

impl AuthCode {
    /// The digits, for digest computation and for showing to the administrator who asked.
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).expect("ASCII digits")
    }

    /// A code of `length` digits (4 to 8) made from random octets, unbiased: octets from 250 up are passed over. `None`
    /// when the length is wrong or the octets run out.
    pub fn draw(length: usize, random: &[u8]) -> Option<Self> {
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&length) {
            return None;
        }
        let mut code = Self { digits: [0; 8], length: length as u8 };
        let mut usable = random.iter().filter(|octet| **octet < 250);
        for digit in &mut code.digits[..length] {
            *digit = b'0' + usable.next()? % 10;
        }
        Some(code)
    }
}

impl FromStr for AuthCode {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let text = text.trim();
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(IdentityError::Character);
        }
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&text.len()) {
            return Err(IdentityError::Length { digits: text.len() });
        }
        let mut digits = [0; 8];
        digits[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { digits, length: text.len() as u8 })
    }
}

impl PartialEq for AuthCode {
    fn eq(&self, other: &Self) -> bool {
        // Places without a digit hold 0, which is none, so the length need not be looked at.
        let difference = self.digits.iter().zip(&other.digits).fold(0, |sum, (one, other)| sum | one ^ other);
        std::hint::black_box(difference) == 0
    }
}

impl Eq for AuthCode {}

impl fmt::Debug for AuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthCode(hidden)")
    }
}

impl Drop for AuthCode {
    fn drop(&mut self) {
        self.digits.fill(0);
        std::hint::black_box(&self.digits);
    }
}

const MIN_DIGITS: usize = 4;
const MAX_DIGITS: usize = 8;
