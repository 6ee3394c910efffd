//! Probes and hostile messages at a running gateway.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests on the real clock that print what they measured"
)]

mod probes;
mod torture;
