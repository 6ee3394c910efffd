//! What each make of base station does differently, found by the prefix of its User-Agent.
//!
//! Owns facts about other people's products, each with its source. Must never hold behaviour: callers ask for a field and
//! act on it, none of them asks for the make. An entry for a new make is a row in `table.rs`; an unknown make is
//! [`Quirks::generic`], and an administrator may name an entry for a base whose User-Agent says nothing.

mod table;

use std::time::Duration;

/// The facts of one make.
#[derive(Debug, PartialEq, Eq)]
pub struct Quirks {
    /// Name for configuration and display.
    pub name: &'static str,
    /// Beginnings of the User-Agent, in small letters. The longest that fits wins.
    pub prefixes: &'static [&'static str],
    /// How it holds a call, and the style to hold it with.
    pub hold: HoldStyle,
    /// It re-negotiates when an answer names more than one codec: answer with one (INTEROP-05).
    pub single_codec_answer: bool,
    /// Lifetime it registers with when left at its default; granted when it asks for none.
    pub expires: Duration,
    /// It answers 305 to an INVITE that does not come from its registrar's address: send from there only (REG-27).
    pub redirects_foreign_invites: bool,
    /// Longest time from INVITE to 180: it alerts only once the handset was paged. A ring timeout starts after it.
    pub alert_delay: Duration,
    /// RTP comes from other addresses than the signalling: from the radio that serves the handset.
    pub media_from_radios: bool,
    /// It unregisters a handset that is out of reach by itself.
    pub deregisters_unreachable: bool,
    /// After a move between its masters the old contact may go on registering for a while.
    pub stale_contacts: bool,
    /// The Request-URI must be the registered contact to the letter (REG-26).
    pub strict_request_uri: bool,
    /// Which ports its handsets register from.
    pub contact_port: ContactPort,
    /// DTMF it can send and take, most usual first.
    pub dtmf: &'static [Dtmf],
    /// Where the facts come from, and which of them are not verified.
    pub source: &'static str,
}

/// How hold is written (INTEROP-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldStyle {
    /// `a=inactive`.
    Inactive,
    /// `a=sendonly`.
    SendOnly,
    /// `a=sendonly` and `c=0.0.0.0`.
    SendOnlyNullAddress,
}

/// Which ports the handsets of a base register from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactPort {
    /// A port of its own for each handset.
    PerHandset,
    /// One for all.
    Shared,
    /// Either, as configured at the base.
    Configurable,
}

/// Ways of sending digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtmf {
    /// As tones in the audio.
    InBand,
    /// SIP INFO, `application/dtmf-relay`.
    Info,
    /// RFC 4730.
    Kpml,
    /// RFC 4733 (2833).
    Rtp,
}

impl Quirks {
    /// The entry for a User-Agent; [`Self::generic`] when none fits or none was sent.
    pub fn for_user_agent(user_agent: &str) -> &'static Self {
        let family = family(user_agent).to_ascii_lowercase();
        let length = |quirks: &Self| {
            quirks
                .prefixes
                .iter()
                .filter(|prefix| family.starts_with(**prefix))
                .map(|prefix| prefix.len())
                .max()
        };
        table::ENTRIES
            .iter()
            .filter(|quirks| length(quirks).is_some())
            .max_by_key(|quirks| length(quirks))
            .unwrap_or(&table::GENERIC)
    }

    /// The entry of this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::all().find(|quirks| quirks.name == name)
    }

    /// What is assumed of an unknown make.
    pub fn generic() -> &'static Self {
        &table::GENERIC
    }

    /// All entries, the generic one first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        std::iter::once(&table::GENERIC).chain(table::ENTRIES)
    }
}

/// Make and model: the User-Agent up to the first version number, serial number or comment. Empty for an empty one.
pub fn family(user_agent: &str) -> String {
    let user_agent = user_agent.trim();
    // Some bases send the User-Agent of their HTTP client: `Mozilla/4.0 (compatible; snom M900 05.20.0001 0004…)`.
    let product = match user_agent.split_once("(compatible;") {
        Some((_, product)) => product.trim_end_matches(')').trim(),
        None => user_agent,
    };
    let product = product.split(['/', ';', '(']).next().unwrap_or("");
    let model = product.split_whitespace().take_while(|word| !is_version(word) && !is_serial(word));
    let mut family = String::new();
    for word in model {
        if family.len() + word.len() >= MAX_FAMILY {
            break;
        }
        if !family.is_empty() {
            family.push(' ');
        }
        family.push_str(word);
    }
    family
}

fn is_version(word: &str) -> bool {
    word.contains('.') && word.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit())
}

fn is_serial(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// Octets of a family name.
const MAX_FAMILY: usize = 64;
