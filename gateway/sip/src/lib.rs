//! RFC 3261 family: message, transaction, dialog, digest. Bytes in, events out.

pub mod digest;
pub mod endpoint;
pub mod entropy;
pub mod flow;
pub mod message;
pub mod status;

pub use crate::endpoint::{
    ClientId, Config, Counts, EndedBy, Endpoint, Event, Failure, ForkId, Limits, ListenerInfo, NextHop,
    OutgoingCall, OutgoingRequest, Refused, ServerId, SessionEvent, SessionId, SessionInfo, SessionPhase,
    Transmit,
};
pub use crate::entropy::Entropy;
pub use crate::flow::{ConnectionId, Flow, ListenerId, Transport};
pub use crate::message::Message;
pub use crate::status::Status;
