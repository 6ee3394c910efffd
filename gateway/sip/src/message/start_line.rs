//! Request-Line and Status-Line (RFC 3261 7.1, 7.2).

use crate::message::index::{Defect, ParseError, Span};
use crate::syntax;

/// The parts of a start line as offsets into the message.
#[derive(Clone, Copy, Debug)]
pub(super) enum StartLine {
    Request { method: Span, uri: Span, version: Span },
    Response { status: u16, reason: Span, version: Span },
}

/// Reads the line that `line` spans (without its line end).
pub(super) fn parse(octets: &[u8], line: Span) -> Result<(StartLine, Option<Defect>), ParseError> {
    let text = line.of(octets);
    // A method holds no slash, so this decides.
    match text.get(..4) {
        Some(start) if start.eq_ignore_ascii_case(b"SIP/") => Ok((status_line(text, line)?, None)),
        _ => request_line(text, line),
    }
}

fn status_line(text: &[u8], line: Span) -> Result<StartLine, ParseError> {
    let gap = memchr::memchr(b' ', text).ok_or(ParseError::StartLine)?;
    if !is_version(&text[..gap]) {
        return Err(ParseError::StartLine);
    }
    let code = syntax::trim_start(&text[gap..]);
    let code_end = memchr::memchr(b' ', code).unwrap_or(code.len());
    let status = match code[..code_end] {
        [a @ b'1'..=b'6', b, c] if b.is_ascii_digit() && c.is_ascii_digit() => {
            u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')
        }
        _ => return Err(ParseError::Status),
    };
    let reason_start = text.len() - code.len() + code_end;
    let reason = line.within(text, syntax::trim(&text[reason_start..]), reason_start);
    Ok(StartLine::Response { status, reason, version: line.part(0, gap) })
}

/// The method ends at the first space, the version starts after the last: what lies between is the Request-URI,
/// even when it holds spaces that it must not (RFC 4475 3.1.2.8), so that the request can be answered.
fn request_line(text: &[u8], line: Span) -> Result<(StartLine, Option<Defect>), ParseError> {
    let trimmed = syntax::trim_end(text);
    let method_end = memchr::memchr(b' ', trimmed).ok_or(ParseError::StartLine)?;
    let version_start = memchr::memrchr(b' ', trimmed).ok_or(ParseError::StartLine)? + 1;
    let version = &trimmed[version_start..];
    if !is_version(version) || version_start <= method_end + 1 || !syntax::is_token(&trimmed[..method_end]) {
        return Err(ParseError::StartLine);
    }
    let between = &trimmed[method_end + 1..version_start - 1];
    let uri = syntax::trim(between);
    let strict = uri.len() == between.len() && trimmed.len() == text.len();
    let start = StartLine::Request {
        method: line.part(0, method_end),
        uri: line.within(text, uri, method_end + 1),
        version: line.part(version_start, trimmed.len()),
    };
    Ok((start, (!strict).then_some(Defect::RequestLineSpace)))
}

/// `SIP/` and a token: which version it is decides whether we understand the message, not whether it is one.
fn is_version(word: &[u8]) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/")) && syntax::is_token(&word[4..])
}
