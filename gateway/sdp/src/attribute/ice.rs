//! Attributes of ICE (RFC 8839 5): candidates, credentials, options. Owns the text; checks and nomination are elsewhere.

use std::fmt;
use std::net::IpAddr;

use crate::number::number;
use crate::session::{Media, Session};

/// `a=candidate` (RFC 8839 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Foundation.
    pub foundation: String,
    /// Component: 1 is RTP, 2 is RTCP.
    pub component: u16,
    /// Transport as sent: `UDP`, `udp`, `TCP`.
    pub transport: String,
    /// Priority.
    pub priority: u32,
    /// Address.
    pub host: CandidateHost,
    /// Port.
    pub port: u16,
    /// Kind.
    pub kind: CandidateKind,
    /// `raddr` and `rport`.
    pub related: Option<(CandidateHost, u16)>,
    /// Further `name value` pairs (`generation`, `tcptype`, `network-cost`), in order.
    pub extensions: Vec<(String, String)>,
}

impl Candidate {
    /// Reads the attribute's value.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let foundation = words.next()?.to_owned();
        let component = number(words.next()?).filter(|component| (1..=256).contains(component))?;
        let transport = words.next()?.to_owned();
        let priority = number(words.next()?)?;
        let host = CandidateHost::parse(words.next()?);
        let port = number(words.next()?)?;
        if words.next()? != "typ" {
            return None;
        }
        let kind = CandidateKind::from_token(words.next()?);
        let mut candidate = Self {
            foundation,
            component,
            transport,
            priority,
            host,
            port,
            kind,
            related: None,
            extensions: Vec::new(),
        };
        candidate.read_extensions(words)?;
        Some(candidate)
    }

    fn read_extensions<'a>(&mut self, mut words: impl Iterator<Item = &'a str>) -> Option<()> {
        let mut related_host = None;
        while let Some(name) = words.next() {
            let value = words.next()?;
            match (name, &related_host) {
                ("raddr", _) => related_host = Some(CandidateHost::parse(value)),
                ("rport", Some(host)) => self.related = Some((host.clone(), number(value)?)),
                _ => self.extensions.push((name.to_owned(), value.to_owned())),
            }
        }
        Some(())
    }

    /// Whether the transport is UDP.
    pub fn is_udp(&self) -> bool {
        self.transport.eq_ignore_ascii_case("udp")
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.foundation, self.component, self.transport, self.priority)?;
        write!(f, " {} {} typ {}", self.host, self.port, self.kind.as_str())?;
        if let Some((host, port)) = &self.related {
            write!(f, " raddr {host} rport {port}")?;
        }
        self.extensions.iter().try_for_each(|(name, value)| write!(f, " {name} {value}"))
    }
}

/// The address of a candidate: a literal, or a name (mDNS, RFC 8839 5.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CandidateHost {
    /// A literal address.
    Ip(IpAddr),
    /// A name to be resolved, or not.
    Name(String),
}

impl CandidateHost {
    fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Ip)
    }
}

impl fmt::Display for CandidateHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => write!(f, "{address}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// `typ` of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CandidateKind {
    /// `host`.
    Host,
    /// `prflx`.
    PeerReflexive,
    /// `relay`.
    Relayed,
    /// `srflx`.
    ServerReflexive,
    /// Anything else.
    Other(String),
}

impl CandidateKind {
    /// As written after `typ`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Host => "host",
            Self::PeerReflexive => "prflx",
            Self::Relayed => "relay",
            Self::ServerReflexive => "srflx",
            Self::Other(kind) => kind,
        }
    }

    fn from_token(token: &str) -> Self {
        [Self::Host, Self::PeerReflexive, Self::Relayed, Self::ServerReflexive]
            .into_iter()
            .find(|kind| kind.as_str() == token)
            .unwrap_or_else(|| Self::Other(token.to_owned()))
    }
}

/// What one side says of ICE for one stream. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct IceDescription {
    /// `a=ice-ufrag`.
    pub ufrag: String,
    /// `a=ice-pwd`.
    pub password: String,
    /// `a=ice-lite` (always of the session).
    pub lite: bool,
    /// Words of `a=ice-options`: `trickle`, `ice2`, `rtp+ecn`.
    pub options: Vec<String>,
    /// `a=candidate` lines that could be read.
    pub candidates: Vec<Candidate>,
    /// `a=end-of-candidates` (RFC 8840 8.2).
    pub end_of_candidates: bool,
}

impl IceDescription {
    pub(crate) fn read(session: &Session, media: &Media) -> Option<Self> {
        let ufrag = session.value_of(media, "ice-ufrag").filter(|ufrag| !ufrag.is_empty())?;
        let password = session.value_of(media, "ice-pwd").filter(|password| !password.is_empty())?;
        let options = session.value_of(media, "ice-options").unwrap_or("");
        Some(Self {
            ufrag: ufrag.to_owned(),
            password: password.to_owned(),
            lite: session.attribute("ice-lite").is_some() || media.attribute("ice-lite").is_some(),
            options: options.split_ascii_whitespace().map(str::to_owned).collect(),
            candidates: media.candidates().collect(),
            end_of_candidates: media.attribute("end-of-candidates").is_some()
                || session.attribute("end-of-candidates").is_some(),
        })
    }

    /// Whether candidates may follow later (RFC 8838 4).
    pub fn trickles(&self) -> bool {
        self.options.iter().any(|option| option == "trickle")
    }

    /// Whether this description restarts ICE against an earlier one (RFC 8445 9: both credentials change).
    pub fn restarts(&self, earlier: &Self) -> bool {
        self.ufrag != earlier.ufrag && self.password != earlier.password
    }
}

impl fmt::Debug for IceDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceDescription")
            .field("ufrag", &self.ufrag)
            .field("lite", &self.lite)
            .field("options", &self.options)
            .field("candidates", &self.candidates)
            .field("end_of_candidates", &self.end_of_candidates)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(lines: &str) -> Option<IceDescription> {
        let session = Session::parse(
            format!("a=ice-lite\r\na=ice-pwd:ppp\r\nm=audio 9 RTP/AVP 0\r\n{lines}").as_bytes(),
        );
        let session = session.expect("a description");
        session.ice_of(&session.media[0])
    }

    #[test]
    fn credentials_may_stand_at_either_level() {
        assert_eq!(described(""), None);
        let ice =
            described("a=ice-ufrag:u\r\na=ice-options:ice2 trickle\r\na=end-of-candidates").expect("ICE");
        assert_eq!((ice.ufrag.as_str(), ice.password.as_str()), ("u", "ppp"));
        assert!(ice.lite && ice.trickles() && ice.end_of_candidates);
        assert!(!format!("{ice:?}").contains("ppp"));
    }

    #[test]
    fn a_restart_changes_both_credentials() {
        let before = described("a=ice-ufrag:u").expect("ICE");
        let ufrag_only = described("a=ice-ufrag:v").expect("ICE");
        let both = described("a=ice-ufrag:v\r\na=ice-pwd:qqq").expect("ICE");
        assert!(both.restarts(&before));
        assert!(!ufrag_only.restarts(&before) && !before.restarts(&before));
    }

    #[test]
    fn candidates_keep_what_they_do_not_know() {
        for line in [
            "1 1 UDP 2130706431 2001:db8::1 4000 typ host",
            "a/b+ 2 tcp 1509957375 192.168.34.75 9 typ host tcptype active generation 0",
            "3 1 UDP 1 198.51.100.3 45664 typ srflx raddr 192.0.2.9 rport 4000 network-cost 10",
            "4 1 udp 1 0c4e0a0e-1b2c.local 4000 typ newtype",
        ] {
            assert_eq!(Candidate::parse(line).map(|candidate| candidate.to_string()).as_deref(), Some(line));
        }
    }

    #[test]
    fn broken_candidates_are_left_out() {
        for line in [
            "1 0 UDP 1 192.0.2.1 4000 typ host",
            "1 257 UDP 1 192.0.2.1 4000 typ host",
            "1 1 UDP 4294967296 192.0.2.1 4000 typ host",
            "1 1 UDP 1 192.0.2.1 65536 typ host",
            "1 1 UDP 1 192.0.2.1 4000 host",
            "1 1 UDP 1 192.0.2.1 4000 typ",
            "1 1 UDP 1 192.0.2.1 4000 typ host generation",
            "1 1 UDP 1 192.0.2.1 4000 typ srflx raddr 192.0.2.9 rport x",
        ] {
            assert_eq!(Candidate::parse(line), None, "{line}");
        }
    }
}
