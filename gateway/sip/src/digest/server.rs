//! Digest as a server: issues and checks nonces.
//!
//! A nonce is `time || serial || algorithms || MAC` in hex, so issuing one stores nothing and a forged one is told at
//! once. What must be remembered is which nonce counts were used (RFC 7616 3.4.5): a ring of [`WINDOW`] serials holds a
//! replay window for each. A nonce whose serial has left the ring, or that is older than [`LIFETIME`], is stale; memory
//! is bounded and a replay is refused at any rate of challenges.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::digest::hash::HexDigest;
use crate::digest::param::{Piece, Pieces};
use crate::digest::{ALL, Algorithm, Qop, Request, ha1, response, session_ha1};
use crate::entropy::push_hex;

/// What the server knows of a user.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// The password.
    Plain(&'a str),
    /// H(username:realm:password) for one algorithm.
    Ha1 {
        /// Which hash.
        algorithm: Algorithm,
        /// Hex.
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
    /// Zero of the time in nonces: the first challenge.
    epoch: Option<Instant>,
    /// Serial of the next nonce.
    serial: u32,
    ring: Vec<Window>,
}

impl Server {
    /// A server for `realm`; nonces are authenticated with `secret`, which must be random and secret.
    pub fn new(realm: &str, secret: [u8; 32]) -> Server {
        let realm = realm.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        Server { realm, secret, epoch: None, serial: 0, ring: Vec::new() }
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// One header value per algorithm, in the order given (RFC 8760 2.4 wants the preferred one first).
    pub fn challenge(&mut self, now: Instant, algorithms: &[Algorithm], stale: bool) -> Vec<String> {
        let nonce = self.issue(now, algorithms);
        let stale = if stale { ", stale=true" } else { "" };
        algorithms
            .iter()
            .map(|algorithm| {
                let realm = &self.realm;
                format!(
                    "Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}"
                )
            })
            .collect()
    }

    /// Checks the value of `Authorization` or `Proxy-Authorization`.
    ///
    /// `uri_matches` compares the digest's URI with that of the request (RFC 7616 3.4.6). `secret` finds the secret of
    /// (username, realm).
    pub fn verify<'s>(
        &mut self,
        now: Instant,
        authorization: &[u8],
        method: &str,
        uri_matches: impl Fn(&[u8]) -> bool,
        secret: impl FnOnce(&str, &str) -> Option<Secret<'s>>,
    ) -> Verdict {
        let Some(answer) = Answer::parse(authorization) else { return Verdict::Malformed };
        if answer.realm != self.realm.as_bytes() || !uri_matches(answer.uri) {
            return Verdict::Denied;
        }
        let Some(username) = answer.username() else { return Verdict::Malformed };
        let known = secret(&username, &self.realm);
        if !answer.is_right(method, &username, &self.realm, known) {
            return Verdict::Denied;
        }
        match self.use_nonce(now, &answer) {
            NonceUse::Fresh => Verdict::Granted { username },
            NonceUse::Stale => Verdict::Stale,
            NonceUse::Downgrade => Verdict::Denied,
        }
    }

    fn issue(&mut self, now: Instant, algorithms: &[Algorithm]) -> String {
        let epoch = *self.epoch.get_or_insert(now);
        let issued = Issued {
            millis: u64::try_from(now.saturating_duration_since(epoch).as_millis()).unwrap_or(u64::MAX),
            serial: self.serial,
            algorithms: algorithms.iter().fold(0, |mask, algorithm| mask | bit(*algorithm)),
        };
        let slot = self.serial as usize % WINDOW;
        if slot >= self.ring.len() {
            self.ring.resize(slot + 1, Window::default());
        }
        self.ring[slot] = Window { serial: self.serial, last: 0, seen: 0, live: true };
        self.serial = self.serial.wrapping_add(1);
        let octets = issued.octets();
        let mut nonce = String::with_capacity(2 * NONCE_OCTETS);
        push_hex(&mut nonce, &octets);
        push_hex(&mut nonce, &self.mac(&octets));
        nonce
    }

    fn use_nonce(&mut self, now: Instant, answer: &Answer<'_>) -> NonceUse {
        let Some(issued) = self.open(answer.nonce) else { return NonceUse::Stale };
        // RFC 8760 2.4: an algorithm that was not offered is an attempt to bid down.
        if issued.algorithms & bit(answer.algorithm) == 0 {
            return NonceUse::Downgrade;
        }
        let age = self.epoch.and_then(|epoch| {
            let at = epoch.checked_add(Duration::from_millis(issued.millis))?;
            now.checked_duration_since(at)
        });
        if age.is_none_or(|age| age > LIFETIME) {
            return NonceUse::Stale;
        }
        let window = self.ring.get_mut(issued.serial as usize % WINDOW);
        let Some(window) = window.filter(|window| window.live && window.serial == issued.serial) else {
            return NonceUse::Stale;
        };
        // Without qop there is no count; such a client is held by the lifetime of the nonce alone.
        if answer.qop.is_none() || window.admit(answer.count) { NonceUse::Fresh } else { NonceUse::Stale }
    }

    fn open(&self, nonce: &[u8]) -> Option<Issued> {
        let mut octets = [0; NONCE_OCTETS];
        if nonce.len() != 2 * NONCE_OCTETS {
            return None;
        }
        for (octet, pair) in octets.iter_mut().zip(nonce.chunks_exact(2)) {
            *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        let (plain, mac) = octets.split_at(PLAIN_OCTETS);
        let difference = self.mac(plain).iter().zip(mac).fold(0, |sum, (ours, theirs)| sum | (ours ^ theirs));
        (std::hint::black_box(difference) == 0).then(|| Issued::from_octets(plain))
    }

    fn mac(&self, octets: &[u8]) -> [u8; MAC_OCTETS] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes a key of any length");
        mac.update(octets);
        let full = mac.finalize().into_bytes();
        let mut out = [0; MAC_OCTETS];
        out.copy_from_slice(&full[..MAC_OCTETS]);
        out
    }
}

/// What a nonce says.
struct Issued {
    millis: u64,
    serial: u32,
    algorithms: u8,
}

impl Issued {
    fn octets(&self) -> [u8; PLAIN_OCTETS] {
        let mut out = [0; PLAIN_OCTETS];
        out[..8].copy_from_slice(&self.millis.to_be_bytes());
        out[8..12].copy_from_slice(&self.serial.to_be_bytes());
        out[12] = self.algorithms;
        out
    }

    fn from_octets(octets: &[u8]) -> Issued {
        let fold = |part: &[u8]| part.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
        Issued { millis: fold(&octets[..8]), serial: fold(&octets[8..12]) as u32, algorithms: octets[12] }
    }
}

enum NonceUse {
    Fresh,
    Stale,
    Downgrade,
}

/// Which counts of a nonce were used: the highest, and the 32 below it, because UDP reorders.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    serial: u32,
    last: u32,
    seen: u32,
    live: bool,
}

impl Window {
    fn admit(&mut self, count: u32) -> bool {
        if count == 0 {
            return false;
        }
        if count > self.last {
            let shift = count - self.last;
            // Bit n stands for `last - 1 - n`.
            let with_last = if self.last > 0 { (self.seen << 1) | 1 } else { 0 };
            self.seen = with_last.checked_shl(shift - 1).unwrap_or(0);
            self.last = count;
            return true;
        }
        let Some(mask) = (self.last - count).checked_sub(1).and_then(|back| 1_u32.checked_shl(back)) else {
            return false;
        };
        let unseen = self.seen & mask == 0;
        self.seen |= mask;
        unseen
    }
}

/// The parameters of an Authorization value.
struct Answer<'a> {
    username: &'a [u8],
    realm: &'a [u8],
    nonce: &'a [u8],
    uri: &'a [u8],
    response: &'a [u8],
    cnonce: &'a [u8],
    nc: &'a [u8],
    count: u32,
    algorithm: Algorithm,
    session: bool,
    qop: Option<Qop>,
}

impl<'a> Answer<'a> {
    fn parse(value: &'a [u8]) -> Option<Answer<'a>> {
        let mut pieces = Pieces::new(value);
        let scheme = pieces.next()?;
        if !matches!(scheme, Piece::Scheme(name) if name.eq_ignore_ascii_case(b"Digest")) {
            return None;
        }
        let [mut username, mut realm, mut nonce, mut uri, mut response] = [None; 5];
        let (mut cnonce, mut nc): (&[u8], &[u8]) = (b"", b"");
        let (mut algorithm, mut session, mut qop) = (Algorithm::Md5, false, None);
        for piece in pieces {
            let Piece::Param(name, value) = piece else { return None };
            let Some(known) = NAMES.iter().position(|known| name.eq_ignore_ascii_case(known.as_bytes()))
            else {
                continue;
            };
            match NAMES[known] {
                "username" => username = Some(value),
                "realm" => realm = Some(value),
                "nonce" => nonce = Some(value),
                "uri" => uri = Some(value),
                "response" => response = Some(value),
                "cnonce" => cnonce = value,
                "nc" => nc = value,
                "algorithm" => (algorithm, session) = Algorithm::parse(value)?,
                // auth-int is never offered.
                _ if value.eq_ignore_ascii_case(b"auth") => qop = Some(Qop::Auth),
                _ => return None,
            }
        }
        let count = match qop {
            Some(_) if nc.len() == 8 => u32::from_str_radix(std::str::from_utf8(nc).ok()?, 16).ok()?,
            Some(_) => return None,
            None => 0,
        };
        Some(Answer {
            username: username?,
            realm: realm?,
            nonce: nonce?,
            uri: uri?,
            response: response?,
            cnonce,
            nc,
            count,
            algorithm,
            session,
            qop,
        })
    }

    /// The user name with its quoted pairs undone.
    fn username(&self) -> Option<String> {
        let text = std::str::from_utf8(self.username).ok()?;
        let mut out = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            out.push(if character == '\\' { characters.next()? } else { character });
        }
        Some(out)
    }

    fn is_right(&self, method: &str, username: &str, realm: &str, secret: Option<Secret<'_>>) -> bool {
        // An unknown user costs the same time as a known one.
        let (ha1, known) = match secret {
            Some(Secret::Plain(password)) => (ha1(self.algorithm, username, realm, password), true),
            Some(Secret::Ha1 { algorithm, hex }) if algorithm == self.algorithm => {
                match HexDigest::from_hex(algorithm, hex) {
                    Some(ha1) => (ha1, true),
                    None => (ha1(self.algorithm, username, realm, ""), false),
                }
            }
            _ => (ha1(self.algorithm, username, realm, ""), false),
        };
        let ha1 = if self.session { session_ha1(self.algorithm, &ha1, self.nonce, self.cnonce) } else { ha1 };
        let request = Request {
            method: method.as_bytes(),
            uri: self.uri,
            body: b"",
            nonce: self.nonce,
            nc: self.nc,
            cnonce: self.cnonce,
            qop: self.qop,
        };
        let right = response(self.algorithm, &ha1, &request).matches(self.response);
        right & known
    }
}

fn bit(algorithm: Algorithm) -> u8 {
    ALL.iter().position(|known| *known == algorithm).map_or(0, |index| 1 << index)
}

const NAMES: [&str; 9] =
    ["username", "realm", "nonce", "uri", "response", "cnonce", "nc", "algorithm", "qop"];
/// How long a nonce serves. Long enough for several REGISTER refreshes of a few minutes, so that most go without a
/// second round trip.
const LIFETIME: Duration = Duration::from_secs(3600);
/// Nonces whose counts are remembered: 16 octets each, 1 MiB at most.
const WINDOW: usize = 65_536;
const PLAIN_OCTETS: usize = 13;
const MAC_OCTETS: usize = 16;
const NONCE_OCTETS: usize = PLAIN_OCTETS + MAC_OCTETS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_admits_each_count_once() {
        let mut window = Window::default();
        for count in [1, 2, 5, 4, 3, 40, 39, 9] {
            assert!(window.admit(count), "{count}");
            assert!(!window.admit(count), "{count} again");
        }
        assert!(!window.admit(7), "below the window");
        assert!(!window.admit(0));
        assert!(window.admit(u32::MAX));
        assert!(!window.admit(40));
    }

    #[test]
    fn a_forged_nonce_does_not_open() {
        let mut server = Server::new("r", [7; 32]);
        #[allow(clippy::disallowed_methods, reason = "a test needs some instant")]
        let now = Instant::now();
        let nonce = server.issue(now, &[Algorithm::Md5]);
        assert!(server.open(nonce.as_bytes()).is_some());
        let forged = format!("{}{}", if nonce.starts_with('0') { '1' } else { '0' }, &nonce[1..]);
        assert!(server.open(forged.as_bytes()).is_none());
        assert!(server.open(b"").is_none());
    }
}
