//! What one side of a call has said and agreed in SDP, and the leg plan that follows from it.
//!
//! The only file of `call` that knows the crate `sdp`. Directions here are always from our side.

use std::net::SocketAddr;

use bytes::Bytes;
use media_api::{
    AnnexB, Codec, DigitSending, EventFormat, Format, G726Packing, G726Rate, Hears, Latching, LegPlan,
    LocalPort, MAX_FORMATS, PayloadType, Remote,
};
use sdp::{
    CodecName, Direction,
    offer::{Agreed, AgreedCodec, Capabilities, Memory, Offer, RemoteEndpoint, RemoteRtcp, Stream},
};

use crate::settings::{MediaInterface, MediaSettings, Settings};

/// SDP of one side of a call.
#[derive(Debug)]
pub struct LegSdp {
    address: std::net::IpAddr,
    port: u16,
    /// What this side may use, preferred first.
    codecs: Vec<Codec>,
    memory: Memory,
    /// Our offer that waits for its answer.
    pending: Option<Offer>,
    /// The peer's offer that waits for ours.
    peer_offer: Option<sdp::Session>,
    /// Our answer to the peer's last offer, repeated as it is.
    answer: Option<Bytes>,
    agreed: Option<Agreed>,
    /// The direction of our last offer, or the widest that our last answer allowed: what the peer was told about the other side.
    told: Direction,
    /// What the peer itself wants of the stream: narrower than both ways when it holds.
    peer_allows: Direction,
}

/// The peer's description cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;

impl LegSdp {
    /// A side that has said nothing yet.
    #[must_use]
    pub fn new(interface: &MediaInterface, port: LocalPort, codecs: &[Codec], session_id: u64) -> Self {
        Self {
            address: interface.advertised,
            port: port.port,
            codecs: codecs.to_vec(),
            // RFC 8866 5.2 wants a number that fits common parsers: 63 bits.
            memory: Memory::new(session_id >> 1),
            pending: None,
            peer_offer: None,
            answer: None,
            agreed: None,
            told: Direction::SendRecv,
            peer_allows: Direction::SendRecv,
        }
    }

    /// Takes the peer's offer.
    ///
    /// # Errors
    /// When it is not SDP.
    pub fn take_offer(&mut self, body: &[u8]) -> Result<(), Unusable> {
        self.peer_offer = Some(sdp::Session::parse(body).map_err(|_| Unusable)?);
        self.answer = None;
        Ok(())
    }

    /// Takes the peer's answer to our offer; of several answers of a forked call the last one counts.
    ///
    /// # Errors
    /// When it is not SDP, does not fit the offer, or there is no offer.
    pub fn take_answer(&mut self, body: &[u8]) -> Result<(), Unusable> {
        let offer = self.pending.as_ref().ok_or(Unusable)?;
        let answer = sdp::Session::parse(body).map_err(|_| Unusable)?;
        let agreed = offer.complete(&mut self.memory, &answer).map_err(|_| Unusable)?;
        // What was not offered cannot be refused: a narrow offer says nothing about the peer's wishes.
        if self.told == Direction::SendRecv {
            self.peer_allows = agreed.audio().direction;
        }
        self.agreed = Some(agreed);
        Ok(())
    }

    /// Our offer: `prefer` first, then the rest of what this side may use.
    pub fn offer(&mut self, prefer: &[Codec], direction: Direction, settings: &Settings) -> Bytes {
        let capabilities = self.capabilities(prefer, direction, &settings.media);
        let offer = Offer::build(&mut self.memory, &capabilities);
        let text = Bytes::from(offer.session.to_string());
        self.told = direction;
        self.pending = Some(offer);
        text
    }

    /// Undoes an offer that could not be sent; `before` is what had been offered until then.
    pub fn take_back_offer(&mut self, before: Direction) {
        self.pending = None;
        self.told = before;
    }

    /// Forgets an offer that was refused. The peer knows its direction all the same, so it is not repeated.
    pub fn withdraw_offer(&mut self) {
        self.pending = None;
    }

    /// Our description for the peer: the answer to its offer, `prefer` first and at most as wide as `allowed`; our offer when it made none.
    /// `None` when its offer cannot be answered.
    pub fn describe(
        &mut self,
        prefer: Option<Codec>,
        allowed: Direction,
        settings: &Settings,
    ) -> Option<Bytes> {
        if let Some(answer) = &self.answer {
            return Some(answer.clone());
        }
        let Some(peer_offer) = self.peer_offer.take() else {
            return Some(self.offer(prefer.as_slice(), Direction::SendRecv, settings));
        };
        let capabilities = self.capabilities(prefer.as_slice(), allowed, &settings.media);
        let (session, agreed) = sdp::offer::answer(&mut self.memory, &peer_offer, &capabilities).ok()?;
        let text = Bytes::from(session.to_string());
        self.peer_allows = agreed.audio().peer_direction.reversed();
        if agreed.audio().held {
            self.peer_allows = Direction::new(false, self.peer_allows.receives());
        }
        self.agreed = Some(agreed);
        self.pending = None;
        self.told = allowed;
        self.answer = Some(text.clone());
        Some(text)
    }

    /// The peer made an offer that is not answered yet, or was answered in this exchange.
    #[must_use]
    pub fn peer_offered(&self) -> bool {
        self.peer_offer.is_some() || self.answer.is_some()
    }

    /// Our offer waits for its answer.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.pending.is_some() && self.answer.is_none()
    }

    /// Something is agreed.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        self.agreed.is_some()
    }

    /// The codec we send to the peer.
    #[must_use]
    pub fn sending(&self) -> Option<Codec> {
        self.stream().and_then(|stream| stream.codecs.iter().find_map(media_codec))
    }

    /// Codecs of the peer's open offer that this side knows, in the peer's order.
    #[must_use]
    pub fn peer_codecs(&self) -> Vec<Codec> {
        let Some(media) = self.peer_offer.as_ref().and_then(sdp::Session::audio) else {
            return Vec::new();
        };
        media.codecs().iter().filter_map(|codec| codec_named(&codec.name, false)).collect()
    }

    /// What the peer itself allows, as a hold of its own makes it.
    #[must_use]
    pub fn peer_allows(&self) -> Direction {
        self.peer_allows
    }

    /// What the peer was told about the other side.
    #[must_use]
    pub fn told(&self) -> Direction {
        self.told
    }

    /// The peer takes RFC 4733 events.
    #[must_use]
    pub fn takes_events(&self) -> bool {
        self.stream().is_some_and(|stream| !stream.events.is_empty())
    }

    /// The leg's part of the plan.
    #[must_use]
    pub fn leg_plan(&self, local: LocalPort, hears: Hears, connected: bool, settings: &Settings) -> LegPlan {
        let asked = settings.media.ptime_ms;
        let stream = self.stream();
        let mut sending = None;
        let mut receiving = Vec::new();
        let mut events = Vec::new();
        if let Some(stream) = stream {
            let known = || stream.codecs.iter().filter_map(|codec| Some((codec, media_codec(codec)?)));
            let ptime_ms = packet_time(stream);
            sending = known().next().map(|(codec, known)| format(known, codec.send, ptime_ms));
            receiving
                .extend(known().map(|(codec, known)| format(known, codec.receive, asked)).take(MAX_FORMATS));
            events.extend(stream.events.iter().map(|event| EventFormat {
                payload_type: PayloadType(event.send),
                clock_rate: event.clock_rate,
            }));
        }
        LegPlan {
            local,
            remote: stream.and_then(remote),
            rtcp_mux: stream.is_some_and(|stream| stream.rtcp == RemoteRtcp::Muxed),
            send: stream.is_some_and(Stream::sends),
            receive: stream.is_some_and(|stream| stream.direction.receives()),
            sending,
            receiving,
            digits: if events.is_empty() { DigitSending::Signalling } else { DigitSending::Events },
            events,
            comfort_noise: stream
                .and_then(|stream| stream.comfort_noise.first())
                .map(|noise| PayloadType(noise.send)),
            latching: Latching::FirstSource,
            hears,
            // A peer that we hold, or that holds us, may be silent.
            protection: None,
            supervised: connected && stream.is_some_and(|stream| stream.direction == Direction::SendRecv),
        }
    }

    fn stream(&self) -> Option<&Stream> {
        self.agreed.as_ref().map(Agreed::audio)
    }

    fn capabilities(&self, prefer: &[Codec], direction: Direction, media: &MediaSettings) -> Capabilities {
        let first = prefer.iter().filter(|codec| self.codecs.contains(codec));
        let rest = self.codecs.iter().filter(|codec| !prefer.contains(codec));
        let codecs = first.chain(rest).filter_map(|codec| sdp_codec(*codec)).collect();
        Capabilities {
            direction,
            ptime: Some(u16::from(media.ptime_ms)),
            single_codec_answer: media.single_codec_answer,
            ..Capabilities::new(self.address, self.port, codecs)
        }
    }
}

fn format(codec: Codec, payload_type: u8, ptime_ms: u8) -> Format {
    Format { codec, payload_type: PayloadType(payload_type), ptime_ms }
}

/// Packets that the media plane makes: whole tens of milliseconds within 10 to 60.
fn packet_time(stream: &Stream) -> u8 {
    let wished = stream.max_ptime.map_or(stream.ptime, |most| stream.ptime.min(most));
    u8::try_from(wished.clamp(10, 60) / 10 * 10).unwrap_or(20)
}

/// Where the peer takes media. A host name in SDP is not looked up: the first packet will tell (symmetric RTP).
fn remote(stream: &Stream) -> Option<Remote> {
    let address = |endpoint: &RemoteEndpoint| {
        let ip = endpoint.host.ip().filter(|ip| !ip.is_unspecified())?;
        Some(SocketAddr::new(ip, endpoint.port))
    };
    let rtp = address(&stream.remote)?;
    let rtcp = match &stream.rtcp {
        RemoteRtcp::Muxed => rtp,
        RemoteRtcp::Separate(endpoint) => address(endpoint).unwrap_or(rtp),
    };
    Some(Remote { rtp, rtcp })
}

fn media_codec(codec: &AgreedCodec) -> Option<Codec> {
    codec_named(&codec.name, codec.annex_b())
}

fn codec_named(name: &CodecName, annex_b: bool) -> Option<Codec> {
    Some(match name {
        CodecName::Aal2G726At32 => Codec::G726(G726Rate::Kbit32, G726Packing::Aal2),
        CodecName::G722 => Codec::G722,
        CodecName::G726At32 => Codec::G726(G726Rate::Kbit32, G726Packing::Rfc3551),
        CodecName::G729 => Codec::G729(if annex_b { AnnexB::Yes } else { AnnexB::No }),
        CodecName::Opus => Codec::Opus,
        CodecName::Pcma => Codec::Pcma,
        CodecName::Pcmu => Codec::Pcmu,
        CodecName::AmrWb | CodecName::ComfortNoise | CodecName::TelephoneEvent | CodecName::Other(_) => {
            return None;
        }
    })
}

/// How SDP names a codec; `None` for rates of G.726 that are not offered.
fn sdp_codec(codec: Codec) -> Option<sdp::Codec> {
    Some(match codec {
        Codec::G722 => sdp::Codec::g722(),
        Codec::G726(G726Rate::Kbit32, G726Packing::Aal2) => sdp::Codec::aal2_g726(),
        Codec::G726(G726Rate::Kbit32, G726Packing::Rfc3551) => sdp::Codec::g726(),
        Codec::G726(..) => return None,
        Codec::G729(annex_b) => sdp::Codec::g729(annex_b == AnnexB::Yes),
        Codec::Opus => sdp::Codec::opus(),
        Codec::Pcma => sdp::Codec::pcma(),
        Codec::Pcmu => sdp::Codec::pcmu(),
    })
}
