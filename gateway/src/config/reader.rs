//! Reads a section key by key, collects every fault with its line, and refuses keys that nobody asked for.

use std::{
    cell::RefCell,
    fmt::Display,
    ops::{Range, RangeInclusive},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use control::directory::Secret;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::fault::ConfigFault;

/// The file as text and its faults so far.
pub(super) struct Source<'a> {
    text: &'a str,
    faults: RefCell<Vec<ConfigFault>>,
}

impl<'a> Source<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, faults: RefCell::new(Vec::new()) }
    }

    pub(super) fn fault(&self, at: Option<Range<usize>>, key: impl Into<String>, what: impl Into<String>) {
        let line =
            at.map(|at| 1 + self.text.as_bytes().iter().take(at.start).filter(|o| **o == b'\n').count());
        self.faults.borrow_mut().push(ConfigFault { line, key: key.into(), what: what.into() });
    }

    pub(super) fn into_faults(self) -> Vec<ConfigFault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line.unwrap_or(usize::MAX));
        faults
    }
}

/// One table of the file, or none when the file does not have it.
pub(super) struct Section<'a, 'i> {
    source: &'a Source<'i>,
    name: String,
    table: Option<&'a DeTable<'i>>,
    span: Option<Range<usize>>,
    known: Vec<&'static str>,
}

impl<'a, 'i> Section<'a, 'i> {
    pub(super) fn root(source: &'a Source<'i>, table: &'a DeTable<'i>) -> Self {
        Self { source, name: String::new(), table: Some(table), span: None, known: Vec::new() }
    }

    /// Reads the table `name` with `read` and refuses what it did not ask for.
    pub(super) fn section(&mut self, name: &'static str, read: impl FnOnce(&mut Section<'_, '_>)) {
        let value = self.value(name);
        let table = value.and_then(|value| {
            let table = value.get_ref().as_table();
            if table.is_none() {
                self.source.fault(Some(value.span()), self.path(name), "is a section, [name]");
            }
            table
        });
        let span = value.map(Spanned::span);
        let mut section =
            Section { source: self.source, name: self.path(name), table, span, known: Vec::new() };
        read(&mut section);
        section.finish();
    }

    /// Reads each table of the array `name`.
    pub(super) fn sections(&mut self, name: &'static str, mut read: impl FnMut(&mut Section<'_, '_>)) {
        let Some(value) = self.value(name) else { return };
        let wrong = |span| {
            self.source.fault(Some(span), self.path(name), format!("is written as [[{}]]", self.path(name)))
        };
        let Some(array) = value.get_ref().as_array() else { return wrong(value.span()) };
        for element in array {
            match element.get_ref().as_table() {
                Some(table) => {
                    let mut section = Section {
                        source: self.source,
                        name: self.path(name),
                        table: Some(table),
                        span: Some(element.span()),
                        known: Vec::new(),
                    };
                    read(&mut section);
                    section.finish();
                }
                None => wrong(element.span()),
            }
        }
    }

    /// Whether the file has the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// A fault of a key, or of `section.key`: at its line if the file has it, else at the section's.
    pub(super) fn fault(&self, key: &str, what: impl Into<String>) {
        let (mut at, mut table) = (self.span.clone(), self.table);
        for part in key.split('.') {
            let Some(value) = table.and_then(|table| table.get(part)) else { break };
            at = Some(value.span());
            table = value.get_ref().as_table();
        }
        self.source.fault(at, self.path(key), what);
    }

    pub(super) fn text(&mut self, key: &'static str, field: &mut String) {
        if let Some(text) = self.string(key) {
            if text.chars().any(char::is_control) {
                self.fault(key, "has a control character");
            } else {
                *field = text.to_owned();
            }
        }
    }

    pub(super) fn optional_text(&mut self, key: &'static str, field: &mut Option<String>) {
        let mut text = String::new();
        self.text(key, &mut text);
        if !text.is_empty() {
            *field = Some(text);
        }
    }

    /// An empty text is none.
    pub(super) fn secret(&mut self, key: &'static str, field: &mut Option<Secret>) {
        if let Some(text) = self.string(key) {
            *field = (!text.is_empty()).then(|| Secret::new(text));
        }
    }

    pub(super) fn path_of(&mut self, key: &'static str, field: &mut PathBuf) {
        match self.string(key) {
            Some("") => self.fault(key, "is empty"),
            Some(text) => *field = PathBuf::from(text),
            None => {}
        }
    }

    pub(super) fn flag(&mut self, key: &'static str, field: &mut bool) {
        let Some(value) = self.value(key) else { return };
        match value.get_ref().as_bool() {
            Some(flag) => *field = flag,
            None => self.fault(key, "must be true or false"),
        }
    }

    pub(super) fn number<T>(&mut self, key: &'static str, field: &mut T, range: RangeInclusive<T>)
    where
        T: TryFrom<u64> + PartialOrd + Display + Copy,
    {
        let Some(value) = self.value(key) else { return };
        match whole(value.get_ref()).and_then(|number| T::try_from(number).ok()) {
            Some(number) if range.contains(&number) => *field = number,
            _ => self.fault(key, format!("must be a whole number from {} to {}", range.start(), range.end())),
        }
    }

    pub(super) fn seconds(&mut self, key: &'static str, field: &mut Duration, range: RangeInclusive<u64>) {
        let mut seconds = field.as_secs();
        self.number(key, &mut seconds, range);
        if seconds != field.as_secs() {
            *field = Duration::from_secs(seconds);
        }
    }

    pub(super) fn millis(&mut self, key: &'static str, field: &mut Duration, range: RangeInclusive<u64>) {
        let mut millis = u64::try_from(field.as_millis()).unwrap_or(u64::MAX);
        self.number(key, &mut millis, range);
        *field = Duration::from_millis(millis);
    }

    /// One of several words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, field: &mut T, words: &[(&str, T)]) {
        let Some(text) = self.string(key) else { return };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *field = *value,
            None => self.fault(key, format!("{text:?} is none of {}", list(words))),
        }
    }

    /// Several of several words, at least one, none twice.
    pub(super) fn words<T: Copy + PartialEq>(
        &mut self,
        key: &'static str,
        field: &mut Vec<T>,
        words: &[(&str, T)],
    ) {
        let Some(elements) = self.array(key) else { return };
        let mut values = Vec::new();
        for element in elements {
            let text = element.get_ref().as_str().unwrap_or_default();
            match words.iter().find(|(word, _)| *word == text) {
                Some((_, value)) if values.contains(value) => {
                    self.source.fault(
                        Some(element.span()),
                        self.path(key),
                        format!("{text:?} stands there twice"),
                    );
                }
                Some((_, value)) => values.push(*value),
                None => {
                    let what = format!("{text:?} is none of {}", list(words));
                    self.source.fault(Some(element.span()), self.path(key), what);
                }
            }
        }
        if elements.is_empty() {
            self.fault(key, "is empty");
        }
        *field = values;
    }

    /// Any number of things that are written as texts.
    pub(super) fn several<T: FromStr>(&mut self, key: &'static str, field: &mut Vec<T>, what: &str) {
        let Some(elements) = self.array(key) else { return };
        let mut values = Vec::new();
        for element in elements {
            let text = element.get_ref().as_str().unwrap_or_default();
            match text.parse() {
                Ok(value) => values.push(value),
                Err(_) => {
                    let fault = format!("{text:?} is not {what}");
                    self.source.fault(Some(element.span()), self.path(key), fault);
                }
            }
        }
        *field = values;
    }

    /// A pair of numbers, the first not above the second.
    pub(super) fn pair<T>(&mut self, key: &'static str, field: &mut (T, T), range: RangeInclusive<T>)
    where
        T: TryFrom<u64> + PartialOrd + Display + Copy,
    {
        let Some(elements) = self.array(key) else { return };
        let numbers: Vec<T> = elements
            .iter()
            .filter_map(|element| T::try_from(whole(element.get_ref())?).ok())
            .filter(|number| range.contains(number))
            .collect();
        match numbers[..] {
            [low, high] if low <= high && elements.len() == 2 => *field = (low, high),
            _ => {
                let (start, end) = (range.start(), range.end());
                self.fault(key, format!("must be [low, high], whole numbers from {start} to {end}"));
            }
        }
    }

    /// Anything that is written as a text; an empty one is none.
    pub(super) fn optional<T: FromStr>(&mut self, key: &'static str, field: &mut Option<T>, what: &str) {
        match self.string(key) {
            Some("") => *field = None,
            Some(text) => match text.parse() {
                Ok(value) => *field = Some(value),
                Err(_) => self.fault(key, format!("{text:?} is not {what}")),
            },
            None => {}
        }
    }

    fn string(&mut self, key: &'static str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.fault(key, "must be a text in quotes");
        }
        text
    }

    fn array(&mut self, key: &'static str) -> Option<&'a [Spanned<DeValue<'i>>]> {
        let value = self.value(key)?;
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.fault(key, "must be a list in brackets");
        }
        array.map(|array| &**array)
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.table?.get(key)
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    pub(super) fn finish(self) {
        for (key, _) in self.table.into_iter().flatten() {
            let name = key.get_ref();
            if self.known.iter().any(|known| known == name) {
                continue;
            }
            let near = self.known.iter().filter_map(|known| Some((distance(name, known)?, known))).min();
            let hint = near.map(|(_, known)| format!("; is {known} meant?")).unwrap_or_default();
            self.source.fault(Some(key.span()), self.path(name), format!("unknown{hint}"));
        }
    }
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn list<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

/// How many letters differ, if few (Levenshtein).
fn distance(a: &str, b: &str) -> Option<usize> {
    const FEW: usize = 2;
    if a.len().abs_diff(b.len()) > FEW || a.len() > 64 {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().filter(|distance| *distance <= FEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words() {
        assert_eq!(distance("relam", "realm"), Some(2));
        assert_eq!(distance("realm", "realm"), Some(0));
        assert_eq!(distance("expires", "expires_s"), Some(2));
        assert_eq!(distance("proxy", "bind"), None);
    }
}
