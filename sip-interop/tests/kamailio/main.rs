//! Kamailio as registrar and proxy.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests on the real clock that print what they measured"
)]

mod calls;
mod registrations;
