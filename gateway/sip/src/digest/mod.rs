//! Digest access authentication (RFC 7616, RFC 8760), as client and as server.

mod client;
mod server;

pub use self::client::{Challenge, Client, Credentials, NoUsableChallenge};
pub use self::server::{Secret, Server, Verdict};

/// Hash of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5, the mandatory one of RFC 3261.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512-256.
    Sha512_256,
}
