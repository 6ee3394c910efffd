//! Simulated base stations, handsets and a scripted PBX over real sockets, for the demo, for load and for evaluators without radios.
//!
//! The behaviour is `testkit`'s; here it gets sockets, a clock and a voice. One thread, one [`Stage`]: it serves thousands of
//! identities, since nearly all of them are silent at any time.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "programs for people, driven by the real clock"
)]

pub mod report;
mod stage;

pub use stage::{LegReport, MILLIWATT_HZ, SERVICE_HZ, Speaker, Stage, StageEvent, talk_hz};
