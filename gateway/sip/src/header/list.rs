//! Comma-separated values of one header line (RFC 3261 7.3.1): commas inside quoted strings and `<>` do not separate.

use crate::syntax;

/// The trimmed, non-empty elements of a list.
#[derive(Clone, Debug)]
pub struct List<'a> {
    rest: &'a [u8],
}

impl<'a> List<'a> {
    /// Over one header value.
    pub fn new(value: &'a [u8]) -> Self {
        Self { rest: value }
    }
}

impl<'a> Iterator for List<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let end = separator(self.rest);
            let element = syntax::trim(&self.rest[..end]);
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

/// Offset of the first separating comma, or the length. An unclosed quote or bracket reaches to the end.
fn separator(value: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = value.get(at..).and_then(|rest| memchr::memchr3(b',', b'"', b'<', rest)) {
        at += found;
        let skipped = match value[at] {
            b',' => return at,
            b'"' => syntax::quoted_length(&value[at..]),
            _ => memchr::memchr(b'>', &value[at..]).map(|close| close + 1),
        };
        match skipped {
            Some(length) => at += length,
            None => return value.len(),
        }
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_brackets_hide_commas() {
        let list: Vec<_> = List::new(br#" "a, \", b" <sip:x,y@h>;p="1,2" , ,<sip:z>,"#).collect();
        assert_eq!(list, [&br#""a, \", b" <sip:x,y@h>;p="1,2""#[..], b"<sip:z>"]);
    }

    #[test]
    fn open_quotes_and_brackets_swallow_the_rest() {
        assert_eq!(List::new(b"\"a, b").count(), 1);
        assert_eq!(List::new(b"<a, b").count(), 1);
        assert_eq!(List::new(b",, ,").count(), 0);
    }
}
