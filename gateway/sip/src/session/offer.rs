//! Offers in an established session: re-INVITE and UPDATE of both sides, and their collision.
//! RFC 3261 14, RFC 3311, RFC 3264 4, RFC 6141.
//!
//! | exchange | input | action, event | next |
//! |---|---|---|---|
//! | Idle | `offer`, `update` | re-INVITE, UPDATE | Ours |
//! | Ours | 2xx | ACK (re-INVITE); `OfferAnswered` | Idle |
//! | Ours | 491 | wait: 2.1-4 s when the Call-ID is ours, else 0-2 s (RFC 3261 14.1) | Idle, postponed |
//! | Ours | 401, 407 | again with credentials | Ours |
//! | Ours | 408, 481, silence | BYE; `Ended` | gone |
//! | Ours | other 3xx-6xx, transport error | `OfferRejected` | Idle |
//! | Ours | no final response within the ring limit | CANCEL (re-INVITE) | Ours |
//! | Ours | re-INVITE, UPDATE | 491 | Ours |
//! | Idle | re-INVITE, UPDATE with SDP | `Offered` | Theirs |
//! | Idle | UPDATE without SDP | 200 | Idle |
//! | Theirs | re-INVITE, UPDATE | 500, Retry-After (RFC 3261 14.2, RFC 3311 5.2) | Theirs |
//! | Theirs | `accept_offer` | 200 | TheirsAnswered (re-INVITE), Idle |
//! | Theirs | `reject_offer`; CANCEL; the limit | final response; 487; 500 | Idle |
//! | TheirsAnswered | ACK | `OfferAnswered` when it carries the answer | Idle |
//! | TheirsAnswered | re-INVITE, UPDATE | 491 | TheirsAnswered |
//! | TheirsAnswered | 64*T1 without ACK | BYE; `Ended` | gone |

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::endpoint::core::{Core, Inbound, Purpose, User};
use crate::endpoint::{Failure, Refused, SessionEvent};
use crate::entropy::random_below;
use crate::message::Message;
use crate::method::Method;
use crate::session::request::SDP;
use crate::session::{Session, State, sdp_of};
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::client::{Delivery, cancel_of};

/// The offer that is open, of either side.
pub(super) enum Exchange {
    Idle,
    Ours { client: Place, offer: Offer },
    Theirs { server: Place, invite: bool },
    TheirsAnswered { server: Place, cseq: u32, offerless: bool },
}

impl Exchange {
    pub(super) fn is_unacknowledged(&self, server: Place) -> bool {
        matches!(self, Exchange::TheirsAnswered { server: ours, .. } if *ours == server)
    }
}

/// An offer of ours.
#[derive(Clone)]
pub(super) struct Offer {
    /// re-INVITE, else UPDATE.
    pub(super) invite: bool,
    /// SDP; an UPDATE that only refreshes has none.
    pub(super) body: Option<Bytes>,
}

impl Session {
    pub(crate) fn offer(&mut self, core: &mut Core, now: Instant, body: Bytes) -> Result<(), Refused> {
        self.start_offer(core, now, Offer { invite: true, body: Some(body) })
    }

    pub(crate) fn update(&mut self, core: &mut Core, now: Instant, body: Bytes) -> Result<(), Refused> {
        self.start_offer(core, now, Offer { invite: false, body: Some(body) })
    }

    fn start_offer(&mut self, core: &mut Core, now: Instant, offer: Offer) -> Result<(), Refused> {
        // RFC 3311 5.1: an UPDATE may go in an early dialog too.
        let early = !offer.invite && matches!(self.state, State::Calling { .. } | State::Ringing { .. });
        if !matches!(self.state, State::Confirmed) && !early {
            return Err(Refused::WrongState);
        }
        if !matches!(self.exchange, Exchange::Idle) || self.postponed.is_some() {
            return Err(Refused::OfferPending);
        }
        self.send_offer(core, now, offer)
    }

    pub(super) fn send_offer(&mut self, core: &mut Core, now: Instant, offer: Offer) -> Result<(), Refused> {
        let method = if offer.invite { "INVITE" } else { "UPDATE" };
        let builder = self.in_dialog(core, method).ok_or(Refused::WrongState)?;
        let builder = builder
            .header("Contact", &self.contact)
            .header("Allow", &core.allow)
            .header("Supported", &core.supported[0]);
        let builder = self.with_interval(builder);
        let body = offer.body.as_deref().map(|body| (SDP, body));
        let user = User::Session(self.place, Purpose::Offer);
        let client = self.send(core, now, user, method, builder, body)?;
        if offer.body.is_some() {
            self.local_sdp.clone_from(&offer.body);
        }
        self.timers.exchange = offer.invite.then(|| now + core.config.ring_limit);
        self.exchange = Exchange::Ours { client, offer };
        Ok(())
    }

    pub(super) fn on_offer_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: Message,
    ) {
        let Some(status) = response.status().filter(|status| status.is_final()) else { return };
        let Exchange::Ours { client, offer } = &self.exchange else { return };
        let (client, offer) = (*client, offer.clone());
        if client != delivery.client {
            return;
        }
        if let Some(client) = self.answer_challenge(core, now, delivery.user, &delivery.request, &response) {
            self.exchange = Exchange::Ours { client, offer };
            return;
        }
        self.exchange = Exchange::Idle;
        self.timers.exchange = None;
        match status.0 {
            200..=299 => self.on_offer_accepted(core, now, delivery, &offer, &response),
            408 | 481 if matches!(self.state, State::Confirmed) => {
                self.on_dead_dialog(core, now, Some(response))
            }
            491 => {
                self.timers.retry = Some(now + self.glare_wait(core));
                self.postponed = Some(offer);
            }
            _ if offer.body.is_none() => {}
            _ => core.emit(self.id(), SessionEvent::OfferRejected { status: Some(status) }),
        }
    }

    fn on_offer_accepted(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        offer: &Offer,
        response: &Message,
    ) {
        if let Some(dialog) = &mut self.dialog {
            dialog.refresh_target(response);
        }
        self.publish_dialog();
        if offer.invite {
            self.send_ack(core, delivery.client, response, &delivery.request, None);
        }
        self.refresh_agreed_by_peer(now, response);
        if offer.body.is_some() {
            core.emit(self.id(), SessionEvent::OfferAnswered { body: sdp_of(response) });
        }
    }

    pub(super) fn on_offer_failure(&mut self, core: &mut Core, now: Instant, client: Place, why: Failure) {
        let Exchange::Ours { client: ours, offer } = &self.exchange else { return };
        if *ours != client {
            return;
        }
        let silent = offer.body.is_none();
        self.exchange = Exchange::Idle;
        self.timers.exchange = None;
        match why {
            Failure::TimedOut if matches!(self.state, State::Confirmed) => {
                self.on_dead_dialog(core, now, None)
            }
            _ if silent => {}
            _ => core.emit(self.id(), SessionEvent::OfferRejected { status: None }),
        }
    }

    /// RFC 3261 14.1: the owner of the Call-ID waits longer, so that the two do not meet again.
    fn glare_wait(&mut self, core: &mut Core) -> Duration {
        let (least, steps) = if self.caller { (2100, 191) } else { (0, 201) };
        Duration::from_millis(least + 10 * random_below(&mut *core.entropy, steps))
    }

    pub(super) fn retry_offer(&mut self, core: &mut Core, now: Instant) {
        let Some(offer) = self.postponed.take() else { return };
        if !matches!(self.exchange, Exchange::Idle) {
            // The peer's offer is on now; ours follows it.
            self.postponed = Some(offer);
            self.timers.retry = Some(now + self.glare_wait(core));
            return;
        }
        let silent = offer.body.is_none();
        if self.send_offer(core, now, offer).is_err() && !silent {
            core.emit(self.id(), SessionEvent::OfferRejected { status: None });
        }
    }

    /// re-INVITE of the peer.
    pub(super) fn on_reinvite(&mut self, core: &mut Core, now: Instant, inbound: Inbound) {
        let message = &inbound.message;
        let refusal = match (&self.state, &self.exchange) {
            // RFC 3261 14.2: a second INVITE before the final response to the first.
            (State::Ringing { .. }, _) | (_, Exchange::Theirs { .. }) => Some(core.come_back(message)),
            (State::Ending(_) | State::Gone, _) => {
                Some(core.reply(message, Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST, None))
            }
            (State::Confirmed, Exchange::Idle) => None,
            _ => Some(core.reply(message, Status::REQUEST_PENDING, None)),
        };
        match refusal {
            Some(reply) => core.answer(now, &inbound, reply),
            None => self.take_offer(core, now, inbound, true),
        }
    }

    /// UPDATE of the peer.
    pub(super) fn on_update(&mut self, core: &mut Core, now: Instant, inbound: Inbound) {
        let message = &inbound.message;
        let offers = sdp_of(message).is_some();
        let refusal = match (&self.state, &self.exchange) {
            (State::Ending(_) | State::Gone, _) => {
                Some(core.reply(message, Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST, None))
            }
            _ if !offers => {
                self.refresh_by_peer(core, now, &inbound);
                return;
            }
            // RFC 3311 5.2.
            (State::Ringing { .. }, _) | (_, Exchange::Theirs { .. }) => Some(core.come_back(message)),
            (State::Confirmed, Exchange::Idle) => None,
            _ => Some(core.reply(message, Status::REQUEST_PENDING, None)),
        };
        match refusal {
            Some(reply) => core.answer(now, &inbound, reply),
            None => self.take_offer(core, now, inbound, false),
        }
    }

    /// An UPDATE that changes no media: a session refresh or a new target.
    fn refresh_by_peer(&mut self, core: &mut Core, now: Instant, inbound: &Inbound) {
        let reply = core.reply(&inbound.message, Status::OK, None);
        let reply = self.success(core, now, reply, &inbound.message, &[]);
        core.answer(now, inbound, reply);
        self.take_target(&inbound.message);
    }

    fn take_offer(&mut self, core: &mut Core, now: Instant, inbound: Inbound, invite: bool) {
        let user = if invite { User::Session(self.place, Purpose::Incoming) } else { User::Nobody };
        let Some(server) = core.accept(now, &inbound, user) else { return };
        if invite {
            let trying = core.reply(&inbound.message, Status::TRYING, None).finish_bytes();
            core.respond(now, server, trying);
        }
        self.exchange = Exchange::Theirs { server, invite };
        let patience = if invite { core.config.ring_limit } else { core.config.t1 * 64 };
        self.timers.exchange = Some(now + patience);
        let message = inbound.message;
        let body = sdp_of(&message);
        core.emit(self.id(), SessionEvent::Offered { message, body });
    }

    /// Refused when the peer has taken its offer back meanwhile.
    pub(crate) fn accept_offer(
        &mut self,
        core: &mut Core,
        now: Instant,
        body: &Bytes,
    ) -> Result<(), Refused> {
        let Exchange::Theirs { server, invite } = self.exchange else { return Err(Refused::WrongState) };
        let Some(request) = core.transactions.unanswered(server) else {
            self.close_exchange();
            return Err(Refused::UnknownTransaction);
        };
        let reply = core.reply(&request, Status::OK, None);
        let reply = self.success(core, now, reply, &request, &[]);
        core.respond(now, server, reply.body(SDP, body).into());
        self.local_sdp = Some(body.clone());
        self.take_target(&request);
        self.close_exchange();
        if invite {
            let cseq = request.cseq().map_or(0, |cseq| cseq.number);
            self.exchange = Exchange::TheirsAnswered { server, cseq, offerless: sdp_of(&request).is_none() };
        }
        Ok(())
    }

    pub(crate) fn reject_offer(
        &mut self,
        core: &mut Core,
        now: Instant,
        status: Status,
    ) -> Result<(), Refused> {
        if !(300..700).contains(&status.0) {
            return Err(Refused::Malformed);
        }
        let Exchange::Theirs { server, .. } = self.exchange else { return Err(Refused::WrongState) };
        self.refuse_offer(core, now, server, status);
        Ok(())
    }

    pub(super) fn on_offer_ack(&mut self, core: &mut Core, number: u32, ack: &Message) {
        let Exchange::TheirsAnswered { server, cseq, offerless } = self.exchange else { return };
        if cseq != number {
            return;
        }
        core.transactions.acknowledged(server);
        self.exchange = Exchange::Idle;
        if offerless {
            core.emit(self.id(), SessionEvent::OfferAnswered { body: sdp_of(ack) });
        }
    }

    /// The peer cancelled its re-INVITE (RFC 3261 9.2).
    pub(super) fn withdraw_offer(&mut self, core: &mut Core, now: Instant, server: Place) {
        if matches!(self.exchange, Exchange::Theirs { server: ours, .. } if ours == server) {
            self.refuse_offer(core, now, server, Status::REQUEST_TERMINATED);
        }
    }

    /// The session ends: no request of the peer stays open, no response of ours is repeated.
    pub(super) fn abandon_offer(&mut self, core: &mut Core, now: Instant) {
        match self.exchange {
            Exchange::Theirs { server, .. } => {
                self.refuse_offer(core, now, server, Status::REQUEST_TERMINATED);
            }
            Exchange::TheirsAnswered { server, .. } => core.transactions.acknowledged(server),
            // A re-INVITE that the peer keeps proceeding would outlive the session.
            Exchange::Ours { client, ref offer } if offer.invite => cancel_reinvite(core, now, client),
            Exchange::Ours { .. } | Exchange::Idle => {}
        }
        self.close_exchange();
        self.postponed = None;
    }

    pub(super) fn on_exchange_limit(&mut self, core: &mut Core, now: Instant) {
        match &self.exchange {
            Exchange::Theirs { server, .. } => {
                let server = *server;
                self.refuse_offer(core, now, server, Status::SERVER_INTERNAL_ERROR);
            }
            Exchange::Ours { client, .. } => cancel_reinvite(core, now, *client),
            Exchange::TheirsAnswered { .. } | Exchange::Idle => {}
        }
    }

    fn refuse_offer(&mut self, core: &mut Core, now: Instant, server: Place, status: Status) {
        if let Some(request) = core.transactions.unanswered(server) {
            let reply = core.reply(&request, status, None);
            core.respond(now, server, reply.finish_bytes());
        }
        self.close_exchange();
    }

    fn close_exchange(&mut self) {
        self.exchange = Exchange::Idle;
        self.timers.exchange = None;
    }

    /// RFC 3261 12.2.2: the Contact of a re-INVITE or UPDATE is the new target, once it is accepted.
    fn take_target(&mut self, request: &Message) {
        let remote_tag = request.from_().ok().and_then(|from| from.tag()).unwrap_or_default();
        if let Some(dialog) = self.dialog_of(remote_tag) {
            dialog.refresh_target(request);
        }
        self.publish_dialog();
    }

    /// True when `method` changes the target (RFC 3261 12.2).
    pub(super) fn refreshes_target(method: Method<'_>) -> bool {
        matches!(method, Method::Invite | Method::Update | Method::Refer | Method::Subscribe | Method::Notify)
    }
}

fn cancel_reinvite(core: &mut Core, now: Instant, client: Place) {
    let cancel = core.transactions.request(client).and_then(|invite| cancel_of(invite, &[]));
    if let Some(cancel) = cancel {
        core.transactions.cancel(now, client, cancel);
    }
}
