//! Runs the built gateway against real stacks over real sockets.
//!
//! Owns what the tests stand on: a [`Scene`] per test (temporary folder, loopback addresses, known failures), the processes in it, and
//! the peers. It must never call the gateway's code: tests see a process, a configuration file, sockets and what the command line
//! prints. The simulated handsets of `testbeds` are a peer like the others.
//!
//! A peer that is not installed makes a test print `skipped: reason`; known failures stand in `expectations.toml`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "support of tests, driven by the real clock"
)]

pub mod asterisk;
pub mod baresip;
mod binary;
mod expectation;
mod gateway;
mod handsets;
pub mod kamailio;
mod process;
mod scene;
pub mod sipp;
pub mod sipsak;
pub mod wave;

pub use binary::dectgate;
pub use gateway::{Gateway, Settings, Side};
pub use handsets::{Handsets, Phone};
pub use process::{Process, resident_kib, run, wait_for};
pub use scene::{Outcome, Scene, long_run, play, shared, skip};
pub use testbeds::{MILLIWATT_HZ, talk_hz};

/// Password of every user of every test.
pub const PASSWORD: &str = "secret";
