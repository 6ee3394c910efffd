//! What the endpoint tells its owner.

use std::fmt;

use bytes::Bytes;

use crate::flow::Flow;
use crate::message::Message;
use crate::status::Status;

/// A request sent by `send_request` or `send_in_dialog`. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u64);

/// A request received that waits for `respond`. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u64);

/// An INVITE session, of either side. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// One early dialog of an INVITE that was forked on its way. Numbered from 0 in order of appearance, per session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ForkId(pub u16);

/// Octets to send.
#[derive(Debug, Clone)]
pub struct Transmit {
    /// The path.
    pub flow: Flow,
    /// One datagram, or one message of a stream.
    pub octets: Bytes,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// A request outside any session: REGISTER, OPTIONS, SUBSCRIBE, MESSAGE, NOTIFY... Answer it with `respond`.
    Request {
        /// For `respond`.
        id: ServerId,
        /// The path it came by.
        flow: Flow,
        /// The request; its top Via already carries `received` and `rport` (RFC 3581).
        message: Message,
    },
    /// A response, provisional or final, to `send_request` or `send_in_dialog`.
    Response {
        /// The request.
        id: ClientId,
        /// The response.
        message: Message,
    },
    /// A request of `send_request` or `send_in_dialog` got no final response.
    Failed {
        /// The request.
        id: ClientId,
        /// Why.
        reason: Failure,
    },
    /// Something happened in an INVITE session.
    Session {
        /// The session.
        id: SessionId,
        /// What.
        event: SessionEvent,
    },
}

/// Why a request got no final response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// Timer B or F fired (RFC 3261 17.1.1.2, 17.1.2.2).
    TimedOut,
    /// The transport reported an error.
    Transport,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failure::TimedOut => "no response in time",
            Failure::Transport => "transport failed",
        })
    }
}

/// Who ended an established (or accepted) session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndedBy {
    /// The owner: `bye`, `reject`.
    Local,
    /// The peer sent BYE.
    Peer,
    /// No ACK for our 2xx, a request in the dialog answered 408 or 481 or not at all, the session timer ran out,
    /// or an incoming call was not answered within the limit.
    Timeout,
}

/// What happened in an INVITE session. `Failed`, `Cancelled` and `Ended` are terminal: exactly one of them is the
/// last event of every session.
#[derive(Debug)]
pub enum SessionEvent {
    /// A new INVITE; 100 is already sent. Go on with `progress`, `answer` or `reject`.
    Incoming {
        /// The path it came by.
        flow: Flow,
        /// The INVITE.
        message: Message,
        /// Its SDP; `None` asks for an offer in the answer.
        offer: Option<Bytes>,
    },
    /// A provisional response above 100, per early dialog.
    Progress {
        /// The early dialog.
        fork: ForkId,
        /// The response.
        message: Message,
        /// Its SDP.
        body: Option<Bytes>,
    },
    /// The first 2xx. ACKed by the endpoint when the INVITE carried an offer, else it waits for `ack_with`.
    Answered {
        /// The dialog that won.
        fork: ForkId,
        /// The response.
        message: Message,
        /// Its SDP.
        body: Option<Bytes>,
    },
    /// Final response other than 2xx, after digest retries. Redirections (3xx) are delivered here. Terminal.
    Failed {
        /// `None` is a timeout or transport failure.
        status: Option<Status>,
        /// The response.
        message: Option<Message>,
    },
    /// The ACK for our 2xx arrived.
    Confirmed {
        /// Its SDP (the answer, when our 2xx carried the offer).
        body: Option<Bytes>,
    },
    /// Re-INVITE or UPDATE from the peer with an offer, or (body `None`) a re-INVITE that asks for one.
    /// Answer with `accept_offer` or `reject_offer`. Glare is handled inside (491).
    Offered {
        /// The request.
        message: Message,
        /// Its SDP.
        body: Option<Bytes>,
    },
    /// Our `offer` or `update` was accepted, or the session timer refreshed the session.
    OfferAnswered {
        /// The SDP of the answer.
        body: Option<Bytes>,
    },
    /// Our `offer` or `update` was refused; the session stays as it was before (RFC 3261 14.1).
    OfferRejected {
        /// `None` is a transport failure.
        status: Option<Status>,
    },
    /// INFO, REFER, NOTIFY, MESSAGE... in the dialog. Answer it with `respond`.
    Request {
        /// For `respond`.
        id: ServerId,
        /// The request.
        message: Message,
    },
    /// The peer cancelled before the answer; 487 is sent. Terminal.
    Cancelled {
        /// The CANCEL (its Reason header tells "Call completed elsewhere", RFC 3326).
        message: Message,
    },
    /// The session is over. Terminal.
    Ended {
        /// Who ended it.
        by: EndedBy,
        /// The BYE or the response that ended it.
        message: Option<Message>,
    },
}

impl SessionEvent {
    /// True for the last event of a session.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            SessionEvent::Failed { .. } | SessionEvent::Cancelled { .. } | SessionEvent::Ended { .. }
        )
    }
}
