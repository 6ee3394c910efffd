//! RFC 3261 family: message, transaction, dialog, digest. Bytes in, events out.
//!
//! The grammar half of the crate reads and writes messages:
//! - [`message`]: the octets of one message with an index of its header lines; builder, edits, semantic validation
//! - [`header`]: typed views of header values, parsed when asked for and borrowed from the message
//! - [`uri`]: `sip:`, `sips:`, `tel:` and unknown schemes
//! - [`framing`]: cuts a TCP or TLS octet stream into messages and keep-alives
//! - [`name`], [`method`], [`status`]: the words of the protocol
//!
//! Nothing here reads a clock, a socket or randomness, and no input can make it panic or allocate without bound.

pub mod framing;
pub mod header;
pub mod message;
pub mod method;
pub mod name;
pub mod status;
mod swar;
pub mod syntax;
pub mod uri;

pub use crate::header::{CSeq, Contact, HeaderError, NameAddr, Params, Via};
pub use crate::message::{Builder, Message, ParseError};
pub use crate::method::Method;
pub use crate::name::Name;
pub use crate::status::Status;
pub use crate::uri::{Host, Scheme, Uri};
