//! Attributes: kept as text in the description, read as types on demand.
//!
//! Owns the typed views. A view that cannot be read is `None` or left out of a list: a peer's odd attribute never makes
//! its whole description unreadable, and the text stays in [`Media::attributes`].

mod crypto;
mod dtls;
mod event;
mod ice;
mod rtp;

use std::fmt;

pub use crypto::{Crypto, CryptoSuite, InlineKey, KeyParameter, KeySalt, Lifetime, Mki, SessionParameter};
pub use dtls::{Fingerprint, HashFunction, Setup};
pub use event::EventSet;
pub use ice::{Candidate, CandidateHost, CandidateKind, IceDescription};
pub(crate) use rtp::parameter;
pub use rtp::{Direction, Fmtp, Rtcp, Rtpmap};

use crate::codec::{Codec, CodecName};
use crate::limits;
use crate::session::{Media, Session};

/// One `a=` line. `Debug` hides the value of attributes that carry keys or passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    /// What stands before the first colon.
    pub name: String,
    /// What stands after it; `None` for a property attribute (RFC 8866 5.13).
    pub value: Option<String>,
}

impl Attribute {
    /// An attribute with a value.
    pub fn new(name: &str, value: impl fmt::Display) -> Self {
        Self { name: name.to_owned(), value: Some(value.to_string()) }
    }

    /// A property attribute: a name alone.
    pub fn property(name: &str) -> Self {
        Self { name: name.to_owned(), value: None }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => write!(f, "{}", self.name),
            Some(_) if SECRET.contains(&self.name.as_str()) => write!(f, "{}:<hidden>", self.name),
            Some(value) => write!(f, "{}:{value}", self.name),
        }
    }
}

impl Media {
    /// `a=rtpmap` lines that can be read, in order.
    pub fn rtpmaps(&self) -> impl Iterator<Item = Rtpmap> + '_ {
        self.values("rtpmap").filter_map(Rtpmap::parse)
    }

    /// What each format means, in the order of the media line: from its `a=rtpmap`, else from the static table.
    /// Payload types without either are left out, repeated ones count once.
    pub fn codecs(&self) -> Vec<Codec> {
        // One pass over the attributes, so that a long list of either costs no more than its length.
        let mut maps: [Option<Rtpmap>; 128] = [const { None }; 128];
        for map in self.rtpmaps() {
            let place = usize::from(map.payload_type);
            maps[place].get_or_insert(map);
        }
        let mut parameters: [Option<&str>; 128] = [None; 128];
        for fmtp in self.values("fmtp").filter_map(Fmtp::parse) {
            parameters[usize::from(fmtp.payload_type)].get_or_insert(fmtp.parameters);
        }
        let mut seen = [false; 128];
        let mut codecs = Vec::new();
        for number in self.payload_types() {
            let place = usize::from(number);
            if std::mem::replace(&mut seen[place], true) {
                continue;
            }
            let mapped = maps[place].as_ref().map(|map| Codec {
                name: CodecName::from_encoding(&map.encoding),
                clock_rate: map.clock_rate,
                channels: map.channels,
                payload_type: Some(number),
                fmtp: None,
            });
            if let Some(codec) = mapped.or_else(|| Codec::from_static(number)) {
                codecs.push(Codec { fmtp: parameters[place].map(str::to_owned), ..codec });
            }
        }
        codecs
    }

    /// The direction written at this media description, if one is.
    pub fn direction(&self) -> Option<Direction> {
        direction(&self.attributes)
    }

    /// `a=ptime`, milliseconds.
    pub fn ptime(&self) -> Option<u16> {
        self.values("ptime").find_map(rtp::milliseconds)
    }

    /// `a=maxptime`, milliseconds.
    pub fn max_ptime(&self) -> Option<u16> {
        self.values("maxptime").find_map(rtp::milliseconds)
    }

    /// `a=rtcp` (RFC 3605).
    pub fn rtcp(&self) -> Option<Rtcp> {
        self.values("rtcp").find_map(Rtcp::parse)
    }

    /// `a=rtcp-mux` (RFC 5761) or `a=rtcp-mux-only` (RFC 8858).
    pub fn rtcp_mux(&self) -> bool {
        self.attribute("rtcp-mux").is_some() || self.attribute("rtcp-mux-only").is_some()
    }

    /// `a=mid` (RFC 5888).
    pub fn mid(&self) -> Option<&str> {
        self.values("mid").find(|mid| !mid.is_empty())
    }

    /// `a=crypto` lines that can be read, in order, unknown suites included.
    pub fn cryptos(&self) -> impl Iterator<Item = Crypto> + '_ {
        self.values("crypto").take(limits::MAX_CRYPTOS).filter_map(Crypto::parse)
    }

    /// `a=candidate` lines that can be read, in order.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate> + '_ {
        self.values("candidate").take(limits::MAX_CANDIDATES).filter_map(Candidate::parse)
    }
}

impl Session {
    /// The direction that holds for `media`: its own, else that of the session, else `sendrecv` (RFC 8866 6.7).
    pub fn direction_of(&self, media: &Media) -> Direction {
        media.direction().or_else(|| direction(&self.attributes)).unwrap_or(Direction::SendRecv)
    }

    /// The first value of an attribute that may stand at either level; the media level wins.
    pub fn value_of<'a>(&'a self, media: &'a Media, name: &str) -> Option<&'a str> {
        media
            .attribute(name)
            .or_else(|| self.attribute(name))
            .map(|found| found.value.as_deref().unwrap_or(""))
    }

    /// `a=ptime` of the media, else of the session (some PBXs put it there).
    pub fn ptime_of(&self, media: &Media) -> Option<u16> {
        media.ptime().or_else(|| self.attribute("ptime")?.value.as_deref().and_then(rtp::milliseconds))
    }

    /// `a=fingerprint` of the media, else of the session (RFC 8122 5).
    pub fn fingerprints_of(&self, media: &Media) -> Vec<Fingerprint> {
        let own: Vec<_> = media
            .values("fingerprint")
            .take(limits::MAX_FINGERPRINTS)
            .filter_map(Fingerprint::parse)
            .collect();
        if !own.is_empty() {
            return own;
        }
        let session = self.attributes.iter().filter(|attribute| attribute.name == "fingerprint");
        let session = session.take(limits::MAX_FINGERPRINTS);
        session.filter_map(|attribute| Fingerprint::parse(attribute.value.as_deref()?)).collect()
    }

    /// `a=setup` of the media, else of the session (RFC 4145 4).
    pub fn setup_of(&self, media: &Media) -> Option<Setup> {
        Setup::parse(self.value_of(media, "setup")?)
    }

    /// What the description says of ICE for `media` (RFC 8839); `None` without both user fragment and password.
    pub fn ice_of(&self, media: &Media) -> Option<IceDescription> {
        IceDescription::read(self, media)
    }
}

fn direction(attributes: &[Attribute]) -> Option<Direction> {
    attributes.iter().find_map(|attribute| Direction::from_name(&attribute.name))
}

/// Attributes whose value never reaches a log.
const SECRET: [&str; 3] = ["crypto", "ice-pwd", "key-mgmt"];
