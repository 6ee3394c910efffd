//! Who is told to whom: addresses and headers that a call carries from one leg to the other.
//!
//! The two sides are separate networks. An address of one side never appears on the other; what crosses is the user part, the display
//! name and the headers of [`CARRIED`].

use sip::{Message, Name, syntax::Quoted};

/// Headers of an INVITE that are told to the callee as they are.
const CARRIED: [&str; 9] = [
    "Alert-Info",
    "Call-Info",
    "Diversion",
    "History-Info",
    "P-Asserted-Identity",
    "Priority",
    "Privacy",
    "Subject",
    "User-to-User",
];

/// The headers of `message` that the other leg shall see.
#[must_use]
pub(super) fn carried(message: &Message) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for line in message.headers() {
        if CARRIED.iter().any(|name| line.raw_name.eq_ignore_ascii_case(name.as_bytes())) {
            headers.push((text(line.raw_name), text(line.value)));
        }
    }
    headers
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

/// The user part that was dialled: of a SIP URI as written (escapes kept), of a tel URI the number.
#[must_use]
pub(super) fn dialled(message: &Message) -> Option<String> {
    let uri = message.uri().ok()?;
    let user = uri.user?;
    (!user.is_empty()).then(|| text(user))
}

/// The caller as the called side may see it: display name and user part, with `host` instead of the other network's.
#[must_use]
pub(super) fn caller(message: &Message, host: &str) -> String {
    let Ok(from) = message.from_() else { return format!("<sip:anonymous@{host}>") };
    let user = from.uri().ok().and_then(|uri| uri.user.map(text)).unwrap_or_else(|| "anonymous".to_owned());
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
