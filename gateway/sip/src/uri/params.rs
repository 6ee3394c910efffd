//! `;name=value` parameters of a URI (RFC 3261 19.1.1): escapes instead of quotes, no white space.

/// The parameters of a URI, read on demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UriParams<'a> {
    raw: &'a [u8],
}

impl<'a> UriParams<'a> {
    pub(crate) const EMPTY: Self = Self { raw: b"" };

    pub(crate) fn new(raw: &'a [u8]) -> Self {
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

    /// Name and value of every parameter in order, as written.
    pub fn iter(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        self.raw.split(|octet| *octet == b';').filter(|param| !param.is_empty()).map(|param| {
            match memchr::memchr(b'=', param) {
                Some(at) => (&param[..at], Some(&param[at + 1..])),
                None => (param, None),
            }
        })
    }

    /// The value of the first parameter called `name` in any case; empty for a flag.
    pub fn get(self, name: &str) -> Option<&'a [u8]> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.unwrap_or_default())
    }
}
