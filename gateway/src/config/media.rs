//! `[media]`: addresses, ports and codecs of the media plane.

use std::{net::IpAddr, time::Duration};

use media_api::{AnnexB, Codec, G726Packing, G726Rate};

use super::reader::Section;

/// The media plane.
#[derive(Debug, Clone, PartialEq)]
pub struct MediaConfig {
    /// Where media of base stations arrives; `None` is the address of the first access listener.
    pub access_bind: Option<IpAddr>,
    /// What SDP tells base stations; `None` is what is bound.
    pub access_advertised: Option<IpAddr>,
    /// Where media of the PBX arrives; `None` is the address of the first PBX listener.
    pub pbx_bind: Option<IpAddr>,
    /// What SDP tells the PBX; `None` is what is bound.
    pub pbx_advertised: Option<IpAddr>,
    /// First RTP port, even.
    pub port_first: u16,
    /// How many ports, RTP and RTCP counted.
    pub port_count: u16,
    /// Threads that carry media; 0 is one per processor core.
    pub workers: u16,
    /// How long a freed port rests.
    pub quarantine: Duration,
    /// Codecs offered to base stations, preferred first.
    pub access_codecs: Vec<Codec>,
    /// Codecs offered to the PBX, preferred first.
    pub pbx_codecs: Vec<Codec>,
    /// Packet time offered, in milliseconds.
    pub ptime_ms: u8,
    /// Number of the tone set that call-progress tones are played from.
    pub tone_set: u8,
    /// Answers carry one codec only.
    pub single_codec_answer: bool,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            // Media takes the way of signalling unless told otherwise.
            access_bind: None,
            access_advertised: None,
            pbx_bind: None,
            pbx_advertised: None,
            // NET-04: 16384 to 65535, more than 12,000 calls.
            port_first: 16_384,
            port_count: 49_152,
            // A core is the unit of media throughput.
            workers: 0,
            // Longer than a peer goes on sending after a BYE that was lost and repeated.
            quarantine: Duration::from_secs(5),
            // Wideband if the handset has it; A-law before mu-law as in Europe, where DECT is at home.
            access_codecs: vec![Codec::G722, Codec::Pcma, Codec::Pcmu],
            pbx_codecs: vec![Codec::G722, Codec::Pcma, Codec::Pcmu],
            // What all devices know.
            ptime_ms: 20,
            // EUROPE-PBX, the incumbent's first.
            tone_set: 0,
            // INTEROP-05: many base stations take the first codec of an answer for the only one.
            single_codec_answer: true,
        }
    }
}

impl MediaConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.optional("access_bind", &mut self.access_bind, "an IP address");
        section.optional("access_advertised", &mut self.access_advertised, "an IP address");
        section.optional("pbx_bind", &mut self.pbx_bind, "an IP address");
        section.optional("pbx_advertised", &mut self.pbx_advertised, "an IP address");
        section.number("port_first", &mut self.port_first, 1024..=65_534);
        section.number("port_count", &mut self.port_count, 2..=64_512);
        if !self.port_first.is_multiple_of(2) {
            section.fault("port_first", "must be even (RFC 3550 11)");
        }
        if u32::from(self.port_first) + u32::from(self.port_count) > 65_536 {
            section.fault("port_count", "goes beyond port 65535");
        }
        section.number("workers", &mut self.workers, 0..=256);
        if self.workers > 0 && self.port_count / 4 < self.workers {
            section.fault("port_count", "leaves a worker without ports for a call");
        }
        section.millis("quarantine_ms", &mut self.quarantine, 0..=600_000);
        section.words("access_codecs", &mut self.access_codecs, CODECS);
        section.words("pbx_codecs", &mut self.pbx_codecs, CODECS);
        section.number("ptime_ms", &mut self.ptime_ms, 10..=60);
        if !self.ptime_ms.is_multiple_of(10) {
            section.fault("ptime_ms", "must be a multiple of 10");
        }
        section.number("tone_set", &mut self.tone_set, 0..=26);
        section.flag("single_codec_answer", &mut self.single_codec_answer);
    }
}

/// Names as in SDP (RFC 3551, RFC 7587); a G.729 without Annex B sends active frames only.
const CODECS: &[(&str, Codec)] = &[
    ("PCMA", Codec::Pcma),
    ("PCMU", Codec::Pcmu),
    ("G722", Codec::G722),
    ("G729", Codec::G729(AnnexB::Yes)),
    ("G729A", Codec::G729(AnnexB::No)),
    ("opus", Codec::Opus),
    ("G726-16", Codec::G726(G726Rate::Kbit16, G726Packing::Rfc3551)),
    ("G726-24", Codec::G726(G726Rate::Kbit24, G726Packing::Rfc3551)),
    ("G726-32", Codec::G726(G726Rate::Kbit32, G726Packing::Rfc3551)),
    ("G726-40", Codec::G726(G726Rate::Kbit40, G726Packing::Rfc3551)),
    ("AAL2-G726-16", Codec::G726(G726Rate::Kbit16, G726Packing::Aal2)),
    ("AAL2-G726-24", Codec::G726(G726Rate::Kbit24, G726Packing::Aal2)),
    ("AAL2-G726-32", Codec::G726(G726Rate::Kbit32, G726Packing::Aal2)),
    ("AAL2-G726-40", Codec::G726(G726Rate::Kbit40, G726Packing::Aal2)),
];
