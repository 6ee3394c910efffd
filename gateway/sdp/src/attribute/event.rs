//! The list of telephone events a side can receive (RFC 4733 2.4.1): `0-15,66,70`.

use std::fmt;

use crate::number::number;

/// A set of event codes 0 to 255.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventSet {
    bits: [u64; 4],
}

impl EventSet {
    /// No event.
    pub const EMPTY: Self = Self { bits: [0; 4] };
    /// The sixteen DTMF digits: what a missing list means (RFC 4733 2.4.1).
    pub const DTMF: Self = Self { bits: [0xffff, 0, 0, 0] };

    /// Reads a list; ranges that run backwards or hold anything but numbers up to 255 make it unreadable.
    pub fn parse(list: &str) -> Option<Self> {
        let list = list.trim();
        // RFC 4733 2.4.1 knows no other parameter, but `events=0-15` was seen.
        let list = list.strip_prefix("events=").unwrap_or(list);
        let mut set = Self::EMPTY;
        for part in list.split(',') {
            let part = part.trim();
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number::<u8>(first.trim())?, number::<u8>(last.trim())?);
            if first > last {
                return None;
            }
            for code in first..=last {
                set.insert(code);
            }
        }
        Some(set)
    }

    /// Adds one event.
    pub fn insert(&mut self, code: u8) {
        self.bits[usize::from(code >> 6)] |= 1 << (code & 63);
    }

    /// Whether the event is in the set.
    pub fn contains(&self, code: u8) -> bool {
        self.bits[usize::from(code >> 6)] & (1 << (code & 63)) != 0
    }

    /// What both hold.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self { bits: std::array::from_fn(|word| self.bits[word] & other.bits[word]) }
    }

    /// Whether no event is in the set.
    pub fn is_empty(&self) -> bool {
        self.bits == [0; 4]
    }
}

impl fmt::Display for EventSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        let mut next = 0u16;
        while next < 256 {
            let first = next;
            while next < 256 && self.contains(next as u8) {
                next += 1;
            }
            match next - first {
                0 => next += 1,
                1 => write!(f, "{separator}{first}")?,
                _ => write!(f, "{separator}{first}-{}", next - 1)?,
            }
            if next > first && self.contains(first as u8) {
                separator = ",";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for EventSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_canonically() {
        for (list, canonical) in [
            ("0-15", "0-15"),
            ("0,1,2-4,5-15,66,67", "0-15,66-67"),
            ("5, 7", "5,7"),
            ("255", "255"),
            ("events=0-11", "0-11"),
        ] {
            assert_eq!(
                EventSet::parse(list).map(|set| set.to_string()).as_deref(),
                Some(canonical),
                "{list}"
            );
        }
    }

    #[test]
    fn broken_lists_are_refused() {
        for list in ["", "-12", "12-", ",2,3", "1,,3", "1-2-3", "112233", "33-2", "0-5."] {
            assert_eq!(EventSet::parse(list), None, "{list}");
        }
    }

    #[test]
    fn a_full_set_ends_at_255() {
        let set = EventSet::parse("0-255").expect("a list");
        assert!(set.contains(255));
        assert_eq!(set.to_string(), "0-255");
    }
}
