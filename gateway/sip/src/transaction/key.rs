//! Keys of server transactions: 128 bits of SipHash-2-4 under a random secret.
//!
//! A key stands for what RFC 3261 17.2.3 compares. It is `Copy`, costs no allocation, and because the hash is keyed
//! nobody can make two transactions collide or a table degenerate.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::entropy::{Entropy, random_u64};
use crate::header::Via;
use crate::message::Message;
use crate::method::Method;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u128);

impl Key {
    /// 64 bits of it, for tags and the like.
    pub(crate) fn low(self) -> u64 {
        self.0 as u64
    }
}

/// A map from keys; they are random already, so they are their own hash.
pub(crate) type KeyMap<V> = HashMap<Key, V, BuildHasherDefault<OwnHash>>;

/// The secret of the keys.
#[derive(Clone, Copy)]
pub(crate) struct Keyring {
    k0: u64,
    k1: u64,
}

impl Keyring {
    pub(crate) fn new(entropy: &mut dyn Entropy) -> Keyring {
        Keyring { k0: random_u64(entropy), k1: random_u64(entropy) }
    }

    /// Key of the server transaction that a request belongs to. `method` is that of the transaction: INVITE for the
    /// ACK of a non-2xx, and for a CANCEL when its INVITE is looked for.
    pub(crate) fn server(&self, message: &Message, via: &Via<'_>, method: Method<'_>) -> Key {
        let mut hash = SipHash::new(self);
        hash.text(method.as_str().as_bytes());
        hash.text(via.sent_by);
        if let Some(branch) = via.rfc3261_branch() {
            hash.text(branch);
            return hash.finish();
        }
        // RFC 3261 17.2.3: a peer of RFC 2543 is told by Request-URI, From tag, Call-ID, CSeq and top Via. The To tag
        // is left out: that of the ACK is ours, and nothing else can differ in it alone.
        hash.text(via.branch().unwrap_or_default());
        hash.text(message.request_uri().unwrap_or_default());
        self.identify(&mut hash, message);
        hash.finish()
    }

    /// Key under which copies of one request that came by different paths are the same (RFC 3261 8.2.2.2).
    pub(crate) fn merged(&self, message: &Message) -> Key {
        let mut hash = SipHash::new(self);
        hash.text(b"merged");
        hash.text(message.method().as_str().as_bytes());
        self.identify(&mut hash, message);
        hash.finish()
    }

    /// Key of any octets.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> Key {
        let mut hash = SipHash::new(self);
        for part in parts {
            hash.exact(part);
        }
        hash.finish()
    }

    fn identify(&self, hash: &mut SipHash, message: &Message) {
        hash.exact(message.from_().ok().and_then(|from| from.tag()).unwrap_or_default());
        hash.exact(message.call_id().unwrap_or_default());
        hash.exact(&message.cseq().map_or(0, |cseq| cseq.number).to_le_bytes());
    }
}

/// SipHash-2-4 with 128 bits of output.
struct SipHash {
    v: [u64; 4],
    tail: u64,
    /// Octets so far.
    length: u64,
}

impl SipHash {
    fn new(keyring: &Keyring) -> SipHash {
        let Keyring { k0, k1 } = *keyring;
        let v = [
            k0 ^ 0x736f_6d65_7073_6575,
            k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            k0 ^ 0x6c79_6765_6e65_7261,
            k1 ^ 0x7465_6462_7974_6573,
        ];
        SipHash { v, tail: 0, length: 0 }
    }

    /// A part whose case does not matter (RFC 3261 7.3.1). The length in front keeps neighbours apart.
    fn text(&mut self, part: &[u8]) {
        self.prefix(part.len());
        for octet in part {
            self.octet(octet.to_ascii_lowercase());
        }
    }

    fn exact(&mut self, part: &[u8]) {
        self.prefix(part.len());
        for octet in part {
            self.octet(*octet);
        }
    }

    fn prefix(&mut self, length: usize) {
        for octet in (length as u32).to_le_bytes() {
            self.octet(octet);
        }
    }

    fn octet(&mut self, octet: u8) {
        self.tail |= u64::from(octet) << (8 * (self.length % 8));
        self.length += 1;
        if self.length.is_multiple_of(8) {
            self.block(self.tail);
            self.tail = 0;
        }
    }

    fn block(&mut self, block: u64) {
        self.v[3] ^= block;
        self.rounds(2);
        self.v[0] ^= block;
    }

    fn finish(mut self) -> Key {
        self.block(self.tail | (self.length & 0xff) << 56);
        self.v[2] ^= 0xee;
        self.rounds(4);
        let low = self.fold();
        self.v[1] ^= 0xdd;
        self.rounds(4);
        Key(u128::from(self.fold()) << 64 | u128::from(low))
    }

    fn fold(&self) -> u64 {
        self.v[0] ^ self.v[1] ^ self.v[2] ^ self.v[3]
    }

    fn rounds(&mut self, count: usize) {
        let [mut a, mut b, mut c, mut d] = self.v;
        for _ in 0..count {
            a = a.wrapping_add(b);
            b = b.rotate_left(13) ^ a;
            a = a.rotate_left(32);
            c = c.wrapping_add(d);
            d = d.rotate_left(16) ^ c;
            a = a.wrapping_add(d);
            d = d.rotate_left(21) ^ a;
            c = c.wrapping_add(b);
            b = b.rotate_left(17) ^ c;
            c = c.rotate_left(32);
        }
        self.v = [a, b, c, d];
    }
}

/// Takes the low half of a key as its hash.
#[derive(Default)]
pub(crate) struct OwnHash(u64);

impl Hasher for OwnHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Vectors of the reference implementation of SipHash, 128 bits, key 00..0f, inputs of 0 and 1 octets.
    #[test]
    fn siphash_128_vectors() {
        let keyring = Keyring { k0: 0x0706_0504_0302_0100, k1: 0x0f0e_0d0c_0b0a_0908 };
        let hex =
            |key: Key| key.0.to_le_bytes().iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        assert_eq!(hex(SipHash::new(&keyring).finish()), "a3817f04ba25a8e66df67214c7550293");
        let mut one = SipHash::new(&keyring);
        one.octet(0);
        assert_eq!(hex(one.finish()), "da87c1d86b99af44347659119b22fc45");
    }
}
