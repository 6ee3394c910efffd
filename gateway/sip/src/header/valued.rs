//! A word with parameters: Event, Subscription-State, Session-Expires, Reason, Replaces, Content-Disposition.

use std::borrow::Cow;

use crate::header::params::Params;
use crate::syntax::{self, Malformed};

/// A value and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued<'a> {
    /// What stands before the first `;`, as written.
    pub value: &'a [u8],
    /// What follows it.
    pub params: Params<'a>,
}

impl<'a> Valued<'a> {
    /// Reads one value (not a list).
    ///
    /// # Errors
    /// When there is nothing before the parameters.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let word = syntax::trim(&value[..end]);
        if word.is_empty() {
            return Err(Malformed("no value"));
        }
        Ok(Self { value: word, params: Params::new(&value[end..]) })
    }

    /// True when the value is `written`, in any case.
    pub fn is(&self, written: &str) -> bool {
        self.value.eq_ignore_ascii_case(written.as_bytes())
    }

    /// The value as a number, at most `u32::MAX`.
    pub fn number(&self) -> Option<u32> {
        syntax::decimal(self.value).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// A parameter without quotes and escapes; empty for a flag.
    pub fn param(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.params.unquoted(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_parameters() {
        let expires = Valued::parse(b"1800 ; refresher=uac").unwrap();
        assert_eq!(
            (expires.number(), expires.param("refresher").as_deref()),
            (Some(1800), Some(&b"uac"[..]))
        );
        let reason = Valued::parse(b"Q.850;cause=16;text=\"Normal; \\\"clear\\\"\"").unwrap();
        assert!(reason.is("q.850"));
        assert_eq!(reason.param("text").as_deref(), Some(&b"Normal; \"clear\""[..]));
        assert_eq!((reason.number(), Valued::parse(b" ;a=b")), (None, Err(Malformed("no value"))));
    }
}
