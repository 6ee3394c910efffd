//! The bodies of the fuzz targets over seeded mutations: the same in every run. A failure prints its seed and input.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/bodies.rs"]
#[allow(unreachable_pub, reason = "shared with the fuzz targets")]
mod bodies;

use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn messages() {
    run(bodies::message, MESSAGES, 1, 40_000);
}

#[test]
fn addresses() {
    run(bodies::uri, URIS, 2, 100_000);
}

#[test]
fn streams() {
    run(bodies::stream, MESSAGES, 3, 10_000);
}

fn run(body: fn(&[u8]), corpus: &[&[u8]], seed: u64, rounds: u32) {
    for seeded in corpus {
        body(seeded);
    }
    let mut random = Random(seed);
    for round in 0..rounds {
        let input = mutate(&mut random, corpus);
        let outcome = catch_unwind(AssertUnwindSafe(|| body(&input)));
        assert!(outcome.is_ok(), "seed {seed}, round {round}: {}", input.escape_ascii());
    }
}

/// A seed with up to eight changes: an octet, a piece cut out, doubled, or taken from another seed or the words.
fn mutate(random: &mut Random, corpus: &[&[u8]]) -> Vec<u8> {
    let mut octets = corpus[random.below(corpus.len())].to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(octets.len() + 1);
        let end = (at + random.below(24)).min(octets.len());
        match random.below(6) {
            0 if at < octets.len() => octets[at] = random.next() as u8,
            1 => drop(octets.drain(at..end)),
            2 => {
                let piece = octets[at..end].to_vec();
                octets.splice(at..at, piece);
            }
            3 => {
                let other = corpus[random.below(corpus.len())];
                let from = random.below(other.len() + 1);
                let until = (from + random.below(200)).min(other.len());
                octets.splice(at..end, other[from..until].iter().copied());
            }
            _ => drop(octets.splice(at..end, WORDS[random.below(WORDS.len())].iter().copied())),
        }
    }
    octets
}

/// Xorshift: no randomness from outside, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

const MESSAGES: &[&[u8]] = &[
    include_bytes!("data/invite-1129.sip"),
    include_bytes!("data/register-601.sip"),
    b"\x07INFO sip:a@h SIP/2.0\r\nl : 6\r\nX: folded\r\n over\r\n\r\na\r\n\r\nb\r\n\r\nINFO tel:1 SIP/2.0\r\nl:0\r\n\r\n\r\n",
    b"SIP/2.0 183 \r\nv: SIP / 2.0 / UDP a:1 ; rport ; received = ::1, SIP/2.0/TCP [::1]:5;branch=z9hG4bK\r\n\
      f:\"a \\\" b\" <sip:x@y;z?a=b>;tag=1\r\nt: sip:q@w;tag=\"q\\\"\"\r\nCSeq: 1 INVITE\r\ni: 1\r\nm: *, <a:b>;q=0.1;expires=9\r\n\r\n",
    b"MESSAGE sip:%00@[::1]:5060;lr SIP/2.0\nContent-Type: multipart/mixed;boundary=b\n\n--b\n\nx\n--b\n\
      Content-Type: application/sdp\n\nv=0\n--b--\n",
];
const URIS: &[&[u8]] = &[
    b"sip:alice:secret@example.com:5060;transport=tcp;lr?Subject=x&To=y sip:%61lice@EXAMPLE.com",
    b"sips:[2001:db8:::192.0.2.1]:5061;maddr=1 sips:[2001:db8::192.0.2.1]:5061",
    b"tel:+1-201-555-0123;phone-context=example.com tel:+12015550123;ext=1",
    b"soap.beep://192.0.2.103:3002 nobody:x",
];
const WORDS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\r\n\r\n",
    b"\n\n",
    b"\r\n ",
    b"\0",
    b"\xff",
    b"\"",
    b"\\",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"=",
    b"@",
    b"?",
    b"&",
    b"%",
    b"%00",
    b"[",
    b"]",
    b"*",
    b"--b",
    b"--b--",
    b"Content-Length: 0\r\n",
    b"l: 99999999999\r\n",
    b"l: 3\r\n",
    b"Via: ",
    b"v:",
    b"SIP/2.0",
    b"SIP/2.0 200 OK\r\n",
    b"Contact: *\r\n",
    b"To: \"",
    b"tag=",
    b";received=",
    b";rport",
    b"sip:",
    b"tel:",
    b"z9hG4bK",
    b"4294967296",
    b"18446744073709551616",
    b"-1",
    b"boundary=",
    b"INVITE sip:a@h SIP/2.0\r\n",
];
