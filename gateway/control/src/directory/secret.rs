//! A password, code or key that no log line, debug output or serialisation can show.

use std::fmt;

use zeroize::Zeroize;

/// A secret text. It has neither `Display` nor `Serialize`; `Debug` shows a placeholder; memory is cleared on drop.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself: the caller answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl PartialEq for Secret {
    /// Takes the same time wherever the texts differ; only the length can be told.
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

pub(super) fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::hint::black_box(a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?} {:#?}", Secret::new("hunter2"), Some(Secret::new("hunter2")));
        assert_eq!(shown, "<secret> Some(\n    <secret>,\n)");
    }

    #[test]
    fn equal_only_when_equal() {
        assert_eq!(Secret::new("a1"), Secret::new("a1"));
        assert_ne!(Secret::new("a1"), Secret::new("a2"));
        assert_ne!(Secret::new("a1"), Secret::new("a12"));
    }
}
