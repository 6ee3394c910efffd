//! `CSeq` (RFC 3261 20.16) and `RAck` share their shape: a number and a method.

use crate::method::Method;
use crate::syntax::{self, Malformed};

/// A command sequence: number and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// Below 2^31 (RFC 3261 8.1.1.5).
    pub number: u32,
    /// Must be that of the request line.
    pub method: Method<'a>,
}

impl<'a> CSeq<'a> {
    /// Reads `1*DIGIT LWS Method`.
    ///
    /// # Errors
    /// A number that is missing or not below 2^31, or a method that is no token.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let value = syntax::trim(value);
        let gap = value.iter().copied().position(syntax::is_lws).ok_or(Malformed("no method"))?;
        let number = syntax::decimal(&value[..gap]).ok_or(Malformed("no number"))?;
        let number = u32::try_from(number).ok().filter(|number| *number < LIMIT);
        let method = Method::from_bytes(syntax::trim(&value[gap..])).ok_or(Malformed("no method"))?;
        Ok(Self { number: number.ok_or(Malformed("number out of range"))?, method })
    }
}

const LIMIT: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_method_over_a_fold() {
        assert_eq!(CSeq::parse(b"0009\r\n  INVITE"), Ok(CSeq { number: 9, method: Method::Invite }));
        assert_eq!(CSeq::parse(b"2147483647 x").unwrap().number, 2_147_483_647);
    }

    #[test]
    fn out_of_range_and_broken_are_refused() {
        for broken in [
            &b"2147483648 INVITE"[..],
            b"36893488147419103232 REGISTER",
            b"1",
            b"INVITE 1",
            b"-1 ACK",
            b"1 A B",
        ] {
            assert!(CSeq::parse(broken).is_err(), "{}", broken.escape_ascii());
        }
    }
}
