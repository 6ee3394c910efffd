//! `Contact` (RFC 3261 20.10): `*` or an address with `q` and `expires`.

use crate::header::name_addr::NameAddr;
use crate::syntax::{self, Malformed};

/// One contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact<'a> {
    /// An address.
    Address(NameAddr<'a>),
    /// `*`: every contact of the address-of-record (RFC 3261 10.2.2).
    Star,
}

/// A preference from 0 to 1, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QValue(pub u16);

impl<'a> Contact<'a> {
    /// Reads one value (not a list).
    ///
    /// # Errors
    /// As [`NameAddr::parse`].
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        match syntax::trim(value) {
            b"*" => Ok(Self::Star),
            value => NameAddr::parse(value).map(Self::Address),
        }
    }

    /// The address, if it is not `*`.
    pub fn address(&self) -> Option<&NameAddr<'a>> {
        match self {
            Self::Address(address) => Some(address),
            Self::Star => None,
        }
    }

    /// The `expires` parameter in seconds, at most `u32::MAX`. None when absent or malformed: the default of
    /// the registrar applies (RFC 3261 10.2.1.1).
    pub fn expires(&self) -> Option<u32> {
        let seconds = syntax::decimal(self.address()?.param("expires")?)?;
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }

    /// The `q` parameter; 1 when absent or malformed.
    pub fn q(&self) -> QValue {
        self.address().and_then(|address| QValue::parse(address.param("q")?)).unwrap_or(QValue::ONE)
    }
}

impl QValue {
    /// The highest preference.
    pub const ONE: Self = Self(1000);

    /// Reads `0.33`, `1`, `1.000`.
    pub fn parse(octets: &[u8]) -> Option<Self> {
        let (whole, fraction) = match memchr::memchr(b'.', octets) {
            Some(dot) => (&octets[..dot], &octets[dot + 1..]),
            None => (octets, &b""[..]),
        };
        if fraction.len() > 3 || whole.is_empty() {
            return None;
        }
        let scale = [1000, 100, 10, 1][fraction.len()];
        let thousandths = if fraction.is_empty() { 0 } else { syntax::decimal(fraction)? * scale };
        let q = u16::try_from(syntax::decimal(whole)?.checked_mul(1000)?.checked_add(thousandths)?).ok()?;
        (q <= 1000).then_some(Self(q))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_and_q() {
        let contact = Contact::parse(b"<sip:a@h>;expires=60;q=0.33").unwrap();
        assert_eq!((contact.expires(), contact.q()), (Some(60), QValue(330)));
        let contact = Contact::parse(b"<sip:a@h>;expires=36893488147419103232;q=7").unwrap();
        assert_eq!((contact.expires(), contact.q()), (Some(u32::MAX), QValue::ONE));
        assert_eq!(Contact::parse(b"<sip:a@h>;expires=soon").unwrap().expires(), None);
        assert_eq!(Contact::parse(b" * "), Ok(Contact::Star));
    }

    #[test]
    fn q_values_stay_between_0_and_1() {
        assert_eq!(QValue::parse(b"0."), Some(QValue(0)));
        assert_eq!(QValue::parse(b"1.000"), Some(QValue::ONE));
        for broken in [&b"1.001"[..], b"2", b"0.1234", b".5", b"", b"99999999999999999999", b"0.-1"] {
            assert_eq!(QValue::parse(broken), None, "{}", broken.escape_ascii());
        }
    }
}
