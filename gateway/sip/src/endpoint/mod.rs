//! The endpoint: the one thing that the owner drives. Owns transactions, dialogs and INVITE sessions of both sides.
//!
//! Files: this one holds the endpoint and its clock; `receive` takes messages apart; `verbs` is what the owner can do;
//! `core` is what sessions share; `event`, `outgoing` and `config` are the words spoken with the owner.
//!
//! Not done, or done differently from the RFCs, on purpose:
//! - Client transactions of other methods than INVITE end with their final response, without timer K (RFC 3261
//!   17.1.2.2): a late response is dropped with or without it.
//! - Requests refused by the endpoint itself are answered without a transaction (RFC 3261 8.2.7).
//! - A REGISTER that comes by two paths is not refused as merged (RFC 3261 8.2.2.2).
//! - Max-Forwards 0 refuses an INVITE only (RFC 3261 16.3): everything else ends here.
//! - As a callee we send no reliable provisional responses (RFC 3262); an INVITE that requires them gets 420.
//! - A session interval below the minimum is not refused with 422 (RFC 4028 9) but followed no faster than once a
//!   minute.
//! - Requests in a dialog follow the route set to literal addresses of the same transport and family, else they stay
//!   on the flow of the session: resolving names (RFC 3263) is the owner's business.
//! - A response whose connection is gone is handed to the transport with that flow all the same (RFC 3261 18.2.2).
//!
//! Drive contract: after every call that takes `&mut self` drain `poll_transmit` and `poll_event`, then arm one timer
//! for `poll_timeout` and call `handle_timeout` when it is due.

mod config;
pub(crate) mod core;
mod event;
mod outgoing;
mod receive;
mod verbs;

use std::time::Instant;

use bytes::Bytes;

pub use self::config::{Config, Limits, ListenerInfo};
use self::core::{Core, User};
pub use self::event::{
    ClientId, EndedBy, Event, Failure, ForkId, ServerId, SessionEvent, SessionId, Transmit,
};
pub use self::outgoing::{NextHop, OutgoingCall, OutgoingRequest, Refused};
use crate::deadline::Deadlines;
use crate::entropy::Entropy;
use crate::flow::{Flow, ListenerId};
use crate::session::Session;
use crate::slab::{Place, Slab};
use crate::transaction::Lapse;

/// What lives in an endpoint. All zero when nothing is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Client and server transactions.
    pub transactions: usize,
    /// INVITE sessions.
    pub sessions: usize,
    /// Dialogs, early and confirmed.
    pub dialogs: usize,
    /// Armed timers.
    pub timers: usize,
}

/// What was thrown away, since the start. Nothing of it is an error of ours; all of it is worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drops {
    /// Octets that are no SIP message.
    pub unreadable: u64,
    /// Requests that were answered by the endpoint itself: broken, not allowed, of no dialog, too many.
    pub refused: u64,
    /// Requests that could not even be answered.
    pub unanswerable: u64,
    /// Responses that are broken or belong to no transaction, late ones among them.
    pub stray_responses: u64,
    /// ACKs that belong to nothing.
    pub stray_acks: u64,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionPhase {
    /// INVITE sent or received, no final response yet.
    Early,
    /// 2xx sent or received, ACK outstanding.
    Accepted,
    /// ACK sent or received.
    Confirmed,
    /// CANCEL or BYE under way.
    Ending,
}

/// A session as seen by the owner.
#[derive(Debug, Clone)]
pub struct SessionInfo {
    /// Call-ID.
    pub call_id: String,
    /// Local name-addr, without tag.
    pub local_uri: String,
    /// Remote name-addr, without tag.
    pub remote_uri: String,
    /// Local tag.
    pub local_tag: String,
    /// Remote tag, once there is a dialog.
    pub remote_tag: Option<String>,
    /// The peer's Contact URI.
    pub remote_target: String,
    /// The path of requests in the session.
    pub flow: Flow,
    /// State.
    pub phase: SessionPhase,
}

/// Transactions, dialogs and INVITE sessions of both sides.
pub struct Endpoint {
    core: Core,
    sessions: Slab<Session>,
    /// Dialogs of all sessions.
    dialogs: usize,
    deadlines: Deadlines<Place>,
    drops: Drops,
}

impl Endpoint {
    /// An endpoint without listeners.
    pub fn new(config: Config, entropy: Box<dyn Entropy + Send>) -> Endpoint {
        Endpoint {
            core: Core::new(config, entropy),
            sessions: Slab::new(),
            dialogs: 0,
            deadlines: Deadlines::new(),
            drops: Drops::default(),
        }
    }

    /// Announces a listener, or changes what it says about itself.
    pub fn set_listener(&mut self, id: ListenerId, info: ListenerInfo) {
        self.core.transactions.wire.set_listener(id, info);
    }

    /// Takes one datagram. Octets that are no SIP message, and keep-alives, are dropped.
    pub fn handle_datagram(&mut self, now: Instant, flow: Flow, octets: Bytes) {
        self.receive(now, flow, octets);
    }

    /// Takes one framed message of a stream.
    pub fn handle_stream_message(&mut self, now: Instant, flow: Flow, octets: Bytes) {
        self.receive(now, flow, octets);
    }

    /// The transport could not deliver to this flow: connection refused, reset, closed, ICMP unreachable.
    ///
    /// Requests that wait for a response by this path fail at once, except those that can still go by UDP.
    pub fn handle_transport_failed(&mut self, now: Instant, flow: Flow) {
        for lapse in self.core.transactions.path_failed(now, &flow) {
            self.lapse(now, lapse);
        }
    }

    /// Runs what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(lapse) = self.core.transactions.run_due(now) {
            if let Some(lapse) = lapse {
                self.lapse(now, lapse);
            }
        }
        while let Some(place) = self.deadlines.pop_due(now) {
            self.with(place, |session, core| session.on_due(core, now));
        }
    }

    /// When `handle_timeout` is wanted next. Ask again after every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let transactions = self.core.transactions.next_deadline();
        [transactions, self.deadlines.next()].into_iter().flatten().min()
    }

    /// The next message to send. Call until `None` after every `handle_*` and every verb.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.core.transactions.wire.poll()
    }

    /// The next event. Call until `None` after every `handle_*` and every verb.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.core.events.pop_front()
    }

    /// A session, until its terminal event.
    pub fn session(&self, id: SessionId) -> Option<&SessionInfo> {
        self.sessions.at(Place::from_u64(id.0)).map(|session| &session.info)
    }

    /// What lives now.
    pub fn counts(&self) -> Counts {
        Counts {
            transactions: self.core.transactions.len(),
            sessions: self.sessions.len(),
            dialogs: self.dialogs,
            timers: self.core.transactions.timers() + self.deadlines.armed(),
        }
    }

    /// What was thrown away.
    pub fn drops(&self) -> Drops {
        self.drops
    }

    fn lapse(&mut self, now: Instant, lapse: Lapse<User>) {
        match lapse {
            Lapse::Failed { user: User::Owner(id), reason, .. } => {
                self.core.events.push_back(Event::Failed { id, reason });
            }
            Lapse::Failed { user: User::InDialog(id, place), reason, .. } => {
                self.core.events.push_back(Event::Failed { id, reason });
                if reason == Failure::TimedOut {
                    self.with(place, |session, core| session.on_dead_dialog(core, now, None));
                }
            }
            Lapse::Failed { user: User::Session(place, purpose), client, reason } => {
                self.with(place, |session, core| session.on_failure(core, now, purpose, client, reason));
            }
            Lapse::Unacknowledged { user: User::Session(place, _), server } => {
                self.with(place, |session, core| session.on_unacknowledged(core, now, server));
            }
            Lapse::Failed { user: User::Nobody, .. } | Lapse::Unacknowledged { .. } => {}
        }
    }

    /// Runs something on a session, then keeps the books: dialogs, timer, and its removal when it is gone.
    fn with<R>(&mut self, place: Place, run: impl FnOnce(&mut Session, &mut Core) -> R) -> Option<R> {
        let session = self.sessions.at_mut(place)?;
        let before = session.dialogs();
        let result = run(session, &mut self.core);
        self.dialogs -= before;
        if session.is_gone() {
            self.deadlines.close(session.timer);
            self.sessions.remove(place);
        } else {
            self.dialogs += session.dialogs();
            session.info.phase = session.phase();
            self.deadlines.set(session.timer, session.deadline());
        }
        Some(result)
    }
}
