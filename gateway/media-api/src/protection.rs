//! Protection of a leg: SRTP keys as signalling or a handshake agreed them. Control draws ours; nothing here is ever logged.

use std::fmt;

use zeroize::Zeroize;

/// SRTP on a leg, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// Cipher and lengths, the same both ways.
    pub profile: ProtectionProfile,
    /// Protects what we send.
    pub ours: KeyMaterial,
    /// Protects what the peer sends.
    pub theirs: KeyMaterial,
    /// `false` for the session parameter `UNENCRYPTED_SRTCP` (RFC 4568 6.3.2): our reports are authentic but readable.
    pub encrypt_reports: bool,
}

/// A master key with salt and identifier, as long as the profile says. Wiped on drop, not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Master key.
    pub key: Vec<u8>,
    /// Master salt.
    pub salt: Vec<u8>,
    /// Master key identifier as sent in packets, empty when none is.
    pub mki: Vec<u8>,
}

/// Protection profiles, by their names in RFC 4568, RFC 6188 and RFC 7714.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the names")]
pub enum ProtectionProfile {
    AeadAes128Gcm,
    AeadAes256Gcm,
    AesCm128HmacSha1Tag32,
    AesCm128HmacSha1Tag80,
    AesCm192HmacSha1Tag32,
    AesCm192HmacSha1Tag80,
    AesCm256HmacSha1Tag32,
    AesCm256HmacSha1Tag80,
}

impl Drop for KeyMaterial {
    fn drop(&mut self) {
        self.key.zeroize();
        self.salt.zeroize();
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMaterial").finish_non_exhaustive()
    }
}
