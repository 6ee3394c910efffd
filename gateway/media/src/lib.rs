//! The media plane: sans-IO sessions and the workers that drive them.
//!
//! Owns: what happens to every RTP and RTCP packet of a call ([`Session`]), and the threads that own the sockets
//! ([`Worker`]). Must never: know of SIP or SDP, decide who talks to whom (that is the [`media_api::Plan`]), block a worker,
//! allocate, lock or log per packet.
//!
//! The walk of a packet: `worker::run` reads it, [`Session::handle_packet`] unprotects and
//! judges it (`session::guard`, `session::source`), `session::hearing`
//! says what the listening leg does with it, `session::sender` gives it our numbers, and it leaves either in the buffer it
//! came in ([`Handled::Forward`]) or through the [`Outbox`].

mod clock;
mod outbox;
mod session;
mod sys;
mod worker;

pub use clock::MediaClock;
pub use outbox::{Channel, Outbox, Transmit};
pub use session::{Datagram, DropReason, Handled, Notice, Session};
pub use worker::{Counters, EventSink, Worker, WorkerConfig, WorkerError, WorkerHandle};
