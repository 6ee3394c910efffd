//! Splits the value of the four authentication headers into schemes and parameters (RFC 7235 2.1, appendix C).
//!
//! SIP wants one challenge per line (RFC 3261 7.3.1); several in one line, as HTTP allows, are told apart too.

/// One piece of an authentication header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// `Digest`.
    Scheme(&'a [u8]),
    /// `realm="x"`; the value is without its quotes, escapes untouched.
    Param(&'a [u8], &'a [u8]),
}

/// Iterates over the pieces; ends at the first octet that fits nothing.
pub(super) struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(value: &'a [u8]) -> Pieces<'a> {
        Pieces { rest: value }
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        let count = self.rest.iter().take_while(|octet| wanted(**octet)).count();
        self.rest = &self.rest[count..];
    }

    fn token(&mut self) -> &'a [u8] {
        let count = self.rest.iter().take_while(|octet| is_token(**octet)).count();
        let (token, rest) = self.rest.split_at(count);
        self.rest = rest;
        token
    }

    fn quoted(&mut self) -> Option<&'a [u8]> {
        let body = &self.rest[1..];
        let mut escaped = false;
        let end = body.iter().position(|octet| {
            let closes = *octet == b'"' && !escaped;
            escaped = *octet == b'\\' && !escaped;
            closes
        })?;
        self.rest = &body[end + 1..];
        Some(&body[..end])
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        self.skip(|octet| is_space(octet) || octet == b',');
        let name = self.token();
        if name.is_empty() {
            return None;
        }
        self.skip(is_space);
        if self.rest.first() != Some(&b'=') {
            return Some(Piece::Scheme(name));
        }
        self.rest = &self.rest[1..];
        self.skip(is_space);
        let value = match self.rest.first() {
            Some(b'"') => self.quoted()?,
            _ => self.unquoted(),
        };
        Some(Piece::Param(name, value))
    }
}

impl<'a> Pieces<'a> {
    /// A value without quotes runs to the comma: nonces and URIs are found unquoted in the wild.
    fn unquoted(&mut self) -> &'a [u8] {
        let count = self.rest.iter().take_while(|octet| **octet != b',' && !is_space(**octet)).count();
        let (value, rest) = self.rest.split_at(count);
        self.rest = rest;
        value
    }
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_challenges_in_one_line_are_told_apart() {
        let value = br#"Digest realm="a, \"b\"", nonce=xyz==,qop="auth,auth-int" , Basic realm=c"#;
        let pieces: Vec<_> = Pieces::new(value).collect();
        assert_eq!(
            pieces,
            [
                Piece::Scheme(b"Digest"),
                Piece::Param(b"realm", br#"a, \"b\""#),
                Piece::Param(b"nonce", b"xyz=="),
                Piece::Param(b"qop", b"auth,auth-int"),
                Piece::Scheme(b"Basic"),
                Piece::Param(b"realm", b"c"),
            ]
        );
    }

    #[test]
    fn an_open_quote_ends_the_list() {
        assert_eq!(Pieces::new(br#"Digest realm="a"#).count(), 1);
        assert_eq!(Pieces::new(br#"Digest realm="a\""#).count(), 1);
    }
}
