//! What the endpoint shares with its sessions: transactions, randomness, settings, the event queue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::dialog::Dialog;
use crate::endpoint::{ClientId, Config, Event, NextHop, Refused, ServerId, SessionEvent, SessionId};
use crate::entropy::{Entropy, random_below, random_u64};
use crate::flow::Flow;
use crate::message::{Builder, Message};
use crate::method::Method;
use crate::name::Name;
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::Transactions;
use crate::transaction::client::{Delivery, NewRequest};
use crate::transaction::key::Keyring;
use crate::transaction::server::Keys;
use crate::transaction::wire::Branch;

/// Whom a transaction serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// `send_in_dialog`.
    InDialog(ClientId, Place),
    /// Nobody waits for the outcome.
    Nobody,
    /// `send_request`.
    Owner(ClientId),
    /// A session.
    Session(Place, Purpose),
}

/// What a session wants of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Our BYE.
    Bye,
    /// The peer's INVITE or re-INVITE.
    Incoming,
    /// Our first INVITE.
    Invite,
    /// Our re-INVITE or UPDATE.
    Offer,
    /// Our PRACK.
    Prack,
}

/// A request that belongs to no transaction yet.
pub(crate) struct Inbound {
    pub(crate) flow: Flow,
    pub(crate) message: Message,
    pub(crate) keys: Keys,
}

/// See the module.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) entropy: Box<dyn Entropy + Send>,
    pub(crate) transactions: Transactions<User>,
    pub(crate) events: VecDeque<Event>,
    /// Value of `Allow`.
    pub(crate) allow: String,
    /// Value of `Supported` in a call with an offer, and without: a late offer cannot go with 100rel, because a
    /// reliable provisional would carry the offer and its PRACK the answer (RFC 3262 5).
    pub(crate) supported: [String; 2],
    clients: u64,
}

impl Core {
    pub(crate) fn new(mut config: Config, mut entropy: Box<dyn Entropy + Send>) -> Core {
        // An interval of nothing would be due again at once, for ever.
        config.t1 = config.t1.max(LEAST_T1);
        config.t2 = config.t2.max(config.t1);
        config.ring_repeat = config.ring_repeat.max(LEAST_REPEAT);
        let keyring = Keyring::new(&mut *entropy);
        let own = |tags: &[&str]| {
            let all: Vec<&str> =
                tags.iter().copied().chain(config.supported.iter().map(String::as_str)).collect();
            all.join(", ")
        };
        Core {
            transactions: Transactions::new(&config, keyring),
            allow: config.allow.join(", "),
            supported: [own(&["timer"]), own(&["100rel", "timer"])],
            events: VecDeque::new(),
            clients: 0,
            entropy,
            config,
        }
    }

    pub(crate) fn next_client(&mut self) -> ClientId {
        self.clients += 1;
        ClientId(self.clients)
    }

    pub(crate) fn emit(&mut self, id: SessionId, event: SessionEvent) {
        self.events.push_back(Event::Session { id, event });
    }

    /// Sends a request in a transaction of its own.
    pub(crate) fn send(&mut self, now: Instant, new: &NewRequest<'_, User>) -> Result<Place, Refused> {
        self.transactions.send(now, &mut *self.entropy, new)
    }

    /// Sends the ACK of a 2xx, which is no transaction, and keeps it for repetitions (RFC 3261 13.2.2.4).
    pub(crate) fn send_ack(&mut self, client: Place, response: &Message, flow: Flow, bare: &[u8]) {
        let branch = Branch::new(u32::MAX, random_u64(&mut *self.entropy));
        if let Ok(octets) = self.transactions.wire.with_via(&flow, &branch, bare) {
            self.transactions.acknowledge(client, response, flow, octets.into());
        }
    }

    /// Opens a server transaction.
    pub(crate) fn accept(&mut self, now: Instant, inbound: &Inbound, user: User) -> Option<Place> {
        let via = inbound.message.top_via().ok()?;
        Some(self.transactions.accept(now, inbound.flow, &inbound.message, &via, inbound.keys, user))
    }

    /// Opens a server transaction and hands the request to the owner.
    pub(crate) fn accept_for_owner(&mut self, now: Instant, inbound: &Inbound) -> Option<ServerId> {
        self.accept(now, inbound, User::Nobody).map(|place| ServerId(place.to_u64()))
    }

    /// Opens a server transaction and answers it.
    pub(crate) fn answer(&mut self, now: Instant, inbound: &Inbound, response: Builder) {
        if let Some(place) = self.accept(now, inbound, User::Nobody) {
            self.respond(now, place, response.finish_bytes());
        }
    }

    /// Answers an open server transaction; one that is gone by now is nobody's concern.
    pub(crate) fn respond(&mut self, now: Instant, place: Place, octets: Bytes) {
        let _ = self.transactions.respond(now, place, octets);
    }

    /// A response with our Server header.
    pub(crate) fn reply(&self, request: &Message, status: Status, tag: Option<&str>) -> Builder {
        let reply = Builder::reply(request, status, "", tag);
        if self.config.user_agent.is_empty() {
            reply
        } else {
            reply.header("Server", &self.config.user_agent)
        }
    }

    /// 500 with a Retry-After of 0 to 10 s (RFC 3261 14.2, RFC 3311 5.2).
    pub(crate) fn come_back(&mut self, request: &Message) -> Builder {
        let seconds = random_below(&mut *self.entropy, 11);
        self.reply(request, Status::SERVER_INTERNAL_ERROR, None).header("Retry-After", seconds)
    }

    /// A 2xx for an INVITE that nobody wants any more: a second fork, or a call given up. ACK it, then BYE it
    /// (RFC 3261 13.2.2.4).
    pub(crate) fn hang_up(
        &mut self,
        now: Instant,
        delivery: &Delivery<User>,
        response: &Message,
        policy: NextHop,
        bye: bool,
    ) {
        let Ok(cseq) = response.cseq() else { return };
        let mut dialog = Dialog::from_response(response, "", &self.config.limits);
        if dialog.target.is_empty() {
            let Ok(to) = response.to() else { return };
            dialog.target = String::from_utf8_lossy(to.uri_raw).into_owned();
        }
        let flow = dialog.next_hop(delivery.flow, policy);
        let ack = orphan(&dialog, response, Method::Ack, cseq.number);
        self.send_ack(delivery.client, response, flow, &ack);
        if bye {
            // PRACKs of the early dialog may have used the numbers in between.
            let bye = orphan(&dialog, response, Method::Bye, cseq.number.saturating_add(1000));
            let new = NewRequest { user: User::Nobody, flow, fallback: None, invite: false, bare: &bye };
            let _ = self.send(now, &new);
        }
    }
}

/// A request in a dialog that is known by a response alone.
fn orphan(dialog: &Dialog, response: &Message, method: Method<'_>, number: u32) -> Vec<u8> {
    let mut builder = dialog.start(method.as_str()).header("Max-Forwards", 70);
    for name in [Name::From, Name::To, Name::CallId] {
        builder = builder.raw_header(name.as_str(), response.header(name).unwrap_or_default());
    }
    builder.header("CSeq", format_args!("{number} {method}")).finish()
}

const LEAST_T1: Duration = Duration::from_millis(1);
const LEAST_REPEAT: Duration = Duration::from_secs(1);
