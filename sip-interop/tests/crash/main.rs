//! kill -9: what was answered is there after it, and nothing is half there.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests on the real clock that print what they measured"
)]

mod calls;
mod import;
