//! Request methods (RFC 3261 7.1 and the extensions in use). Unknown methods are kept verbatim.

use std::fmt;

use crate::syntax;

/// A request method. Methods are case-sensitive (RFC 3261 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method<'a> {
    /// RFC 3261
    Ack,
    /// RFC 3261
    Bye,
    /// RFC 3261
    Cancel,
    /// RFC 6086
    Info,
    /// RFC 3261
    Invite,
    /// RFC 3428
    Message,
    /// RFC 6665
    Notify,
    /// RFC 3261
    Options,
    /// RFC 3262
    Prack,
    /// RFC 3903
    Publish,
    /// RFC 3515
    Refer,
    /// RFC 3261
    Register,
    /// RFC 6665
    Subscribe,
    /// RFC 3311
    Update,
    /// Any other token.
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The method spelt by `octets`, or `None` when they are not a token.
    pub fn from_bytes(octets: &'a [u8]) -> Option<Self> {
        Some(match octets {
            b"ACK" => Self::Ack,
            b"BYE" => Self::Bye,
            b"CANCEL" => Self::Cancel,
            b"INFO" => Self::Info,
            b"INVITE" => Self::Invite,
            b"MESSAGE" => Self::Message,
            b"NOTIFY" => Self::Notify,
            b"OPTIONS" => Self::Options,
            b"PRACK" => Self::Prack,
            b"PUBLISH" => Self::Publish,
            b"REFER" => Self::Refer,
            b"REGISTER" => Self::Register,
            b"SUBSCRIBE" => Self::Subscribe,
            b"UPDATE" => Self::Update,
            other => Self::Other(syntax::token_str(other)?),
        })
    }

    /// The method as it stands on the wire.
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Info => "INFO",
            Self::Invite => "INVITE",
            Self::Message => "MESSAGE",
            Self::Notify => "NOTIFY",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Publish => "PUBLISH",
            Self::Refer => "REFER",
            Self::Register => "REGISTER",
            Self::Subscribe => "SUBSCRIBE",
            Self::Update => "UPDATE",
            Self::Other(other) => other,
        }
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
