//! Master keys and what is derived from them (RFC 3711 4.3).

use std::fmt;

use zeroize::Zeroize;

use super::MAX_MKI_LEN;
use super::profile::Profile;
use super::transform::{Counter, Transform};

/// A master key with its salt and identifier. Wiped on drop, never shown.
#[derive(Clone)]
pub struct MasterKey {
    profile: Profile,
    key: [u8; 32],
    salt: [u8; SALT_LEN],
    mki: [u8; MAX_MKI_LEN],
    mki_len: u8,
}

/// Key material of a wrong length for its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadKey;

impl MasterKey {
    /// A master key; `mki` may be empty.
    ///
    /// # Errors
    /// When a length is not that of the profile, or the identifier is longer than [`MAX_MKI_LEN`].
    pub fn new(profile: Profile, key: &[u8], salt: &[u8], mki: &[u8]) -> Result<Self, BadKey> {
        if key.len() != profile.key_len() || salt.len() != profile.salt_len() || mki.len() > MAX_MKI_LEN {
            return Err(BadKey);
        }
        let mut master = Self {
            profile,
            key: [0; 32],
            salt: [0; SALT_LEN],
            mki: [0; MAX_MKI_LEN],
            mki_len: mki.len() as u8,
        };
        master.key[..key.len()].copy_from_slice(key);
        // RFC 7714 11: the 96 bit salt of GCM stands in front of 16 zero bits.
        master.salt[..salt.len()].copy_from_slice(salt);
        master.mki[..mki.len()].copy_from_slice(mki);
        Ok(master)
    }

    /// The profile it is for.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    pub(super) fn mki(&self) -> &[u8] {
        &self.mki[..usize::from(self.mki_len)]
    }

    /// The transform of SRTP.
    pub(super) fn rtp(&self) -> Transform {
        self.transform([0, 1, 2], self.profile.rtp_tag_len())
    }

    /// The transform of SRTCP.
    pub(super) fn rtcp(&self) -> Transform {
        self.transform([3, 4, 5], self.profile.rtcp_tag_len())
    }

    fn transform(&self, [cipher, authentication, salt]: [u8; 3], tag_len: usize) -> Transform {
        let (mut cipher_key, mut auth_key, mut session_salt) = ([0; 32], [0; 20], [0; SALT_LEN]);
        let cipher_key_used = &mut cipher_key[..self.profile.key_len()];
        self.derive(cipher, cipher_key_used);
        self.derive(authentication, &mut auth_key);
        self.derive(salt, &mut session_salt[..self.profile.salt_len()]);
        let transform = Transform::new(self.profile, cipher_key_used, &auth_key, session_salt, tag_len);
        cipher_key.zeroize();
        auth_key.zeroize();
        session_salt.zeroize();
        transform
    }

    /// RFC 3711 4.3.1 and 4.3.3 with a key derivation rate of 0: key stream under the salt with the label in its eighth octet.
    fn derive(&self, label: u8, out: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..SALT_LEN].copy_from_slice(&self.salt);
        iv[7] ^= label;
        out.fill(0);
        Counter::new(&self.key[..self.profile.key_len()]).apply(&iv, out);
    }
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.key.zeroize();
        self.salt.zeroize();
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// 112 bits.
pub(super) const SALT_LEN: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// RFC 3711 B.3.
    #[test]
    fn derivation_of_rfc_3711() {
        let key = octets("E1F97A0D3E018BE0D64FA32C06DE4139");
        let salt = octets("0EC675AD498AFEEBB6960B3AABE6");
        let master = MasterKey::new(Profile::AesCm128HmacSha1Tag80, &key, &salt, &[]).expect("right lengths");
        let derived = |label, len| {
            let mut out = vec![0; len];
            master.derive(label, &mut out);
            out
        };
        assert_eq!(derived(0, 16), octets("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(derived(2, 14), octets("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(derived(1, 20), octets("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    }

    /// RFC 6188 7.2.
    #[test]
    fn derivation_of_rfc_6188() {
        let key = octets("f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6");
        let salt = octets("3b04803de51ee7c96423ab5b78d2");
        let master = MasterKey::new(Profile::AesCm256HmacSha1Tag80, &key, &salt, &[]).expect("right lengths");
        let mut out = [0; 32];
        master.derive(0, &mut out);
        assert_eq!(out[..], octets("5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4"));
        let mut out = [0; 14];
        master.derive(2, &mut out);
        assert_eq!(out[..], octets("fa31791685ca444a9e07c6c64e93"));
    }

    #[test]
    fn wrong_lengths_are_refused_and_keys_not_shown() {
        let profile = Profile::AesCm128HmacSha1Tag80;
        assert!(MasterKey::new(profile, &[1; 15], &[1; 14], &[]).is_err());
        assert!(MasterKey::new(profile, &[1; 16], &[1; 12], &[]).is_err());
        assert!(MasterKey::new(profile, &[1; 16], &[1; 14], &[0; 17]).is_err());
        let master = MasterKey::new(profile, &[0xab; 16], &[0xcd; 14], &[]).expect("right lengths");
        let shown = format!("{master:?}");
        assert!(
            !shown.contains("171") && !shown.contains("205") && !shown.to_lowercase().contains("ab,"),
            "{shown}"
        );
    }
}
