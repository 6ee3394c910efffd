//! Octets into cells: character set, separator, quotes, line ends.

use std::{borrow::Cow, fmt};

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// Nothing in it.
    Empty,
    /// The header lacks a mandatory column.
    MissingColumn(&'static str),
    /// No semicolon, TAB or comma in the first line.
    NoSeparator,
    /// The header names a column twice.
    RepeatedColumn(String),
    /// More octets than allowed.
    TooLarge {
        /// In octets.
        limit: usize,
    },
    /// More rows than allowed.
    TooManyRows {
        /// In rows.
        limit: usize,
    },
    /// The header has a column that means nothing here.
    UnknownColumn(String),
    /// UTF-16, which spreadsheets call "Unicode text".
    Utf16,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::MissingColumn(name) => write!(f, "the header has no column \"{name}\""),
            Self::NoSeparator => f.write_str("no semicolon, TAB or comma in the first line"),
            Self::RepeatedColumn(name) => write!(f, "the header has the column {name:?} twice"),
            Self::TooLarge { limit } => write!(f, "the file is larger than {} MiB", limit >> 20),
            Self::TooManyRows { limit } => write!(f, "the file has more than {limit} rows"),
            Self::UnknownColumn(name) => write!(f, "the header has an unknown column {name:?}"),
            Self::Utf16 => f.write_str("the file is UTF-16; save it as UTF-8"),
        }
    }
}

impl std::error::Error for FileFault {}

/// UTF-8 with or without its mark, else the Windows superset of Latin-1 that spreadsheets of that age write.
///
/// # Errors
/// UTF-16.
pub fn decode(octets: &[u8]) -> Result<Cow<'_, str>, FileFault> {
    if octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]) {
        return Err(FileFault::Utf16);
    }
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    Ok(match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(octets.iter().copied().map(western).collect()),
    })
}

/// Lines with their numbers from 1, without line ends, blank ones left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end)
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty())
        .map(|(line, number)| (number, line))
}

/// The separator of a file, judged by one of its lines. Three columns are the least that a row needs, so two of a kind
/// decide, the incumbent's own first; else whatever is there.
pub(super) fn separator(line: &str) -> Result<char, FileFault> {
    let count = |separator| {
        let mut quoted = false;
        line.chars()
            .filter(|c| {
                quoted ^= *c == '"';
                !quoted && *c == separator
            })
            .count()
    };
    let enough = |least: usize| SEPARATORS.into_iter().find(|separator| count(*separator) >= least);
    enough(2).or_else(|| enough(1)).ok_or(FileFault::NoSeparator)
}

/// The quotes of a line do not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadQuotes;

/// The cells of a line. Quotes may surround a cell and hide separators, a doubled quote is one (RFC 4180 2). A quoted cell
/// never goes on in the next line: no field may hold a line end, and one lost quote must not swallow the rest of a file.
/// Unquoted cells lose blanks around them.
pub(super) fn cells(line: &str, separator: char) -> Result<Vec<Cow<'_, str>>, BadQuotes> {
    let mut cells = Vec::with_capacity(9);
    let mut rest = line;
    loop {
        let (cell, after) = match rest.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, separator)?,
            None => match rest.split_once(separator) {
                Some((cell, after)) => (Cow::Borrowed(cell.trim()), Some(after)),
                None => (Cow::Borrowed(rest.trim()), None),
            },
        };
        cells.push(cell);
        match after {
            Some(after) => rest = after,
            None => return Ok(cells),
        }
    }
}

/// A cell whose opening quote is behind us, and what follows its separator.
fn quoted_cell(text: &str, separator: char) -> Result<(Cow<'_, str>, Option<&str>), BadQuotes> {
    let mut cell = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or(BadQuotes)?;
        if cell.is_empty() {
            cell = Cow::Borrowed(part);
        } else {
            cell.to_mut().push_str(part);
        }
        if let Some(more) = after.strip_prefix('"') {
            cell.to_mut().push('"');
            rest = more;
            continue;
        }
        let after = after.trim_start_matches(' ');
        return match after.strip_prefix(separator) {
            Some(after) => Ok((cell, Some(after))),
            None if after.is_empty() => Ok((cell, None)),
            None => Err(BadQuotes),
        };
    }
}

fn western(octet: u8) -> char {
    match octet {
        0x80..=0x9f => WINDOWS_1252[usize::from(octet - 0x80)],
        _ => char::from(octet),
    }
}

/// In order of preference.
const SEPARATORS: [char; 3] = [';', '\t', ','];

/// Windows-1252, 0x80 to 0x9f; the five that it leaves open stay control characters.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_found() {
        assert_eq!(separator("Long Name;Name;Number"), Ok(';'));
        assert_eq!(separator("a\tb\tc;d"), Ok('\t'));
        assert_eq!(separator("Smith, John, Dr., MD;john;200;;"), Ok(';'));
        assert_eq!(separator("\"a;b;c\",d,e"), Ok(','));
        assert_eq!(separator("Long Name,Number"), Ok(','));
        assert_eq!(separator("one"), Err(FileFault::NoSeparator));
    }

    #[test]
    fn quotes() {
        let cut = |line| cells(line, ';').map(|c| c.into_iter().map(Cow::into_owned).collect::<Vec<_>>());
        assert_eq!(cut(" a ;\"b;\"\"c\"\" \";;d").unwrap(), ["a", "b;\"c\" ", "", "d"]);
        assert_eq!(cut("\"\";\"\"\"\"").unwrap(), ["", "\""]);
        assert_eq!(cut("a\"b;c").unwrap(), ["a\"b", "c"]);
        assert_eq!(cut("\"a"), Err(BadQuotes));
        assert_eq!(cut("\"a\"b;c"), Err(BadQuotes));
    }

    #[test]
    fn character_sets() {
        assert_eq!(decode(b"\xef\xbb\xbfa").unwrap(), "a");
        assert_eq!(decode("Jörg".as_bytes()).unwrap(), "Jörg");
        assert_eq!(decode(b"J\xf6rg \x80").unwrap(), "Jörg €");
        assert_eq!(decode(b"\xff\xfea\0"), Err(FileFault::Utf16));
    }

    #[test]
    fn line_ends() {
        let numbers = |text: &'static str| lines(text).collect::<Vec<_>>();
        assert_eq!(numbers("a\r\n\r\nb\n  \nc"), [(1, "a"), (3, "b"), (5, "c")]);
        assert_eq!(numbers("a\rb\r"), [(1, "a"), (2, "b")]);
    }
}
