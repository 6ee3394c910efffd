//! What one leg remembers between exchanges (RFC 3264 8): plain data, cloned per early dialog.
//!
//! Owns three rules: the session id stays and the version grows by one exactly when the description changes (RFC 3264 8);
//! media lines never vanish or swap places (8.2); a payload type never changes its meaning (8.3.2).

use std::net::IpAddr;

use crate::codec::Codec;
use crate::offer::formats;
use crate::session::{Connection, Host, Media, MediaKind, Origin, Profile, Session};

/// One leg's memory. A fresh leg needs a session id; everything else follows from the exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    session_id: u64,
    /// Version of the last description sent.
    version: u64,
    /// The last description sent, agreed or not: a new version is due when the next differs.
    sent: Option<Session>,
    /// The media lines of the last completed exchange.
    slots: Vec<Slot>,
    /// Payload types we told the peer to use.
    bound: Vec<Codec>,
}

/// One media line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) kind: MediaKind,
    pub(super) profile: Profile,
    pub(super) formats: Vec<String>,
    pub(super) mid: Option<String>,
    pub(super) accepted: bool,
}

impl Memory {
    /// A leg that has said nothing yet. `session_id` should be unique for our host (RFC 8866 5.2); it is also the first
    /// version.
    pub fn new(session_id: u64) -> Self {
        Self { session_id, version: session_id, sent: None, slots: Vec::new(), bound: Vec::new() }
    }

    /// The last description we sent.
    pub fn last_sent(&self) -> Option<&Session> {
        self.sent.as_ref()
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Notes the media lines of a completed exchange, from its answer and the formats of its offer.
    pub(super) fn settle(&mut self, offer: &Session, answer: &Session) {
        let pairs = offer.media.iter().enumerate().map(|(index, line)| (line, answer.media.get(index)));
        self.slots = pairs
            .map(|(line, reply)| Slot {
                kind: line.kind.clone(),
                profile: line.profile.clone(),
                formats: line.formats.clone(),
                mid: line.mid().map(str::to_owned),
                accepted: reply.is_some_and(|reply| reply.port != 0),
            })
            .collect();
    }

    /// The payload type under which we receive this codec: `wish` if it is free or means this codec already, else the
    /// number it had, else a free one. `None` when all numbers are taken.
    pub(super) fn bind(&mut self, codec: &Codec, wish: Option<u8>) -> Option<u8> {
        let bound_as = |number: u8| self.bound.iter().find(|bound| bound.payload_type == Some(number));
        let wish = wish.filter(|number| bound_as(*number).is_none_or(|bound| formats::same(bound, codec)));
        let earlier = || self.bound.iter().rev().find(|bound| formats::same(bound, codec))?.payload_type;
        // 96 to 127, then what RFC 3551 3 leaves unassigned; 64 to 95 would look like RTCP on a shared port (RFC 5761 4).
        let fresh = || (96..=127).chain(35..=63).find(|number| bound_as(*number).is_none());
        let number = wish.or_else(earlier).or_else(fresh)?;
        if bound_as(number).is_none() {
            self.bound.push(Codec { payload_type: Some(number), ..codec.clone() });
        }
        Some(number)
    }

    /// The number this codec was last offered or answered with.
    pub(super) fn bound_number(&self, codec: &Codec) -> Option<u8> {
        self.bound.iter().rev().find(|bound| formats::same(bound, codec))?.payload_type
    }

    /// Makes a whole description of media lines, with the version it is due, and keeps it.
    pub(super) fn describe(
        &mut self,
        address: IpAddr,
        connection: IpAddr,
        lite: bool,
        media: Vec<Media>,
    ) -> Session {
        let origin = Origin {
            username: "-".to_owned(),
            session_id: self.session_id.to_string(),
            version: self.version.to_string(),
            host: Host::Ip(address),
        };
        let mut session = Session::new(origin);
        session.name = "-".to_owned();
        session.connection = Some(Connection::unicast(connection));
        if lite {
            // RFC 8839 5.3: of the session only.
            session.attributes.push(crate::Attribute::property("ice-lite"));
        }
        session.media = media;
        if self.sent.as_ref().is_some_and(|sent| *sent != session) {
            self.version = self.version.wrapping_add(1);
            session.origin.version = self.version.to_string();
        }
        self.sent = Some(session.clone());
        session
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::CodecName;

    #[test]
    fn numbers_run_out_without_harm() {
        let mut memory = Memory::new(1);
        let codec = |rate: u32| Codec::new(CodecName::Other("X".to_owned()), rate);
        let given: Vec<_> = (1..=70).map(|rate| memory.bind(&codec(rate), None)).collect();
        // 96 to 127, then 35 to 63: 61 numbers, each once.
        let mut numbers: Vec<u8> = given.iter().flatten().copied().collect();
        assert_eq!((numbers.first(), numbers.get(32), numbers.len()), (Some(&96), Some(&35), 61));
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 61);
        assert!(given[61..].iter().all(Option::is_none));
        // What has a number keeps it.
        assert_eq!(memory.bind(&codec(7), None), given[6]);
    }
}
