//! Identities of the fixed side (EN 300 175-6 5, 6): access rights identities, the PARK that a handset is given to find its
//! system by, the RFPI that each radio broadcasts.
//!
//! The hexadecimal form agrees with public traces of one system (PARK 1F102AF12C, radios 102AF12C00 and up). The reading of the
//! fourteen digits follows from the standard and their number; no printed PARK was at hand to confirm it.
//!
//! A PARK belongs to whoever had it allocated: the gateway reads and prints the one it is told, and never makes one up.

use std::fmt;
use std::str::FromStr;

use super::{IdentityError, check_digit};

/// An access rights identity of class B to E: 31 bits, of which the first three are the class. A system's PARI (primary), SARI
/// (secondary) and TARI (tertiary) are all of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ari(u32);

impl Ari {
    /// From its 31 bits; `None` when the highest bit is set.
    pub fn from_bits(bits: u32) -> Option<Self> {
        (bits >> 31 == 0).then_some(Self(bits))
    }

    /// The 31 bits.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The class.
    pub fn class(self) -> AccessRightsClass {
        match self.0 >> 28 {
            0 => AccessRightsClass::A,
            1 => AccessRightsClass::B,
            2 => AccessRightsClass::C,
            3 => AccessRightsClass::D,
            4 => AccessRightsClass::E,
            _ => AccessRightsClass::Reserved,
        }
    }
}

/// Access rights class (EN 300 175-6 5.1). Multi-cell PBX systems are of class B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccessRightsClass {
    /// Residential and small systems. Their identity has 36 bits; only the first 31 are kept here.
    A,
    /// Private multi-cell systems.
    B,
    /// Public systems.
    C,
    /// Public systems of a GSM operator.
    D,
    /// Handset to handset.
    E,
    /// Not assigned.
    Reserved,
}

/// A portable access rights key: an identity and how many of its bits a handset compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Park {
    length: u8,
    ari: Ari,
}

impl Park {
    /// From the PARK length indicator (bits that count) and the identity; `None` when the length passes 36.
    pub fn new(length: u8, ari: Ari) -> Option<Self> {
        (length <= 36).then_some(Self { length, ari })
    }

    /// PARK length indicator.
    pub fn length(self) -> u8 {
        self.length
    }

    /// The identity.
    pub fn ari(self) -> Ari {
        self.ari
    }

    /// Ten hexadecimal digits, as configuration files have it: `1F102A7158`.
    pub fn hexadecimal(self) -> String {
        format!("{:02X}{:08X}", self.length, self.ari.0)
    }

    /// The digits before the check digit: two decimal ones for the length, eleven octal ones for the identity, filled with
    /// zero bits on the right (31 bits are ten octal digits and a third).
    fn digits(self) -> [u8; 13] {
        let padded = u64::from(self.ari.0) << 2;
        std::array::from_fn(|place| match place {
            0 => self.length / 10,
            1 => self.length % 10,
            _ => (padded >> (3 * (12 - place)) & 7) as u8,
        })
    }
}

impl FromStr for Park {
    type Err = IdentityError;

    /// Reads ten hexadecimal digits or the fourteen that are keyed into a handset. Spaces and dashes are passed over.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).take(16).collect();
        // The conversions below would also take a sign.
        if !text.bytes().all(|octet| octet.is_ascii_hexdigit() || octet == b'*') {
            return Err(IdentityError::Character);
        }
        match text.len() {
            10 => {
                let length = u8::from_str_radix(&text[..2], 16).map_err(|_| IdentityError::Character)?;
                let ari = u32::from_str_radix(&text[2..], 16).map_err(|_| IdentityError::Character)?;
                Self::new(length, Ari::from_bits(ari).ok_or(IdentityError::Range)?)
                    .ok_or(IdentityError::Range)
            }
            14 => {
                let length = text[..2].parse().map_err(|_| IdentityError::Character)?;
                let padded = u64::from_str_radix(&text[2..13], 8).map_err(|_| IdentityError::Character)?;
                let ari = u32::try_from(padded >> 2).ok().and_then(Ari::from_bits);
                let park = Self::new(length, ari.ok_or(IdentityError::Range)?).ok_or(IdentityError::Range)?;
                if padded & 3 != 0 {
                    return Err(IdentityError::Range);
                }
                let expected = check_digit(park.digits());
                if text.ends_with(expected) { Ok(park) } else { Err(IdentityError::CheckDigit { expected }) }
            }
            digits => Err(IdentityError::Length { digits }),
        }
    }
}

impl fmt::Display for Park {
    /// The fourteen digits that are keyed into a handset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits().iter().try_for_each(|digit| write!(f, "{digit}"))?;
        write!(f, "{}", check_digit(self.digits()))
    }
}

/// A radio fixed part identity: what one radio broadcasts. 40 bits: a flag for secondary rights, the identity, the number
/// of the radio (EN 300 175-6 6.1; eight bits of radio number, class B and above).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rfpi {
    octets: [u8; 5],
}

impl Rfpi {
    /// From the octets as broadcast.
    pub fn from_octets(octets: [u8; 5]) -> Self {
        Self { octets }
    }

    /// The octets as broadcast.
    pub fn octets(self) -> [u8; 5] {
        self.octets
    }

    /// The system's identity.
    pub fn ari(self) -> Ari {
        let [a, b, c, d, _] = self.octets;
        Ari(u32::from_be_bytes([a & 0x7f, b, c, d]))
    }

    /// Number of the radio within the system.
    pub fn radio(self) -> u8 {
        self.octets[4]
    }

    /// Whether the radio also broadcasts secondary access rights.
    pub fn has_secondary_rights(self) -> bool {
        self.octets[0] & 0x80 != 0
    }
}

impl FromStr for Rfpi {
    type Err = IdentityError;

    /// Reads ten hexadecimal digits; spaces, dashes and colons between octets are passed over.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let mut digits = 0usize;
        let mut bits = 0u64;
        for character in text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | ':')) {
            let digit = character.to_digit(16).ok_or(IdentityError::Character)?;
            bits = bits << 4 & 0xff_ffff_ffff | u64::from(digit);
            digits += 1;
        }
        if digits != 10 {
            return Err(IdentityError::Length { digits });
        }
        let [_, _, _, octets @ ..] = bits.to_be_bytes();
        Ok(Self { octets })
    }
}

impl fmt::Display for Rfpi {
    /// Ten hexadecimal digits: `102AF12C26`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.octets.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}
