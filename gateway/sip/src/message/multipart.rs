//! Bodies in parts (RFC 2046 5.1, RFC 5621): finds the part of a media type. Parts are not decoded further.

use crate::header::MediaType;
use crate::syntax;

/// One part of a multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Header lines of the part.
    pub headers: &'a [u8],
    /// Its octets.
    pub body: &'a [u8],
}

impl<'a> Part<'a> {
    /// The value of a header of this part.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        let mut rest = self.headers;
        while !rest.is_empty() {
            let end = line_end(rest);
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            let Some(colon) = memchr::memchr(b':', line) else { continue };
            if syntax::trim(&line[..colon]).eq_ignore_ascii_case(name.as_bytes()) {
                return Some(syntax::trim(&line[colon + 1..]));
            }
        }
        None
    }
}

/// The parts of a body, at most [`MAX_PARTS`]. An unclosed last part is not among them.
pub fn parts<'a>(boundary: &'a [u8], body: &'a [u8]) -> impl Iterator<Item = Part<'a>> {
    let mut rest = next_delimiter(boundary, body).and_then(|(_, after)| after);
    std::iter::from_fn(move || {
        let (part, after) = next_delimiter(boundary, rest?)?;
        rest = after;
        Some(split(part))
    })
    .take(MAX_PARTS)
}

/// The octets of the body or part that has media type `wanted`; looks into nested multiparts to [`MAX_DEPTH`].
pub fn find<'a>(content_type: &'a [u8], body: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    find_at(content_type, body, wanted, 0)
}

fn find_at<'a>(content_type: &'a [u8], body: &'a [u8], wanted: &str, depth: usize) -> Option<&'a [u8]> {
    let media = MediaType::parse(content_type).ok()?;
    if media.is(wanted) {
        return Some(body);
    }
    if !media.is_multipart() || depth == MAX_DEPTH {
        return None;
    }
    let boundary = boundary(media)?;
    parts(boundary, body).find_map(|part| {
        find_at(part.header("Content-Type").unwrap_or(DEFAULT_TYPE), part.body, wanted, depth + 1)
    })
}

/// The boundary of a multipart type. One with escapes inside its quotes is refused: no such octet is legal in it.
fn boundary(media: MediaType<'_>) -> Option<&[u8]> {
    let value = media.params.get("boundary")?;
    let inner = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    (1..=LONGEST_BOUNDARY).contains(&inner.len()).then_some(inner)
}

/// Octets before the next delimiter line (without the line end that belongs to it), and those after it; `None` as
/// second when it was the closing one.
fn next_delimiter<'a>(boundary: &[u8], body: &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let mut at = 0;
    while let Some(found) = body.get(at..).and_then(|rest| memchr::memmem::find(rest, b"--")) {
        let dashes = at + found;
        let is_line_start = dashes == 0 || body[dashes - 1] == b'\n';
        let after = if is_line_start { body[dashes + 2..].strip_prefix(boundary) } else { None };
        if let Some(tail) = after {
            let before = &body[..dashes];
            let before = before.strip_suffix(b"\n").unwrap_or(before);
            let before = before.strip_suffix(b"\r").unwrap_or(before);
            if tail.starts_with(b"--") {
                return Some((before, None));
            }
            let end = memchr::memchr(b'\n', tail)?;
            if tail[..end].iter().all(|octet| syntax::is_lws(*octet)) {
                return Some((before, Some(&tail[end + 1..])));
            }
        }
        at = dashes + 1;
    }
    None
}

fn split(part: &[u8]) -> Part<'_> {
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\n', &part[at..]) {
        if matches!(&part[at..at + length], b"" | b"\r") {
            return Part { headers: &part[..at], body: &part[at + length + 1..] };
        }
        at += length + 1;
    }
    Part { headers: part, body: b"" }
}

/// Offset of the LF that ends a header line, folds passed over.
fn line_end(octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = octets.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
        at += found;
        if !matches!(octets.get(at + 1), Some(b' ' | b'\t')) {
            return at;
        }
        at += 1;
    }
    octets.len()
}

/// Parts of one body.
pub const MAX_PARTS: usize = 16;
/// Multiparts within multiparts.
pub const MAX_DEPTH: usize = 2;
/// RFC 2046 5.1.1
const LONGEST_BOUNDARY: usize = 70;
/// RFC 2046 5.1
const DEFAULT_TYPE: &[u8] = b"text/plain";

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &[u8] = b"multipart/mixed;boundary=\"b1\"";

    #[test]
    fn the_wanted_part_is_found_whole() {
        let body = b"preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\n--b1x is text\r\n--b1 \r\n\
            content-type:\r\n application/sdp;x=1\r\n\r\nv=0\r\n\r\n--b1--\r\nepilogue";
        assert_eq!(find(TYPE, body, "application/sdp"), Some(&b"v=0\r\n"[..]));
        assert_eq!(find(TYPE, body, "text/plain"), Some(&b"--b1x is text"[..]));
        assert_eq!(find(TYPE, body, "application/isup"), None);
    }

    #[test]
    fn nested_parts_and_parts_without_headers() {
        let body = b"--b1\nContent-Type: multipart/alternative; boundary=b2\n\n--b2\nContent-Type: application/sdp\n\n\
            v=0\n--b2--\n--b1\n\nplain\n--b1--";
        assert_eq!(find(TYPE, body, "application/sdp"), Some(&b"v=0"[..]));
        assert_eq!(find(TYPE, body, "text/plain"), Some(&b"plain"[..]));
    }

    #[test]
    fn broken_multiparts_yield_nothing() {
        assert_eq!(find(b"multipart/mixed", b"--b1\r\n\r\nx\r\n--b1--", "text/plain"), None);
        assert_eq!(find(TYPE, b"--b1\r\nContent-Type: application/sdp\r\n\r\nv=0", "application/sdp"), None);
        assert_eq!(find(TYPE, b"", "application/sdp"), None);
    }
}
