//! SIPp as base station, as PBX and as load.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests on the real clock that print what they measured"
)]

mod calls;
mod load;
mod stage;
