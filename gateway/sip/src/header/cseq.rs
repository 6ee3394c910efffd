//! `CSeq` (RFC 3261 20.16): a number and a method. `RAck` (RFC 3262 7.2) puts one number more before them.

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

/// What a PRACK acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck<'a> {
    /// RSeq of the provisional response.
    pub response: u32,
    /// CSeq of the provisional response.
    pub cseq: CSeq<'a>,
}

impl<'a> RAck<'a> {
    /// Reads `response-num LWS CSeq-num LWS Method`.
    ///
    /// # Errors
    /// A missing or overlarge number, or a method that is no token.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let value = syntax::trim(value);
        let gap = value.iter().copied().position(syntax::is_lws).ok_or(Malformed("no CSeq"))?;
        let response = syntax::decimal(&value[..gap]).and_then(|number| u32::try_from(number).ok());
        Ok(Self { response: response.ok_or(Malformed("no number"))?, cseq: CSeq::parse(&value[gap..])? })
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
    fn a_rack_is_a_number_and_a_cseq() {
        let rack = RAck::parse(b"776656  1 INVITE").unwrap();
        assert_eq!((rack.response, rack.cseq.number, rack.cseq.method), (776_656, 1, Method::Invite));
        assert!(RAck::parse(b"1 INVITE").is_err() && RAck::parse(b"x 1 INVITE").is_err());
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
