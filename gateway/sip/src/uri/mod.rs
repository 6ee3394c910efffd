//! Addresses: `sip:` and `sips:` (RFC 3261 19.1), `tel:` (RFC 3966), other schemes kept whole.
//!
//! A view borrows the octets and is tolerant: escapes are resolved only on demand, so nothing is ever escaped twice.

pub mod equivalence;
pub mod host;
pub mod params;

use std::borrow::Cow;
use std::fmt::{self, Write};

pub use self::host::Host;
pub use self::params::UriParams;
use crate::syntax::{self, Malformed};

/// A parsed address.
#[derive(Clone, Copy, Debug)]
pub struct Uri<'a> {
    /// What the address is.
    pub scheme: Scheme<'a>,
    /// The user part of a SIP URI or the number of a `tel:` URI, as written (still escaped).
    pub user: Option<&'a [u8]>,
    /// The password of a SIP URI, as written.
    pub password: Option<&'a [u8]>,
    /// The host of a SIP URI; [`Host::Absent`] for other schemes.
    pub host: Host<'a>,
    /// The port of a SIP URI.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: UriParams<'a>,
    /// What follows the `?`, as written.
    pub headers: Option<&'a [u8]>,
    /// The whole address as written.
    pub raw: &'a [u8],
}

/// The scheme of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<'a> {
    /// Anything else; only [`Uri::raw`] is of use.
    Other(&'a str),
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
}

impl<'a> Uri<'a> {
    /// Reads an address.
    ///
    /// # Errors
    /// No scheme, an unreadable host or port, octets that no address may hold.
    pub fn parse(raw: &'a [u8]) -> Result<Self, Malformed> {
        let colon = memchr::memchr(b':', raw).ok_or(Malformed("no scheme"))?;
        let scheme = Scheme::from_bytes(&raw[..colon]).ok_or(Malformed("no scheme"))?;
        if !raw.iter().copied().all(syntax::is_uri_octet) {
            return Err(Malformed("octets outside the URI grammar"));
        }
        let rest = &raw[colon + 1..];
        match scheme {
            Scheme::Sip | Scheme::Sips => Self::sip(scheme, raw, rest),
            Scheme::Tel => Self::tel(raw, rest),
            Scheme::Other(_) => Ok(Self { scheme, raw, ..Self::EMPTY }),
        }
    }

    /// The user part with its escapes resolved; octets that are not UTF-8 are replaced.
    pub fn user_unescaped(&self) -> Cow<'a, str> {
        match syntax::percent_decode(self.user.unwrap_or_default()) {
            Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
            Cow::Owned(octets) => Cow::Owned(String::from_utf8_lossy(&octets).into_owned()),
        }
    }

    /// The value of a URI parameter, as written; empty for a flag.
    pub fn param(&self, name: &str) -> Option<&'a [u8]> {
        self.params.get(name)
    }

    /// The value of a header component such as `Replaces` in a Refer-To, with its escapes resolved.
    pub fn header(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.headers?.split(|octet| *octet == b'&').find_map(|component| {
            let (found, value) = component.split_at(memchr::memchr(b'=', component)?);
            let is_it = syntax::percent_decode(found).eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| syntax::percent_decode(&value[1..]))
        })
    }

    /// True for `sips:`.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Sips
    }

    fn sip(scheme: Scheme<'a>, raw: &'a [u8], rest: &'a [u8]) -> Result<Self, Malformed> {
        let (user, password, rest) = match memchr::memchr(b'@', rest) {
            Some(at) => {
                let (user, password) = split_password(&rest[..at])?;
                (Some(user), password, &rest[at + 1..])
            }
            None => (None, None, rest),
        };
        let end = memchr::memchr2(b';', b'?', rest).unwrap_or(rest.len());
        let (host, port) = host::split_port(&rest[..end])?;
        let (params, headers) = split_headers(&rest[end..]);
        Ok(Self { scheme, user, password, host, port, params: UriParams::new(params), headers, raw })
    }

    fn tel(raw: &'a [u8], rest: &'a [u8]) -> Result<Self, Malformed> {
        let end = memchr::memchr(b';', rest).unwrap_or(rest.len());
        let number = &rest[..end];
        let digits = number.strip_prefix(b"+").unwrap_or(number);
        if digits.is_empty() || !digits.iter().all(|octet| is_phone_octet(*octet)) {
            return Err(Malformed("no telephone number"));
        }
        let params = UriParams::new(&rest[end..]);
        Ok(Self { scheme: Scheme::Tel, user: Some(number), params, raw, ..Self::EMPTY })
    }

    const EMPTY: Self = Self {
        scheme: Scheme::Sip,
        user: None,
        password: None,
        host: Host::Absent,
        port: None,
        params: UriParams::EMPTY,
        headers: None,
        raw: b"",
    };
}

impl<'a> Scheme<'a> {
    fn from_bytes(octets: &'a [u8]) -> Option<Self> {
        Some(match octets {
            s if s.eq_ignore_ascii_case(b"sip") => Self::Sip,
            s if s.eq_ignore_ascii_case(b"sips") => Self::Sips,
            s if s.eq_ignore_ascii_case(b"tel") => Self::Tel,
            [first, ..] if first.is_ascii_alphabetic() => {
                let legal = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
                Self::Other(octets.iter().all(legal).then(|| std::str::from_utf8(octets).ok())??)
            }
            _ => return None,
        })
    }

    /// The scheme without its colon, lower case for the known ones.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Other(other) => other,
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
        }
    }
}

/// Writes a user part so that it is one: everything outside `unreserved` and `user-unreserved` is escaped.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|octet| {
            if octet.is_ascii_alphanumeric() || USER_OCTETS.contains(&octet) {
                f.write_char(octet.into())
            } else {
                write!(f, "%{octet:02X}")
            }
        })
    }
}

/// `mark` and `user-unreserved` of RFC 3261 25.1.
const USER_OCTETS: &[u8] = b"-_.!~*'()&=+$,;?/";

fn split_password(userinfo: &[u8]) -> Result<(&[u8], Option<&[u8]>), Malformed> {
    let (user, password) = match memchr::memchr(b':', userinfo) {
        Some(colon) => (&userinfo[..colon], Some(&userinfo[colon + 1..])),
        None => (userinfo, None),
    };
    if user.is_empty() { Err(Malformed("empty user")) } else { Ok((user, password)) }
}

fn split_headers(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(b'?', rest) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    }
}

/// Digits, the local dial characters and visual separators of RFC 3966 3.
const fn is_phone_octet(octet: u8) -> bool {
    octet.is_ascii_hexdigit() || matches!(octet, b'*' | b'#' | b'-' | b'.' | b'(' | b')' | b'p' | b'w')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_may_hold_reserved_octets() {
        let uri = Uri::parse(b"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1@example.com")
            .unwrap();
        assert_eq!(uri.user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
        assert_eq!((uri.password, uri.host), (Some(&b"&it+has=1"[..]), Host::Name("example.com")));
        let uri = Uri::parse(b"sip:user;par=u%40example.net@example.com").unwrap();
        assert_eq!(uri.user_unescaped(), "user;par=u@example.net");
        assert!(uri.params.is_empty());
    }

    #[test]
    fn parts_of_a_full_address() {
        let uri = Uri::parse(b"SIPS:a%6Cice:p@[2001:db8::10]:5070;transport=TCP;lr?Subject=x&To=y").unwrap();
        assert_eq!(
            (uri.scheme, uri.user_unescaped().as_ref(), uri.port),
            (Scheme::Sips, "alice", Some(5070))
        );
        assert_eq!(uri.host, Host::V6("2001:db8::10".parse().unwrap()));
        assert_eq!((uri.param("TRANSPORT"), uri.param("lr")), (Some(&b"TCP"[..]), Some(&b""[..])));
        assert_eq!(uri.headers, Some(&b"Subject=x&To=y"[..]));
    }

    #[test]
    fn header_components_are_resolved() {
        let uri = Uri::parse(b"sip:a@h?X=1&repl%61ces=1%40h%3Bto-tag%3D7&Replaces=no").unwrap();
        assert_eq!(uri.header("Replaces").unwrap(), &b"1@h;to-tag=7"[..]);
        assert_eq!(uri.header("Y"), None);
    }

    #[test]
    fn an_escaped_user_is_read_as_it_was() {
        for user in ["7042", "a b@c:d<e>\"%41", "J\u{fc}rgen", "*21#"] {
            let written = format!("sip:{}@h", Escaped(user));
            assert_eq!(Uri::parse(written.as_bytes()).unwrap().user_unescaped(), user);
        }
    }

    #[test]
    fn tel_and_strangers() {
        let uri = Uri::parse(b"tel:+1-201-555-0123;phone-context=example.com").unwrap();
        assert_eq!((uri.scheme, uri.user), (Scheme::Tel, Some(&b"+1-201-555-0123"[..])));
        assert_eq!(uri.param("phone-context"), Some(&b"example.com"[..]));
        assert_eq!(Uri::parse(b"soap.beep://192.0.2.103:3002").unwrap().scheme, Scheme::Other("soap.beep"));
    }

    #[test]
    fn broken_addresses_are_refused() {
        for broken in [
            &b""[..],
            b"user@example.com",
            b"<sip:user@example.com>",
            b"sip:",
            b"sip:@h",
            b"sip:a@",
            b"sip:a@b@c",
            b"sip:2001:db8::10",
            b"sip:a@h:0x50",
            b"sip:a@h:65536",
            b"sip:a@h; lr",
            b"sip:a@[::1",
            b"sip:a@[g::]",
            b"tel:",
            b"tel:+",
            b"tel:alice",
            b"1sip:a@h",
            b"sip:a@256.1.1.1",
        ] {
            assert!(Uri::parse(broken).is_err(), "{}", broken.escape_ascii());
        }
    }
}
