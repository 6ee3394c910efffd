//! Making an offer and completing it with the peer's answer (RFC 3264 5, 7, 8).

use crate::attribute::Crypto;
use crate::codec::{Codec, CodecName};
use crate::offer::agreed::{Agreed, Stream};
use crate::offer::capabilities::{Capabilities, RtcpMux};
use crate::offer::formats::{self, Formats};
use crate::offer::media::{self, Line, Peer};
use crate::offer::memory::Memory;
use crate::offer::refusal::Refusal;
use crate::offer::security;
use crate::session::{Media, Session};

/// An offer that waits for its answer. To drop it is all that a rejected offer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The description to send.
    pub session: Session,
    capabilities: Capabilities,
    /// Place of the audio line.
    index: usize,
    /// What we offered, with payload types.
    formats: Formats,
    cryptos: Vec<Crypto>,
}

impl Offer {
    /// Writes an offer: the first of a leg, or one that changes what was agreed before.
    pub fn build(memory: &mut Memory, capabilities: &Capabilities) -> Self {
        // RFC 3264 8: every line of the last exchange stands where it stood; one of them was taken.
        let taken = memory.slots().iter().position(|slot| slot.accepted);
        let slot = taken.and_then(|index| memory.slots().get(index)).cloned();
        let index = taken.unwrap_or(memory.slots().len());

        let formats = offered_formats(memory, capabilities);
        let keys = security::offer(&capabilities.security, capabilities.feedback);
        // An agreed profile stays while it promises the same.
        let profile = match &slot {
            Some(slot) if slot.profile.is_secure() == keys.profile.is_secure() => slot.profile.clone(),
            _ => keys.profile,
        };
        let line = Line {
            capabilities,
            profile,
            formats: &formats,
            direction: capabilities.wanted_direction(),
            ptime: capabilities.ptime,
            rtcp_mux: capabilities.rtcp_mux == RtcpMux::Offer,
            mid: slot.as_ref().and_then(|slot| slot.mid.as_deref()),
            keys: keys.attributes,
            ice: capabilities.ice.as_ref(),
        };
        let audio = line.write();
        let mut lines: Vec<Media> = memory
            .slots()
            .iter()
            .map(|slot| media::refused(&slot.kind, &slot.profile, &slot.formats))
            .collect();
        match lines.get_mut(index) {
            Some(line) => *line = audio,
            None => lines.push(audio),
        }
        let lite = capabilities.ice.as_ref().is_some_and(|ice| ice.lite);
        let session = memory.describe(capabilities.address, media::connection(capabilities), lite, lines);
        Self { session, capabilities: capabilities.clone(), index, formats, cryptos: keys.cryptos }
    }

    /// Reads the answer. May be called for several answers of several dialogs, each with its own memory.
    pub fn complete(&self, memory: &mut Memory, answer: &Session) -> Result<Agreed, Refusal> {
        // RFC 3264 6: as many lines as the offer, in its order. Fewer are read as refused; others cannot be placed.
        let kinds_match =
            answer.media.iter().zip(&self.session.media).all(|(ours, theirs)| ours.kind == theirs.kind);
        if answer.media.len() > self.session.media.len() || !kinds_match {
            return Err(Refusal::MediaLines);
        }
        let reply = answer.media.get(self.index).filter(|reply| reply.port != 0).ok_or(Refusal::NoAudio)?;
        let stream = self.stream(answer, reply)?;
        memory.settle(&self.session, answer);
        Ok(Agreed { streams: vec![stream] })
    }

    fn stream(&self, answer: &Session, reply: &Media) -> Result<Stream, Refusal> {
        let capabilities = &self.capabilities;
        let offered = self.session.media.get(self.index).ok_or(Refusal::MediaLines)?;
        // RFC 3264 6: the answer repeats the transport; one feedback profile for another is let pass.
        match (offered.profile.is_secure(), reply.profile.is_secure()) {
            _ if !reply.profile.is_rtp() => return Err(Refusal::Profile),
            (true, false) => return Err(Refusal::SecurityRequired),
            (false, true) => return Err(Refusal::Profile),
            (true, true) | (false, false) => {}
        }
        let security = security::complete(&capabilities.security, &self.cryptos, answer, reply)?;
        let rtcp_mux = capabilities.rtcp_mux == RtcpMux::Offer && reply.rtcp_mux();
        let peer = Peer::read(answer, reply, capabilities, rtcp_mux)?;
        let theirs = Formats::of_answer(reply, &self.formats);
        let codecs: Vec<_> = formats::pairs(&theirs.codecs, &self.formats.codecs)
            .into_iter()
            .filter_map(|(theirs, ours)| media::agreed_codec(ours, theirs))
            .collect();
        if codecs.is_empty() {
            let none = theirs.codecs.is_empty();
            return Err(if none { Refusal::NoCodec } else { Refusal::NotOffered });
        }
        let wanted = capabilities.wanted_direction();
        Ok(Stream {
            index: self.index,
            mid: offered.mid().map(str::to_owned),
            direction: wanted.intersection(peer.meant.reversed()),
            peer_direction: peer.direction,
            held: wanted.sends() && !peer.meant.receives(),
            profile: reply.profile.clone(),
            codecs,
            events: formats::pairs(&theirs.events, &self.formats.events)
                .into_iter()
                .filter_map(|(theirs, ours)| media::agreed_event(ours, theirs))
                .collect(),
            comfort_noise: formats::pairs(&theirs.comfort_noise, &self.formats.comfort_noise)
                .into_iter()
                .filter_map(|(theirs, ours)| media::agreed_codec(ours, theirs))
                .collect(),
            ptime: peer.ptime,
            max_ptime: peer.max_ptime,
            security,
            ice: peer.ice,
            remote: peer.remote,
            rtcp: peer.rtcp,
        })
    }
}

/// Every format we offer, with its payload type. Wishes are served before the numbers nobody cares for.
fn offered_formats(memory: &mut Memory, capabilities: &Capabilities) -> Formats {
    let rates = formats::clock_rates(&capabilities.codecs);
    let mut wanted: Vec<Codec> = capabilities.codecs.clone();
    if capabilities.comfort_noise {
        wanted.extend(rates.iter().map(|rate| Codec::new(CodecName::ComfortNoise, *rate)));
    }
    if let Some(events) = &capabilities.events {
        wanted.extend(rates.iter().map(|rate| Codec {
            // The usual number belongs to the clock of 8000, or to the only clock there is.
            payload_type: (*rate == 8000 || rates.len() == 1).then_some(events.payload_type),
            fmtp: Some(events.events.to_string()),
            ..Codec::new(CodecName::TelephoneEvent, *rate)
        }));
    }
    let mut numbers: Vec<Option<u8>> = wanted
        .iter()
        .map(|codec| {
            let wish = memory.bound_number(codec).or(codec.payload_type)?;
            memory.bind(codec, Some(wish))
        })
        .collect();
    for (codec, number) in wanted.iter().zip(&mut numbers) {
        if number.is_none() {
            *number = memory.bind(codec, None);
        }
    }
    let mut formats = Formats::default();
    for (codec, number) in wanted.into_iter().zip(numbers) {
        // RFC 3264 5.1: no number twice. Two entries of one codec share theirs: the first stands.
        if number.is_some() && !formats.iter().any(|known| known.payload_type == number) {
            formats.push(Codec { payload_type: number, ..codec });
        }
    }
    formats
}
