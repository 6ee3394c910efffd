//! Why an exchange failed, by blame, and what SIP says about it.

use std::error::Error;
use std::fmt;

/// Why no stream could be agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The peer's description has no audio media line, or refused ours with port 0.
    NoAudio,
    /// No codec in common.
    NoCodec,
    /// The transport profile is none we can use (not RTP, or encrypted and we have no keys).
    Profile,
    /// We insist on encryption and the peer offered no keys we can use.
    SecurityRequired,
    /// The address is missing or not of a type we know.
    Address,
    /// The peer's answer has other media lines than our offer (RFC 3264 6).
    MediaLines,
    /// The peer's answer names a format or key that we did not offer.
    NotOffered,
}

impl Refusal {
    /// The final response: 488 for what the peer could offer differently (RFC 3261 21.4.26).
    pub fn status(self) -> u16 {
        488
    }

    /// The warning code and text for a `Warning` header (RFC 3261 20.43).
    pub fn warning(self) -> (u16, &'static str) {
        match self {
            Self::NoAudio => (304, "Media type not available"),
            Self::NoCodec | Self::NotOffered => (305, "Incompatible media format"),
            Self::Profile | Self::SecurityRequired => (302, "Incompatible transport protocol"),
            Self::Address => (301, "Incompatible network address formats"),
            Self::MediaLines => (399, "Media lines do not match the offer"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAudio => "no audio stream",
            Self::NoCodec => "no common codec",
            Self::Profile => "transport profile not acceptable",
            Self::SecurityRequired => "encryption required but not offered",
            Self::Address => "no usable media address",
            Self::MediaLines => "answer does not match the media lines of the offer",
            Self::NotOffered => "answer holds what was not offered",
        })
    }
}

impl Error for Refusal {}
