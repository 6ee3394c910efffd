//! `host [":" port]` of URIs and Via: names, IPv4, IPv6 references (RFC 3261 25.1, RFC 5954, RFC 5118).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::syntax::{self, Malformed};

/// Where an address points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// The scheme has no host.
    Absent,
    /// A domain name, as written.
    Name(&'a str),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, in brackets on the wire.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads a host without a port.
    ///
    /// # Errors
    /// Anything that is neither a name nor an address.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Malformed> {
        if let [b'[', inner @ .., b']'] = octets {
            return v6(inner).map(Self::V6).ok_or(Malformed("no IPv6 address"));
        }
        // The last label of a name starts with a letter, so one that ends in a digit may be an address.
        let last = *octets.last().ok_or(NO_HOST)?;
        if octets.len() > LONGEST_NAME || !octets.iter().copied().all(syntax::is_host_octet) {
            return Err(NO_HOST);
        }
        let name = std::str::from_utf8(octets).map_err(|_| NO_HOST)?;
        if last.is_ascii_digit() || last == b'.' {
            if let Ok(address) = name.parse() {
                return Ok(Self::V4(address));
            }
            if octets.iter().all(|octet| octet.is_ascii_digit() || *octet == b'.') {
                return Err(NO_HOST);
            }
        }
        Ok(Self::Name(name))
    }

    /// The address, if the host is one.
    pub fn address(self) -> Option<IpAddr> {
        match self {
            Self::V4(address) => Some(address.into()),
            Self::V6(address) => Some(address.into()),
            Self::Absent | Self::Name(_) => None,
        }
    }

    /// RFC 3261 19.1.4: names compare without case; addresses as numbers (RFC 5954 4.2).
    pub fn equivalent(self, other: Host<'_>) -> bool {
        match (self, other) {
            (Self::Absent, Host::Absent) => true,
            (Self::Name(a), Host::Name(b)) => {
                a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'))
            }
            (Self::V4(a), Host::V4(b)) => a == b,
            (Self::V6(a), Host::V6(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// An address alone, IPv6 with or without brackets.
pub fn address(octets: &[u8]) -> Option<IpAddr> {
    let inner = octets.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    if let Some(inner) = inner {
        return v6(inner).map(IpAddr::V6);
    }
    std::str::from_utf8(octets).ok()?.parse().ok()
}

/// Splits `host [":" port]`, white space around the colon allowed (it is in Via).
///
/// # Errors
/// An unreadable host, or a port that is not 0 to 65535.
pub fn split_port(octets: &[u8]) -> Result<(Host<'_>, Option<u16>), Malformed> {
    let host_end = match octets {
        [b'[', ..] => memchr::memchr(b']', octets).map(|at| at + 1).ok_or(Malformed("no IPv6 address"))?,
        _ => memchr::memchr(b':', octets).unwrap_or(octets.len()),
    };
    let host = Host::parse(syntax::trim_end(&octets[..host_end]))?;
    let port = match syntax::trim_start(&octets[host_end..]) {
        [] => None,
        [b':', port @ ..] => Some(parse_port(syntax::trim_start(port)).ok_or(Malformed("no port number"))?),
        _ => return Err(NO_HOST),
    };
    Ok((host, port))
}

fn parse_port(octets: &[u8]) -> Option<u16> {
    syntax::decimal(octets).and_then(|port| u16::try_from(port).ok())
}

/// An IPv6 address. Three colons before an IPv4 tail are read as two: the grammar of RFC 3261 produced them
/// and RFC 5118 4.10 asks implementations to accept them.
fn v6(octets: &[u8]) -> Option<Ipv6Addr> {
    let text = std::str::from_utf8(octets).ok()?;
    if let Some(at) = text.find(":::") {
        let mut fixed = [0u8; LONGEST_V6];
        let fixed = fixed.get_mut(..octets.len() - 1)?;
        fixed[..at].copy_from_slice(&octets[..at]);
        fixed[at..].copy_from_slice(&octets[at + 1..]);
        return std::str::from_utf8(fixed).ok()?.parse().ok();
    }
    text.parse().ok()
}

const NO_HOST: Malformed = Malformed("no host");
const LONGEST_NAME: usize = 255;
const LONGEST_V6: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_colon_bug_is_read_as_two() {
        let expected = Host::V6("2001:db8::192.0.2.1".parse().unwrap());
        assert_eq!(Host::parse(b"[2001:db8:::192.0.2.1]"), Ok(expected));
        assert_eq!(Host::parse(b"[2001:db8::192.0.2.1]"), Ok(expected));
        assert!(Host::parse(b"[2001:db8::::1]").is_err());
        assert!(Host::parse(&[&b"["[..], &[b':'; 300], b"]"].concat()).is_err());
    }

    #[test]
    fn addresses_compare_as_numbers_and_names_without_case() {
        let a = Host::parse(b"[2001:DB8:0:0::1]").unwrap();
        assert!(a.equivalent(Host::parse(b"[2001:db8::1]").unwrap()));
        assert!(Host::Name("Example.COM").equivalent(Host::Name("example.com.")));
        assert!(!Host::Name("192.0.2.1x").equivalent(Host::V4([192, 0, 2, 1].into())));
    }
}
