//! Answering an offer (RFC 3264 6, 8).

use crate::attribute::Attribute;
use crate::codec::Codec;
use crate::offer::agreed::{Agreed, AgreedCodec, AgreedEvent, Stream};
use crate::offer::capabilities::{Capabilities, CodecOrder, RtcpMux};
use crate::offer::formats::{self, Formats};
use crate::offer::media::{self, Line, Peer};
use crate::offer::memory::Memory;
use crate::offer::refusal::Refusal;
use crate::offer::security;
use crate::session::{Media, MediaKind, Session};

/// Answers an offer: the description to send and what it agrees on. The first audio line we can take is taken, preferably
/// the one taken before; every other line is answered with port 0. A refusal leaves the memory as it was.
pub fn answer(
    memory: &mut Memory,
    offer: &Session,
    capabilities: &Capabilities,
) -> Result<(Session, Agreed), Refusal> {
    let audio = |index: &usize| {
        offer.media.get(*index).is_some_and(|line| line.kind == MediaKind::Audio && line.port != 0)
    };
    let before = memory.slots().iter().position(|slot| slot.accepted);
    let order =
        before.into_iter().chain((0..offer.media.len()).filter(|index| Some(*index) != before)).filter(audio);

    let mut refusal = Refusal::NoAudio;
    let mut first = true;
    for index in order.take(MAX_ATTEMPTS) {
        let mut attempt = memory.clone();
        match accept(&mut attempt, offer, index, capabilities) {
            Ok((line, stream)) => {
                let session = finish(&mut attempt, offer, index, line, capabilities);
                *memory = attempt;
                return Ok((session, Agreed { streams: vec![stream] }));
            }
            // The first line's reason is the one worth telling.
            Err(reason) if first => refusal = reason,
            Err(_) => {}
        }
        first = false;
    }
    Err(refusal)
}

fn finish(
    memory: &mut Memory,
    offer: &Session,
    index: usize,
    line: Media,
    capabilities: &Capabilities,
) -> Session {
    let mut accepted = Some(line);
    let lines = offer.media.iter().enumerate().map(|(place, theirs)| {
        let taken = if place == index { accepted.take() } else { None };
        taken.unwrap_or_else(|| media::refused(&theirs.kind, &theirs.profile, &theirs.formats))
    });
    let lines: Vec<Media> = lines.collect();
    let uses_ice = lines.get(index).is_some_and(|line| line.attribute("ice-ufrag").is_some());
    let lite = uses_ice && capabilities.ice.as_ref().is_some_and(|ice| ice.lite);
    let session = memory.describe(capabilities.address, media::connection(capabilities), lite, lines);
    memory.settle(offer, &session);
    session
}

fn accept(
    memory: &mut Memory,
    offer: &Session,
    index: usize,
    capabilities: &Capabilities,
) -> Result<(Media, Stream), Refusal> {
    let theirs = offer.media.get(index).ok_or(Refusal::NoAudio)?;
    if !theirs.profile.is_rtp() {
        return Err(Refusal::Profile);
    }
    let (mut keys, security) = security::answer(&capabilities.security, offer, theirs)?;
    let rtcp_mux = capabilities.rtcp_mux != RtcpMux::Never && theirs.rtcp_mux();
    let peer = Peer::read(offer, theirs, capabilities, rtcp_mux)?;
    let chosen = choose(memory, theirs, capabilities)?;
    let direction = capabilities.wanted_direction().intersection(peer.meant.reversed());
    if peer.ice_mismatch {
        keys.push(Attribute::property("ice-mismatch"));
    }
    let line = Line {
        capabilities,
        profile: theirs.profile.clone(),
        formats: &chosen.ours,
        direction,
        // RFC 3264 6.1: what we like to receive; without a wish of our own, the offer's.
        ptime: capabilities.ptime.or_else(|| offer.ptime_of(theirs)),
        rtcp_mux,
        mid: theirs.mid(),
        keys,
        ice: capabilities.ice.as_ref().filter(|_| peer.ice.is_some()),
    };
    let stream = Stream {
        index,
        mid: theirs.mid().map(str::to_owned),
        direction,
        peer_direction: peer.direction,
        held: !peer.meant.receives(),
        profile: theirs.profile.clone(),
        codecs: chosen.codecs,
        events: chosen.events,
        comfort_noise: chosen.comfort_noise,
        ptime: peer.ptime,
        max_ptime: peer.max_ptime,
        security,
        ice: peer.ice,
        remote: peer.remote,
        rtcp: peer.rtcp,
    };
    Ok((line.write(), stream))
}

/// The formats of an answer.
struct Chosen {
    ours: Formats,
    codecs: Vec<AgreedCodec>,
    events: Vec<AgreedEvent>,
    comfort_noise: Vec<AgreedCodec>,
}

fn choose(memory: &mut Memory, line: &Media, capabilities: &Capabilities) -> Result<Chosen, Refusal> {
    let theirs = Formats::of(line);
    let mut voice = match capabilities.order {
        CodecOrder::Ours => formats::pairs(&capabilities.codecs, &theirs.codecs),
        CodecOrder::Offer => {
            let pairs = formats::pairs(&theirs.codecs, &capabilities.codecs);
            pairs.into_iter().map(|(theirs, ours)| (ours, theirs)).collect()
        }
    };
    if capabilities.single_codec_answer {
        voice.truncate(1);
    }
    let mut chosen = Chosen {
        ours: Formats::default(),
        codecs: Vec::new(),
        events: Vec::new(),
        comfort_noise: Vec::new(),
    };
    for (ours, theirs) in &voice {
        let ours = Codec { fmtp: formats::answer_fmtp(ours, theirs), ..(*ours).clone() };
        let ours = numbered(memory, ours, theirs);
        chosen.codecs.extend(media::agreed_codec(&ours, theirs));
        chosen.ours.push(ours);
    }
    if chosen.codecs.is_empty() {
        return Err(Refusal::NoCodec);
    }
    let rates = formats::clock_rates(&chosen.ours.codecs);
    if capabilities.comfort_noise {
        for theirs in beside(&theirs.comfort_noise, &rates) {
            let ours = numbered(memory, Codec { fmtp: None, ..theirs.clone() }, theirs);
            chosen.comfort_noise.extend(media::agreed_codec(&ours, theirs));
            chosen.ours.push(ours);
        }
    }
    if let Some(events) = &capabilities.events {
        // Some devices offer opus with telephone-event/8000 alone: better a foreign clock than no digits.
        let matching = beside(&theirs.events, &rates);
        let taken = if matching.is_empty() { theirs.events.iter().take(1).collect() } else { matching };
        for theirs in taken {
            let common = formats::event_set(theirs.fmtp.as_deref()).intersection(events.events);
            let fmtp = Some(common).filter(|common| !common.is_empty()).unwrap_or(events.events).to_string();
            let ours = numbered(memory, Codec { fmtp: Some(fmtp), ..theirs.clone() }, theirs);
            chosen.events.extend(media::agreed_event(&ours, theirs));
            chosen.ours.push(ours);
        }
    }
    Ok(chosen)
}

/// Our side of a codec under the offer's payload type (RFC 3264 6.1), unless that number means something else already.
fn numbered(memory: &mut Memory, ours: Codec, theirs: &Codec) -> Codec {
    let payload_type = memory.bind(&ours, theirs.payload_type);
    Codec { payload_type, ..ours }
}

/// The first format of each clock rate that one of the codecs uses.
fn beside<'a>(formats: &'a [Codec], rates: &[u32]) -> Vec<&'a Codec> {
    rates.iter().filter_map(|rate| formats.iter().find(|codec| codec.clock_rate == *rate)).collect()
}

/// Audio lines that are looked at. Some phones offer one per profile; more than a few is no phone.
const MAX_ATTEMPTS: usize = 8;
