//! Writing one media line of ours, for offer and answer alike, and reading the peer's side of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::attribute::{Attribute, Direction, IceDescription, Rtpmap};
use crate::codec::Codec;
use crate::offer::agreed::{AgreedCodec, AgreedEvent, RemoteEndpoint, RemoteRtcp};
use crate::offer::capabilities::{Capabilities, HoldStyle, IceLocal};
use crate::offer::formats::{self, Formats};
use crate::offer::refusal::Refusal;
use crate::session::{Host, Media, MediaKind, Profile, Session};

/// Everything a media line of ours says.
pub(super) struct Line<'a> {
    pub(super) capabilities: &'a Capabilities,
    pub(super) profile: Profile,
    pub(super) formats: &'a Formats,
    pub(super) direction: Direction,
    pub(super) ptime: Option<u16>,
    pub(super) rtcp_mux: bool,
    pub(super) mid: Option<&'a str>,
    pub(super) keys: Vec<Attribute>,
    pub(super) ice: Option<&'a IceLocal>,
}

impl Line<'_> {
    pub(super) fn write(self) -> Media {
        let formats =
            self.formats.iter().filter_map(|codec| codec.payload_type).map(|number| number.to_string());
        let mut media = Media::new(MediaKind::Audio, self.capabilities.port, self.profile, formats.collect());
        let attributes = &mut media.attributes;
        attributes.extend(self.mid.map(|mid| Attribute::new("mid", mid)));
        for codec in self.formats.iter() {
            write_format(attributes, codec);
        }
        attributes.extend(self.ptime.map(|ptime| Attribute::new("ptime", ptime)));
        attributes.extend(self.capabilities.max_ptime.map(|max| Attribute::new("maxptime", max)));
        attributes.push(Attribute::property(self.direction.as_str()));
        let next = self.capabilities.port.checked_add(1);
        if let Some(port) = self.capabilities.rtcp_port.filter(|port| Some(*port) != next) {
            attributes.push(Attribute::new("rtcp", port));
        }
        if self.rtcp_mux {
            attributes.push(Attribute::property("rtcp-mux"));
        }
        attributes.extend(self.keys);
        if let Some(ice) = self.ice {
            write_ice(attributes, ice);
        }
        media
    }
}

fn write_format(attributes: &mut Vec<Attribute>, codec: &Codec) {
    let Some(payload_type) = codec.payload_type else {
        return;
    };
    let encoding = codec.name.as_str().to_owned();
    let map = Rtpmap { payload_type, encoding, clock_rate: codec.clock_rate, channels: codec.channels };
    attributes.push(Attribute::new("rtpmap", map));
    if let Some(fmtp) = &codec.fmtp {
        attributes.push(Attribute::new("fmtp", format_args!("{payload_type} {fmtp}")));
    }
}

fn write_ice(attributes: &mut Vec<Attribute>, ice: &IceLocal) {
    attributes.push(Attribute::new("ice-ufrag", &ice.ufrag));
    attributes.push(Attribute::new("ice-pwd", &ice.password));
    if ice.trickle {
        attributes.push(Attribute::new("ice-options", "trickle"));
    }
    attributes.extend(ice.candidates.iter().map(|candidate| Attribute::new("candidate", candidate)));
    if ice.end_of_candidates {
        attributes.push(Attribute::property("end-of-candidates"));
    }
}

/// The address written in `c=`: ours, or none of that family when holding the old way.
pub(super) fn connection(capabilities: &Capabilities) -> IpAddr {
    match (capabilities.hold, capabilities.address) {
        (Some(HoldStyle::SendOnlyNullAddress), IpAddr::V4(_)) => Ipv4Addr::UNSPECIFIED.into(),
        (Some(HoldStyle::SendOnlyNullAddress), IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        (_, address) => address,
    }
}

/// A media line that is refused (RFC 3264 6: port 0, the formats do not matter but there must be one).
pub(super) fn refused(kind: &MediaKind, profile: &Profile, formats: &[String]) -> Media {
    let formats = if formats.is_empty() { vec!["0".to_owned()] } else { formats.to_vec() };
    Media::new(kind.clone(), 0, profile.clone(), formats)
}

/// What the peer's side of an accepted line says, apart from formats and keys.
pub(super) struct Peer {
    pub(super) remote: RemoteEndpoint,
    pub(super) rtcp: RemoteRtcp,
    /// As written.
    pub(super) direction: Direction,
    /// As meant, a null address considered.
    pub(super) meant: Direction,
    pub(super) ptime: u16,
    pub(super) max_ptime: Option<u16>,
    pub(super) ice: Option<IceDescription>,
    /// The default destination is not among the candidates: a middlebox changed it (RFC 8839 4.2.5).
    pub(super) ice_mismatch: bool,
}

impl Peer {
    pub(super) fn read(
        session: &Session,
        media: &Media,
        capabilities: &Capabilities,
        rtcp_mux: bool,
    ) -> Result<Self, Refusal> {
        let connection = session.connection_of(media).ok_or(Refusal::Address)?;
        let multicast =
            connection.multicast.is_some() || connection.host.ip().is_some_and(|ip| ip.is_multicast());
        if multicast || matches!(connection.host, Host::Other { .. }) {
            return Err(Refusal::Address);
        }
        let remote = RemoteEndpoint { host: connection.host.clone(), port: media.port };
        let direction = session.direction_of(media);
        let described = session.ice_of(media).filter(|_| media.attribute("ice-mismatch").is_none());
        let null = remote.host.is_null() && described.is_none() && capabilities.accept_hold_by_null_address;
        let ice = described.filter(|_| capabilities.ice.is_some());
        let ice_mismatch = ice.as_ref().is_some_and(|ice| mismatches(ice, &remote));
        let max_ptime = media.max_ptime();
        Ok(Self {
            rtcp: if rtcp_mux { RemoteRtcp::Muxed } else { RemoteRtcp::Separate(rtcp(media, &remote)) },
            meant: if null { Direction::new(direction.sends(), false) } else { direction },
            direction,
            ptime: packet_time(session.ptime_of(media).or(capabilities.ptime), max_ptime),
            max_ptime,
            ice: ice.filter(|_| !ice_mismatch),
            ice_mismatch,
            remote,
        })
    }
}

fn rtcp(media: &Media, remote: &RemoteEndpoint) -> RemoteEndpoint {
    match media.rtcp() {
        // RFC 3605 2.1: without an address it is that of RTP.
        Some(rtcp) => {
            RemoteEndpoint { host: rtcp.host.unwrap_or_else(|| remote.host.clone()), port: rtcp.port }
        }
        None => RemoteEndpoint { host: remote.host.clone(), port: remote.port.saturating_add(1) },
    }
}

/// What to send: the wish within the peer's longest, in steps of 10 ms. The wish is a wish (RFC 8866 6.4), so it may be
/// brought into what the codecs can packetise.
fn packet_time(wish: Option<u16>, longest: Option<u16>) -> u16 {
    let wish = wish.unwrap_or(DEFAULT_PTIME);
    let bounded = longest.map_or(wish, |longest| wish.min(longest));
    (bounded.clamp(MIN_PTIME, MAX_PTIME) / 10) * 10
}

fn mismatches(ice: &IceDescription, remote: &RemoteEndpoint) -> bool {
    use crate::attribute::CandidateHost;
    let (Some(address), false) = (remote.host.ip(), remote.host.is_null()) else {
        // RFC 8840 4.1.1: a trickling agent may have no default destination yet.
        return false;
    };
    let mut rtp = ice.candidates.iter().filter(|candidate| candidate.component == 1).peekable();
    rtp.peek().is_some()
        && !rtp.any(|candidate| candidate.host == CandidateHost::Ip(address) && candidate.port == remote.port)
}

/// A pair of codecs as agreed; both have their payload types.
pub(super) fn agreed_codec(ours: &Codec, theirs: &Codec) -> Option<AgreedCodec> {
    Some(AgreedCodec {
        name: ours.name.clone(),
        clock_rate: ours.clock_rate,
        channels: ours.channels,
        send: theirs.payload_type?,
        receive: ours.payload_type?,
        send_fmtp: theirs.fmtp.clone(),
        receive_fmtp: ours.fmtp.clone(),
    })
}

/// A pair of event formats as agreed.
pub(super) fn agreed_event(ours: &Codec, theirs: &Codec) -> Option<AgreedEvent> {
    Some(AgreedEvent {
        clock_rate: ours.clock_rate,
        send: theirs.payload_type?,
        receive: ours.payload_type?,
        events: formats::event_set(theirs.fmtp.as_deref()),
    })
}

/// RFC 3551 4.2: 20 ms where nothing else is said.
const DEFAULT_PTIME: u16 = 20;
const MIN_PTIME: u16 = 10;
const MAX_PTIME: u16 = 60;
