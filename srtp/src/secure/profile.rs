//! Protection profiles: which cipher, which lengths.

/// A protection profile, by its name in RFC 4568, RFC 6188 and RFC 7714.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `AEAD_AES_128_GCM`.
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`.
    AeadAes256Gcm,
    /// `AES_CM_128_HMAC_SHA1_32`: SRTCP keeps 80 bits (RFC 3711 5.2).
    AesCm128HmacSha1Tag32,
    /// `AES_CM_128_HMAC_SHA1_80`.
    AesCm128HmacSha1Tag80,
    /// `AES_192_CM_HMAC_SHA1_32`.
    AesCm192HmacSha1Tag32,
    /// `AES_192_CM_HMAC_SHA1_80`.
    AesCm192HmacSha1Tag80,
    /// `AES_256_CM_HMAC_SHA1_32`.
    AesCm256HmacSha1Tag32,
    /// `AES_256_CM_HMAC_SHA1_80`.
    AesCm256HmacSha1Tag80,
}

impl Profile {
    /// Octets of the master key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AesCm128HmacSha1Tag32 | Self::AesCm128HmacSha1Tag80 => 16,
            Self::AesCm192HmacSha1Tag32 | Self::AesCm192HmacSha1Tag80 => 24,
            Self::AeadAes256Gcm | Self::AesCm256HmacSha1Tag32 | Self::AesCm256HmacSha1Tag80 => 32,
        }
    }

    /// Octets of the master salt.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        if self.is_aead() { 12 } else { 14 }
    }

    /// Octets of the tag of an SRTP packet.
    #[must_use]
    pub const fn rtp_tag_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 16,
            Self::AesCm128HmacSha1Tag32 | Self::AesCm192HmacSha1Tag32 | Self::AesCm256HmacSha1Tag32 => 4,
            Self::AesCm128HmacSha1Tag80 | Self::AesCm192HmacSha1Tag80 | Self::AesCm256HmacSha1Tag80 => 10,
        }
    }

    /// Octets of the tag of an SRTCP packet.
    #[must_use]
    pub const fn rtcp_tag_len(self) -> usize {
        if self.is_aead() { 16 } else { 10 }
    }

    pub(super) const fn is_aead(self) -> bool {
        matches!(self, Self::AeadAes128Gcm | Self::AeadAes256Gcm)
    }
}
