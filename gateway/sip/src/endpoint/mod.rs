//! The endpoint: the one thing that the owner drives. Owns transactions, dialogs and INVITE sessions of both sides.
//!
//! Drive contract: after every call that takes `&mut self` drain `poll_transmit` and `poll_event`, then arm one timer
//! for `poll_timeout` and call `handle_timeout` when it is due.

mod config;
mod event;
mod outgoing;

use std::time::Instant;

use bytes::Bytes;

pub use self::config::{Config, Limits, ListenerInfo};
pub use self::event::{
    ClientId, EndedBy, Event, Failure, ForkId, ServerId, SessionEvent, SessionId, Transmit,
};
pub use self::outgoing::{NextHop, OutgoingCall, OutgoingRequest, Refused};
use crate::entropy::Entropy;
use crate::flow::{Flow, ListenerId};
use crate::status::Status;

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
    config: Config,
    entropy: Box<dyn Entropy + Send>,
}

impl Endpoint {
    /// An endpoint without listeners.
    pub fn new(config: Config, entropy: Box<dyn Entropy + Send>) -> Endpoint {
        Endpoint { config, entropy }
    }

    /// Announces a listener, or changes what it says about itself.
    pub fn set_listener(&mut self, _id: ListenerId, _info: ListenerInfo) {}

    /// Takes one datagram.
    pub fn handle_datagram(&mut self, _now: Instant, _flow: Flow, _octets: Bytes) {}

    /// Takes one framed message of a stream.
    pub fn handle_stream_message(&mut self, _now: Instant, _flow: Flow, _octets: Bytes) {}

    /// The transport could not deliver to this flow: connection refused, reset, closed, ICMP unreachable.
    pub fn handle_transport_failed(&mut self, _now: Instant, _flow: Flow) {}

    /// Runs what is due.
    pub fn handle_timeout(&mut self, _now: Instant) {}

    /// When `handle_timeout` is wanted next. Ask again after every other call.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// The next message to send. Call until `None` after every `handle_*` and every verb.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        None
    }

    /// The next event. Call until `None` after every `handle_*` and every verb.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// Sends a request outside any session.
    pub fn send_request(
        &mut self,
        _now: Instant,
        _flow: Flow,
        _request: OutgoingRequest,
    ) -> Result<ClientId, Refused> {
        Err(Refused::Overloaded)
    }

    /// Sends a response, made with `Builder::reply`, to a request of `Event::Request` or `SessionEvent::Request`.
    pub fn respond(&mut self, _now: Instant, _id: ServerId, _response: Vec<u8>) -> Result<(), Refused> {
        Err(Refused::UnknownTransaction)
    }

    /// Places a call.
    pub fn invite(&mut self, _now: Instant, _call: OutgoingCall) -> Result<SessionId, Refused> {
        Err(Refused::Overloaded)
    }

    /// Sends a provisional response (101..199) to an incoming call. `body` is SDP.
    pub fn progress(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _status: Status,
        _body: Option<Bytes>,
        _headers: &[(String, String)],
    ) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Answers an incoming call with 200. `body` is the SDP answer, or the offer when the INVITE had none.
    pub fn answer(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _body: Option<Bytes>,
        _headers: &[(String, String)],
    ) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Refuses an incoming call (300..699). The session ends at once.
    pub fn reject(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _status: Status,
        _reason: &str,
        _headers: &[(String, String)],
    ) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Cancels an outgoing call that is not answered yet. The outcome follows as `Failed`.
    pub fn cancel(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _headers: &[(String, String)],
    ) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Sends the ACK with the SDP answer, after a 2xx that carried the offer.
    pub fn ack_with(&mut self, _now: Instant, _id: SessionId, _body: Bytes) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Ends the session: BYE, or CANCEL when not answered yet. `Ended` follows when the peer has answered it.
    pub fn bye(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _headers: &[(String, String)],
    ) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Sends a re-INVITE with an offer. The outcome is `OfferAnswered` or `OfferRejected`.
    pub fn offer(&mut self, _now: Instant, _id: SessionId, _body: Bytes) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Sends an UPDATE with an offer (RFC 3311). The outcome is `OfferAnswered` or `OfferRejected`.
    pub fn update(&mut self, _now: Instant, _id: SessionId, _body: Bytes) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Answers `Offered` with 200 and an SDP answer (or an offer, when the re-INVITE had none).
    pub fn accept_offer(&mut self, _now: Instant, _id: SessionId, _body: Bytes) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Refuses `Offered` (usually 488); the session stays as it was.
    pub fn reject_offer(&mut self, _now: Instant, _id: SessionId, _status: Status) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Sends a request (INFO, REFER, NOTIFY, MESSAGE, OPTIONS...) in the dialog. `body` is content type and octets.
    pub fn send_in_dialog(
        &mut self,
        _now: Instant,
        _id: SessionId,
        _method: &str,
        _headers: &[(String, String)],
        _body: Option<(&str, &[u8])>,
    ) -> Result<ClientId, Refused> {
        Err(Refused::UnknownSession)
    }

    /// Sends what follows in this session by another flow (the peer re-registered from elsewhere, a proxy failed over).
    pub fn redirect_flow(&mut self, _id: SessionId, _flow: Flow) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// Changes where requests inside the dialog go.
    pub fn set_next_hop(&mut self, _id: SessionId, _next_hop: NextHop) -> Result<(), Refused> {
        Err(Refused::UnknownSession)
    }

    /// A session, until its terminal event.
    pub fn session(&self, _id: SessionId) -> Option<&SessionInfo> {
        None
    }

    /// What lives now.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}
