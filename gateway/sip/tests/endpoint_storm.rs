//! The endpoint's fuzz body on seeded input: mutated messages against live sessions never panic, never break a bound, end
//! every session once and leave nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/endpoint_body.rs"]
mod endpoint_body;
mod net;

use net::Seeded;

const STORMS: u64 = 1000;

#[test]
fn seeded_storms() {
    #[allow(clippy::disallowed_methods, reason = "virtual time needs some origin")]
    let zero = std::time::Instant::now();
    for seed in 0..STORMS {
        let mut dice = Seeded(seed);
        let input: Vec<u8> = (0..4 * (1 + dice.below(120))).map(|_| dice.next() as u8).collect();
        let run = std::panic::catch_unwind(|| endpoint_body::endpoint(zero, &input));
        assert!(run.is_ok(), "seed {seed}");
    }
}
