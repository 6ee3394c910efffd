//! `Content-Type` and `Accept` values (RFC 3261 20.15).

use crate::header::params::Params;
use crate::syntax::{self, Malformed};

/// A media type with its parameters.
#[derive(Clone, Copy, Debug)]
pub struct MediaType<'a> {
    /// `application` of `application/sdp`.
    pub main: &'a str,
    /// `sdp` of `application/sdp`.
    pub sub: &'a str,
    /// What follows the `;`.
    pub params: Params<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads `type "/" subtype *( ";" parameter )`.
    ///
    /// # Errors
    /// When type or subtype is not a token.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let slash = memchr::memchr(b'/', &value[..end]).ok_or(Malformed("no subtype"))?;
        let token = |octets| syntax::token_str(syntax::trim(octets)).ok_or(Malformed("no media type"));
        Ok(Self {
            main: token(&value[..slash])?,
            sub: token(&value[slash + 1..end])?,
            params: Params::new(&value[end..]),
        })
    }

    /// True when this is `written` (such as `application/sdp`), parameters and case aside.
    pub fn is(&self, written: &str) -> bool {
        written.split_once('/').is_some_and(|(main, sub)| {
            self.main.eq_ignore_ascii_case(main) && self.sub.eq_ignore_ascii_case(sub)
        })
    }

    /// True for `multipart/*`.
    pub fn is_multipart(&self) -> bool {
        self.main.eq_ignore_ascii_case("multipart")
    }
}
