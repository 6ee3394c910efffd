//! A stream is cut into the same messages however it arrives, and no length in it is believed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use sip::Message;
use sip::framing::{Frame, FramingError, MAX_HEADER_SECTION, MAX_WAITING, StreamFramer};
use sip::message::{MAX_MESSAGE, ParseError};

#[test]
fn any_cut_of_the_stream_gives_the_same_messages() {
    let stream = [INVITE, b"\r\n\r\n", INFO, INVITE].concat();
    let expected = [message(INVITE), Frame::KeepAlive, message(INFO), message(INVITE)];
    for cut in 1..stream.len() {
        let mut framer = StreamFramer::new();
        let mut frames = Vec::new();
        for piece in stream.chunks(cut) {
            framer.push(piece);
            frames.extend(std::iter::from_fn(|| framer.poll()).map(Result::unwrap));
        }
        // A keep-alive cut in two is told as its two halves.
        frames.retain(|frame| *frame != Frame::Pong);
        assert_eq!(frames, expected, "pieces of {cut}");
        assert_eq!(framer.waiting(), 0);
    }
}

#[test]
fn a_lone_crlf_is_told_at_once_and_a_second_half_as_keep_alive() {
    let mut framer = StreamFramer::new();
    framer.push(b"\r\n");
    assert_eq!(framer.poll(), Some(Ok(Frame::Pong)));
    framer.push(b"\r");
    assert_eq!(framer.poll(), None);
    framer.push(b"\n");
    assert_eq!(framer.poll(), Some(Ok(Frame::KeepAlive)));
    framer.push(b"\r\n\r\n\r\n");
    assert_eq!(framer.poll(), Some(Ok(Frame::KeepAlive)));
    assert_eq!(framer.poll(), Some(Ok(Frame::Pong)));
    framer.push(INFO);
    assert_eq!(framer.poll(), Some(Ok(message(INFO))));
    framer.push(b"\r\n");
    assert_eq!(framer.poll(), Some(Ok(Frame::Pong)));
}

/// A CR that waits for its LF must not make the scan for the next header section start late.
#[test]
fn a_keep_alive_cut_within_its_crlf_leaves_no_trace() {
    let mut framer = StreamFramer::new();
    for piece in [&b"\r"[..], b"\n\n\r", b"\n"] {
        framer.push(piece);
        if let Some(Err(error)) = std::iter::from_fn(|| framer.poll()).last() {
            assert_eq!(error, FramingError::NotSip(ParseError::Empty));
        }
    }
    assert!(framer.is_failed());
}

#[test]
fn forged_lengths_end_the_stream() {
    for (length, error) in [
        ("", FramingError::ContentLength),
        ("Content-Length: -999\r\n", FramingError::ContentLength),
        ("Content-Length: 5x\r\n", FramingError::ContentLength),
        ("Content-Length:\r\n", FramingError::ContentLength),
        ("Content-Length: 5, 5\r\n", FramingError::ContentLength),
        ("Content-Length: 5\r\nl: 5\r\n", FramingError::ContentLength),
        ("Content-Length: 13\r\nContent-Length: 5\r\n", FramingError::ContentLength),
        ("Content-Length: 65536\r\n", FramingError::MessageTooLong),
        ("Content-Length: 4294967295\r\n", FramingError::MessageTooLong),
        ("Content-Length: 18446744073709551615\r\n", FramingError::MessageTooLong),
        ("Content-Length: 99999999999999999999999999\r\n", FramingError::MessageTooLong),
    ] {
        let mut framer = StreamFramer::new();
        framer.push(format!("INFO sip:a@h SIP/2.0\r\n{length}\r\nhello").as_bytes());
        assert_eq!(framer.poll(), Some(Err(error)), "{length:?}");
        framer.push(INFO);
        assert_eq!(
            (framer.poll(), framer.waiting(), framer.is_failed()),
            (None, 0, true),
            "dead after {length:?}"
        );
    }
}

#[test]
fn a_stream_that_is_not_sip_is_closed() {
    let mut framer = StreamFramer::new();
    framer.push(b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(framer.poll(), Some(Err(FramingError::NotSip(ParseError::StartLine))));
}

#[test]
fn a_header_section_without_end_is_cut_off() {
    let mut framer = StreamFramer::new();
    framer.push(b"INFO sip:a@h SIP/2.0\r\n");
    let mut pushed = 0;
    let error = loop {
        framer.push(b"X: 0123456789\r\n");
        pushed += 15;
        assert!(pushed < MAX_HEADER_SECTION + 64);
        if let Some(polled) = framer.poll() {
            break polled;
        }
    };
    assert_eq!(error, Err(FramingError::HeadersTooLong));
}

#[test]
fn what_is_pushed_without_polling_is_bounded() {
    let mut framer = StreamFramer::new();
    for _ in 0..=MAX_WAITING / 1024 {
        framer.push(&[b'x'; 1024]);
        assert!(framer.waiting() <= MAX_WAITING);
    }
    assert_eq!(framer.poll(), Some(Err(FramingError::NotPolled)));
}

#[test]
fn the_longest_message_passes() {
    let head = "INFO sip:a@h SIP/2.0\r\nContent-Length: 65485\r\n\r\n";
    let mut stream = head.as_bytes().to_vec();
    stream.resize(head.len() + 65485, b'x');
    assert!(stream.len() <= MAX_MESSAGE);
    let mut framer = StreamFramer::new();
    for piece in stream.chunks(1000) {
        framer.push(piece);
    }
    assert_eq!(framer.poll(), Some(Ok(message(&stream))));
}

/// Octet by octet the work per octet must not grow with what waits: a second pass over it would be seen here as
/// minutes.
#[test]
fn a_dripping_sender_costs_no_more_than_a_fast_one() {
    for _ in 0..20 {
        let mut framer = StreamFramer::new();
        for _ in 0..MAX_HEADER_SECTION {
            framer.push(b"x");
            assert_eq!(framer.poll(), None);
        }
    }
}

#[test]
fn line_feeds_alone_end_lines_as_they_do_in_datagrams() {
    let mut framer = StreamFramer::new();
    let stream = b"INFO sip:a@h SIP/2.0\nContent-Length: 2\n\nhi";
    framer.push(stream);
    assert_eq!(framer.poll(), Some(Ok(message(stream))));
}

/// Every torture message by stream: a message that comes out is the one that went in, read as the same.
#[test]
fn torture_messages_by_stream() {
    for set in ["sip-torture-rfc4475", "sip-torture-rfc5118"] {
        let Some(files) = shared::vectors(set, "dat") else { return };
        for (name, octets) in files {
            let mut framer = StreamFramer::new();
            framer.push(&octets);
            while let Some(Ok(frame)) = framer.poll() {
                let Frame::Message(framed) = frame else { panic!("{name}: {frame:?}") };
                assert!(octets.starts_with(&framed), "{name}");
                let message = Message::parse(framed).unwrap();
                assert_eq!(
                    message.header_count(),
                    Message::parse(&octets[..]).unwrap().header_count(),
                    "{name}"
                );
            }
        }
    }
}

fn message(octets: &[u8]) -> Frame {
    Frame::Message(bytes::Bytes::copy_from_slice(octets))
}

const INVITE: &[u8] = include_bytes!("data/invite-1129.sip");
const INFO: &[u8] =
    b"INFO sip:a@h SIP/2.0\r\nl : 18\r\nX: folded\r\n over\r\n\r\na\r\n\r\nINVITE\r\n\r\nb\r\n";
