//! Digest as a client: answers challenges, reuses nonces, knows when to give up.
//!
//! Keeps at most [`MAX_REALMS`] realms. A refusal is told from an aged nonce by the nonce count: a nonce that was used
//! exactly once and is answered by another challenge without `stale` means that the credentials are wrong
//! (RFC 3261 22.1: never retry the same credentials twice). A nonce that served before has merely aged, whatever the
//! server says about `stale`.

use std::fmt;

use crate::digest::hash::HexDigest;
use crate::digest::param::{Piece, Pieces};
use crate::digest::{Algorithm, Qop, Request, ha1, response, session_ha1};
use crate::entropy::{Entropy, hex_token};
use crate::message::Message;
use crate::name::Name;
use crate::status::Status;

/// User name and password of an account. Debug prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// One parsed challenge. The strings are as on the wire, without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Realm.
    pub realm: String,
    /// Nonce.
    pub nonce: String,
    /// Opaque.
    pub opaque: Option<String>,
    /// Algorithm; MD5 when not named.
    pub algorithm: Algorithm,
    /// A `-sess` algorithm.
    pub session: bool,
    /// The algorithm was named, so it is echoed.
    pub algorithm_named: bool,
    /// `stale=true`.
    pub stale: bool,
    /// qop offers `auth`.
    pub qop_auth: bool,
    /// qop offers `auth-int`.
    pub qop_auth_int: bool,
}

impl Challenge {
    /// Reads the value of `WWW-Authenticate` or `Proxy-Authenticate`; the first one that can be answered.
    pub fn parse(value: &[u8]) -> Option<Challenge> {
        Challenge::parse_all(value).into_iter().next()
    }

    /// Reads all challenges of one header line that can be answered.
    pub fn parse_all(value: &[u8]) -> Vec<Challenge> {
        let mut found = Vec::new();
        let mut draft: Option<Draft> = None;
        for piece in Pieces::new(value) {
            match piece {
                Piece::Scheme(scheme) => {
                    found.extend(draft.take().and_then(Draft::finish));
                    draft = scheme.eq_ignore_ascii_case(b"Digest").then(Draft::default);
                }
                Piece::Param(name, value) => {
                    if let Some(draft) = &mut draft {
                        draft.param(name, value);
                    }
                }
            }
        }
        found.extend(draft.and_then(Draft::finish));
        found
    }

    fn qop(&self) -> Option<Qop> {
        match (self.qop_auth, self.qop_auth_int) {
            (true, _) => Some(Qop::Auth),
            (false, true) => Some(Qop::AuthInt),
            (false, false) => None,
        }
    }
}

/// No challenge that can be answered: unknown scheme or algorithm, or the credentials were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoUsableChallenge;

impl fmt::Display for NoUsableChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no challenge that can be answered")
    }
}

impl std::error::Error for NoUsableChallenge {}

/// What a client remembers of its challengers, per account.
#[derive(Debug, Clone, Default)]
pub struct Client {
    realms: Vec<Realm>,
}

impl Client {
    /// A client that was never challenged.
    pub fn new() -> Client {
        Client::default()
    }

    /// Takes the challenges of a 401 or 407. After `Ok` the request is worth sending again with what `authorize` gives.
    pub fn challenged<B: AsRef<[u8]>>(&mut self, response: &Message<B>) -> Result<(), NoUsableChallenge> {
        let proxy = response.status() == Some(Status::PROXY_AUTHENTICATION_REQUIRED);
        let wanted = if proxy { Name::ProxyAuthenticate } else { Name::WwwAuthenticate };
        let lines = response.lines(wanted);
        self.take(proxy, lines)
    }

    /// Forgets every challenge: the next request goes out bare.
    pub fn forget(&mut self) {
        self.realms.clear();
    }

    /// True when the next request would carry credentials.
    pub fn is_challenged(&self) -> bool {
        !self.realms.is_empty()
    }

    /// The first header to add to the next request: name and value. `None` before the first challenge.
    pub fn authorize(
        &mut self,
        credentials: &Credentials,
        method: &str,
        uri: &str,
        body: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Option<(&'static str, String)> {
        self.realms.first_mut().map(|realm| realm.authorize(credentials, method, uri, body, entropy))
    }

    /// One header per realm that ever challenged: a request may pass several proxies (RFC 3261 22.3).
    pub fn authorize_all<'a>(
        &'a mut self,
        credentials: &'a Credentials,
        method: &'a str,
        uri: &'a str,
        body: &'a [u8],
        entropy: &'a mut dyn Entropy,
    ) -> impl Iterator<Item = (&'static str, String)> + 'a {
        self.realms.iter_mut().map(move |realm| realm.authorize(credentials, method, uri, body, entropy))
    }

    fn take<'a>(
        &mut self,
        proxy: bool,
        lines: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), NoUsableChallenge> {
        // RFC 8760 2.4: of several challenges for one realm the topmost that we know counts.
        let mut fresh: Vec<Challenge> = Vec::new();
        for challenge in lines.flat_map(Challenge::parse_all) {
            if fresh.len() < MAX_REALMS && !fresh.iter().any(|known| known.realm == challenge.realm) {
                fresh.push(challenge);
            }
        }
        if fresh.is_empty() {
            return Err(NoUsableChallenge);
        }
        for challenge in fresh {
            self.take_one(proxy, challenge)?;
        }
        Ok(())
    }

    fn take_one(&mut self, proxy: bool, challenge: Challenge) -> Result<(), NoUsableChallenge> {
        let known = self
            .realms
            .iter()
            .position(|realm| realm.proxy == proxy && realm.challenge.realm == challenge.realm);
        let Some(index) = known else {
            if self.realms.len() >= MAX_REALMS {
                self.realms.remove(0);
            }
            // One realm is the rule, and there is a client per identity: no room for four.
            self.realms.reserve_exact(1);
            self.realms.push(Realm::new(proxy, challenge, 0));
            return Ok(());
        };
        let realm = &mut self.realms[index];
        let used_once = realm.nc == 1;
        let stale_rounds = if used_once { realm.stale_rounds + 1 } else { 0 };
        if used_once && (!challenge.stale || stale_rounds > MAX_STALE_ROUNDS) {
            self.realms.remove(index);
            return Err(NoUsableChallenge);
        }
        *realm = Realm::new(proxy, challenge, stale_rounds);
        Ok(())
    }
}

/// A challenger and how often its nonce was used.
#[derive(Debug, Clone)]
struct Realm {
    proxy: bool,
    challenge: Challenge,
    /// Uses of the nonce so far.
    nc: u32,
    /// Drawn with the first use of the nonce and kept, because a `-sess` A1 is bound to it.
    cnonce: String,
    stale_rounds: u8,
}

impl Realm {
    fn new(proxy: bool, challenge: Challenge, stale_rounds: u8) -> Realm {
        Realm { proxy, challenge, nc: 0, cnonce: String::new(), stale_rounds }
    }

    fn authorize(
        &mut self,
        credentials: &Credentials,
        method: &str,
        uri: &str,
        body: &[u8],
        entropy: &mut dyn Entropy,
    ) -> (&'static str, String) {
        let challenge = &self.challenge;
        let qop = challenge.qop();
        self.nc = self.nc.saturating_add(1);
        if self.cnonce.is_empty() && (qop.is_some() || challenge.session) {
            self.cnonce = hex_token(entropy, 8);
        }
        let nc = nc_octets(self.nc);
        let mut ha1 =
            ha1(challenge.algorithm, &credentials.username, &challenge.realm, &credentials.password);
        if challenge.session {
            ha1 = session_ha1(challenge.algorithm, &ha1, challenge.nonce.as_bytes(), self.cnonce.as_bytes());
        }
        let request = Request {
            method: method.as_bytes(),
            uri: uri.as_bytes(),
            body,
            nonce: challenge.nonce.as_bytes(),
            nc: &nc,
            cnonce: self.cnonce.as_bytes(),
            qop,
        };
        let digest = response(challenge.algorithm, &ha1, &request);
        let name = if self.proxy { "Proxy-Authorization" } else { "Authorization" };
        (name, self.write(credentials, uri, &digest, &nc))
    }

    /// One allocation: the capacity is that of all parts.
    fn write(&self, credentials: &Credentials, uri: &str, digest: &HexDigest, nc: &[u8; 8]) -> String {
        let challenge = &self.challenge;
        let opaque = challenge.opaque.as_deref();
        let size = 2 * credentials.username.len()
            + challenge.realm.len()
            + challenge.nonce.len()
            + uri.len()
            + self.cnonce.len()
            + opaque.map_or(0, str::len);
        let mut out = String::with_capacity(size + FIXED_PARTS);
        out.push_str("Digest username=\"");
        push_escaped(&mut out, &credentials.username);
        push_all(&mut out, &["\", realm=\"", &challenge.realm, "\", nonce=\"", &challenge.nonce]);
        push_all(&mut out, &["\", uri=\"", uri, "\", response=\"", digest.as_str(), "\""]);
        if challenge.algorithm_named {
            let suffix = if challenge.session { "-sess" } else { "" };
            push_all(&mut out, &[", algorithm=", challenge.algorithm.as_str(), suffix]);
        }
        if !self.cnonce.is_empty() {
            push_all(&mut out, &[", cnonce=\"", &self.cnonce, "\""]);
        }
        if let Some(opaque) = opaque {
            push_all(&mut out, &[", opaque=\"", opaque, "\""]);
        }
        if let Some(qop) = challenge.qop() {
            push_all(&mut out, &[", qop=", qop.as_str(), ", nc="]);
            out.push_str(std::str::from_utf8(nc).unwrap_or_default());
        }
        out
    }
}

/// A challenge while its parameters are read.
#[derive(Default)]
struct Draft {
    realm: Option<String>,
    nonce: Option<String>,
    opaque: Option<String>,
    algorithm: Option<Option<(Algorithm, bool)>>,
    stale: bool,
    qop: Option<(bool, bool)>,
}

impl Draft {
    fn param(&mut self, name: &[u8], value: &[u8]) {
        let text = || (value.len() <= MAX_VALUE).then(|| String::from_utf8_lossy(value).into_owned());
        if name.eq_ignore_ascii_case(b"realm") {
            self.realm = text();
        } else if name.eq_ignore_ascii_case(b"nonce") {
            self.nonce = text();
        } else if name.eq_ignore_ascii_case(b"opaque") {
            self.opaque = text();
        } else if name.eq_ignore_ascii_case(b"algorithm") {
            self.algorithm = Some(Algorithm::parse(value));
        } else if name.eq_ignore_ascii_case(b"stale") {
            self.stale = value.eq_ignore_ascii_case(b"true");
        } else if name.eq_ignore_ascii_case(b"qop") {
            let offers = |wanted: &[u8]| {
                value.split(|octet| *octet == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(wanted))
            };
            self.qop = Some((offers(b"auth"), offers(b"auth-int")));
        }
    }

    /// `None` when the challenge cannot be answered: an unknown algorithm or only unknown qop values.
    fn finish(self) -> Option<Challenge> {
        let (algorithm, session) = self.algorithm.unwrap_or(Some((Algorithm::Md5, false)))?;
        if self.qop == Some((false, false)) {
            return None;
        }
        let (qop_auth, qop_auth_int) = self.qop.unwrap_or((false, false));
        Some(Challenge {
            realm: self.realm?,
            nonce: self.nonce?,
            opaque: self.opaque,
            algorithm,
            session,
            algorithm_named: self.algorithm.is_some(),
            stale: self.stale,
            qop_auth,
            qop_auth_int,
        })
    }
}

fn push_all(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}

/// RFC 3261 25.1 quoted-pair. A control character, which no quoted string can carry, is dropped.
fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars().filter(|character| !character.is_ascii_control()) {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
}

fn nc_octets(nc: u32) -> [u8; 8] {
    let mut out = [b'0'; 8];
    for (index, octet) in out.iter_mut().enumerate() {
        let nibble = (nc >> (28 - 4 * index)) & 15;
        *octet = b"0123456789abcdef"[nibble as usize];
    }
    out
}

/// Realms remembered per account.
const MAX_REALMS: usize = 4;
/// A server that calls every new nonce stale is not followed forever.
const MAX_STALE_ROUNDS: u8 = 2;
/// Longest realm, nonce or opaque kept.
const MAX_VALUE: usize = 1024;
/// Octets of names, quotes and fixed-length values in an Authorization value.
const FIXED_PARTS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u8);

    impl Entropy for Count {
        fn fill(&mut self, out: &mut [u8]) {
            for octet in out {
                self.0 = self.0.wrapping_add(1);
                *octet = self.0;
            }
        }
    }

    fn alice() -> Credentials {
        Credentials { username: "alice".into(), password: "secret".into() }
    }

    fn authorize(client: &mut Client) -> String {
        client.authorize(&alice(), "REGISTER", "sip:example.org", b"", &mut Count(0)).unwrap().1
    }

    fn take(client: &mut Client, lines: &[&str]) -> Result<(), NoUsableChallenge> {
        client.take(false, lines.iter().map(|line| line.as_bytes()))
    }

    #[test]
    fn nonce_count_rises_and_restarts_with_a_new_nonce() {
        let mut client = Client::new();
        take(&mut client, &[r#"Digest realm="r", nonce="n1", qop="auth""#]).unwrap();
        assert!(authorize(&mut client).ends_with("nc=00000001"));
        assert!(authorize(&mut client).ends_with("nc=00000002"));
        take(&mut client, &[r#"Digest realm="r", nonce="n2", qop="auth""#]).unwrap();
        assert!(authorize(&mut client).ends_with("nc=00000001"));
    }

    #[test]
    fn a_refusal_of_a_fresh_nonce_is_final_and_the_next_request_starts_over() {
        let mut client = Client::new();
        take(&mut client, &[r#"Digest realm="r", nonce="n1", qop="auth""#]).unwrap();
        authorize(&mut client);
        assert_eq!(
            take(&mut client, &[r#"Digest realm="r", nonce="n2", qop="auth""#]),
            Err(NoUsableChallenge)
        );
        assert!(!client.is_challenged());
    }

    #[test]
    fn stale_is_followed_but_not_forever() {
        let mut client = Client::new();
        let stale = r#"Digest realm="r", nonce="n", stale=TRUE, qop="auth""#;
        take(&mut client, &[stale]).unwrap();
        let rounds = (0..10).take_while(|_| {
            authorize(&mut client);
            take(&mut client, &[stale]).is_ok()
        });
        assert_eq!(rounds.count(), usize::from(MAX_STALE_ROUNDS));
    }

    #[test]
    fn topmost_known_algorithm_is_taken() {
        let mut client = Client::new();
        let lines = [
            r#"Digest realm="r", nonce="a", algorithm=SHA-512, qop="auth""#,
            r#"Digest realm="r", nonce="b", algorithm=SHA-256, qop="auth""#,
            r#"Digest realm="r", nonce="c", algorithm=MD5, qop="auth""#,
        ];
        take(&mut client, &lines).unwrap();
        let value = authorize(&mut client);
        assert!(value.contains("algorithm=SHA-256,") && value.contains("nonce=\"b\""), "{value}");
    }

    #[test]
    fn every_realm_gets_its_header() {
        let mut client = Client::new();
        take(&mut client, &[r#"Digest realm="one", nonce="a""#, r#"Digest realm="two", nonce="b""#]).unwrap();
        let alice = alice();
        let mut entropy = Count(0);
        let all: Vec<_> = client.authorize_all(&alice, "INVITE", "sip:b", b"", &mut entropy).collect();
        assert_eq!(all.len(), 2);
        assert!(!all[0].1.contains("qop") && !all[0].1.contains("cnonce"), "the legacy form has neither");
    }

    #[test]
    fn challenges_that_cannot_be_answered() {
        for value in
            ["Basic realm=\"r\"", "Digest realm=\"r\"", "Digest nonce=\"n\", realm=\"r\", qop=\"x\"", ""]
        {
            assert_eq!(Challenge::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn debug_prints_no_password() {
        assert_eq!(format!("{:?}", alice()), "Credentials(..)");
    }
}
