//! One SIP message: its octets and an index of its header lines.
//!
//! Owns parsing (without allocating), access to headers and body, building, editing and the semantic validation that
//! a server does before it looks at a request. It never changes octets it was given and never interprets a header
//! before it is asked for. RFC 3261 7, 8.2, 18.3, 20; RFC 4475.

pub mod builder;
pub mod edit;
mod fields;
mod index;
pub mod multipart;
mod reply;
mod rewrite;
mod start_line;
pub mod validate;

use std::fmt;

use bytes::Bytes;

pub use self::builder::Builder;
pub use self::edit::{prepend_via, stamp_source};
pub use self::fields::HeaderLine;
pub use self::index::{ContentLength, Defect, MAX_HEADERS, MAX_MESSAGE, ParseError};
use self::index::{Index, Span};
use self::start_line::StartLine;
pub use self::validate::{Rejection, validate};
use crate::method::Method;
use crate::name::Name;
use crate::status::Status;
use crate::syntax::Malformed;
use crate::uri::Uri;

/// A message: octets that stay as they came, and where their parts are.
#[derive(Clone)]
pub struct Message<B = Bytes> {
    octets: B,
    index: Index,
}

impl<B: AsRef<[u8]>> Message<B> {
    /// Indexes one datagram, or one message cut from a stream by [`crate::framing`].
    ///
    /// Faults that leave the headers readable are kept as [`Message::defect`], so that a server can answer them.
    ///
    /// # Errors
    /// When nothing can be made of the octets: no start line, or a bound exceeded.
    pub fn parse(octets: B) -> Result<Self, ParseError> {
        let index = Index::new(octets.as_ref())?;
        Ok(Self { octets, index })
    }

    /// All octets as they came.
    pub fn octets(&self) -> &[u8] {
        self.octets.as_ref()
    }

    /// The container of the octets.
    pub fn into_octets(self) -> B {
        self.octets
    }

    /// True for a request, false for a response.
    pub fn is_request(&self) -> bool {
        matches!(self.index.start, StartLine::Request { .. })
    }

    /// The method; of a response that of its CSeq, empty when it has none.
    pub fn method(&self) -> Method<'_> {
        match self.index.start {
            StartLine::Request { method, .. } => {
                Method::from_bytes(self.at(method)).unwrap_or(Method::Other(""))
            }
            StartLine::Response { .. } => self.cseq().map_or(Method::Other(""), |cseq| cseq.method),
        }
    }

    /// The status of a response.
    pub fn status(&self) -> Option<Status> {
        match self.index.start {
            StartLine::Request { .. } => None,
            StartLine::Response { status, .. } => Some(Status(status)),
        }
    }

    /// The reason phrase of a response, any octets but CR and LF; empty for a request.
    pub fn reason(&self) -> &[u8] {
        match self.index.start {
            StartLine::Request { .. } => b"",
            StartLine::Response { reason, .. } => self.at(reason),
        }
    }

    /// The Request-URI as written; `None` for a response.
    pub fn request_uri(&self) -> Option<&[u8]> {
        match self.index.start {
            StartLine::Request { uri, .. } => Some(self.at(uri)),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI.
    ///
    /// # Errors
    /// As [`Uri::parse`], and for a response.
    pub fn uri(&self) -> Result<Uri<'_>, Malformed> {
        Uri::parse(self.request_uri().ok_or(Malformed("a response has no Request-URI"))?)
    }

    /// The version of the start line as written, such as `SIP/2.0`.
    pub fn version(&self) -> &[u8] {
        match self.index.start {
            StartLine::Request { version, .. } | StartLine::Response { version, .. } => self.at(version),
        }
    }

    /// True when the start line says `SIP/2.0`, in any case (RFC 3261 7.1).
    pub fn is_version_2(&self) -> bool {
        self.version().eq_ignore_ascii_case(b"SIP/2.0")
    }

    /// What the body length is said to be.
    pub fn content_length(&self) -> ContentLength {
        self.index.content_length
    }

    /// The body: as long as Content-Length says, else to the end of the octets (RFC 3261 18.3).
    pub fn body(&self) -> &[u8] {
        self.at(self.index.body)
    }

    /// The body or the part of a multipart body that has this media type (such as `application/sdp`).
    pub fn part(&self, content_type: &str) -> Option<&[u8]> {
        multipart::find(self.header(Name::ContentType)?, self.body(), content_type)
    }

    /// The first fault of the framing of this message, if any.
    pub fn defect(&self) -> Option<Defect> {
        self.index.defect
    }

    /// Number of header lines.
    pub fn header_count(&self) -> usize {
        usize::from(self.index.count)
    }

    /// The same message over octets of its own.
    pub fn to_owned(&self) -> Message<Bytes> {
        Message { octets: Bytes::copy_from_slice(self.octets()), index: self.index.clone() }
    }

    /// Where the header section with its empty line ends.
    pub(crate) fn body_start(&self) -> usize {
        self.index.body.start()
    }

    fn at(&self, span: Span) -> &[u8] {
        span.of(self.octets())
    }
}

/// Shows what the message is, never what it holds: headers may carry credentials and numbers.
impl<B: AsRef<[u8]>> fmt::Debug for Message<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({}", self.method())?;
        if let Some(status) = self.status() {
            write!(f, " {status}")?;
        }
        write!(f, ", {} headers, {} octets)", self.header_count(), self.octets().len())
    }
}
