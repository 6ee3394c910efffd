//! Arbitrary octets as a description, an offer and an answer. Run: `cargo +nightly fuzz run description` in `gateway/sdp`.
#![no_main]

#[path = "../body.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| body::check(octets));
