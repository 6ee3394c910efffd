//! Decimal numbers as RFC 8866 9 writes them: digits alone. `str::parse` would also take a sign.

use std::str::FromStr;

/// The number, if the text is nothing but digits and fits.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
