//! `a=crypto` (RFC 4568 9.1, suites of RFC 4568 6.2, 5669, 6188, 7714). Owns the grammar and hides the keys; what a suite
//! does is the crate `srtp`'s matter.
//!
//! `crypto:<tag> <suite> inline:<base64 key||salt>["|"lifetime]["|"MKI:length] {";" inline:...} {<session parameter>}`

use std::fmt;

use crate::base64;
use crate::number::number;

/// One crypto line. Unknown suites and parameters are kept as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// Tag: unique in its media description, repeated in the answer.
    pub tag: u32,
    /// Suite.
    pub suite: CryptoSuite,
    /// Key parameters, in order; at least one.
    pub keys: Vec<KeyParameter>,
    /// Session parameters, in order.
    pub parameters: Vec<SessionParameter>,
}

impl Crypto {
    /// A line with one key, without lifetime, MKI and session parameters.
    pub fn new(tag: u32, suite: CryptoSuite, key_salt: Vec<u8>) -> Self {
        let key = InlineKey { key_salt: KeySalt(key_salt), lifetime: None, mki: None };
        Self { tag, suite, keys: vec![KeyParameter::Inline(key)], parameters: Vec::new() }
    }

    /// Reads the attribute's value.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        // RFC 4568 9.1: at most nine digits.
        let tag = number(words.next().filter(|tag| tag.len() <= 9)?)?;
        let suite = CryptoSuite::from_name(words.next()?);
        let keys: Option<Vec<_>> = words.next()?.split(';').map(KeyParameter::parse).collect();
        let parameters = words.map(SessionParameter::parse).collect();
        Some(Self { tag, suite, keys: keys?, parameters })
    }

    /// Whether we can act on the line as it stands: a known suite, inline keys of its length and no mandatory session
    /// parameter that we do not know (RFC 4568 6.3: one that is not understood makes the line invalid).
    pub fn is_usable(&self) -> bool {
        let Some(octets) = self.suite.key_salt_octets() else {
            return false;
        };
        let keys_fit = self.keys.iter().all(|key| match key {
            KeyParameter::Inline(key) => key.key_salt.0.len() == octets,
            KeyParameter::Other(_) => false,
        });
        // RFC 4568 6.1: several keys need an MKI each to tell them apart.
        let keys_told_apart = self.keys.len() == 1 || self.inline_keys().all(|key| key.mki.is_some());
        keys_fit && keys_told_apart && self.parameters.iter().all(SessionParameter::is_understood)
    }

    /// The inline keys, in order.
    pub fn inline_keys(&self) -> impl Iterator<Item = &InlineKey> {
        self.keys.iter().filter_map(|key| match key {
            KeyParameter::Inline(key) => Some(key),
            KeyParameter::Other(_) => None,
        })
    }

    /// Whether the line says that RTCP is not encrypted (RFC 4568 6.3.2).
    pub fn unencrypted_srtcp(&self) -> bool {
        self.parameters.contains(&SessionParameter::UnencryptedSrtcp)
    }
}

impl fmt::Display for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.tag, self.suite.as_str())?;
        for (index, key) in self.keys.iter().enumerate() {
            write!(f, "{}{key}", if index == 0 { "" } else { ";" })?;
        }
        self.parameters.iter().try_for_each(|parameter| write!(f, " {parameter}"))
    }
}

/// Crypto suites.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CryptoSuite {
    /// `AEAD_AES_128_GCM` (RFC 7714).
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM` (RFC 7714).
    AeadAes256Gcm,
    /// `AES_192_CM_HMAC_SHA1_32` (RFC 6188).
    Aes192CmHmacSha1At32,
    /// `AES_192_CM_HMAC_SHA1_80` (RFC 6188).
    Aes192CmHmacSha1At80,
    /// `AES_256_CM_HMAC_SHA1_32` (RFC 6188).
    Aes256CmHmacSha1At32,
    /// `AES_256_CM_HMAC_SHA1_80` (RFC 6188).
    Aes256CmHmacSha1At80,
    /// `AES_CM_128_HMAC_SHA1_32` (RFC 4568).
    AesCm128HmacSha1At32,
    /// `AES_CM_128_HMAC_SHA1_80` (RFC 4568).
    AesCm128HmacSha1At80,
    /// Anything else, as sent.
    Other(String),
}

impl CryptoSuite {
    /// As written in the attribute.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::Aes192CmHmacSha1At32 => "AES_192_CM_HMAC_SHA1_32",
            Self::Aes192CmHmacSha1At80 => "AES_192_CM_HMAC_SHA1_80",
            Self::Aes256CmHmacSha1At32 => "AES_256_CM_HMAC_SHA1_32",
            Self::Aes256CmHmacSha1At80 => "AES_256_CM_HMAC_SHA1_80",
            Self::AesCm128HmacSha1At32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AesCm128HmacSha1At80 => "AES_CM_128_HMAC_SHA1_80",
            Self::Other(name) => name,
        }
    }

    /// Octets of master key and salt together; `None` for an unknown suite.
    pub fn key_salt_octets(&self) -> Option<usize> {
        match self {
            Self::AeadAes128Gcm => Some(16 + 12),
            Self::AeadAes256Gcm => Some(32 + 12),
            Self::Aes192CmHmacSha1At32 | Self::Aes192CmHmacSha1At80 => Some(24 + 14),
            Self::Aes256CmHmacSha1At32 | Self::Aes256CmHmacSha1At80 => Some(32 + 14),
            Self::AesCm128HmacSha1At32 | Self::AesCm128HmacSha1At80 => Some(16 + 14),
            Self::Other(_) => None,
        }
    }

    /// The suite of this name; the spelling `AES_CM_256_…` of RFC 6188's drafts is still sent and means the same.
    pub fn from_name(name: &str) -> Self {
        let known = [
            Self::AeadAes128Gcm,
            Self::AeadAes256Gcm,
            Self::Aes192CmHmacSha1At32,
            Self::Aes192CmHmacSha1At80,
            Self::Aes256CmHmacSha1At32,
            Self::Aes256CmHmacSha1At80,
            Self::AesCm128HmacSha1At32,
            Self::AesCm128HmacSha1At80,
        ];
        match known.into_iter().find(|suite| suite.as_str().eq_ignore_ascii_case(name)) {
            Some(suite) => suite,
            None if name.eq_ignore_ascii_case("AES_CM_256_HMAC_SHA1_32") => Self::Aes256CmHmacSha1At32,
            None if name.eq_ignore_ascii_case("AES_CM_256_HMAC_SHA1_80") => Self::Aes256CmHmacSha1At80,
            None => Self::Other(name.to_owned()),
        }
    }
}

/// One key parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyParameter {
    /// `inline:`.
    Inline(InlineKey),
    /// Any other method, as sent.
    Other(String),
}

impl KeyParameter {
    fn parse(text: &str) -> Option<Self> {
        let (method, info) = text.split_once(':')?;
        if method.eq_ignore_ascii_case("inline") {
            InlineKey::parse(info).map(Self::Inline)
        } else {
            Some(Self::Other(text.to_owned()))
        }
    }
}

impl fmt::Display for KeyParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(key) => {
                write!(f, "inline:{}", base64::encode(&key.key_salt.0))?;
                if let Some(lifetime) = key.lifetime {
                    write!(f, "|{lifetime}")?;
                }
                key.mki.iter().try_for_each(|mki| write!(f, "|{}:{}", mki.value, mki.octets))
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for KeyParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(key) => f.debug_tuple("Inline").field(key).finish(),
            Self::Other(_) => f.write_str("Other(<hidden>)"),
        }
    }
}

/// What follows `inline:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineKey {
    /// Master key and salt.
    pub key_salt: KeySalt,
    /// Packets the key may protect.
    pub lifetime: Option<Lifetime>,
    /// Master key identifier.
    pub mki: Option<Mki>,
}

impl InlineKey {
    fn parse(info: &str) -> Option<Self> {
        let mut fields = info.split('|');
        let key_salt = KeySalt(base64::decode(fields.next()?).filter(|key| !key.is_empty())?);
        let mut key = Self { key_salt, lifetime: None, mki: None };
        for field in fields {
            // RFC 4568 6.1: the colon tells an MKI from a lifetime, so either may be left out.
            match field.split_once(':') {
                Some((value, octets)) if key.mki.is_none() => key.mki = Some(Mki::parse(value, octets)?),
                None if key.lifetime.is_none() && key.mki.is_none() => {
                    key.lifetime = Some(Lifetime::parse(field)?)
                }
                _ => return None,
            }
        }
        Some(key)
    }
}

/// Master key and salt. `Debug` hides them; dropping overwrites them.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySalt(pub Vec<u8>);

impl fmt::Debug for KeySalt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets hidden>", self.0.len())
    }
}

impl Drop for KeySalt {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from dropping the fill as a dead store.
        std::hint::black_box(&self.0);
    }
}

/// Lifetime of a key in packets: a number, or a power of two written `2^n` (RFC 4568 6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// `2^n`; n is at most 48, as no SRTP key lives longer (RFC 3711 9.2).
    PowerOfTwo(u8),
    /// A plain number, not 0.
    Packets(u64),
}

impl Lifetime {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("2^") {
            Some(power) => number(power).filter(|power| *power <= 48).map(Self::PowerOfTwo),
            None => number(text).filter(|packets| *packets > 0).map(Self::Packets),
        }
    }

    /// The number of packets.
    pub fn packets(self) -> u64 {
        match self {
            Self::PowerOfTwo(power) => 1u64 << power.min(48),
            Self::Packets(packets) => packets,
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOfTwo(power) => write!(f, "2^{power}"),
            Self::Packets(packets) => write!(f, "{packets}"),
        }
    }
}

/// Master key identifier and the octets it takes in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mki {
    /// Value.
    pub value: u64,
    /// Octets in the packet, 1 to 128 (RFC 4568 6.1).
    pub octets: u8,
}

impl Mki {
    fn parse(value: &str, octets: &str) -> Option<Self> {
        let octets = number(octets).filter(|octets| (1..=128).contains(octets))?;
        Some(Self { value: number(value)?, octets })
    }
}

/// A session parameter (RFC 4568 6.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionParameter {
    /// `FEC_ORDER=…`.
    FecOrder(String),
    /// `KDR=n`: the key derivation rate is 2 to the n, n at most 24.
    KeyDerivationRate(u8),
    /// `UNAUTHENTICATED_SRTP`.
    UnauthenticatedSrtp,
    /// `UNENCRYPTED_SRTCP`.
    UnencryptedSrtcp,
    /// `UNENCRYPTED_SRTP`.
    UnencryptedSrtp,
    /// `WSH=n`: window size hint, at least 64.
    WindowSizeHint(u32),
    /// Anything else, as sent.
    Other(String),
}

impl SessionParameter {
    fn parse(text: &str) -> Self {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let known = match name {
            "FEC_ORDER" => Some(Self::FecOrder(value.to_owned())),
            "KDR" => number(value).filter(|rate| *rate <= 24).map(Self::KeyDerivationRate),
            "UNAUTHENTICATED_SRTP" if value.is_empty() => Some(Self::UnauthenticatedSrtp),
            "UNENCRYPTED_SRTCP" if value.is_empty() => Some(Self::UnencryptedSrtcp),
            "UNENCRYPTED_SRTP" if value.is_empty() => Some(Self::UnencryptedSrtp),
            "WSH" => number(value).filter(|size| *size >= 64).map(Self::WindowSizeHint),
            _ => None,
        };
        // `UNENCRYPTED_SRTP=` would otherwise lose its sign when written again.
        known.filter(|known| known.to_string() == text).unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Whether the gateway can honour the parameter: a window hint and a derivation rate, unencrypted SRTCP, and what may
    /// be passed over because it begins with `-` (RFC 4568 6.3.7). Switching SRTP itself off is refused.
    fn is_understood(&self) -> bool {
        match self {
            Self::KeyDerivationRate(_) | Self::UnencryptedSrtcp | Self::WindowSizeHint(_) => true,
            Self::FecOrder(_) | Self::UnauthenticatedSrtp | Self::UnencryptedSrtp => false,
            Self::Other(text) => text.starts_with('-'),
        }
    }
}

impl fmt::Display for SessionParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FecOrder(order) => write!(f, "FEC_ORDER={order}"),
            Self::KeyDerivationRate(rate) => write!(f, "KDR={rate}"),
            Self::UnauthenticatedSrtp => f.write_str("UNAUTHENTICATED_SRTP"),
            Self::UnencryptedSrtcp => f.write_str("UNENCRYPTED_SRTCP"),
            Self::UnencryptedSrtp => f.write_str("UNENCRYPTED_SRTP"),
            Self::WindowSizeHint(size) => write!(f, "WSH={size}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "inline:6JYKxLF+o2nhouDHr5J0oNb3CEGK3I/HHv9idGTY";

    #[test]
    fn rfc4568_examples_are_read_and_written_the_same() {
        for line in [
            "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32",
            "2 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|1048576|1:4;inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP",
            "3 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|1:4 KDR=0 UNENCRYPTED_SRTCP WSH=128",
        ] {
            assert_eq!(Crypto::parse(line).expect("a crypto line").to_string(), line);
        }
    }

    #[test]
    fn lifetime_and_mki_are_optional_and_ordered() {
        let read = |tail: &str| Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}{tail}"));
        assert_eq!(
            read("|2^31").and_then(|c| c.inline_keys().next()?.lifetime).map(Lifetime::packets),
            Some(1 << 31)
        );
        assert_eq!(read("|7:2").and_then(|c| c.inline_keys().next()?.mki), Some(Mki { value: 7, octets: 2 }));
        for broken in ["|1:4|2^20", "|2^49", "|0", "|1:0", "|1:129", "|2^20|2^20", "|"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }

    #[test]
    fn unknown_suites_and_methods_are_kept_but_not_usable() {
        let line = format!("5 F8_128_HMAC_SHA1_80 {KEY} X=1");
        let crypto = Crypto::parse(&line).expect("a crypto line");
        assert_eq!(crypto.suite, CryptoSuite::Other("F8_128_HMAC_SHA1_80".to_owned()));
        assert!(!crypto.is_usable());
        assert_eq!(crypto.to_string(), line);
    }

    #[test]
    fn mandatory_unknown_session_parameters_make_a_line_unusable() {
        let usable = |tail: &str| {
            Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}{tail}")).expect("a line").is_usable()
        };
        assert!(usable("") && usable(" -HINT=3") && usable(" UNENCRYPTED_SRTCP WSH=128 KDR=24"));
        assert!(
            !usable(" HINT=3") && !usable(" UNENCRYPTED_SRTP") && !usable(" KDR=25") && !usable(" WSH=63")
        );
    }

    #[test]
    fn several_keys_need_an_mki_each() {
        let usable = |line: String| Crypto::parse(&line).expect("a line").is_usable();
        assert!(usable(format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4;{KEY}|2:4")));
        assert!(!usable(format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4;{KEY}")));
    }

    #[test]
    fn a_key_of_the_wrong_length_is_not_usable() {
        assert!(!Crypto::parse(&format!("1 AEAD_AES_256_GCM {KEY}")).expect("a line").is_usable());
    }

    #[test]
    fn debug_never_prints_a_key() {
        let crypto = Crypto::parse(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}")).expect("a line");
        assert!(!format!("{crypto:?}").contains("6JYKx"));
        assert!(!format!("{:?}", crate::Attribute::new("crypto", &crypto)).contains("6JYKx"));
    }
}
