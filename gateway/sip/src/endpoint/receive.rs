//! Takes messages apart: responses to their transactions, requests to sessions or to the owner, and answers by itself
//! what needs neither (RFC 3261 8.2).
//!
//! Order for a request: stamp the source (18.2.1), validate, repetition or new (17.2.3), CANCEL and ACK, method (8.2.1),
//! load, Require (8.2.2.3), body (8.2.3), dialog (12.2.2), Max-Forwards, owner. What is refused here is refused
//! without state: a repetition gets the same answer again (8.2.7), so no peer can make the endpoint remember it.

use std::time::Instant;

use bytes::Bytes;

use crate::dialog::{Dialog, LocalTag};
use crate::endpoint::core::{Inbound, Purpose, User};
use crate::endpoint::{Endpoint, Event, NextHop, ServerId};
use crate::flow::Flow;
use crate::message::{Builder, Message, stamp_source, validate};
use crate::method::Method;
use crate::name::Name;
use crate::session::Session;
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::client::Delivery;
use crate::transaction::server::{Keys, Recognised};

impl Endpoint {
    pub(super) fn receive(&mut self, now: Instant, flow: Flow, octets: Bytes) {
        let Ok(message) = Message::parse(octets) else {
            self.drops.unreadable += 1;
            return;
        };
        if message.is_request() {
            self.receive_request(now, flow, message);
        } else {
            self.receive_response(now, message);
        }
    }

    fn receive_response(&mut self, now: Instant, response: Message) {
        // RFC 3261 8.1.3.3: a response with more than our Via went astray.
        if validate(&response).is_err() || response.vias().nth(1).is_some() {
            self.drops.stray_responses += 1;
            return;
        }
        let matched = self.core.transactions.handle_response(now, &response);
        let Some(delivery) = matched.unwrap_or_else(|_| {
            self.drops.stray_responses += 1;
            None
        }) else {
            return;
        };
        match delivery.user {
            User::Owner(id) => self.core.events.push_back(Event::Response { id, message: response }),
            User::InDialog(id, place) => {
                let news = self
                    .with(place, |session, core| session.on_owner_response(core, now, &delivery, &response));
                if news != Some(false) {
                    let dead = matches!(response.status(), Some(Status(408 | 481)));
                    let message = response.clone();
                    self.core.events.push_back(Event::Response { id, message });
                    if dead {
                        self.with(place, |session, core| session.on_dead_dialog(core, now, Some(response)));
                    }
                }
            }
            User::Session(place, purpose) => self.session_response(now, place, purpose, &delivery, response),
            User::Nobody => {}
        }
    }

    fn session_response(
        &mut self,
        now: Instant,
        place: Place,
        purpose: Purpose,
        delivery: &Delivery<User>,
        response: Message,
    ) {
        if self.sessions.at(place).is_some() {
            self.with(place, |session, core| session.on_response(core, now, purpose, delivery, response));
        } else if response.status().is_some_and(Status::is_success)
            && matches!(purpose, Purpose::Invite | Purpose::Offer)
            && response.method() == Method::Invite
        {
            // The session is gone, but its INVITE was answered after all.
            self.core.hang_up(now, delivery, &response, NextHop::Flow, purpose == Purpose::Invite);
        }
    }

    fn receive_request(&mut self, now: Instant, flow: Flow, message: Message) {
        let message = match stamp_source(&message, flow.remote).map(Message::parse) {
            Some(Ok(stamped)) => stamped,
            Some(Err(_)) => return,
            None => message,
        };
        if let Err(rejection) = validate(&message) {
            if rejection.answerable {
                let tag = self.stateless_tag(&message);
                let reply = Builder::reply(&message, rejection.status, &rejection.reason, Some(&tag));
                self.refuse(flow, &message, reply);
            } else {
                self.drops.unanswerable += 1;
            }
            return;
        }
        let Ok(via) = message.top_via() else { return };
        match self.core.transactions.recognise(now, &message, &via) {
            Recognised::Absorbed => {}
            Recognised::Ack => self.receive_ack(now, &message),
            Recognised::Merged => self.refuse_with(flow, &message, Status::LOOP_DETECTED),
            Recognised::New(_) if message.method() == Method::Cancel => {
                self.receive_cancel(now, flow, message)
            }
            Recognised::New(keys) => self.admit(now, flow, message, keys),
        }
    }

    /// The checks of RFC 3261 8.2 before anything is remembered.
    fn admit(&mut self, now: Instant, flow: Flow, message: Message, keys: Keys) {
        let method = message.method();
        if !self.core.config.allow.iter().any(|allowed| allowed == method.as_str()) {
            // RFC 3261 8.2.1: known elsewhere or not known at all (21.5.2).
            let unknown = matches!(method, Method::Other(_));
            let status = if unknown { Status::NOT_IMPLEMENTED } else { Status::METHOD_NOT_ALLOWED };
            let reply = self.reply_tagged(&message, status).header("Allow", &self.core.allow);
            return self.refuse(flow, &message, reply);
        }
        let in_dialog = message.to().is_ok_and(|to| to.tag().is_some());
        if self.core.transactions.is_full(in_dialog) {
            let seconds = self.core.config.retry_after_seconds;
            let reply =
                self.reply_tagged(&message, Status::SERVICE_UNAVAILABLE).header("Retry-After", seconds);
            return self.refuse(flow, &message, reply);
        }
        if let Some(unsupported) = self.unsupported(&message) {
            let reply = self.reply_tagged(&message, Status::BAD_EXTENSION).header("Unsupported", unsupported);
            return self.refuse(flow, &message, reply);
        }
        if is_foreign_body(&message) {
            let reply = self.reply_tagged(&message, Status::UNSUPPORTED_MEDIA_TYPE);
            let reply = reply.header("Accept", "application/sdp").header("Accept-Encoding", "identity");
            return self.refuse(flow, &message, reply);
        }
        let inbound = Inbound { flow, message, keys };
        if in_dialog {
            return self.receive_in_dialog(now, inbound);
        }
        match inbound.message.method() {
            Method::Invite => self.receive_invite(now, inbound),
            // They exist in dialogs only.
            Method::Bye | Method::Update | Method::Prack | Method::Info => {
                self.refuse_with(flow, &inbound.message, Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            }
            _ => self.hand_over(now, &inbound),
        }
    }

    fn receive_invite(&mut self, now: Instant, inbound: Inbound) {
        let flow = inbound.flow;
        // A call that goes on through us would be forwarded with one hop less (RFC 3261 16.3, RFC 7332).
        if inbound.message.max_forwards() == Some(0) {
            return self.refuse_with(flow, &inbound.message, Status::TOO_MANY_HOPS);
        }
        if self.sessions.len() >= self.core.config.limits.sessions {
            let seconds = self.core.config.retry_after_seconds;
            let reply = self.reply_tagged(&inbound.message, Status::SERVICE_UNAVAILABLE);
            return self.refuse(flow, &inbound.message, reply.header("Retry-After", seconds));
        }
        let Some(dialog) = Dialog::from_request(&inbound.message, &self.core.config.limits) else {
            // RFC 3261 8.1.1.8: an INVITE has a Contact.
            return self.refuse_with(flow, &inbound.message, Status::BAD_REQUEST);
        };
        let place = self.new_session(|core, place, tag, timer| {
            Session::incoming(core, place, tag, timer, &inbound, dialog)
        });
        self.with(place, |session, core| {
            let user = User::Session(place, Purpose::Incoming);
            if let Some(server) = core.accept(now, &inbound, user) {
                session.ring(core, now, server, inbound);
            }
        });
    }

    fn receive_in_dialog(&mut self, now: Instant, inbound: Inbound) {
        if let Some(place) = self.session_of(&inbound.message) {
            self.with(place, |session, core| session.on_request(core, now, inbound));
            return;
        }
        match inbound.message.method() {
            // Subscriptions of the owner are dialogs that the endpoint knows nothing of; a REGISTER has no dialog at all.
            Method::Notify | Method::Subscribe | Method::Register | Method::Publish => {
                self.hand_over(now, &inbound);
            }
            // RFC 3261 12.2.2.
            _ => {
                let status = Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
                self.refuse_with(inbound.flow, &inbound.message, status);
            }
        }
    }

    fn receive_ack(&mut self, now: Instant, ack: &Message) {
        if let Some(place) = self.session_of(ack) {
            self.with(place, |session, core| session.on_ack(core, now, ack));
        } else {
            self.drops.stray_acks += 1;
        }
    }

    /// RFC 3261 9.2. The answer needs no state: a repeated CANCEL finds its INVITE again.
    fn receive_cancel(&mut self, now: Instant, flow: Flow, cancel: Message) {
        let Ok(via) = cancel.top_via() else { return };
        let Some((server, user, open)) = self.core.transactions.cancelled(&cancel, &via) else {
            return self.refuse_with(flow, &cancel, Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
        };
        let session = match user {
            User::Session(place, _) => Some(place),
            _ => None,
        };
        // The tag is that of the responses to the INVITE.
        let tag =
            session.and_then(|place| self.sessions.at(place)).map(|session| session.info.local_tag.clone());
        let tag = tag.unwrap_or_else(|| self.stateless_tag(&cancel));
        let reply = self.core.reply(&cancel, Status::OK, Some(&tag));
        self.answer_statelessly(flow, &cancel, reply);
        if let Some(place) = session.filter(|_| open) {
            self.with(place, |session, core| session.on_cancel(core, now, server, cancel));
        }
    }

    fn hand_over(&mut self, now: Instant, inbound: &Inbound) {
        if let Some(ServerId(id)) = self.core.accept_for_owner(now, inbound) {
            let (id, flow, message) = (ServerId(id), inbound.flow, inbound.message.clone());
            self.core.events.push_back(Event::Request { id, flow, message });
        }
    }

    /// The session that a request with a To tag belongs to.
    fn session_of(&self, message: &Message) -> Option<Place> {
        let to = message.to().ok()?;
        let tag = LocalTag::parse(to.tag()?)?;
        let (place, session) = self.sessions.occupant(tag.slot)?;
        session.owns(tag, message).then_some(place)
    }

    /// Option tags that are required and not understood (RFC 3261 8.2.2.3).
    fn unsupported(&self, message: &Message) -> Option<String> {
        let required = message.values(Name::Require).chain(message.values(Name::ProxyRequire));
        let known = |tag: &&[u8]| {
            tag.eq_ignore_ascii_case(b"timer")
                || self.core.config.supported.iter().any(|own| tag.eq_ignore_ascii_case(own.as_bytes()))
        };
        let unknown: Vec<_> = required.filter(|tag| !known(tag)).map(String::from_utf8_lossy).collect();
        (!unknown.is_empty()).then(|| unknown.join(", "))
    }

    fn refuse_with(&mut self, flow: Flow, message: &Message, status: Status) {
        let reply = self.reply_tagged(message, status);
        self.refuse(flow, message, reply);
    }

    fn refuse(&mut self, flow: Flow, message: &Message, reply: Builder) {
        self.drops.refused += 1;
        self.answer_statelessly(flow, message, reply);
    }

    fn answer_statelessly(&mut self, flow: Flow, message: &Message, reply: Builder) {
        if let Ok(via) = message.top_via() {
            self.core.transactions.answer_statelessly(flow, &via, reply.finish_bytes());
        }
    }

    fn reply_tagged(&self, message: &Message, status: Status) -> Builder {
        self.core.reply(message, status, Some(&self.stateless_tag(message)))
    }

    /// The same tag for every repetition of a request (RFC 3261 8.2.7).
    fn stateless_tag(&self, message: &Message) -> String {
        let via = message.top_via().ok();
        let branch = via.and_then(|via| via.branch()).unwrap_or_default();
        let key = self.core.transactions.keyring().of(&[branch, message.call_id().unwrap_or_default()]);
        format!("{:016x}", key.low())
    }
}

/// RFC 3261 8.2.3: the body of an INVITE or UPDATE is SDP, or has an SDP part, or may be left out of account. Anything
/// else would pass for a request without an offer.
fn is_foreign_body(message: &Message) -> bool {
    if !matches!(message.method(), Method::Invite | Method::Update) || message.body().is_empty() {
        return false;
    }
    let encoded =
        message.values(Name::ContentEncoding).any(|encoding| !encoding.eq_ignore_ascii_case(b"identity"));
    let disposition = message.header(Name::ContentDisposition).unwrap_or_default();
    let optional = disposition.to_ascii_lowercase().windows(OPTIONAL.len()).any(|window| window == OPTIONAL);
    (encoded || message.part("application/sdp").is_none()) && !optional
}

const OPTIONAL: &[u8] = b"handling=optional";
