//! Digest as a client.

use crate::digest::Algorithm;
use crate::entropy::Entropy;
use crate::message::Message;

/// User name and password of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// One parsed challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Realm, unquoted.
    pub realm: String,
    /// Nonce, unquoted.
    pub nonce: String,
    /// Opaque, unquoted.
    pub opaque: Option<String>,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// A `-sess` algorithm.
    pub session: bool,
    /// `stale=true`.
    pub stale: bool,
    /// qop offers `auth`; false is the legacy form without qop.
    pub qop_auth: bool,
}

impl Challenge {
    /// Reads the value of `WWW-Authenticate` or `Proxy-Authenticate`.
    pub fn parse(_value: &[u8]) -> Option<Challenge> {
        None
    }
}

/// No challenge that can be answered: unknown scheme or algorithm, or the credentials were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoUsableChallenge;

/// What a client remembers of its challengers, per account.
#[derive(Debug, Clone, Default)]
pub struct Client {}

impl Client {
    /// A client that was never challenged.
    pub fn new() -> Client {
        Client {}
    }

    /// Takes the challenges of a 401 or 407.
    pub fn challenged(&mut self, _response: &Message) -> Result<(), NoUsableChallenge> {
        Err(NoUsableChallenge)
    }

    /// The first header to add to the next request: name and value. `None` before the first challenge.
    pub fn authorize(
        &mut self,
        _credentials: &Credentials,
        _method: &str,
        _uri: &str,
        _body: &[u8],
        _entropy: &mut dyn Entropy,
    ) -> Option<(&'static str, String)> {
        None
    }
}
