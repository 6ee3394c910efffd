//! The three hashes behind one call, without allocation. RFC 7616 3.3, RFC 8760 2.3.

use std::fmt;

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::digest::Algorithm;

/// A hash as lowercase hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HexDigest {
    hex: [u8; MAX_HEX],
    len: usize,
}

impl HexDigest {
    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// As octets of text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.hex[..self.len]
    }

    /// Takes stored text; `None` when its length is not that of the algorithm or it is not hex.
    pub(super) fn from_hex(algorithm: Algorithm, text: &str) -> Option<HexDigest> {
        if text.len() != hex_len(algorithm) || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return None;
        }
        let mut hex = [0; MAX_HEX];
        for (out, octet) in hex.iter_mut().zip(text.bytes()) {
            *out = octet.to_ascii_lowercase();
        }
        Some(HexDigest { hex, len: text.len() })
    }

    /// Compares with text from the wire in time that does not depend on where they differ.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        if text.len() != self.len {
            return false;
        }
        let difference = self
            .as_bytes()
            .iter()
            .zip(text)
            .fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs.to_ascii_lowercase()));
        std::hint::black_box(difference) == 0
    }

    fn new(octets: &[u8]) -> HexDigest {
        let mut hex = [0; MAX_HEX];
        for (pair, octet) in hex.chunks_exact_mut(2).zip(octets) {
            pair[0] = HEX[usize::from(octet >> 4)];
            pair[1] = HEX[usize::from(octet & 15)];
        }
        HexDigest { hex, len: octets.len().min(MAX_HEX / 2) * 2 }
    }
}

impl fmt::Display for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HexDigest(..)")
    }
}

/// H(part ":" part ":" ...).
pub(super) fn joined(algorithm: Algorithm, parts: &[&[u8]]) -> HexDigest {
    match algorithm {
        Algorithm::Md5 => joined_by::<Md5>(parts),
        Algorithm::Sha256 => joined_by::<Sha256>(parts),
        Algorithm::Sha512_256 => joined_by::<Sha512_256>(parts),
    }
}

fn joined_by<D: Digest>(parts: &[&[u8]]) -> HexDigest {
    let mut hasher = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hasher.update(b":");
        }
        hasher.update(part);
    }
    HexDigest::new(&hasher.finalize())
}

fn hex_len(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Md5 => 32,
        Algorithm::Sha256 | Algorithm::Sha512_256 => 64,
    }
}

const MAX_HEX: usize = 64;
const HEX: &[u8; 16] = b"0123456789abcdef";
