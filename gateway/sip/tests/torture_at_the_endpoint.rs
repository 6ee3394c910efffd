//! Every torture message of RFC 4475, RFC 5118 and the NIST set at an endpoint, as a datagram and as a stream message:
//! afterwards it still answers OPTIONS, and when all timers have run out it holds nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;
mod shared;

use net::{B, Net, flow_of, request_to};
use sip::{Builder, Event, SessionEvent, Status, Transport};

#[test]
fn it_still_answers_options() {
    let sets = [("sip-torture-rfc4475", "dat"), ("sip-torture-rfc5118", "dat"), ("sip-torture-nist", "sip")];
    let mut messages = Vec::new();
    for (set, extension) in sets {
        messages.extend(shared::vectors(set, extension).unwrap_or_default());
    }
    let mut net = Net::new(1);
    let peer = net.script("192.0.2.9:5060");
    let at_b = net.ends[B].address;
    for (round, (name, octets)) in messages.iter().enumerate() {
        for transport in [Transport::Udp, Transport::Tcp] {
            let now = net.now;
            net.endpoint(B).handle_datagram(now, flow_of(transport, peer), octets.clone().into());
            // What it answers may go anywhere; here it is only counted.
            net.settle();
        }
        net.inbox(peer);
        net.take(B);
        let branch = format!("alive{round}");
        net.send(peer, B, request_to(at_b, "OPTIONS", 1000 + round as u32, &branch, peer).finish());
        let events = net.take(B);
        let alive = events.iter().find_map(|event| match event {
            Event::Request { id, message, .. } if message.method() == sip::Method::Options => {
                Some((*id, message))
            }
            _ => None,
        });
        let (id, options) = alive.unwrap_or_else(|| panic!("silent after {name}"));
        let reply = Builder::reply(options, Status::OK, "", Some("alive")).finish();
        let now = net.now;
        net.endpoint(B).respond(now, id, reply).unwrap();
        assert!(net.inbox(peer).iter().any(|message| net::what(message) == "200 OPTIONS"), "after {name}");
    }
    net.assert_no_leak();
    let ended = net.take(B).into_iter().filter(|event| match event {
        Event::Session { event, .. } => {
            matches!(event, SessionEvent::Ended { .. } | SessionEvent::Cancelled { .. })
        }
        _ => false,
    });
    println_count(messages.len(), ended.count());
}

#[allow(clippy::print_stdout, reason = "says what was run")]
fn println_count(messages: usize, sessions: usize) {
    println!("{messages} messages; {sessions} calls among them ended at the end");
}
