//! `Via` (RFC 3261 20.42): the hop a response goes back to, with `received` and `rport` (RFC 3581).

use std::net::IpAddr;

use crate::header::params::Params;
use crate::syntax::{self, Malformed};
use crate::uri::host::{self, Host};

/// One hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `TLS` or anything else, as written.
    pub transport: &'a str,
    /// Host of `sent-by`.
    pub host: Host<'a>,
    /// Port of `sent-by`; the default is that of the transport (RFC 3261 18.2.2).
    pub port: Option<u16>,
    /// `sent-by` as written, part of the transaction key (RFC 3261 17.2.3).
    pub sent_by: &'a [u8],
    /// Parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one value (not a list).
    ///
    /// # Errors
    /// A protocol that is not `SIP/.../...`, or no readable host and port. The version is not judged: a request of a
    /// later one is answered too (RFC 4475 3.1.2.16).
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let (transport, sent_by) = sent_protocol(&value[..end])?;
        let sent_by = syntax::trim(sent_by);
        let (host, port) = host::split_port(sent_by)?;
        Ok(Self { transport, host, port, sent_by, params: Params::new(&value[end..]) })
    }

    /// The `branch` parameter.
    pub fn branch(&self) -> Option<&'a [u8]> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// The branch when it carries the magic cookie of RFC 3261 8.1.1.7, so that it identifies the transaction.
    pub fn rfc3261_branch(&self) -> Option<&'a [u8]> {
        let cookie = |branch: &&[u8]| {
            branch.len() > COOKIE.len() && branch[..COOKIE.len()].eq_ignore_ascii_case(COOKIE)
        };
        self.branch().filter(cookie)
    }

    /// The `received` address, IPv6 with or without brackets (RFC 5118 4.5).
    pub fn received(&self) -> Option<IpAddr> {
        host::address(self.params.get("received")?)
    }

    /// `None`: no `rport`. `Some(None)`: asked for. `Some(Some(port))`: filled in (RFC 3581).
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.params.get("rport")?;
        Some(syntax::decimal(value).and_then(|port| u16::try_from(port).ok()))
    }

    /// The `maddr` parameter.
    pub fn maddr(&self) -> Option<&'a [u8]> {
        self.params.get("maddr")
    }
}

/// Reads `SIP / version / transport` and returns the transport and what follows the white space after it.
fn sent_protocol(value: &[u8]) -> Result<(&str, &[u8]), Malformed> {
    const WRONG: Malformed = Malformed("protocol is not SIP");
    let value = syntax::trim_start(value);
    let slash = memchr::memchr(b'/', value).ok_or(WRONG)?;
    let (protocol, rest) = (syntax::trim_end(&value[..slash]), &value[slash + 1..]);
    let slash = memchr::memchr(b'/', rest).ok_or(WRONG)?;
    let (version, rest) = (syntax::trim(&rest[..slash]), syntax::trim_start(&rest[slash + 1..]));
    if !protocol.eq_ignore_ascii_case(b"SIP") || !syntax::is_token(version) {
        return Err(WRONG);
    }
    let gap = rest.iter().copied().position(syntax::is_lws).ok_or(Malformed("no sent-by"))?;
    let transport = syntax::token_str(&rest[..gap]).ok_or(Malformed("no transport"))?;
    Ok((transport, &rest[gap..]))
}

const COOKIE: &[u8] = b"z9hG4bK";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_everywhere() {
        let via = Via::parse(b"SIP  /   2.0\r\n /UDP\r\n    192.0.2.2 : 5062 ; branch = 390skdjuw").unwrap();
        assert_eq!((via.transport, via.port), ("UDP", Some(5062)));
        assert_eq!(via.host, Host::V4([192, 0, 2, 2].into()));
        assert_eq!((via.branch(), via.rfc3261_branch()), (Some(&b"390skdjuw"[..]), None));
    }

    #[test]
    fn received_and_rport_in_all_forms() {
        let via = Via::parse(b"SIP/2.0/UDP [2001:db8::9:1]:6050;received=2001:db8::9;rport;branch=z9hG4bKa")
            .unwrap();
        assert_eq!(via.host, Host::V6("2001:db8::9:1".parse().unwrap()));
        assert_eq!(via.received(), Some("2001:db8::9".parse().unwrap()));
        assert_eq!((via.rport(), via.rfc3261_branch()), (Some(None), Some(&b"z9hG4bKa"[..])));
        let via = Via::parse(b"SIP/2.0/TCP h;received=[2001:db8::9];rport=5061").unwrap();
        assert_eq!((via.received(), via.rport()), (Some("2001:db8::9".parse().unwrap()), Some(Some(5061))));
    }

    #[test]
    fn broken_hops_are_refused() {
        for broken in [
            &b""[..],
            b"SIP/2.0/UDP",
            b"SIP/2.0/UDP ;branch=1",
            b"SIP//UDP h",
            b"HTTP/2.0/TCP h",
            b"SIP/2.0 h",
            b"SIP/2.0/UDP h:99999",
            b"SIP/2.0/UDP a b",
            b"SIP/2.0/U(P h",
            b";;",
        ] {
            assert!(Via::parse(broken).is_err(), "{}", broken.escape_ascii());
        }
    }
}
