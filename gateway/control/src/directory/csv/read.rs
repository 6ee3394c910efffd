//! Cells into rows: which column is which, and every limit that a row can break on its own.

use std::{borrow::Cow, fmt};

use dect::Ipei;

use super::{
    COLUMNS, FileFault,
    text::{cells, decode, lines, separator},
};
use crate::directory::{
    refusal::{Field, Refusal},
    secret::Secret,
};

/// A file that was read: good rows and bad ones.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// Rows that are sound in themselves.
    pub rows: Vec<Row>,
    /// What is wrong with the others, in the order of lines; a line may stand here more than once.
    pub bad: Vec<BadRow>,
}

/// One user as the file wants it. `None` means: leave as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// From 1, the header counted.
    pub line: u32,
    /// Name of the person or function.
    pub long_name: Box<str>,
    /// Extension.
    pub number: Box<str>,
    /// SIP user part.
    pub name: Option<Box<str>>,
    /// Name shown in calls.
    pub display_name: Option<Box<str>>,
    /// Digest user name.
    pub auth_name: Option<Box<str>>,
    /// Text of the idle handset.
    pub idle_display: Option<Box<str>>,
    /// Handset.
    pub ipei: Option<Ipei>,
    /// SIP password.
    pub password: Option<Secret>,
}

/// A row that is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// From 1, the header counted.
    pub line: u32,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The quotes do not match.
    Quotes,
    /// A field breaks a rule.
    Refused(Refusal),
    /// Another row has the same value.
    SameAs {
        /// The field.
        field: Field,
        /// The other row.
        line: u32,
    },
    /// Not even a number.
    TooFewCells(usize),
    /// Cells beyond the last column.
    TooManyCells(usize),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quotes => f.write_str("the quotes do not match"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::SameAs { field, line } => write!(f, "the same {field} as in line {line}"),
            Self::TooFewCells(cells) => write!(f, "{cells} columns, Long Name and Number are mandatory"),
            Self::TooManyCells(cells) => write!(f, "{cells} columns, more than there are fields"),
        }
    }
}

/// Reads a file: UTF-8 or Latin-1, separated by semicolon, TAB or comma, with or without a header.
///
/// # Errors
/// The file as a whole makes no sense. What is wrong with single rows stands in the table.
pub fn read(octets: &[u8]) -> Result<Table, FileFault> {
    if octets.len() > MAX_OCTETS {
        return Err(FileFault::TooLarge { limit: MAX_OCTETS });
    }
    let text = decode(octets)?;
    let (_, first) = lines(&text).next().ok_or(FileFault::Empty)?;
    let separator = separator(first)?;
    let header = header(first, separator)?;
    let body = lines(&text).skip(usize::from(header.is_some()));
    let layout = header.unwrap_or_else(|| COLUMNS.to_vec());
    let mut table = Table::default();
    for (at, (line, text)) in body.enumerate() {
        if at == MAX_ROWS {
            return Err(FileFault::TooManyRows { limit: MAX_ROWS });
        }
        match cells(text, separator) {
            Ok(cells) => table.take(line, &layout, &cells),
            Err(_) => table.bad.push(BadRow { line, reason: Reason::Quotes }),
        }
    }
    Ok(table)
}

impl Table {
    fn take(&mut self, line: u32, layout: &[Field], cells: &[Cow<'_, str>]) {
        let bad_before = self.bad.len();
        let mut refuse = |reason| self.bad.push(BadRow { line, reason });
        if cells.iter().skip(layout.len()).any(|cell| !cell.is_empty()) {
            refuse(Reason::TooManyCells(cells.len()));
        }
        let cell = |field| {
            let at = layout.iter().position(|column| *column == field)?;
            cells.get(at).map(|cell| &**cell)
        };
        let (Some(long_name), Some(number)) = (cell(Field::LongName), cell(Field::Number)) else {
            refuse(Reason::TooFewCells(cells.len()));
            return;
        };
        for (field, text) in [(Field::LongName, long_name), (Field::Number, number)] {
            if let Err(refusal) = field.check_mandatory(text) {
                refuse(Reason::Refused(refusal));
            }
        }
        for field in [Field::Name, Field::DisplayName, Field::AuthName, Field::IdleDisplay, Field::Password] {
            if let Err(refusal) = field.check(cell(field).unwrap_or_default()) {
                refuse(Reason::Refused(refusal));
            }
        }
        let mut ipei = None;
        if let Some(text) = cell(Field::Ipei).filter(|text| !text.is_empty()) {
            match text.parse::<Ipei>() {
                Ok(parsed) => ipei = Some(parsed),
                Err(error) => refuse(Reason::Refused(Refusal::Ipei(error.to_string()))),
            }
        }
        if self.bad.len() > bad_before {
            return;
        }
        let own = |field| cell(field).map(Box::from);
        self.rows.push(Row {
            line,
            long_name: long_name.into(),
            number: number.into(),
            name: own(Field::Name),
            display_name: own(Field::DisplayName),
            auth_name: own(Field::AuthName),
            idle_display: own(Field::IdleDisplay),
            ipei,
            password: cell(Field::Password).filter(|text| !text.is_empty()).map(Secret::new),
        });
    }
}

/// The columns in the order of the header, if the line is one: it names the two mandatory columns or at least three others.
fn header(line: &str, separator: char) -> Result<Option<Vec<Field>>, FileFault> {
    let Ok(mut names) = cells(line, separator) else { return Ok(None) };
    let known = names.iter().filter(|name| column(name).is_some()).count();
    let named = |field| names.iter().any(|name| column(name) == Some(field));
    if known < 3 && !(named(Field::LongName) && named(Field::Number)) {
        return Ok(None);
    }
    while names.last().is_some_and(|name| name.is_empty()) {
        names.pop();
    }
    let mut layout = Vec::with_capacity(names.len());
    for name in names {
        let field = column(&name).ok_or_else(|| FileFault::UnknownColumn(name.to_string()))?;
        if layout.contains(&field) {
            return Err(FileFault::RepeatedColumn(name.into_owned()));
        }
        layout.push(field);
    }
    for mandatory in [Field::LongName, Field::Number] {
        if !layout.contains(&mandatory) {
            return Err(FileFault::MissingColumn(mandatory.label()));
        }
    }
    Ok(Some(layout))
}

fn column(name: &str) -> Option<Field> {
    let plain: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    Some(match plain.as_str() {
        "longname" => Field::LongName,
        "name" => Field::Name,
        "number" => Field::Number,
        "displayname" => Field::DisplayName,
        "authnamesip" | "authname" => Field::AuthName,
        "idledisplay" => Field::IdleDisplay,
        "ipeiipdi" | "ipei" | "ipdi" => Field::Ipei,
        "password" => Field::Password,
        _ => return None,
    })
}

/// A hundred thousand rows have about ten megabytes.
const MAX_OCTETS: usize = 64 << 20;
/// Bounds the memory of an import.
const MAX_ROWS: usize = 500_000;
