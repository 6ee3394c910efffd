//! Where the parts of a message are. One pass over the header section, nothing allocated, every count bounded.
//!
//! The first [`INDEXED`] header lines have a slot each; the few messages with more are re-read from the first line
//! without a slot, so that a message stays small to move and store.

use std::fmt;

use crate::message::start_line::{self, StartLine};
use crate::name::Name;
use crate::{swar, syntax};

/// Longest message in octets; a UDP datagram cannot be longer.
pub const MAX_MESSAGE: usize = 65_535;
/// Most header lines of a message.
pub const MAX_HEADERS: usize = 128;

/// Why octets are no message at all. There is nothing to answer: they are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but line ends: a keep-alive.
    Empty,
    /// The first line is neither a request line nor a status line.
    StartLine,
    /// The status code is not 100 to 699.
    Status,
    /// More than [`MAX_HEADERS`] header lines.
    TooManyHeaders,
    /// More than [`MAX_MESSAGE`] octets.
    TooLong,
}

/// A fault that leaves the headers readable. A server answers it with 400, a client drops the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Content-Length says more than there is (RFC 3261 18.3).
    BodyTooShort,
    /// Content-Length is no number.
    ContentLength,
    /// Content-Length stands twice (RFC 4475 3.3.9).
    ContentLengthRepeated,
    /// A header line without a colon or with a name that is no token.
    HeaderLine,
    /// The header section breaks off within a line.
    NoEmptyLine,
    /// White space in the request line beyond the two separators (RFC 4475 3.1.2.9, 3.1.2.10).
    RequestLineSpace,
}

/// What the Content-Length headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentLength {
    /// There is none.
    Absent,
    /// Not a number, or several of them.
    Invalid,
    /// So many octets, saturating.
    Octets(u32),
}

/// A range of octets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    start: u16,
    end: u16,
}

/// One header line: `name_len` octets of name from `start`, then the trimmed value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    start: u16,
    name_len: u8,
    pub(super) name: Name,
    pub(super) value: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) start: StartLine,
    pub(super) body: Span,
    pub(super) content_length: ContentLength,
    pub(super) defect: Option<Defect>,
    /// All header lines, with a slot or without.
    pub(super) count: u8,
    /// Where the first line without a slot starts.
    rest: u16,
    lines: [Line; INDEXED],
}

impl Index {
    pub(super) fn new(octets: &[u8]) -> Result<Self, ParseError> {
        if octets.len() > MAX_MESSAGE {
            return Err(ParseError::TooLong);
        }
        // Empty lines before the start line are ignored (RFC 3261 7.5).
        let begin =
            octets.iter().position(|octet| !matches!(octet, b'\r' | b'\n')).ok_or(ParseError::Empty)?;
        let end = swar::find::<b'\n'>(&octets[begin..]).map_or(octets.len(), |length| begin + length);
        let first = Span::new(begin, end - usize::from(octets[begin..end].ends_with(b"\r")));
        let (start, defect) = start_line::parse(octets, first)?;
        let mut index = Self {
            start,
            body: Span::default(),
            content_length: ContentLength::Absent,
            defect,
            count: 0,
            rest: 0,
            lines: [Line::NONE; INDEXED],
        };
        let body = index.read_headers(octets, (end + 1).min(octets.len()))?;
        index.read_body(octets, body);
        Ok(index)
    }

    /// Every header line in order.
    pub(super) fn lines<'a>(&'a self, octets: &'a [u8]) -> impl Iterator<Item = Line> + 'a {
        let total = usize::from(self.count);
        let indexed = self.lines[..total.min(INDEXED)].iter().copied();
        let mut rest = Reader { octets, at: usize::from(self.rest) };
        let unindexed = std::iter::from_fn(move || rest.next_header()).take(total.saturating_sub(INDEXED));
        indexed.chain(unindexed)
    }

    /// Fills the slots; returns where the body starts.
    fn read_headers(&mut self, octets: &[u8], at: usize) -> Result<usize, ParseError> {
        let mut reader = Reader { octets, at };
        loop {
            let before = reader.at;
            match reader.next() {
                Read::Header(line) => {
                    let count = usize::from(self.count);
                    match self.lines.get_mut(count) {
                        Some(slot) => *slot = line,
                        None if count == INDEXED => self.rest = offset(before),
                        None if count == MAX_HEADERS => return Err(ParseError::TooManyHeaders),
                        None => {}
                    }
                    self.count += 1;
                    if line.name == Name::ContentLength {
                        self.read_content_length(line.value.of(octets));
                    }
                }
                Read::Junk => self.note(Defect::HeaderLine),
                Read::EmptyLine => return Ok(reader.at),
                Read::End => {
                    // A datagram that stops after a whole line lacks nothing but the empty one.
                    if !octets.ends_with(b"\n") {
                        self.note(Defect::NoEmptyLine);
                    }
                    return Ok(octets.len());
                }
            }
        }
    }

    fn read_content_length(&mut self, value: &[u8]) {
        let number = syntax::decimal(value).map(|octets| u32::try_from(octets).unwrap_or(u32::MAX));
        self.content_length = match (self.content_length, number) {
            (ContentLength::Absent, Some(octets)) => ContentLength::Octets(octets),
            (ContentLength::Absent, None) => {
                self.note(Defect::ContentLength);
                ContentLength::Invalid
            }
            _ => {
                self.note(Defect::ContentLengthRepeated);
                ContentLength::Invalid
            }
        };
    }

    /// RFC 3261 18.3: octets beyond Content-Length are discarded; without one the body reaches to the end.
    fn read_body(&mut self, octets: &[u8], start: usize) {
        let available = octets.len() - start;
        let length = match self.content_length {
            ContentLength::Octets(length) => usize::try_from(length).unwrap_or(usize::MAX),
            ContentLength::Absent | ContentLength::Invalid => available,
        };
        if length > available {
            self.note(Defect::BodyTooShort);
        }
        self.body = Span::new(start, start + length.min(available));
    }

    /// Keeps the first fault, but one of a single line yields to one of the message.
    fn note(&mut self, defect: Defect) {
        if matches!(self.defect, None | Some(Defect::HeaderLine)) {
            self.defect = Some(defect);
        }
    }
}

impl Line {
    const NONE: Self = Self { start: 0, name_len: 0, name: Name::Other, value: Span { start: 0, end: 0 } };

    pub(super) fn raw_name(self, octets: &[u8]) -> &[u8] {
        Span { start: self.start, end: self.start.saturating_add(u16::from(self.name_len)) }.of(octets)
    }

    /// Splits the line from `start` to `end` (folds included, line end excluded).
    #[inline]
    fn split(octets: &[u8], start: usize, end: usize) -> Option<Self> {
        let text = &octets[start..end];
        let colon = swar::find_near::<b':'>(text)?;
        let mut name_len = colon;
        // White space before the colon is allowed (RFC 3261 7.3.1, HCOLON).
        while let Some(b' ' | b'\t') = name_len.checked_sub(1).and_then(|last| text.get(last)) {
            name_len -= 1;
        }
        let name = Name::at_start(&octets[start..], name_len);
        if name == Name::Other && !syntax::is_token(&text[..name_len]) {
            return None;
        }
        let value = syntax::trim_start(&text[colon + 1..]);
        let value_start = end - value.len();
        let value = syntax::trim_end(value);
        Some(Self {
            start: offset(start),
            name_len: u8::try_from(name_len).ok()?,
            name,
            value: Span::new(value_start, value_start + value.len()),
        })
    }
}

/// Reads header lines one after another.
struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

enum Read {
    EmptyLine,
    End,
    Header(Line),
    Junk,
}

impl Reader<'_> {
    fn next(&mut self) -> Read {
        let start = self.at;
        let rest = &self.octets[start..];
        match rest {
            [] => return Read::End,
            [b'\n', ..] => {
                self.at += 1;
                return Read::EmptyLine;
            }
            [b'\r', b'\n', ..] => {
                self.at += 2;
                return Read::EmptyLine;
            }
            _ => {}
        }
        let end = self.line_end(start);
        self.at = (end + 1).min(self.octets.len());
        match Line::split(self.octets, start, end) {
            Some(line) => Read::Header(line),
            None => Read::Junk,
        }
    }

    fn next_header(&mut self) -> Option<Line> {
        loop {
            match self.next() {
                Read::Header(line) => return Some(line),
                Read::Junk => {}
                Read::EmptyLine | Read::End => return None,
            }
        }
    }

    /// Offset of the LF that ends the line; one that white space follows is a fold (RFC 3261 7.3.1).
    fn line_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(found) = self.octets.get(at..).and_then(swar::find::<b'\n'>) {
            at += found;
            if !matches!(self.octets.get(at + 1), Some(b' ' | b'\t')) {
                return at;
            }
            at += 1;
        }
        self.octets.len()
    }
}

impl Span {
    #[inline]
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: offset(start), end: offset(end) }
    }

    pub(super) fn start(self) -> usize {
        usize::from(self.start)
    }

    /// The octets; empty when the container shrank since it was indexed.
    pub(super) fn of(self, octets: &[u8]) -> &[u8] {
        octets.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// From `start` to `end` within this span.
    pub(super) fn part(self, start: usize, end: usize) -> Self {
        let begin = usize::from(self.start);
        Self::new(begin + start, begin + end)
    }

    /// Where `inner` is, a trimmed piece of `text[from..]`, which this span spans.
    pub(super) fn within(self, text: &[u8], inner: &[u8], from: usize) -> Self {
        let start = from + (text.len() - from) - syntax::trim_start(&text[from..]).len();
        self.part(start, start + inner.len())
    }
}

/// Offsets are at most [`MAX_MESSAGE`], checked before the first one is made.
#[inline]
fn offset(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing but line ends",
            Self::StartLine => "no SIP start line",
            Self::Status => "status code outside 100 to 699",
            Self::TooManyHeaders => "too many header lines",
            Self::TooLong => "message too long",
        })
    }
}

impl std::error::Error for ParseError {}

/// Header lines with a slot. Calls between gateways and PBXes hold 12 to 25.
const INDEXED: usize = 32;
