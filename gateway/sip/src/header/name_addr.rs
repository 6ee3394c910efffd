//! `name-addr` and `addr-spec` with parameters: From, To, Route, Contact and their kin (RFC 3261 20.10, 25.1).

use std::borrow::Cow;

use crate::header::params::Params;
use crate::syntax::{self, Malformed};
use crate::uri::Uri;

/// An address with an optional display name and header parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name as written, a quoted string with its quotes; `None` when absent.
    pub display: Option<&'a [u8]>,
    /// The URI as written, without `<>`.
    pub uri_raw: &'a [u8],
    /// The parameters of the header, not those of the URI.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one value (not a list).
    ///
    /// # Errors
    /// An unterminated quoted string or bracket, octets where parameters belong, an empty URI.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let value = syntax::trim(value);
        let open = match value {
            [b'"', ..] => {
                let after = syntax::quoted_length(value).ok_or(Malformed("unterminated quoted string"))?;
                let gap = value.len() - after - syntax::trim_start(&value[after..]).len();
                match value.get(after + gap) {
                    Some(b'<') => Some(after + gap),
                    _ => return Err(Malformed("no address after the display name")),
                }
            }
            // Whatever stands before a bracket is a display name, token or not (RFC 4475 3.1.2.15).
            _ => memchr::memchr(b'<', value).filter(|at| !is_past_addr_spec(&value[..*at])),
        };
        match open {
            Some(open) => Self::bracketed(value, open),
            None => Self::bare(value),
        }
    }

    /// The URI.
    ///
    /// # Errors
    /// As [`Uri::parse`].
    pub fn uri(&self) -> Result<Uri<'a>, Malformed> {
        Uri::parse(self.uri_raw)
    }

    /// The `tag` parameter (RFC 3261 19.3); none when it is empty.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The value of a header parameter; empty for a flag.
    pub fn param(&self, name: &str) -> Option<&'a [u8]> {
        self.params.get(name)
    }

    /// The display name without quotes and escapes.
    pub fn display_unquoted(&self) -> Option<Cow<'a, [u8]>> {
        self.display.map(syntax::unquote).filter(|display| !display.is_empty())
    }

    fn bracketed(value: &'a [u8], open: usize) -> Result<Self, Malformed> {
        let inner = &value[open + 1..];
        let close = memchr::memchr(b'>', inner).ok_or(Malformed("unterminated bracket"))?;
        let params = syntax::trim_start(&inner[close + 1..]);
        if !matches!(params, [] | [b';', ..]) {
            return Err(Malformed("octets after the address"));
        }
        let display = syntax::trim(&value[..open]);
        let uri_raw = syntax::trim(&inner[..close]);
        if uri_raw.is_empty() {
            return Err(Malformed("empty address"));
        }
        Ok(Self { display: Some(display).filter(|d| !d.is_empty()), uri_raw, params: Params::new(params) })
    }

    /// Without brackets every `;` starts a header parameter, and `,` and `?` are not allowed (RFC 3261 20).
    fn bare(value: &'a [u8]) -> Result<Self, Malformed> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let uri_raw = syntax::trim_end(&value[..end]);
        if uri_raw.is_empty() {
            return Err(Malformed("empty address"));
        }
        if uri_raw
            .iter()
            .any(|octet| matches!(octet, b'?' | b',' | b'<' | b'>' | b'"') || syntax::is_lws(*octet))
        {
            return Err(Malformed("address needs brackets"));
        }
        Ok(Self { display: None, uri_raw, params: Params::new(&value[end..]) })
    }
}

/// A `<` behind a parameter of an unbracketed address is part of that parameter, not an address.
fn is_past_addr_spec(before: &[u8]) -> bool {
    memchr::memchr(b';', before).is_some_and(|semicolon| memchr::memchr(b':', &before[..semicolon]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> NameAddr<'_> {
        NameAddr::parse(value.as_bytes()).unwrap()
    }

    #[test]
    fn brackets_decide_whose_the_parameters_are() {
        let address = parse("sip:+1@gw.example.net;unknownparam");
        assert_eq!(
            (address.uri_raw, address.params.raw()),
            (&b"sip:+1@gw.example.net"[..], &b"unknownparam"[..])
        );
        let address = parse("<sip:+1@gw.example.net;unknownparam>");
        assert_eq!(
            (address.uri_raw, address.params.raw()),
            (&b"sip:+1@gw.example.net;unknownparam"[..], &b""[..])
        );
    }

    #[test]
    fn display_names_quoted_bare_and_glued() {
        let address = parse("\"J \\\\\\\"R\\\" <x>\"  <sip:j@h> ;\r\n tag = 9");
        assert_eq!(address.display_unquoted().as_deref(), Some(&b"J \\\"R\" <x>"[..]));
        assert_eq!(address.tag(), Some(&b"9"[..]));
        assert_eq!(parse("caller<sip:c@h>;tag=3").display, Some(&b"caller"[..]));
        assert_eq!(parse("Bell, Alexander <sip:c@h>").display, Some(&b"Bell, Alexander"[..]));
        assert_eq!(parse("\\\"al\\\" <sip:c@h>").uri_raw, b"sip:c@h");
        assert_eq!(parse("sip:a@h;x=\"<y>\"").uri_raw, b"sip:a@h");
        assert_eq!(parse("\"\" <sip:c@h>").display_unquoted(), None);
    }

    #[test]
    fn broken_addresses_are_refused() {
        for broken in [
            "",
            "<>",
            "\"open <sip:a@h>",
            "\"n\" sip:a@h",
            "<sip:a@h",
            "<sip:a@h> tag=1",
            "sip:a@h?Route=x",
            "a b",
            "sip:a@h, sip:b@h",
        ] {
            assert!(NameAddr::parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
