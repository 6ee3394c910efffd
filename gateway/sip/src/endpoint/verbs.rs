//! What the owner can do. Every verb is refused rather than half done.

#![allow(
    clippy::needless_pass_by_value,
    reason = "the owner gives calls and bodies away; keeping them is our business"
)]

use std::time::Instant;

use bytes::Bytes;

use crate::dialog::LocalTag;
use crate::endpoint::core::{Core, User};
use crate::endpoint::{
    ClientId, Endpoint, NextHop, OutgoingCall, OutgoingRequest, Refused, ServerId, SessionId,
};
use crate::entropy::random_u64;
use crate::flow::Flow;
use crate::session::Session;
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::client::NewRequest;

impl Endpoint {
    /// Sends a request outside any session.
    pub fn send_request(
        &mut self,
        now: Instant,
        flow: Flow,
        request: OutgoingRequest,
    ) -> Result<ClientId, Refused> {
        // These belong to a session; a transaction of another kind would never end as it should.
        if [&b"INVITE "[..], b"ACK ", b"CANCEL "].iter().any(|method| request.octets.starts_with(method)) {
            return Err(Refused::Malformed);
        }
        if self.core.transactions.is_full(false) {
            return Err(Refused::Overloaded);
        }
        let id = self.core.next_client();
        let OutgoingRequest { octets, tcp_fallback } = request;
        let new =
            NewRequest { user: User::Owner(id), flow, fallback: tcp_fallback, invite: false, bare: &octets };
        self.core.send(now, &new)?;
        Ok(id)
    }

    /// Sends a response, made with `Builder::reply`, to a request of `Event::Request` or `SessionEvent::Request`.
    ///
    /// Provisional responses are not sent (RFC 4320 4.1), and 408 ends the transaction in silence (RFC 4320 4.2).
    pub fn respond(&mut self, now: Instant, id: ServerId, response: Vec<u8>) -> Result<(), Refused> {
        self.core.transactions.respond(now, Place::from_u64(id.0), response.into())
    }

    /// Places a call.
    pub fn invite(&mut self, now: Instant, call: OutgoingCall) -> Result<SessionId, Refused> {
        if self.sessions.len() >= self.core.config.limits.sessions {
            return Err(Refused::Overloaded);
        }
        let place =
            self.new_session(|core, place, tag, timer| Session::outgoing(core, place, tag, timer, &call));
        let sent = self.with(place, |session, core| session.call(core, now, &call));
        sent.unwrap_or(Err(Refused::UnknownSession)).map(|()| SessionId(place.to_u64()))
    }

    /// Sends a provisional response (101..199) to an incoming call. `body` is SDP.
    pub fn progress(
        &mut self,
        now: Instant,
        id: SessionId,
        status: Status,
        body: Option<Bytes>,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        self.verb(id, |session, core| session.progress(core, now, status, body.as_ref(), headers))
    }

    /// Answers an incoming call with 200. `body` is the SDP answer, or the offer when the INVITE had none.
    pub fn answer(
        &mut self,
        now: Instant,
        id: SessionId,
        body: Option<Bytes>,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        self.verb(id, |session, core| session.answer(core, now, body.as_ref(), headers))
    }

    /// Refuses an incoming call (300..699). The session ends at once.
    pub fn reject(
        &mut self,
        now: Instant,
        id: SessionId,
        status: Status,
        reason: &str,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        self.verb(id, |session, core| session.reject(core, now, status, reason, headers))
    }

    /// Cancels an outgoing call that is not answered yet. The outcome follows as `Failed`.
    pub fn cancel(
        &mut self,
        now: Instant,
        id: SessionId,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        self.verb(id, |session, core| session.cancel(core, now, headers))
    }

    /// Sends the ACK with the SDP answer, after a 2xx that carried the offer.
    pub fn ack_with(&mut self, now: Instant, id: SessionId, body: Bytes) -> Result<(), Refused> {
        self.verb(id, |session, core| session.ack_with(core, now, body))
    }

    /// Ends the session: BYE, or CANCEL when not answered yet. The terminal event follows when the peer has answered.
    pub fn bye(&mut self, now: Instant, id: SessionId, headers: &[(String, String)]) -> Result<(), Refused> {
        self.verb(id, |session, core| session.bye(core, now, headers))
    }

    /// Sends a re-INVITE with an offer. The outcome is `OfferAnswered` or `OfferRejected`.
    pub fn offer(&mut self, now: Instant, id: SessionId, body: Bytes) -> Result<(), Refused> {
        self.verb(id, |session, core| session.offer(core, now, body))
    }

    /// Sends an UPDATE with an offer (RFC 3311). The outcome is `OfferAnswered` or `OfferRejected`.
    pub fn update(&mut self, now: Instant, id: SessionId, body: Bytes) -> Result<(), Refused> {
        self.verb(id, |session, core| session.update(core, now, body))
    }

    /// Answers `Offered` with 200 and an SDP answer (or an offer, when the re-INVITE had none). Refused with `WrongState`
    /// when the offer is gone: taken back by the peer (CANCEL), or left open for too long.
    pub fn accept_offer(&mut self, now: Instant, id: SessionId, body: Bytes) -> Result<(), Refused> {
        self.verb(id, |session, core| session.accept_offer(core, now, &body))
    }

    /// Refuses `Offered` (usually 488); the session stays as it was.
    pub fn reject_offer(&mut self, now: Instant, id: SessionId, status: Status) -> Result<(), Refused> {
        self.verb(id, |session, core| session.reject_offer(core, now, status))
    }

    /// Sends a request (INFO, REFER, NOTIFY, MESSAGE, OPTIONS...) in the dialog. `body` is content type and octets.
    pub fn send_in_dialog(
        &mut self,
        now: Instant,
        id: SessionId,
        method: &str,
        headers: &[(String, String)],
        body: Option<(&str, &[u8])>,
    ) -> Result<ClientId, Refused> {
        self.verb(id, |session, core| session.send_for_owner(core, now, method, headers, body))
    }

    /// Sends what follows in this session by another flow (the peer re-registered from elsewhere, a proxy failed over),
    /// whatever its route set says: the next hop is [`NextHop::Flow`] from then on.
    pub fn redirect_flow(&mut self, id: SessionId, flow: Flow) -> Result<(), Refused> {
        self.verb(id, |session, _| {
            session.redirect(flow);
            Ok(())
        })
    }

    /// Changes where requests inside the dialog go.
    pub fn set_next_hop(&mut self, id: SessionId, next_hop: NextHop) -> Result<(), Refused> {
        self.verb(id, |session, _| {
            session.set_next_hop(next_hop);
            Ok(())
        })
    }

    /// Makes room for a session.
    pub(super) fn new_session(
        &mut self,
        make: impl FnOnce(&mut Core, Place, LocalTag, crate::deadline::Timer) -> Session,
    ) -> Place {
        let Endpoint { core, sessions, deadlines, dialogs, .. } = self;
        let place = sessions.insert_with(|place| {
            let tag = LocalTag { slot: place.index, token: random_u64(&mut *core.entropy) };
            make(core, place, tag, deadlines.open(place))
        });
        *dialogs += sessions.at(place).map_or(0, Session::dialogs);
        place
    }

    fn verb<R>(
        &mut self,
        id: SessionId,
        run: impl FnOnce(&mut Session, &mut Core) -> Result<R, Refused>,
    ) -> Result<R, Refused> {
        self.with(Place::from_u64(id.0), run).unwrap_or(Err(Refused::UnknownSession))
    }
}
