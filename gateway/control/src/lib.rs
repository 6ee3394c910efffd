//! The brain: users, devices, bindings, calls, faults. Bytes, timers and orders in, bytes and orders out.
//!
//! [`Core`] owns all signalling state behind one `&mut`. The contract of its driver is one loop:
//!
//! 1. hand one [`Input`] to [`Core::handle`] with the time it happened;
//! 2. drain [`Core::poll_output`] until it is empty;
//! 3. wait for the next input, at most until [`Core::poll_timeout`], then call [`Core::handle_timeout`] and go on at 2.
//!
//! Nothing here reads a clock, draws randomness, opens a socket or a file, and nothing names the media plane: it speaks the
//! words of `media-api`.

pub mod call;
pub mod clock;
mod context;
mod core;
pub mod deadline;
pub mod directory;
pub mod fault;
mod input;
mod output;
mod ports;
pub mod registrar;
pub mod registration;
pub mod settings;
mod subnet;

pub use self::core::{Core, Held, Saved};
pub use context::Context;
pub use input::Input;
pub use output::{Outbox, Output, QueryId, ReplyId, SavedBinding, SavedLocation};
pub use ports::{OutOfPorts, Ports};
pub use subnet::{NotASubnet, Subnet};
