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
            .map(|octet| match octet.as_bytes() {
                // Two digits exactly: the conversion alone would also take a sign.
                [high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    u8::from_str_radix(octet, 16).ok()
                }
                _ => None,
            })
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "sha-1 42:89:c5:c6:55:9d:6e:c8:e8:83:55:2a:39:f9:b6:eb:e9:a3:a9:e7";

    #[test]
    fn fingerprints_are_written_in_capitals() {
        let fingerprint = Fingerprint::parse(SHA1).expect("a fingerprint");
        assert_eq!(fingerprint.digest.len(), 20);
        assert_eq!(fingerprint.to_string(), SHA1.to_uppercase().replace("SHA", "sha"));
        assert_eq!(Fingerprint::parse(&SHA1.replace("sha-1", "SHA-1")), Some(fingerprint));
    }

    #[test]
    fn a_digest_must_fit_its_hash_function() {
        for broken in [
            &SHA1.replace("sha-1", "sha-256"),
            &SHA1[..SHA1.len() - 3],
            &SHA1.replace("42:", "4:"),
            &SHA1.replace("42:", "+4:"),
            &SHA1.replace("42:", "4g:"),
            &SHA1.replace("sha-1", "md5"),
            "sha-1",
            "sha-1 ",
        ] {
            assert_eq!(Fingerprint::parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn setup_roles_are_read_whatever_their_case() {
        assert_eq!(Setup::parse(" ActPass"), Some(Setup::ActPass));
        assert_eq!(Setup::parse("both"), None);
    }
}
