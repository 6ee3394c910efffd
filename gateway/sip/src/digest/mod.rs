//! Digest access authentication (RFC 3261 22, RFC 7616, RFC 8760), as client and as server.
//!
//! Owns challenges, nonces, nonce counts and the hashes. It never sends anything and never keeps a password: the
//! credentials are an argument of each call. Both sides take time and randomness as arguments.

mod client;
mod hash;
mod param;
mod server;

use std::fmt;

pub use self::client::{Challenge, Client, Credentials, NoUsableChallenge};
pub use self::hash::HexDigest;
pub use self::server::{Secret, Server, Verdict};

/// Hash of a digest. The order is that of strength, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// MD5, the mandatory one of RFC 3261 22.4.
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
    /// SHA-512/256 (RFC 8760).
    Sha512_256,
}

impl Algorithm {
    /// The token of the `algorithm` parameter, without `-sess`.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512_256 => "SHA-512-256",
        }
    }

    /// Reads the token, with or without `-sess`; the second result tells which.
    pub fn parse(token: &[u8]) -> Option<(Algorithm, bool)> {
        let session = token.len() > 5 && token[token.len() - 5..].eq_ignore_ascii_case(b"-sess");
        let base = if session { &token[..token.len() - 5] } else { token };
        let algorithm =
            ALL.into_iter().find(|algorithm| base.eq_ignore_ascii_case(algorithm.as_str().as_bytes()))?;
        Some((algorithm, session))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// H(username ":" realm ":" password), the form in which a registrar may keep a password (RFC 7616 3.4.2).
pub fn ha1(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> HexDigest {
    hash::joined(algorithm, &[username.as_bytes(), realm.as_bytes(), password.as_bytes()])
}

/// The `response` value, given H(A1) (RFC 7616 3.4.1).
fn response(algorithm: Algorithm, ha1: &HexDigest, request: &Request<'_>) -> HexDigest {
    let ha2 = match request.qop {
        Some(Qop::AuthInt) => {
            let body = hash::joined(algorithm, &[request.body]);
            hash::joined(algorithm, &[request.method, request.uri, body.as_bytes()])
        }
        Some(Qop::Auth) | None => hash::joined(algorithm, &[request.method, request.uri]),
    };
    match request.qop {
        Some(qop) => hash::joined(
            algorithm,
            &[
                ha1.as_bytes(),
                request.nonce,
                request.nc,
                request.cnonce,
                qop.as_str().as_bytes(),
                ha2.as_bytes(),
            ],
        ),
        // RFC 2617 3.2.2.1: the form without qop.
        None => hash::joined(algorithm, &[ha1.as_bytes(), request.nonce, ha2.as_bytes()]),
    }
}

/// H(A1) of a `-sess` algorithm (RFC 7616 3.4.2).
fn session_ha1(algorithm: Algorithm, ha1: &HexDigest, nonce: &[u8], cnonce: &[u8]) -> HexDigest {
    hash::joined(algorithm, &[ha1.as_bytes(), nonce, cnonce])
}

/// Quality of protection in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Qop {
    Auth,
    AuthInt,
}

impl Qop {
    fn as_str(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::AuthInt => "auth-int",
        }
    }
}

/// What a response is computed over, besides H(A1).
struct Request<'a> {
    method: &'a [u8],
    uri: &'a [u8],
    body: &'a [u8],
    nonce: &'a [u8],
    nc: &'a [u8],
    cnonce: &'a [u8],
    qop: Option<Qop>,
}

const ALL: [Algorithm; 3] = [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256];

#[cfg(test)]
mod tests {
    use super::*;

    fn mufasa(algorithm: Algorithm, nonce: &[u8], cnonce: &[u8]) -> HexDigest {
        let ha1 = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life");
        let request = Request {
            method: b"GET",
            uri: b"/dir/index.html",
            body: b"",
            nonce,
            nc: b"00000001",
            cnonce,
            qop: Some(Qop::Auth),
        };
        response(algorithm, &ha1, &request)
    }

    // RFC 7616 3.9.1.
    #[test]
    fn examples_of_rfc_7616() {
        let nonce = b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let cnonce = b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        assert_eq!(mufasa(Algorithm::Md5, nonce, cnonce).as_str(), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(
            mufasa(Algorithm::Sha256, nonce, cnonce).as_str(),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    // RFC 7616 3.9.2 with the value of erratum 4897: the one printed was made with another hash.
    #[test]
    fn sha_512_256_of_a_name_beyond_ascii() {
        let ha1 = ha1(Algorithm::Sha512_256, "J\u{e4}s\u{f8}n Doe", "api@example.org", "Secret, or not?");
        let request = Request {
            method: b"GET",
            uri: b"/doe.json",
            body: b"",
            nonce: b"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
            nc: b"00000001",
            cnonce: b"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
            qop: Some(Qop::Auth),
        };
        assert_eq!(
            response(Algorithm::Sha512_256, &ha1, &request).as_str(),
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
        );
    }

    // RFC 2617 3.5.
    #[test]
    fn example_of_rfc_2617() {
        let ha1 = ha1(Algorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
        let request = Request {
            method: b"GET",
            uri: b"/dir/index.html",
            body: b"",
            nonce: b"dcd98b7102dd2f0e8b11d0f600bfb0c093",
            nc: b"00000001",
            cnonce: b"0a4f113b",
            qop: Some(Qop::Auth),
        };
        assert_eq!(response(Algorithm::Md5, &ha1, &request).as_str(), "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn tokens_are_read_in_any_case_with_and_without_sess() {
        assert_eq!(Algorithm::parse(b"md5-SESS"), Some((Algorithm::Md5, true)));
        assert_eq!(Algorithm::parse(b"sha-512-256"), Some((Algorithm::Sha512_256, false)));
        assert_eq!(Algorithm::parse(b"SHA-512"), None);
        assert_eq!(Algorithm::parse(b"-sess"), None);
    }
}
