//! Source description and goodbye (RFC 3550 6.5, 6.6).

use super::word;

/// SDES: chunks of items, one per source.
#[derive(Debug, Clone, Copy)]
pub struct SourceDescription<'a> {
    chunks: u8,
    body: &'a [u8],
}

/// One item of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SdesItem<'a> {
    /// The source.
    pub ssrc: u32,
    /// 1 CNAME, 2 NAME, 6 TOOL and so on.
    pub kind: u8,
    /// The text, UTF-8 by intent only.
    pub text: &'a [u8],
}

/// BYE.
#[derive(Debug, Clone, Copy)]
pub struct Bye<'a> {
    sources: &'a [u8],
    /// Why, UTF-8 by intent only.
    pub reason: Option<&'a [u8]>,
}

impl<'a> SourceDescription<'a> {
    pub(super) const fn new(chunks: u8, body: &'a [u8]) -> Self {
        Self { chunks, body }
    }

    /// The items of all chunks; ends at the first malformed one.
    #[must_use]
    pub const fn items(&self) -> Items<'a> {
        Items { chunks: self.chunks, body: self.body, at: 0, ssrc: None }
    }
}

/// Iterator over the items of a [`SourceDescription`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    chunks: u8,
    body: &'a [u8],
    at: usize,
    ssrc: Option<u32>,
}

impl<'a> Iterator for Items<'a> {
    type Item = SdesItem<'a>;

    fn next(&mut self) -> Option<SdesItem<'a>> {
        loop {
            let Some(ssrc) = self.ssrc else {
                self.chunks = self.chunks.checked_sub(1)?;
                self.ssrc = Some(word(self.body, self.at)?);
                self.at += 4;
                continue;
            };
            let kind = *self.body.get(self.at)?;
            if kind == 0 {
                // RFC 3550 6.5: null octets up to the next 32 bit boundary, at least one.
                self.at = (self.at + 4) & !3;
                self.ssrc = None;
                continue;
            }
            let len = usize::from(*self.body.get(self.at + 1)?);
            let text = self.body.get(self.at + 2..self.at + 2 + len)?;
            self.at += 2 + len;
            return Some(SdesItem { ssrc, kind, text });
        }
    }
}

impl<'a> Bye<'a> {
    /// The sources that leave.
    pub fn sources(&self) -> impl Iterator<Item = u32> + 'a {
        self.sources.chunks_exact(4).filter_map(|octets| word(octets, 0))
    }

    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (sources, rest) = body.split_at_checked(4 * usize::from(count))?;
        let reason = rest.split_first().and_then(|(&len, text)| text.get(..usize::from(len)));
        Some(Self { sources, reason })
    }
}
