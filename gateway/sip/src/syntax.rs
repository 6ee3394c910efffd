//! Octet classes and the small pieces of the RFC 3261 25.1 grammar that every header shares: white space and folding,
//! tokens, quoted strings, numbers, escapes. Values are octets: UTF-8, Latin-1 and control characters pass through.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// What is wrong with a value, in words fit for a reason phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed(pub &'static str);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Malformed {}

/// White space inside a header value. CR and LF count because only a folded line can hold them (RFC 3261 7.3.1).
#[inline]
pub const fn is_lws(octet: u8) -> bool {
    CLASSES[octet as usize] & LWS != 0
}

/// `token` of RFC 3261 25.1.
#[inline]
pub const fn is_token_octet(octet: u8) -> bool {
    CLASSES[octet as usize] & TOKEN != 0
}

/// An octet that may stand in a URI: no control, no white space, no delimiter of RFC 3986 2 that ends one. Octets
/// beyond ASCII pass.
#[inline]
pub(crate) const fn is_uri_octet(octet: u8) -> bool {
    CLASSES[octet as usize] & URI != 0
}

/// Letters, digits, `-` and `.` of a domain name; `_` is outside the grammar but common in private DNS.
#[inline]
pub(crate) const fn is_host_octet(octet: u8) -> bool {
    CLASSES[octet as usize] & HOST != 0
}

/// True for one or more token octets.
pub fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().copied().all(is_token_octet)
}

/// The token as text, or `None` when the octets are not a token.
pub fn token_str(octets: &[u8]) -> Option<&str> {
    if is_token(octets) { std::str::from_utf8(octets).ok() } else { None }
}

/// Without white space at either end.
#[inline]
pub fn trim(octets: &[u8]) -> &[u8] {
    trim_end(trim_start(octets))
}

/// Without white space at the start.
#[inline]
pub fn trim_start(mut octets: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = octets {
        if !is_lws(*first) {
            break;
        }
        octets = rest;
    }
    octets
}

/// Without white space at the end.
#[inline]
pub fn trim_end(mut octets: &[u8]) -> &[u8] {
    while let [rest @ .., last] = octets {
        if !is_lws(*last) {
            break;
        }
        octets = rest;
    }
    octets
}

/// Length of the quoted string at the start of `octets`, both quotes included; `None` when it does not end.
pub fn quoted_length(octets: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', octets.get(at..)?)?;
        match octets[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// A quoted string without its quotes and with its escapes resolved; anything else as it is.
pub fn unquote(octets: &[u8]) -> Cow<'_, [u8]> {
    let inner = match octets {
        [b'"', inner @ .., b'"'] => inner,
        _ => return Cow::Borrowed(octets),
    };
    if memchr::memchr(b'\\', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner.iter();
    while let Some(&octet) = rest.next() {
        match octet {
            b'\\' => out.extend(rest.next()),
            _ => out.push(octet),
        }
    }
    Cow::Owned(out)
}

/// Writes text as a quoted string: quotes and backslashes escaped, control characters left out.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars().filter(|letter| !letter.is_control()) {
            if matches!(letter, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(letter)?;
        }
        f.write_char('"')
    }
}

/// The value on one line: every fold becomes one space (RFC 3261 7.3.1).
pub fn unfold(octets: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', b'\r', octets).is_none() {
        return Cow::Borrowed(octets);
    }
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
        out.extend_from_slice(trim_end(&rest[..at]));
        out.push(b' ');
        rest = trim_start(&rest[at..]);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// A decimal number of any length, saturating at `u64::MAX`; `None` when it is not all digits or is empty.
pub fn decimal(octets: &[u8]) -> Option<u64> {
    if octets.is_empty() {
        return None;
    }
    octets.iter().try_fold(0u64, |number, octet| {
        octet.is_ascii_digit().then(|| number.saturating_mul(10).saturating_add(u64::from(octet - b'0')))
    })
}

/// Octets with every `%XX` resolved. A `%` that no two hex digits follow stays (RFC 4475 3.1.1.5: it is data).
pub fn percent_decode(octets: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', octets).is_none() {
        return Cow::Borrowed(octets);
    }
    Cow::Owned(percent_decoded(octets).collect())
}

/// The octets of [`percent_decode`], one by one and without allocating.
pub fn percent_decoded(octets: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let (octet, taken) = match rest {
            [b'%', high, low, ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => (b'%', 1),
            },
            [first, ..] => (*first, 1),
            [] => return None,
        };
        rest = &rest[taken..];
        Some(octet)
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The classes of every octet: one load instead of a chain of comparisons for each octet of a message.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let letter = octet as u8;
        if letter.is_ascii_alphanumeric()
            || matches!(letter, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
        {
            classes[octet] |= TOKEN;
        }
        if matches!(letter, b' ' | b'\t' | b'\r' | b'\n') {
            classes[octet] |= LWS;
        }
        if !matches!(letter, 0..=b' ' | b'<' | b'>' | b'"' | 0x7f) {
            classes[octet] |= URI;
        }
        if letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'.' | b'_') {
            classes[octet] |= HOST;
        }
        octet += 1;
    }
    classes
};
const LWS: u8 = 1;
const TOKEN: u8 = 2;
const URI: u8 = 4;
const HOST: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_end_at_the_first_unescaped_quote() {
        assert_eq!(quoted_length(br#""a\"b" <x>"#), Some(6));
        assert_eq!(quoted_length(br#""a\\" b"#), Some(5));
        assert_eq!(quoted_length(br#""open"#), None);
        assert_eq!(quoted_length(br#""open\"#), None);
        assert_eq!(&*unquote(br#""J Rosenberg \\\"""#), br#"J Rosenberg \""#);
        assert_eq!(&*unquote(b"\""), b"\"");
        assert_eq!(&*unquote(b"\"end\\\""), b"end");
    }

    #[test]
    fn what_is_quoted_is_unquoted_to_the_same() {
        for text in ["", "Bob", "a \"b\" \\ c\\", "J\u{fc}rgen <x>, ;"] {
            let quoted = Quoted(text).to_string();
            assert_eq!(quoted_length(quoted.as_bytes()), Some(quoted.len()));
            assert_eq!(&*unquote(quoted.as_bytes()), text.as_bytes());
        }
        assert_eq!(Quoted("a\r\nb\0").to_string(), "\"ab\"");
    }

    #[test]
    fn folds_become_one_space() {
        assert_eq!(&*unfold(b"a  \r\n\t b\r\n c"), b"a b c");
        assert_eq!(&*unfold(b"plain"), b"plain");
    }

    #[test]
    fn numbers_saturate_and_refuse_signs() {
        assert_eq!(decimal(b"0068"), Some(68));
        assert_eq!(decimal(b"36893488147419103232"), Some(u64::MAX));
        assert_eq!(decimal(b"-1"), None);
        assert_eq!(decimal(b""), None);
    }

    #[test]
    fn escapes_are_resolved_once_and_broken_ones_stay() {
        assert_eq!(&*percent_decode(b"%4A%6f%Z%45%"), b"Jo%ZE%");
        assert_eq!(&*percent_decode(b"%2541"), b"%41");
    }
}
