//! SDP grammar and RFC 3264 offer/answer.
//!
//! Owns: reading and writing session descriptions (RFC 8866, and RFC 4566 as it is still sent), the attributes a voice
//! gateway acts on (RFC 3605, 3890, 4568, 4733, 5761, 5763, 8839, 8842), and the decision what two sides agreed on.
//! Must never: open a socket, read a clock, draw randomness (keys, tags and ICE credentials are arguments), panic or
//! grow without bound on hostile input, print a key.
//!
//! Three layers, each usable on its own:
//! - [`Session`]: the text as data. Every line and every attribute is kept, known or not; [`Session::parse`] is tolerant,
//!   `Display` writes one canonical form, and `parse(write(x)) == x`.
//! - [`attribute`]: typed views of single attributes, parsed on demand from a [`Media`] or [`Session`].
//! - [`offer`]: [`offer::Capabilities`] in, a description and an [`offer::Agreed`] out.

pub mod attribute;
mod base64;
mod codec;
mod error;
mod number;
pub mod offer;
mod parse;
mod session;
mod write;

pub use attribute::{Attribute, Direction};
pub use codec::{Codec, CodecName};
pub use error::SdpError;
pub use session::{Bandwidth, Connection, Host, Media, MediaKind, Origin, Profile, Session, TimeDescription};

/// Bounds. A description beyond one of the first five is refused whole.
pub mod limits {
    /// Octets of a description: one UDP datagram holds less.
    pub const MAX_OCTETS: usize = 65_536;
    /// Octets of one line; browsers send identity attributes of a few kilobytes.
    pub const MAX_LINE_OCTETS: usize = 8_192;
    /// Lines of a description; the largest browser offers seen have about 300.
    pub const MAX_LINES: usize = 2_048;
    /// Media lines of a description.
    pub const MAX_MEDIA: usize = 64;
    /// Formats of one media line: there are 128 RTP payload types.
    pub const MAX_FORMATS: usize = 128;
    /// ICE candidates of one stream that are looked at; the rest is passed over.
    pub const MAX_CANDIDATES: usize = 64;
    /// Crypto lines of one stream that are looked at; there are eight suites.
    pub const MAX_CRYPTOS: usize = 32;
    /// Fingerprints of one stream that are looked at: a certificate has one per hash function.
    pub const MAX_FINGERPRINTS: usize = 16;
}
