//! Writing a description: one canonical form (RFC 8866 5, order of lines and CRLF). What was read is written so that it
//! reads equal again. CR, LF and NUL in any value become a space: a value cannot smuggle in a line.

use std::fmt::{self, Display, Formatter, Write};
use std::net::IpAddr;

use crate::parse::UNBOUNDED;
use crate::session::{Bandwidth, Connection, Host, Media, Origin, Session};

impl Display for Session {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        line(f, 'v', "0")?;
        line(f, 'o', &self.origin)?;
        // RFC 8866 5.3: never empty, a single space where there is no name.
        line(f, 's', if self.name.is_empty() { " " } else { &self.name })?;
        lines(f, 'i', &self.information)?;
        lines(f, 'u', &self.uri)?;
        lines(f, 'e', &self.emails)?;
        lines(f, 'p', &self.phones)?;
        lines(f, 'c', &self.connection)?;
        lines(f, 'b', &self.bandwidths)?;
        if self.times.is_empty() {
            line(f, 't', UNBOUNDED)?;
        }
        for time in &self.times {
            line(f, 't', &time.time)?;
            lines(f, 'r', &time.repeats)?;
        }
        lines(f, 'z', &self.zones)?;
        lines(f, 'k', &self.key)?;
        attributes(f, &self.attributes)?;
        self.media.iter().try_for_each(|media| media.fmt(f))
    }
}

impl Display for Media {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let count = self.port_count.map(|count| format!("/{count}")).unwrap_or_default();
        let head = format!("{} {}{count} {}", self.kind.as_str(), self.port, self.profile.as_str());
        let formats = self.formats.iter().fold(head, |text, format| text + " " + format);
        line(f, 'm', formats)?;
        lines(f, 'i', &self.information)?;
        lines(f, 'c', &self.connections)?;
        lines(f, 'b', &self.bandwidths)?;
        lines(f, 'k', &self.key)?;
        attributes(f, &self.attributes)
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.username, self.session_id, self.version, self.host)
    }
}

impl Display for Connection {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.multicast {
            Some(multicast) => write!(f, "{}/{multicast}", self.host),
            None => self.host.fmt(f),
        }
    }
}

impl Display for Host {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(address)) => write!(f, "IN IP4 {address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "IN IP6 {address}"),
            Self::Name { v6, name } => write!(f, "IN {} {name}", if *v6 { "IP6" } else { "IP4" }),
            Self::Other { network, kind, address } => write!(f, "{network} {kind} {address}"),
        }
    }
}

impl Display for Bandwidth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}

fn attributes(f: &mut Formatter<'_>, attributes: &[crate::Attribute]) -> fmt::Result {
    attributes.iter().try_for_each(|attribute| match &attribute.value {
        Some(value) => line(f, 'a', format_args!("{}:{value}", attribute.name)),
        None => line(f, 'a', &attribute.name),
    })
}

fn lines<'a, T: Display + 'a>(
    f: &mut Formatter<'_>,
    letter: char,
    values: impl IntoIterator<Item = &'a T>,
) -> fmt::Result {
    values.into_iter().try_for_each(|value| line(f, letter, value))
}

fn line(f: &mut Formatter<'_>, letter: char, value: impl Display) -> fmt::Result {
    write!(f, "{letter}=")?;
    write!(OneLine(f), "{value}")?;
    f.write_str("\r\n")
}

/// Passes text on without line ends.
struct OneLine<'a, 'b>(&'a mut Formatter<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(['\r', '\n', '\0']) {
            match part.strip_suffix(['\r', '\n', '\0']) {
                Some(clean) => {
                    self.0.write_str(clean)?;
                    self.0.write_char(' ')?;
                }
                None => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}
