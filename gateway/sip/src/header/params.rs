//! `;name=value` parameters of a header value (RFC 3261 25.1 `generic-param`).

use std::borrow::Cow;

use crate::syntax;

/// The parameters of a header value: what follows its first `;`, read on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    raw: &'a [u8],
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Octets before the `=`, trimmed.
    pub name: &'a [u8],
    /// Octets after the `=`, trimmed, a quoted string with its quotes; `None` for a flag.
    pub value: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    /// Over the octets from the first `;` on (or after it).
    pub fn new(raw: &'a [u8]) -> Self {
        let raw = syntax::trim(raw);
        Self { raw: raw.strip_prefix(b";").unwrap_or(raw) }
    }

    /// The octets, without the leading `;`.
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// True when there is none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// Every parameter in order; empty ones (`;;`) are passed over.
    pub fn iter(self) -> impl Iterator<Item = Param<'a>> {
        self.split().filter(|param| !param.is_empty()).map(Param::split)
    }

    /// The value of the first parameter called `name` in any case; empty for a flag.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.find(name).map(|param| param.value.unwrap_or_default())
    }

    /// As [`Params::get`], with the quotes and escapes of a quoted string resolved.
    pub fn unquoted(self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.get(name).map(syntax::unquote)
    }

    /// The first parameter called `name` in any case.
    pub fn find(self, name: &str) -> Option<Param<'a>> {
        self.iter().find(|param| param.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// True when every parameter follows the grammar: a token, then perhaps a token, host or quoted string.
    pub fn is_well_formed(self) -> bool {
        self.raw.is_empty() || self.split().all(|param| Param::split(param).is_well_formed())
    }

    fn split(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = Some(self.raw);
        std::iter::from_fn(move || {
            let octets = rest?;
            let end = end_of_param(octets);
            rest = octets.get(end + 1..);
            Some(syntax::trim(&octets[..end]))
        })
    }
}

impl<'a> Param<'a> {
    fn split(octets: &'a [u8]) -> Self {
        match memchr::memchr(b'=', octets) {
            Some(at) => Self {
                name: syntax::trim_end(&octets[..at]),
                value: Some(syntax::trim_start(&octets[at + 1..])),
            },
            None => Self { name: octets, value: None },
        }
    }

    fn is_well_formed(self) -> bool {
        syntax::is_token(self.name)
            && match self.value {
                None => true,
                Some(value @ [b'"', ..]) => syntax::quoted_length(value) == Some(value.len()),
                Some(value) => !value.is_empty() && value.iter().copied().all(is_value_octet),
            }
    }
}

/// `token`, `host` and the IPv6 forms of `received` (RFC 5118 4.5), and octets beyond ASCII.
const fn is_value_octet(octet: u8) -> bool {
    syntax::is_token_octet(octet) || matches!(octet, b'[' | b']' | b':' | b'/' | b'@' | b'&' | b'$' | 0x80..)
}

/// Offset of the next `;` outside quotes, or the length.
fn end_of_param(octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = octets.get(at..).and_then(|rest| memchr::memchr2(b';', b'"', rest)) {
        at += found;
        if octets[at] == b';' {
            return at;
        }
        match syntax::quoted_length(&octets[at..]) {
            Some(length) => at += length,
            None => return octets.len(),
        }
    }
    octets.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_flags_quotes_and_white_space() {
        let params = Params::new(b";\r\n tag = 98asjd8 ; Flag;q=\"a;b\\\"\";lr");
        assert_eq!(params.get("TAG"), Some(&b"98asjd8"[..]));
        assert_eq!(params.get("flag"), Some(&b""[..]));
        assert_eq!(params.unquoted("q").as_deref(), Some(&b"a;b\""[..]));
        assert_eq!(params.find("lr"), Some(Param { name: b"lr", value: None }));
        assert_eq!(params.iter().count(), 4);
        assert!(params.is_well_formed());
    }

    #[test]
    fn grammar_faults_are_seen_but_do_not_hide_the_rest() {
        for broken in [&b";;"[..], b";a=;b", b";a b", b";a=\"x\"y", b";a=\"open", b";=1", b";a=b c"] {
            assert!(!Params::new(broken).is_well_formed(), "{}", broken.escape_ascii());
        }
        assert_eq!(Params::new(b";;;branch=z;").get("branch"), Some(&b"z"[..]));
    }
}
