//! Prints nanoseconds per message for indexing, typing, validating and writing.
//! `cargo run --release -p sip --example parse_speed`
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use sip::message::validate;
use sip::{Builder, Message, Status};

fn main() {
    for (name, octets) in [("invite_1129", INVITE), ("register_601", REGISTER)] {
        assert!(Message::parse(octets).is_ok_and(|message| validate(&message).is_ok()));
        let index = nanoseconds(|| drop(black_box(Message::parse(black_box(octets)))));
        let typed = nanoseconds(|| typed(black_box(octets)));
        let checked = nanoseconds(|| {
            let _ = black_box(Message::parse(black_box(octets)).map(|message| validate(&message)));
        });
        let message = Message::parse(octets).expect("asserted above");
        let reply =
            nanoseconds(|| drop(black_box(Builder::reply(&message, Status::OK, "", Some("t1")).finish())));
        println!(
            "{name} index_ns={index:.0} index_and_typed_ns={typed:.0} index_and_validate_ns={checked:.0} reply_ns={reply:.0}"
        );
    }
    println!("message_octets={}", size_of::<Message>());
}

fn typed(octets: &[u8]) {
    let Ok(message) = Message::parse(octets) else { return };
    let _ = black_box((message.top_via(), message.from_(), message.to(), message.cseq(), message.call_id()));
}

/// The best of several rounds: the machine is shared.
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..ROUND {
            work();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(ROUND)
    };
    (0..ROUNDS).map(|_| round(&mut work)).fold(f64::INFINITY, f64::min)
}

const ROUND: u32 = 100_000;
const ROUNDS: u32 = 10;
const INVITE: &[u8] = include_bytes!("../tests/data/invite-1129.sip");
const REGISTER: &[u8] = include_bytes!("../tests/data/register-601.sip");
