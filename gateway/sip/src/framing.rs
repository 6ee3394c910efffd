//! Cuts a TCP or TLS octet stream into messages and keep-alives (RFC 3261 18.3, RFC 5626 4.4.1).
//!
//! Nothing in a stream is believed: header section, body and what waits unread are bounded, and the first fault ends
//! the stream, because after a forged length nothing that follows has a known start.

use std::fmt;

use bytes::{Bytes, BytesMut};

use crate::message::{ContentLength, MAX_MESSAGE, Message, ParseError};

/// Reassembles the messages of one connection.
#[derive(Debug, Default)]
pub struct StreamFramer {
    buf: BytesMut,
    /// Octets of `buf` known to hold no end of the header section.
    scanned: usize,
    failed: Option<FramingError>,
    reported: bool,
    /// The last frame was a lone CRLF that may prove to be the first half of a double one.
    half_ping: bool,
}

/// What stands next in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A double CRLF: the peer wants a [`Frame::Pong`] back.
    KeepAlive,
    /// One message.
    Message(Bytes),
    /// A single CRLF.
    Pong,
}

/// Why the connection must be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramingError {
    /// Content-Length is missing, no number, or stands twice; on a stream it is mandatory (RFC 3261 20.14).
    ContentLength,
    /// The header section is longer than [`MAX_HEADER_SECTION`].
    HeadersTooLong,
    /// Header section and body are longer than [`MAX_MESSAGE`].
    MessageTooLong,
    /// The octets are not SIP.
    NotSip(ParseError),
    /// More octets were pushed without polling than [`MAX_WAITING`].
    NotPolled,
}

impl StreamFramer {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was read from the connection. Drain with [`StreamFramer::poll`] before the next read.
    pub fn push(&mut self, octets: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.buf.len() + octets.len() > MAX_WAITING {
            self.fail(FramingError::NotPolled);
            return;
        }
        self.buf.extend_from_slice(octets);
    }

    /// The next frame. An error is told once; after it the stream is dead and yields nothing.
    pub fn poll(&mut self) -> Option<Result<Frame, FramingError>> {
        if self.failed.is_none() {
            match self.next_frame() {
                Ok(frame) => return frame.map(Ok),
                Err(error) => self.fail(error),
            }
        }
        if std::mem::replace(&mut self.reported, true) { None } else { self.failed.map(Err) }
    }

    /// True after an error.
    pub fn is_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Octets that wait for the rest of their message.
    pub fn waiting(&self) -> usize {
        self.buf.len()
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, FramingError> {
        if let Some(frame) = self.keep_alive() {
            return Ok(Some(frame));
        }
        let Some(body) = self.header_section() else {
            if self.buf.len() > MAX_HEADER_SECTION {
                return Err(FramingError::HeadersTooLong);
            }
            return Ok(None);
        };
        if body > MAX_HEADER_SECTION {
            return Err(FramingError::HeadersTooLong);
        }
        let length = body.saturating_add(body_length(&self.buf[..body])?);
        if length > MAX_MESSAGE {
            return Err(FramingError::MessageTooLong);
        }
        if self.buf.len() < length {
            return Ok(None);
        }
        self.scanned = 0;
        self.half_ping = false;
        Ok(Some(Frame::Message(self.buf.split_to(length).freeze())))
    }

    /// Line ends between messages (RFC 5626 3.5.1). A lone CRLF is told at once, for a peer that waits for it says
    /// nothing more; when the second half of a double one arrives later, that is told as a keep-alive.
    fn keep_alive(&mut self) -> Option<Frame> {
        let (taken, frame) = match &self.buf[..] {
            [b'\r', b'\n', b'\r', b'\n', ..] => (4, Frame::KeepAlive),
            [b'\r', b'\n', ..] if self.half_ping => (2, Frame::KeepAlive),
            [b'\r', b'\n', b'\r'] => return None,
            [b'\r', b'\n', ..] => (2, Frame::Pong),
            _ => return None,
        };
        self.half_ping = frame == Frame::Pong && self.buf.len() == taken;
        self.scanned = 0;
        let _ = self.buf.split_to(taken);
        Some(frame)
    }

    /// Length of the header section with its empty line, once that is there. Octets are looked at once.
    fn header_section(&mut self) -> Option<usize> {
        let mut at = self.scanned;
        while let Some(found) = self.buf.get(at..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let line_end = at + found;
            match &self.buf[line_end + 1..] {
                [b'\n', ..] => return Some(line_end + 2),
                [b'\r', b'\n', ..] => return Some(line_end + 3),
                [] | [b'\r'] => {
                    self.scanned = line_end;
                    return None;
                }
                _ => at = line_end + 1,
            }
        }
        self.scanned = self.buf.len();
        None
    }

    fn fail(&mut self, error: FramingError) {
        self.failed = Some(error);
        self.buf = BytesMut::new();
    }
}

fn body_length(header_section: &[u8]) -> Result<usize, FramingError> {
    let message = Message::parse(header_section).map_err(FramingError::NotSip)?;
    // Both readings of where the header section ends must agree, else one would take body for header.
    if message.body_start() != header_section.len() {
        return Err(FramingError::NotSip(ParseError::StartLine));
    }
    match message.content_length() {
        ContentLength::Octets(length) => usize::try_from(length).map_err(|_| FramingError::MessageTooLong),
        ContentLength::Absent | ContentLength::Invalid => Err(FramingError::ContentLength),
    }
}

impl fmt::Display for FramingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentLength => f.write_str("no usable Content-Length"),
            Self::HeadersTooLong => f.write_str("header section too long"),
            Self::MessageTooLong => f.write_str("message too long"),
            Self::NotSip(error) => write!(f, "not SIP: {error}"),
            Self::NotPolled => f.write_str("too many octets waiting"),
        }
    }
}

impl std::error::Error for FramingError {}

/// Longest header section of a message on a stream.
pub const MAX_HEADER_SECTION: usize = 16 * 1024;
/// Most octets that may wait: a whole message and a read of the same size behind it, twice.
pub const MAX_WAITING: usize = 4 * (MAX_MESSAGE + 1);
