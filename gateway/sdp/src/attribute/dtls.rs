//! Attributes of DTLS-SRTP: `fingerprint` (RFC 8122 5), `setup` (RFC 4145 4, RFC 5763 5). Owns the text, not the check.

use std::fmt;

/// `a=fingerprint:<hash function> <digest>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Hash function.
    pub hash: HashFunction,
    /// The digest; its length fits the hash function.
    pub digest: Vec<u8>,
}

impl Fingerprint {
    /// Reads the attribute's value; a digest of the wrong length or an unknown function makes it unreadable.
    pub fn parse(value: &str) -> Option<Self> {
        let (hash, digest) = value.trim().split_once(' ')?;
        let hash = HashFunction::from_name(hash)?;
        let digest: Option<Vec<u8>> = digest
            .trim()
            .split(':')
            .map(|octet| (octet.len() == 2).then(|| u8::from_str_radix(octet, 16).ok()).flatten())
            .collect();
        digest.filter(|digest| digest.len() == hash.octets()).map(|digest| Self { hash, digest })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.hash.as_str())?;
        for (index, octet) in self.digest.iter().enumerate() {
            write!(f, "{}{octet:02X}", if index == 0 { ' ' } else { ':' })?;
        }
        Ok(())
    }
}

/// Hash functions of RFC 8122 5 that are still in use; MD5 and MD2 must not be (ibid.).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashFunction {
    /// `sha-1`.
    Sha1,
    /// `sha-224`.
    Sha224,
    /// `sha-256`.
    Sha256,
    /// `sha-384`.
    Sha384,
    /// `sha-512`.
    Sha512,
}

impl HashFunction {
    /// As written in the attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha-1",
            Self::Sha224 => "sha-224",
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Length of the digest in octets.
    pub fn octets(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|hash| hash.as_str().eq_ignore_ascii_case(name))
    }
}

/// `a=setup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// This side opens the association: DTLS client.
    Active,
    /// Either; only in an offer.
    ActPass,
    /// No association for now.
    HoldConn,
    /// This side waits: DTLS server.
    Passive,
}

impl Setup {
    /// As written in the attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ActPass => "actpass",
            Self::HoldConn => "holdconn",
            Self::Passive => "passive",
        }
    }

    /// Reads the attribute's value.
    pub fn parse(value: &str) -> Option<Self> {
        [Self::Active, Self::ActPass, Self::HoldConn, Self::Passive]
            .into_iter()
            .find(|setup| setup.as_str().eq_ignore_ascii_case(value.trim()))
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
