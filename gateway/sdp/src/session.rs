//! A session description as data (RFC 8866 5). Owns the types; reading is in `parse`, writing in `write`.
//!
//! Nothing here interprets an attribute: see [`crate::attribute`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attribute::Attribute;
use crate::error::SdpError;
use crate::number::number;

/// A whole session description. Lines the sender left out are `None` or empty; the writer puts the mandatory ones back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `o=`; `- 0 0 IN IP4 0.0.0.0` when it was not sent.
    pub origin: Origin,
    /// `s=`; empty when absent or blank.
    pub name: String,
    /// `i=`.
    pub information: Option<String>,
    /// `u=`.
    pub uri: Option<String>,
    /// `e=`.
    pub emails: Vec<String>,
    /// `p=`.
    pub phones: Vec<String>,
    /// `c=` of the session level.
    pub connection: Option<Connection>,
    /// `b=` of the session level.
    pub bandwidths: Vec<Bandwidth>,
    /// `t=` with its `r=` lines; empty means `0 0`.
    pub times: Vec<TimeDescription>,
    /// `z=`.
    pub zones: Option<String>,
    /// `k=` (obsolete, RFC 8866 5.12): kept, never used.
    pub key: Option<String>,
    /// `a=` of the session level, in order.
    pub attributes: Vec<Attribute>,
    /// The media descriptions, in order.
    pub media: Vec<Media>,
}

impl Session {
    /// Reads a description: CRLF, LF or CR line ends, any order of lines within a section, missing lines, unknown
    /// attributes. Octets that are not UTF-8 become U+FFFD.
    pub fn parse(octets: &[u8]) -> Result<Self, SdpError> {
        crate::parse::session(octets)
    }

    /// The first attribute of the session level with this name (case matters, RFC 8866 5.13).
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The first audio line that is not refused: what a voice call is about, wherever other media stand.
    pub fn audio(&self) -> Option<&Media> {
        self.media.iter().find(|line| line.kind == MediaKind::Audio && line.port != 0)
    }

    /// The connection that holds for `media`: its own first, else that of the session (RFC 8866 5.7).
    pub fn connection_of<'a>(&'a self, media: &'a Media) -> Option<&'a Connection> {
        media.connections.first().or(self.connection.as_ref())
    }

    /// An empty description with this origin.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            name: String::new(),
            information: None,
            uri: None,
            emails: Vec::new(),
            phones: Vec::new(),
            connection: None,
            bandwidths: Vec::new(),
            times: Vec::new(),
            zones: None,
            key: None,
            attributes: Vec::new(),
            media: Vec::new(),
        }
    }
}

/// `o=` (RFC 8866 5.2). Identifier and version are kept as sent: peers send numbers above 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// User name; may hold spaces, because some devices put a display name here.
    pub username: String,
    /// Session identifier.
    pub session_id: String,
    /// Session version.
    pub version: String,
    /// Where the description was made. Not a media address.
    pub host: Host,
}

/// `c=` (RFC 8866 5.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The address.
    pub host: Host,
    /// What stands after the first `/` of a multicast address (`ttl` or `ttl/count`).
    pub multicast: Option<String>,
}

impl Connection {
    /// A unicast connection.
    pub fn unicast(address: IpAddr) -> Self {
        Self { host: Host::Ip(address), multicast: None }
    }
}

/// An address as SDP writes it: network type, address type, address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// `IN IP4 a.b.c.d` or `IN IP6 x::y`. The address type follows the address: a wrong one is put right.
    Ip(IpAddr),
    /// `IN IP4 name` or `IN IP6 name`.
    Name {
        /// Whether the address type was `IP6`.
        v6: bool,
        /// The host name.
        name: String,
    },
    /// Any other network or address type.
    Other {
        /// Network type, not `IN`, or `IN` with an unknown address type.
        network: String,
        /// Address type.
        kind: String,
        /// Address.
        address: String,
    },
}

impl Host {
    /// The literal address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(*address),
            Self::Name { .. } | Self::Other { .. } => None,
        }
    }

    /// Whether the address says "send nothing here": `0.0.0.0` (RFC 3264 8.4), `::`, or a name below `.invalid`
    /// (RFC 6157 4.2 uses it where the family is unknown).
    pub fn is_null(&self) -> bool {
        match self {
            Self::Ip(IpAddr::V4(address)) => *address == Ipv4Addr::UNSPECIFIED,
            Self::Ip(IpAddr::V6(address)) => {
                *address == Ipv6Addr::UNSPECIFIED || address.to_ipv4_mapped() == Some(Ipv4Addr::UNSPECIFIED)
            }
            Self::Name { name, .. } => {
                let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
                name == "invalid" || name.ends_with(".invalid")
            }
            Self::Other { .. } => false,
        }
    }
}

/// `b=` (RFC 8866 5.8). The value is kept as text: some peers send units the RFC does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// `CT`, `AS`, `TIAS`, `RS`, `RR` or anything else.
    pub kind: String,
    /// The figure: kilobits per second for `CT` and `AS`, bits per second for `TIAS`, `RS`, `RR`.
    pub value: String,
}

/// `t=` and the `r=` lines below it (RFC 8866 5.9, 5.10), kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeDescription {
    /// Value of `t=`.
    pub time: String,
    /// Values of `r=`.
    pub repeats: Vec<String>,
}

/// One media description: `m=` and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Kind of media.
    pub kind: MediaKind,
    /// Transport port; 0 means refused (RFC 3264 6) or, beside `a=bundle-only`, bundled.
    pub port: u16,
    /// Number of ports, as written after `/`.
    pub port_count: Option<u16>,
    /// Transport protocol.
    pub profile: Profile,
    /// Formats: for RTP profiles payload types in decimal.
    pub formats: Vec<String>,
    /// `i=`.
    pub information: Option<String>,
    /// `c=` lines; more than one only with multicast.
    pub connections: Vec<Connection>,
    /// `b=`.
    pub bandwidths: Vec<Bandwidth>,
    /// `k=` (obsolete).
    pub key: Option<String>,
    /// `a=`, in order.
    pub attributes: Vec<Attribute>,
}

impl Media {
    /// A media description without attributes.
    pub fn new(kind: MediaKind, port: u16, profile: Profile, formats: Vec<String>) -> Self {
        Self {
            kind,
            port,
            port_count: None,
            profile,
            formats,
            information: None,
            connections: Vec::new(),
            bandwidths: Vec::new(),
            key: None,
            attributes: Vec::new(),
        }
    }

    /// The first attribute with this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Values of all attributes with this name, in order; a property attribute yields an empty value.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.attributes
            .iter()
            .filter(move |attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_deref().unwrap_or(""))
    }

    /// The formats that are RTP payload types, in order; anything above 127 is left out.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        self.formats.iter().filter_map(|format| number::<u8>(format)).filter(|number| *number < 128)
    }
}

/// `<media>` of `m=`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// `application`.
    Application,
    /// `audio`.
    Audio,
    /// `image`: T.38.
    Image,
    /// `message`: MSRP.
    Message,
    /// `text`.
    Text,
    /// `video`.
    Video,
    /// Anything else, as sent.
    Other(String),
}

impl MediaKind {
    /// As written in `m=`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Application => "application",
            Self::Audio => "audio",
            Self::Image => "image",
            Self::Message => "message",
            Self::Text => "text",
            Self::Video => "video",
            Self::Other(name) => name,
        }
    }

    pub(crate) fn from_token(token: &str) -> Self {
        [Self::Application, Self::Audio, Self::Image, Self::Message, Self::Text, Self::Video]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(token))
            .unwrap_or_else(|| Self::Other(token.to_owned()))
    }
}

/// `<proto>` of `m=`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `RTP/AVP` (RFC 3551).
    RtpAvp,
    /// `RTP/AVPF` (RFC 4585).
    RtpAvpf,
    /// `RTP/SAVP` (RFC 3711).
    RtpSavp,
    /// `RTP/SAVPF` (RFC 5124).
    RtpSavpf,
    /// `UDP/TLS/RTP/SAVP` (RFC 5764 8).
    UdpTlsRtpSavp,
    /// `UDP/TLS/RTP/SAVPF` (RFC 5764 8).
    UdpTlsRtpSavpf,
    /// Anything else, as sent.
    Other(String),
}

impl Profile {
    /// As written in `m=`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::RtpAvp => "RTP/AVP",
            Self::RtpAvpf => "RTP/AVPF",
            Self::RtpSavp => "RTP/SAVP",
            Self::RtpSavpf => "RTP/SAVPF",
            Self::UdpTlsRtpSavp => "UDP/TLS/RTP/SAVP",
            Self::UdpTlsRtpSavpf => "UDP/TLS/RTP/SAVPF",
            Self::Other(name) => name,
        }
    }

    /// Whether formats are RTP payload types.
    pub fn is_rtp(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// Whether the profile itself promises encryption.
    pub fn is_secure(&self) -> bool {
        matches!(self, Self::RtpSavp | Self::RtpSavpf | Self::UdpTlsRtpSavp | Self::UdpTlsRtpSavpf)
    }

    pub(crate) fn from_token(token: &str) -> Self {
        [
            Self::RtpAvp,
            Self::RtpAvpf,
            Self::RtpSavp,
            Self::RtpSavpf,
            Self::UdpTlsRtpSavp,
            Self::UdpTlsRtpSavpf,
        ]
        .into_iter()
        .find(|profile| profile.as_str().eq_ignore_ascii_case(token))
        .unwrap_or_else(|| Self::Other(token.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audio_line_is_found_wherever_it_stands() {
        let text = b"m=video 4 RTP/AVP 31\nm=audio 0 RTP/AVP 0\nm=audio 6 RTP/AVP 8\nm=audio 8 RTP/AVP 9\n";
        let session = Session::parse(text).expect("a description");
        assert_eq!(session.audio().map(|line| line.port), Some(6));
        assert_eq!(Session::parse(b"m=video 4 RTP/AVP 31\n").expect("a description").audio(), None);
    }

    #[test]
    fn null_addresses_are_recognised_in_every_form() {
        let null = |text: &str| Host::parse(text).expect("three words").is_null();
        for text in
            ["IN IP4 0.0.0.0", "IN IP6 ::", "IN IP6 ::ffff:0.0.0.0", "IN IP4 x.invalid", "IN IP6 INVALID."]
        {
            assert!(null(text), "{text}");
        }
        for text in ["IN IP4 0.0.0.1", "IN IP6 ::1", "IN IP4 invalid.example", "ATM NSAP 0.0.0.0"] {
            assert!(!null(text), "{text}");
        }
    }
}
