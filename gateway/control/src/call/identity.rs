//! Who is told to whom: addresses and headers that a call carries from one leg to the other.
//!
//! The two sides are separate networks. What crosses is the user part, the display name and the headers of [`CARRIED`]; of a redirecting
//! or asserted party, which only the PBX may name, the headers of [`VOUCHED`] as well.
//!
//! Trust (RFC 3325): the PBX vouches for who calls, a base station does not. What a handset asserts of itself or of a diversion is
//! dropped, what it asks to be kept from the callee is passed on. What the PBX asserts is shown to the handset unless the
//! caller asked for privacy, since a handset is outside of the domain that may know.

use std::fmt::Write;

use sip::{Message, Name, syntax::Quoted};

/// The headers of a handset's INVITE that the PBX shall see.
#[must_use]
pub(super) fn carried_to_pbx(message: &Message) -> Vec<(String, String)> {
    let mut headers = carried(message, &CARRIED);
    // Towards the PBX the user's own identity stands in From, because that is what is authenticated. Whoever left it out wants it
    // to be withheld (RFC 3323 4.1.1.3, RFC 3325 9.3).
    if message.header(Name::Privacy).is_none() && is_anonymous(message) {
        headers.push(("Privacy".to_owned(), "id".to_owned()));
    }
    headers
}

/// The headers of an INVITE of the PBX that a handset shall see.
#[must_use]
pub(super) fn carried_to_handset(message: &Message) -> Vec<(String, String)> {
    let mut headers = carried(message, &CARRIED);
    let privacy = message.lines(Name::Privacy).map(text).collect::<Vec<_>>().join(";").to_ascii_lowercase();
    let withheld = privacy
        .split([';', ','])
        .any(|wish| matches!(wish.trim(), "header" | "history" | "id" | "session" | "user"));
    if !withheld {
        headers.extend(carried(message, &VOUCHED));
    }
    headers
}

fn carried(message: &Message, names: &[&str]) -> Vec<(String, String)> {
    let lines = message
        .headers()
        .filter(|line| names.iter().any(|name| line.raw_name.eq_ignore_ascii_case(name.as_bytes())));
    lines.map(|line| (text(line.raw_name), text(line.value))).collect()
}

fn is_anonymous(message: &Message) -> bool {
    let user = message.from_().ok().and_then(|from| from.uri().ok().and_then(|uri| uri.user));
    user.is_some_and(|user| user.eq_ignore_ascii_case(b"anonymous"))
}

/// `Reason` of a BYE or CANCEL, for the other leg (RFC 3326).
#[must_use]
pub(super) fn carried_reason(message: Option<&Message>) -> Vec<(String, String)> {
    let Some(message) = message else { return Vec::new() };
    message
        .headers()
        .filter(|line| line.raw_name.eq_ignore_ascii_case(b"Reason"))
        .map(|line| ("Reason".to_owned(), text(line.value)))
        .collect()
}

/// The user part that was dialled: of a SIP URI with its escapes kept, of a tel URI the number.
#[must_use]
pub(super) fn dialled(message: &Message) -> Option<String> {
    let uri = message.uri().ok()?;
    let user = uri.user?;
    (!user.is_empty()).then(|| user_part(user))
}

/// A user part as it was written, with what does not belong into one escaped: it may not end the address that it stands in
/// (RFC 3261 25.1, `user`).
#[must_use]
pub(super) fn user_part(raw: &[u8]) -> String {
    let mut user = String::with_capacity(raw.len());
    for (index, octet) in raw.iter().enumerate() {
        let escape =
            || raw.get(index + 1..index + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if octet.is_ascii_alphanumeric() || USER_OCTETS.contains(octet) || (*octet == b'%' && escape()) {
            user.push(char::from(*octet));
        } else {
            // Writing to a string cannot fail.
            let _infallible = write!(user, "%{octet:02X}");
        }
    }
    user
}

/// The caller as the called side may see it: display name and user part, with `host` instead of the other network's.
#[must_use]
pub(super) fn caller(message: &Message, host: &str) -> String {
    let Ok(from) = message.from_() else { return format!("<sip:anonymous@{host}>") };
    let user = from.uri().ok().and_then(|uri| uri.user.map(user_part));
    let user = user.unwrap_or_else(|| "anonymous".to_owned());
    match from.display_unquoted() {
        Some(display) if !display.is_empty() => {
            format!("{} <sip:{user}@{host}>", Quoted(&text(&display)))
        }
        _ => format!("<sip:{user}@{host}>"),
    }
}

/// The caller's user part, for records.
#[must_use]
pub(super) fn caller_user(message: &Message) -> String {
    let user = message.from_().ok().and_then(|from| from.uri().ok().and_then(|uri| uri.user.map(text)));
    user.unwrap_or_else(|| "anonymous".to_owned())
}

/// Value of a header, if present.
#[must_use]
pub(super) fn header(message: &Message, name: Name) -> Option<String> {
    message.header(name).map(text)
}

/// Octets of a message as text; octets that are not UTF-8 are shown as the replacement character.
#[must_use]
pub(super) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Headers of an INVITE that are told to the callee as they are.
const CARRIED: [&str; 6] = ["Alert-Info", "Call-Info", "Priority", "Privacy", "Subject", "User-to-User"];
/// Headers that only the PBX is believed.
const VOUCHED: [&str; 3] = ["Diversion", "History-Info", "P-Asserted-Identity"];
/// `mark` and `user-unreserved` of RFC 3261 25.1.
const USER_OCTETS: &[u8] = b"-_.!~*'()&=+$,;?/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_part_cannot_end_its_address() {
        for (raw, written) in [
            ("2001", "2001"),
            ("*21*600#", "*21*600%23"),
            ("600;phone-context=+49", "600;phone-context=+49"),
            ("a%20b%0d%0a", "a%20b%0d%0a"),
            ("50%", "50%25"),
            ("50%zz", "50%25zz"),
            ("6>;tag=x;y=<z\"", "6%3E;tag=x;y=%3Cz%22"),
            ("J\u{fc}", "J%C3%BC"),
        ] {
            assert_eq!(user_part(raw.as_bytes()), written);
        }
    }
}
