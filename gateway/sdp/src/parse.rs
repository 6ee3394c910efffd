//! Reading a description (RFC 8866 5, 9), tolerantly.
//!
//! Tolerated, because it is sent: LF or CR as line end, blank lines, lines of a section in any order, any mandatory line
//! missing, spaces around values, letters we do not know (skipped), an origin whose user name holds spaces, lines of
//! the session level below a media line.
//! Refused: a line that is not `<letter>=`, a NUL, an unreadable `m=`, `c=` or `o=`, anything beyond [`crate::limits`].

use std::net::IpAddr;

use crate::attribute::Attribute;
use crate::error::SdpError;
use crate::limits;
use crate::number::number;
use crate::session::{
    Bandwidth, Connection, Host, Media, MediaKind, Origin, Profile, Session, TimeDescription,
};

pub(crate) fn session(octets: &[u8]) -> Result<Session, SdpError> {
    if octets.len() > limits::MAX_OCTETS {
        return Err(SdpError::TooLarge { what: "octets" });
    }
    let mut reader = Reader { session: Session::new(Origin::absent()), line: 0, seen: Seen::default() };
    let mut lines = 0usize;
    for (index, line) in octets.split(|octet| *octet == b'\n').enumerate() {
        reader.line = index + 1;
        for part in line.split(|octet| *octet == b'\r') {
            if part.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            lines += 1;
            if lines > limits::MAX_LINES {
                return Err(SdpError::TooLarge { what: "lines" });
            }
            if part.len() > limits::MAX_LINE_OCTETS {
                return Err(SdpError::TooLarge { what: "line" });
            }
            reader.read(part)?;
        }
    }
    if lines == 0 {
        return Err(SdpError::Empty);
    }
    Ok(reader.finish())
}

struct Reader {
    session: Session,
    line: usize,
    seen: Seen,
}

/// Lines of which only the first counts.
#[derive(Default)]
struct Seen {
    origin: bool,
    name: bool,
}

impl Reader {
    fn read(&mut self, line: &[u8]) -> Result<(), SdpError> {
        let (letter, value) = match line {
            [letter, b'=', value @ ..] if letter.is_ascii_lowercase() => (*letter, value),
            _ => return Err(self.malformed("line")),
        };
        if value.contains(&0) {
            return Err(self.malformed("octet"));
        }
        let value = String::from_utf8_lossy(value);
        let value = value.trim_end();
        match letter {
            b'v' if value.trim() != "0" => return Err(SdpError::Version { line: self.line }),
            b'o' if !self.seen.origin => {
                self.session.origin = Origin::parse(value).ok_or_else(|| self.malformed("origin"))?;
                self.seen.origin = true;
            }
            b's' if !self.seen.name => {
                self.session.name = value.trim_start().to_owned();
                self.seen.name = true;
            }
            b'u' => self.session.uri = Some(value.to_owned()),
            b'e' => self.session.emails.push(value.to_owned()),
            b'p' => self.session.phones.push(value.to_owned()),
            b't' => self.session.times.push(TimeDescription { time: value.to_owned(), repeats: Vec::new() }),
            b'r' => {
                let time = self
                    .session
                    .times
                    .last_mut()
                    .ok_or(SdpError::Malformed { line: self.line, what: "repeat" })?;
                time.repeats.push(value.to_owned());
            }
            b'z' => self.session.zones = Some(value.to_owned()),
            b'm' => self.media(value)?,
            b'a' | b'b' | b'c' | b'i' | b'k' => self.either_level(letter, value)?,
            // RFC 8866 5: a letter that is not understood is ignored or the whole refused. We ignore.
            _ => {}
        }
        Ok(())
    }

    fn media(&mut self, value: &str) -> Result<(), SdpError> {
        if self.session.media.len() >= limits::MAX_MEDIA {
            return Err(SdpError::TooLarge { what: "media" });
        }
        let media = Media::parse(value).ok_or_else(|| self.malformed("media"))?;
        if media.formats.len() > limits::MAX_FORMATS {
            return Err(SdpError::TooLarge { what: "formats" });
        }
        self.session.media.push(media);
        Ok(())
    }

    fn either_level(&mut self, letter: u8, value: &str) -> Result<(), SdpError> {
        let text = value.to_owned();
        let malformed = SdpError::Malformed { line: self.line, what: "connection" };
        let session = &mut self.session;
        match (letter, session.media.last_mut()) {
            (b'a', None) => session.attributes.push(Attribute::parse(value)),
            (b'a', Some(media)) => media.attributes.push(Attribute::parse(value)),
            (b'b', None) => session.bandwidths.push(Bandwidth::parse(value)),
            (b'b', Some(media)) => media.bandwidths.push(Bandwidth::parse(value)),
            (b'c', None) => session.connection = Some(Connection::parse(value).ok_or(malformed)?),
            (b'c', Some(media)) => media.connections.push(Connection::parse(value).ok_or(malformed)?),
            (b'i', None) => session.information = Some(text),
            (b'i', Some(media)) => media.information = Some(text),
            (_, None) => session.key = Some(text),
            (_, Some(media)) => media.key = Some(text),
        }
        Ok(())
    }

    fn malformed(&self, what: &'static str) -> SdpError {
        SdpError::Malformed { line: self.line, what }
    }

    fn finish(mut self) -> Session {
        // `t=0 0` alone is what a missing `t=` means, and what the writer puts there.
        if let [only] = self.session.times.as_slice()
            && only.repeats.is_empty()
            && only.time == UNBOUNDED
        {
            self.session.times.clear();
        }
        self.session
    }
}

impl Origin {
    /// What stands for an origin that was not sent.
    pub(crate) fn absent() -> Self {
        let host = Host::Ip(IpAddr::from([0, 0, 0, 0]));
        Self { username: "-".to_owned(), session_id: "0".to_owned(), version: "0".to_owned(), host }
    }

    fn parse(value: &str) -> Option<Self> {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        // Read from the right: the user name may hold spaces, or be missing.
        let (username, rest) = words.split_at_checked(words.len().checked_sub(5)?)?;
        let [session_id, version, network, kind, address] = rest else {
            return None;
        };
        Some(Self {
            username: if username.is_empty() { "-".to_owned() } else { username.join(" ") },
            session_id: (*session_id).to_owned(),
            version: (*version).to_owned(),
            host: Host::from_words(network, kind, address),
        })
    }
}

impl Connection {
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let (network, kind, address) = (words.next()?, words.next()?, words.next()?);
        let (address, multicast) = match address.split_once('/') {
            Some((address, multicast)) => (address, Some(multicast.to_owned())),
            None => (address, None),
        };
        Some(Self { host: Host::from_words(network, kind, address), multicast })
    }
}

impl Host {
    /// Reads `<network type> <address type> <address>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        Some(Self::from_words(words.next()?, words.next()?, words.next()?))
    }

    fn from_words(network: &str, kind: &str, address: &str) -> Self {
        let v6 = kind.eq_ignore_ascii_case("IP6");
        if !network.eq_ignore_ascii_case("IN") || !(v6 || kind.eq_ignore_ascii_case("IP4")) {
            let (network, kind) = (network.to_owned(), kind.to_owned());
            return Self::Other { network, kind, address: address.to_owned() };
        }
        let literal = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        match literal.parse() {
            Ok(literal) => Self::Ip(literal),
            Err(_) => Self::Name { v6, name: address.to_owned() },
        }
    }
}

impl Bandwidth {
    fn parse(value: &str) -> Self {
        let (kind, figure) = value.split_once(':').unwrap_or((value, ""));
        Self { kind: kind.trim().to_owned(), value: figure.trim().to_owned() }
    }
}

impl Attribute {
    fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some((name, value)) => Self { name: name.to_owned(), value: Some(value.to_owned()) },
            None => Self { name: text.to_owned(), value: None },
        }
    }
}

impl Media {
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let kind = MediaKind::from_token(words.next()?);
        let (port, port_count) = match words.next()?.split_once('/') {
            Some((port, count)) => (port, Some(number(count)?)),
            None => (value.split_ascii_whitespace().nth(1)?, None),
        };
        let port = number(port)?;
        let profile = Profile::from_token(words.next()?);
        let formats = words.map(str::to_owned).collect();
        Some(Self { port_count, ..Self::new(kind, port, profile, formats) })
    }
}

/// A session without beginning or end.
pub(crate) const UNBOUNDED: &str = "0 0";
