//! Writes messages. What goes in cannot break out of its line: CR and LF in a value become spaces.

use std::fmt::{self, Display, Write};

use bytes::Bytes;

use crate::name::Name;
use crate::status::Status;
use crate::syntax;

/// A message being written. Content-Length is written last, by [`Builder::body`] or [`Builder::finish`].
#[derive(Clone)]
#[must_use]
pub struct Builder {
    pub(super) buf: Vec<u8>,
}

impl Builder {
    /// A request.
    pub fn request(method: &str, uri: &str) -> Self {
        Self::start(format_args!("{method} {uri} SIP/2.0"))
    }

    /// A response. An empty `reason` stands for the default one.
    pub fn response(status: Status, reason: &str) -> Self {
        let reason = if reason.is_empty() { status.reason() } else { reason };
        Self::start(format_args!("SIP/2.0 {status} {reason}"))
    }

    /// Adds a header line.
    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        self.write_name(name.as_bytes());
        // Writing to the buffer cannot fail; a Display that fails leaves a shorter value.
        let _ = write!(OneLine(&mut self.buf), "{value}");
        self.buf.extend_from_slice(b"\r\n");
        self
    }

    /// Adds a header line of any octets, such as one copied from another message.
    pub fn raw_header(mut self, name: &str, value: &[u8]) -> Self {
        self.push(name.as_bytes(), value);
        self
    }

    /// Adds the header if there is a value.
    pub fn optional_header(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// Ends the message with a body.
    pub fn body(mut self, content_type: &str, body: &[u8]) -> Vec<u8> {
        self = self.header(Name::ContentType.as_str(), content_type);
        self.end(body)
    }

    /// Ends the message without a body.
    pub fn finish(self) -> Vec<u8> {
        self.end(b"")
    }

    /// As [`Builder::finish`], ready to be sent or parsed.
    pub fn finish_bytes(self) -> Bytes {
        Bytes::from(self.finish())
    }

    /// A message whose start line has these three words.
    pub(super) fn start_line(words: [&[u8]; 3]) -> Self {
        let mut buf = Vec::with_capacity(TYPICAL);
        for word in words {
            push_one_line(&mut buf, word);
            buf.push(b' ');
        }
        // The reason phrase may be empty, the space before it may not be missing (RFC 3261 7.2).
        if !words[2].is_empty() {
            buf.pop();
        }
        buf.extend_from_slice(b"\r\n");
        Self { buf }
    }

    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        self.write_name(name);
        push_one_line(&mut self.buf, &syntax::unfold(value));
        self.buf.extend_from_slice(b"\r\n");
    }

    fn start(line: fmt::Arguments<'_>) -> Self {
        let mut buf = Vec::with_capacity(TYPICAL);
        let _ = OneLine(&mut buf).write_fmt(line);
        buf.extend_from_slice(b"\r\n");
        Self { buf }
    }

    fn write_name(&mut self, name: &[u8]) {
        let before = self.buf.len();
        self.buf.extend(name.iter().filter(|octet| syntax::is_token_octet(**octet)));
        if self.buf.len() == before {
            self.buf.extend_from_slice(b"X-Nameless");
        }
        self.buf.extend_from_slice(b": ");
    }

    pub(super) fn end(mut self, body: &[u8]) -> Vec<u8> {
        let _ = write!(OneLine(&mut self.buf), "Content-Length: {}", body.len());
        self.buf.extend_from_slice(b"\r\n\r\n");
        self.buf.extend_from_slice(body);
        self.buf
    }
}

/// Shows the size only: headers may carry credentials.
impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Builder({} octets)", self.buf.len())
    }
}

/// Writes text so that it stays on one line.
struct OneLine<'a>(&'a mut Vec<u8>);

impl Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        push_one_line(self.0, text.as_bytes());
        Ok(())
    }
}

fn push_one_line(buf: &mut Vec<u8>, octets: &[u8]) {
    buf.extend(octets.iter().map(|octet| if matches!(octet, b'\r' | b'\n') { b' ' } else { *octet }));
}

const TYPICAL: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;

    #[test]
    fn no_value_can_start_a_new_line() {
        let octets = Builder::request("OPTIONS", "sip:a@h SIP/2.0\r\nEvil: 1")
            .header("Sub\r\nject: x", "a\r\n\r\nEvil: 2")
            .raw_header("X", b"a\nEvil: 3\r\n Evil: 4\r")
            .header("", "nameless")
            .body("text/plain\r\nEvil: 5", b"Evil: 6\r\n");
        let message = Message::parse(&octets[..]).unwrap();
        assert_eq!(message.header_named("Evil"), None);
        assert_eq!(message.header_count(), 5);
        assert_eq!(message.body(), b"Evil: 6\r\n");
    }

    #[test]
    fn content_length_is_last_and_right() {
        let octets = Builder::response(Status::RINGING, "").header("CSeq", "1 INVITE").finish();
        assert_eq!(octets, b"SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n");
    }
}
