//! Local tags that say where their session is.
//!
//! A tag is the slot of the session and 64 random bits (RFC 3261 19.3 asks for 32), in hex. A request in a dialog finds
//! its session by the tag alone, without a table; the random bits tell a live session from a late or forged request.

use std::fmt;

/// The tag of our side of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalTag {
    pub(crate) slot: u32,
    pub(crate) token: u64,
}

impl LocalTag {
    /// Reads a tag of our form.
    pub(crate) fn parse(tag: &[u8]) -> Option<LocalTag> {
        if tag.len() != LENGTH {
            return None;
        }
        let text = std::str::from_utf8(tag).ok().filter(|text| !text.starts_with('+'))?;
        let (slot, token) = text.split_at_checked(8)?;
        if token.starts_with('+') {
            return None;
        }
        Some(LocalTag {
            slot: u32::from_str_radix(slot, 16).ok()?,
            token: u64::from_str_radix(token, 16).ok()?,
        })
    }
}

impl fmt::Display for LocalTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:016x}", self.slot, self.token)
    }
}

const LENGTH: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_back() {
        let tag = LocalTag { slot: 7, token: 0xfedc_ba98_7654_3210 };
        assert_eq!(tag.to_string(), "00000007fedcba9876543210");
        assert_eq!(LocalTag::parse(tag.to_string().as_bytes()), Some(tag));
        for stranger in
            ["", "1", "00000007fedcba987654321g", "+0000007fedcba9876543210", "00000007+edcba9876543210"]
        {
            assert_eq!(LocalTag::parse(stranger.as_bytes()), None, "{stranger}");
        }
        assert_eq!(LocalTag::parse("0000000\u{e9}edcba987654321".as_bytes()), None);
    }
}
