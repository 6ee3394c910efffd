//! What the owner asks the endpoint to send, and why it may be refused.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::digest::Credentials;
use crate::flow::Flow;

/// A request outside any session.
#[derive(Debug, Clone)]
pub struct OutgoingRequest {
    /// The whole request without a Via of ours, as a `Builder` finished it. The endpoint adds the Via.
    pub octets: Vec<u8>,
    /// Where to send it when it is larger than the MTU (RFC 3261 18.1.1). When this stream fails, UDP is tried.
    pub tcp_fallback: Option<Flow>,
}

impl OutgoingRequest {
    /// A request without fallback.
    pub fn new(octets: Vec<u8>) -> OutgoingRequest {
        OutgoingRequest { octets, tcp_fallback: None }
    }
}

/// Where requests inside a dialog go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NextHop {
    /// Always by the flow of the session: right behind NAT, on streams, and with an outbound proxy.
    Flow,
    /// By the first route or the remote target when its host is an address literal (RFC 3261 12.2.1.1), else by the flow.
    #[default]
    Target,
}

/// A call to place.
#[derive(Debug, Clone)]
pub struct OutgoingCall {
    /// The path of the INVITE.
    pub flow: Flow,
    /// Request-URI.
    pub request_uri: String,
    /// From, a name-addr without tag: `"Name" <sip:user@host>`.
    pub from: String,
    /// To, a name-addr without tag.
    pub to: String,
    /// Contact, a name-addr.
    pub contact: String,
    /// Call-ID; drawn when `None`.
    pub call_id: Option<String>,
    /// Pre-loaded route set, each a name-addr.
    pub routes: Vec<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// SDP offer; `None` asks the callee for one (late offer).
    pub offer: Option<Bytes>,
    /// Used when challenged.
    pub credentials: Option<Credentials>,
    /// Max-Forwards.
    pub max_forwards: u8,
    /// Session interval to ask for (RFC 4028). `None` asks for none but goes along with the peer's.
    pub session_expires: Option<Duration>,
    /// Where to send requests larger than the MTU.
    pub tcp_fallback: Option<Flow>,
    /// Where requests inside the dialog go.
    pub next_hop: NextHop,
}

impl OutgoingCall {
    /// A call with the usual settings; change the fields as needed.
    pub fn new(flow: Flow, request_uri: &str, from: &str, to: &str, contact: &str) -> OutgoingCall {
        OutgoingCall {
            flow,
            request_uri: request_uri.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            contact: contact.to_owned(),
            call_id: None,
            routes: Vec::new(),
            headers: Vec::new(),
            offer: None,
            credentials: None,
            max_forwards: 70,
            session_expires: None,
            tcp_fallback: None,
            next_hop: NextHop::default(),
        }
    }
}

/// Why the endpoint did not do what its owner asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The octets are not a request or response that can be sent.
    Malformed,
    /// A limit is reached.
    Overloaded,
    /// An offer of either side is still open (RFC 3264 4).
    OfferPending,
    /// The listener of the flow was never announced by `set_listener`.
    UnknownListener,
    /// No such session.
    UnknownSession,
    /// No such transaction, or it is answered already.
    UnknownTransaction,
    /// The session is not in a state for this.
    WrongState,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Malformed => "not a message that can be sent",
            Refused::Overloaded => "limit reached",
            Refused::OfferPending => "an offer is still open",
            Refused::UnknownListener => "listener is not known",
            Refused::UnknownSession => "session is not known",
            Refused::UnknownTransaction => "transaction is not known or answered already",
            Refused::WrongState => "session is in another state",
        })
    }
}

impl std::error::Error for Refused {}
