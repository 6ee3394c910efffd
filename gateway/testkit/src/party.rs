//! The media side of a simulated call: one address, a codec list, and what was agreed.

use std::net::SocketAddr;

use bytes::Bytes;
use sdp::{
    Codec, Direction,
    offer::{Agreed, Capabilities, Memory, Offer, Stream},
};

/// Offers and answers for one call.
#[derive(Debug)]
pub struct Party {
    capabilities: Capabilities,
    memory: Memory,
    pending: Option<Offer>,
    agreed: Option<Agreed>,
}

impl Party {
    /// Nothing said yet. `serial` tells calls apart.
    #[must_use]
    pub fn new(media: SocketAddr, codecs: Vec<Codec>, serial: u64) -> Self {
        let capabilities =
            Capabilities { single_codec_answer: true, ..Capabilities::new(media.ip(), media.port(), codecs) };
        Self { capabilities, memory: Memory::new(serial), pending: None, agreed: None }
    }

    /// An offer that wants `direction`.
    pub fn offer(&mut self, direction: Direction) -> Bytes {
        self.capabilities.direction = direction;
        let offer = Offer::build(&mut self.memory, &self.capabilities);
        let text = Bytes::from(offer.session.to_string());
        self.pending = Some(offer);
        text
    }

    /// The answer to an offer; `None` when nothing fits.
    pub fn answer(&mut self, offer: &[u8]) -> Option<Bytes> {
        let offer = sdp::Session::parse(offer).ok()?;
        let (answer, agreed) = sdp::offer::answer(&mut self.memory, &offer, &self.capabilities).ok()?;
        self.agreed = Some(agreed);
        self.pending = None;
        Some(Bytes::from(answer.to_string()))
    }

    /// Takes the answer to our offer; `false` when it does not fit.
    pub fn complete(&mut self, answer: &[u8]) -> bool {
        let Some(offer) = &self.pending else { return false };
        let Ok(answer) = sdp::Session::parse(answer) else { return false };
        match offer.complete(&mut self.memory, &answer) {
            Ok(agreed) => {
                self.agreed = Some(agreed);
                true
            }
            Err(_) => false,
        }
    }

    /// An offer of ours waits for its answer.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.pending.is_some()
    }

    /// The last description we made.
    #[must_use]
    pub fn last_sent(&self) -> Option<Bytes> {
        self.memory.last_sent().map(|session| Bytes::from(session.to_string()))
    }

    /// What was agreed.
    #[must_use]
    pub fn stream(&self) -> Option<&Stream> {
        self.agreed.as_ref().map(Agreed::audio)
    }

    /// Where media comes in.
    #[must_use]
    pub fn local(&self) -> SocketAddr {
        SocketAddr::new(self.capabilities.address, self.capabilities.port)
    }
}
