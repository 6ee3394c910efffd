//! PINs for login and logout, kept only as a salted hash (PBKDF2-HMAC-SHA-256, RFC 8018 5.2, one block).
//!
//! A PIN has four to eight digits, so no hash alone withstands a search; the store seals the hash under its key as well.
//! The count is low because a login is checked on the control thread.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::secret::constant_time_eq;

/// A hashed PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash {
    rounds: u32,
    salt: [u8; SALT],
    digest: [u8; DIGEST],
}

impl PinHash {
    /// Length of [`Self::to_octets`].
    pub const OCTETS: usize = 4 + SALT + DIGEST;

    /// Hashes a PIN with a salt from the injected randomness.
    #[must_use]
    pub fn new(pin: &str, salt: [u8; SALT]) -> Self {
        Self { rounds: ROUNDS, salt, digest: derive(pin, &salt, ROUNDS) }
    }

    /// Whether `pin` is the one.
    #[must_use]
    pub fn verify(&self, pin: &str) -> bool {
        constant_time_eq(&self.digest, &derive(pin, &self.salt, self.rounds))
    }

    /// For the store.
    #[must_use]
    pub fn to_octets(&self) -> [u8; Self::OCTETS] {
        let mut octets = [0; Self::OCTETS];
        octets[..4].copy_from_slice(&self.rounds.to_be_bytes());
        octets[4..4 + SALT].copy_from_slice(&self.salt);
        octets[4 + SALT..].copy_from_slice(&self.digest);
        octets
    }

    /// The inverse of [`Self::to_octets`]; `None` when it cannot be one.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (rounds, rest) = octets.split_first_chunk::<4>()?;
        let (salt, digest) = rest.split_first_chunk::<SALT>()?;
        let rounds = u32::from_be_bytes(*rounds);
        if !(1..=MAX_ROUNDS).contains(&rounds) {
            return None;
        }
        Some(Self { rounds, salt: *salt, digest: digest.try_into().ok()? })
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<pin>")
    }
}

fn derive(pin: &str, salt: &[u8; SALT], rounds: u32) -> [u8; DIGEST] {
    let keyed = Hmac::<Sha256>::new_from_slice(pin.as_bytes()).expect("HMAC takes a key of any length");
    let mut mac = keyed.clone();
    mac.update(salt);
    mac.update(&1u32.to_be_bytes());
    let mut block: [u8; DIGEST] = mac.finalize().into_bytes().into();
    let mut sum = block;
    for _ in 1..rounds {
        let mut mac = keyed.clone();
        mac.update(&block);
        block = mac.finalize().into_bytes().into();
        for (octet, add) in sum.iter_mut().zip(block) {
            *octet ^= add;
        }
    }
    sum
}

/// Octets of salt.
pub const SALT: usize = 16;
const DIGEST: usize = 32;
/// About a millisecond: slow for a thief, unnoticed by callers.
const ROUNDS: u32 = 2000;
/// A record that asks for more is broken or hostile.
const MAX_ROUNDS: u32 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_only_its_pin() {
        let hash = PinHash::new("0042", *b"0123456789abcdef");
        // From an independent implementation: 2000 rounds, 32 octets.
        assert_eq!(hash.digest[..8], [0x07, 0x0c, 0xec, 0x99, 0x6f, 0x84, 0x07, 0x80]);
        assert!(hash.verify("0042"));
        assert!(!hash.verify("0043"));
        assert!(!hash.verify(""));
        assert_eq!(PinHash::from_octets(&hash.to_octets()), Some(hash.clone()));
        assert_eq!(PinHash::from_octets(&[0xff; PinHash::OCTETS]), None);
        assert_eq!(format!("{hash:?}"), "<pin>");
    }
}
