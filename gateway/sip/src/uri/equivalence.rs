//! Comparison of addresses: SIP and SIPS after RFC 3261 19.1.4, telephone numbers after RFC 3966 4.

use crate::syntax;
use crate::uri::params::UriParams;
use crate::uri::{Scheme, Uri};

impl Uri<'_> {
    /// True when both address the same resource.
    pub fn equivalent(&self, other: &Uri<'_>) -> bool {
        match (self.scheme, other.scheme) {
            (Scheme::Tel, Scheme::Tel) => {
                let (a, b) = (self.user.unwrap_or_default(), other.user.unwrap_or_default());
                digits(a).eq(digits(b)) && same_params(self.params, other.params, &[])
            }
            (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => self.equivalent_sip(other),
            (Scheme::Other(_), Scheme::Other(_)) => self.raw == other.raw,
            _ => false,
        }
    }

    fn equivalent_sip(&self, other: &Uri<'_>) -> bool {
        same_escaped(self.user, other.user, u8::eq)
            && same_escaped(self.password, other.password, u8::eq)
            && self.host.equivalent(other.host)
            && self.port == other.port
            && same_params(self.params, other.params, DECISIVE)
            && same_headers(self.headers, other.headers)
    }
}

/// A parameter in both must match; one in a single URI matters only if it is decisive.
fn same_params(a: UriParams<'_>, b: UriParams<'_>, decisive: &[&str]) -> bool {
    a.raw() == b.raw() || agrees(a, b, decisive) && agrees(b, a, decisive)
}

fn agrees(a: UriParams<'_>, b: UriParams<'_>, decisive: &[&str]) -> bool {
    a.iter().take(MOST_COMPARED).all(|(name, value)| match find(b, name) {
        Some(found) => same_escaped(value, found, u8::eq_ignore_ascii_case),
        None => !is_decisive(name, decisive),
    })
}

fn is_decisive(name: &[u8], decisive: &[&str]) -> bool {
    // Every tel parameter counts (RFC 3966 4), of a SIP URI only the listed ones.
    decisive.is_empty() || decisive.iter().any(|listed| name.eq_ignore_ascii_case(listed.as_bytes()))
}

fn find<'a>(params: UriParams<'a>, name: &[u8]) -> Option<Option<&'a [u8]>> {
    params
        .iter()
        .take(MOST_COMPARED)
        .find(|(found, _)| same_escaped(Some(found), Some(name), u8::eq_ignore_ascii_case))
        .map(|(_, value)| value)
}

/// Header components are never ignored; their order is.
fn same_headers(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    a == b || components(a).count() == components(b).count() && holds_all(a, b) && holds_all(b, a)
}

fn holds_all(a: &[u8], b: &[u8]) -> bool {
    components(b).take(MOST_COMPARED).all(|wanted| {
        let same = |found: &[u8]| same_escaped(Some(found), Some(wanted), u8::eq_ignore_ascii_case);
        components(a).take(MOST_COMPARED).any(same)
    })
}

fn components(headers: &[u8]) -> impl Iterator<Item = &[u8]> {
    headers.split(|octet| *octet == b'&').filter(|component| !component.is_empty())
}

/// An escaped octet equals the plain one, except where the plain one is reserved; that case is decided by
/// comparing decoded octets only, as no two users we address differ in nothing else.
fn same_escaped(a: Option<&[u8]>, b: Option<&[u8]>, same: fn(&u8, &u8) -> bool) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() == b.is_none() };
    let (mut a, mut b) = (syntax::percent_decoded(a), syntax::percent_decoded(b));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if same(&a, &b) => {}
            _ => return false,
        }
    }
}

/// A number without its visual separators.
fn digits(number: &[u8]) -> impl Iterator<Item = u8> + '_ {
    number.iter().filter(|octet| !matches!(octet, b'-' | b'.' | b'(' | b')')).map(u8::to_ascii_lowercase)
}

/// Parameters that must be in both URIs or in none (RFC 3261 19.1.4).
const DECISIVE: &[&str] = &["user", "ttl", "method", "maddr", "transport"];
/// Beyond this many parameters a comparison would be a means to burn time.
const MOST_COMPARED: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let (a, b) = (Uri::parse(a.as_bytes()).unwrap(), Uri::parse(b.as_bytes()).unwrap());
        assert_eq!(a.equivalent(&b), b.equivalent(&a), "comparison is symmetric");
        a.equivalent(&b)
    }

    #[test]
    fn the_equal_pairs_of_rfc_3261_19_1_4() {
        assert!(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
        assert!(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
        assert!(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
        assert!(same(
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
        ));
        assert!(same(
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
        ));
    }

    #[test]
    fn the_different_pairs_of_rfc_3261_19_1_4() {
        assert!(!same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
        assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
        assert!(!same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
        assert!(!same("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
        assert!(!same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    }

    #[test]
    fn telephone_numbers_ignore_separators_only() {
        assert!(same("tel:+1-201-555-0123", "tel:+12015550123"));
        assert!(!same("tel:+12015550123", "tel:12015550123"));
        assert!(!same("tel:7042;phone-context=example.com", "tel:7042;phone-context=example.net"));
        assert!(!same("tel:7042;phone-context=example.com", "tel:7042"));
    }
}
