//! RFC 3261 family: message, transaction, dialog, digest. Bytes in, events out.
//!
//! The grammar half of the crate reads and writes messages:
//! - [`message`]: the octets of one message with an index of its header lines; builder, edits, semantic validation
//! - [`header`]: typed views of header values, parsed when asked for and borrowed from the message
//! - [`uri`]: `sip:`, `sips:`, `tel:` and unknown schemes
//! - [`framing`]: cuts a TCP or TLS octet stream into messages and keep-alives
//! - [`name`], [`method`], [`status`]: the words of the protocol
//!
//! The behaviour half answers and asks:
//! - [`endpoint`]: the one thing that the owner drives; verbs in, events and octets out
//! - `session`: INVITE sessions of both sides, their offers and timers
//! - `dialog`: tags, sequence numbers, route sets
//! - `transaction`: retransmission, matching, timeouts
//! - [`digest`]: authentication, as client and as server
//! - [`flow`], [`entropy`]: where messages go, and randomness as an argument
//!
//! Nothing here reads a clock, a socket or randomness, and no input can make it panic or allocate without bound.

mod deadline;
mod dialog;
pub mod digest;
pub mod endpoint;
pub mod entropy;
pub mod flow;
pub mod framing;
pub mod header;
pub mod message;
pub mod method;
pub mod name;
mod session;
mod slab;
pub mod status;
mod swar;
pub mod syntax;
mod transaction;
pub mod uri;

pub use crate::endpoint::{
    ClientId, Config, Counts, Drops, EndedBy, Endpoint, Event, Failure, ForkId, Limits, ListenerInfo,
    NextHop, OutgoingCall, OutgoingRequest, Refused, ServerId, SessionEvent, SessionId, SessionInfo,
    SessionPhase, Transmit,
};
pub use crate::entropy::Entropy;
pub use crate::flow::{ConnectionId, Flow, ListenerId, Transport};
pub use crate::header::{CSeq, Contact, HeaderError, NameAddr, Params, Via};
pub use crate::message::{Builder, Message, ParseError};
pub use crate::method::Method;
pub use crate::name::Name;
pub use crate::status::Status;
pub use crate::uri::{Host, Scheme, Uri};
