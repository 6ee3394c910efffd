//! Digest as a server.

use std::time::Instant;

use crate::digest::Algorithm;

/// What the server knows of a user.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// The password.
    Plain(&'a str),
    /// H(username:realm:password) for one algorithm, lowercase hex.
    Ha1 {
        /// Which hash.
        algorithm: Algorithm,
        /// Lowercase hex.
        hex: &'a str,
    },
}

/// Outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Granted {
        /// The user.
        username: String,
    },
    /// The digest is right, the nonce too old or its count used: challenge again with `stale`.
    Stale,
    /// Wrong, or no such user.
    Denied,
    /// Not a digest that can be read.
    Malformed,
}

/// A challenger for one realm.
pub struct Server {
    realm: String,
    secret: [u8; 32],
}

impl Server {
    /// A server for `realm`; nonces are authenticated with `secret`.
    pub fn new(realm: &str, secret: [u8; 32]) -> Server {
        Server { realm: realm.to_owned(), secret }
    }

    /// One header value per algorithm, strongest first (RFC 8760 2.4).
    pub fn challenge(&mut self, _now: Instant, _algorithms: &[Algorithm], _stale: bool) -> Vec<String> {
        let _ = (&self.realm, &self.secret);
        Vec::new()
    }

    /// Checks the value of `Authorization` or `Proxy-Authorization`. `uri_matches` compares its `uri` with the request.
    pub fn verify<'s>(
        &mut self,
        _now: Instant,
        _authorization: &[u8],
        _method: &str,
        _uri_matches: impl Fn(&[u8]) -> bool,
        _secret: impl FnOnce(&str, &str) -> Option<Secret<'s>>,
    ) -> Verdict {
        Verdict::Malformed
    }
}
