//! Injected randomness: branches, tags, Call-IDs, nonces, jitter.
//!
//! The crate draws nothing by itself, so a run with a seeded source is repeatable to the octet.

/// A source of random octets. In production it must be cryptographically strong: tags and branches authenticate
/// responses (RFC 3261 19.3), nonces must not be guessable.
pub trait Entropy {
    /// Fills the whole buffer.
    fn fill(&mut self, out: &mut [u8]);
}

impl<E: Entropy + ?Sized> Entropy for Box<E> {
    fn fill(&mut self, out: &mut [u8]) {
        (**self).fill(out);
    }
}

/// A random `u64`.
pub(crate) fn random_u64(entropy: &mut (impl Entropy + ?Sized)) -> u64 {
    let mut octets = [0; 8];
    entropy.fill(&mut octets);
    u64::from_le_bytes(octets)
}

/// A random number below `bound` (which must not be 0). The bias of the remainder is of no matter for jitter.
pub(crate) fn random_below(entropy: &mut (impl Entropy + ?Sized), bound: u64) -> u64 {
    random_u64(entropy) % bound.max(1)
}

/// `count` random octets as lowercase hex.
pub(crate) fn hex_token(entropy: &mut (impl Entropy + ?Sized), count: usize) -> String {
    let mut octets = [0; 32];
    let octets = &mut octets[..count.min(32)];
    entropy.fill(octets);
    let mut token = String::with_capacity(octets.len() * 2);
    push_hex(&mut token, octets);
    token
}

/// Appends octets as lowercase hex.
pub(crate) fn push_hex(out: &mut String, octets: &[u8]) {
    for octet in octets {
        out.push(char::from(HEX[usize::from(octet >> 4)]));
        out.push(char::from(HEX[usize::from(octet & 15)]));
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";
