//! Encryption and authentication of one kind of packet with derived keys.
//!
//! Layouts (RFC 3711 3.1, 3.4; RFC 7714 8.2, 9.2), MKI and index where used:
//!
//! ```text
//! SRTP   CM   header | ciphertext | MKI | tag              GCM  header | ciphertext | tag | MKI
//! SRTCP  CM   8 | ciphertext | E+index | MKI | tag         GCM  8 | ciphertext | tag | E+index | MKI
//! ```

use aes::cipher::{InnerIvInit, KeyInit, StreamCipherCore};
use aes::{Aes128, Aes192, Aes256};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use ring::aead::{self, AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha1::Sha1;
use zeroize::Zeroize;

use super::SrtpError;
use super::keys::SALT_LEN;
use super::profile::Profile;

/// Session keys, ready to use.
pub(super) struct Transform {
    cipher: Cipher,
    salt: [u8; SALT_LEN],
    tag_len: usize,
}

enum Cipher {
    Counter(Box<(Counter, Hmac<Sha1>)>),
    Gcm(Box<LessSafeKey>),
}

/// AES in counter mode with the key schedule kept.
pub(super) enum Counter {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

/// What makes a packet's key stream and tag its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nonces {
    pub(super) ssrc: u32,
    /// 48 bit packet index of SRTP, or the 31 bit index of SRTCP.
    pub(super) index: u64,
}

impl Transform {
    pub(super) fn new(
        profile: Profile,
        cipher_key: &[u8],
        auth_key: &[u8; 20],
        salt: [u8; SALT_LEN],
        tag_len: usize,
    ) -> Self {
        let cipher = if profile.is_aead() {
            let algorithm: &aead::Algorithm =
                if profile.key_len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
            let key = UnboundKey::new(algorithm, cipher_key)
                .expect("the profile gives the key length of its algorithm");
            Cipher::Gcm(Box::new(LessSafeKey::new(key)))
        } else {
            let hmac = Hmac::new_from_slice(auth_key).expect("HMAC takes a key of any length");
            Cipher::Counter(Box::new((Counter::new(cipher_key), hmac)))
        };
        Self { cipher, salt, tag_len }
    }

    pub(super) const fn tag_len(&self) -> usize {
        self.tag_len
    }

    pub(super) const fn is_aead(&self) -> bool {
        matches!(self.cipher, Cipher::Gcm(_))
    }

    /// Encrypts (or decrypts) in place by the key stream alone.
    pub(super) fn apply_counter(&self, nonces: Nonces, octets: &mut [u8]) {
        if let Cipher::Counter(cipher) = &self.cipher {
            cipher.0.apply(&self.counter_iv(nonces), octets);
        }
    }

    /// The HMAC tag over what is authenticated and a trailing word that is not sent (the roll-over counter), cut to its length.
    pub(super) fn hmac_tag(&self, authenticated: &[u8], trailer: &[u8]) -> [u8; 20] {
        let Cipher::Counter(cipher) = &self.cipher else { return [0; 20] };
        let mut hmac = cipher.1.clone();
        hmac.update(authenticated);
        hmac.update(trailer);
        hmac.finalize().into_bytes().into()
    }

    /// Encrypts in place and answers the tag.
    pub(super) fn seal(
        &self,
        nonces: Nonces,
        header: [&[u8]; 2],
        octets: &mut [u8],
        aad: &mut AadBuffer,
    ) -> Result<[u8; 16], SrtpError> {
        let Cipher::Gcm(key) = &self.cipher else { return Err(SrtpError::Malformed) };
        let aad = aad.join(header)?;
        let tag = key.seal_in_place_separate_tag(self.gcm_nonce(nonces), Aad::from(aad), octets);
        let tag = tag.map_err(|_| SrtpError::Malformed)?;
        let mut out = [0; 16];
        out.copy_from_slice(tag.as_ref());
        Ok(out)
    }

    /// Decrypts ciphertext and tag in place when the tag is right.
    pub(super) fn open(
        &self,
        nonces: Nonces,
        header: [&[u8]; 2],
        octets: &mut [u8],
        aad: &mut AadBuffer,
    ) -> Result<(), SrtpError> {
        let Cipher::Gcm(key) = &self.cipher else { return Err(SrtpError::Malformed) };
        let aad = aad.join(header)?;
        let opened = key.open_in_place(self.gcm_nonce(nonces), Aad::from(aad), octets);
        opened.map(drop).map_err(|_| SrtpError::Authentication)
    }

    /// RFC 3711 4.1.1: salt, SSRC and index, each at its place.
    fn counter_iv(&self, nonces: Nonces) -> [u8; 16] {
        let mut iv = [0; 16];
        iv[..SALT_LEN].copy_from_slice(&self.salt);
        mix(&mut iv[4..8], &nonces.ssrc.to_be_bytes());
        mix(&mut iv[8..14], &nonces.index.to_be_bytes()[2..]);
        iv
    }

    /// RFC 7714 8.1 and 9.1: two zero octets, SSRC, and the index in the last six (of SRTCP's 31 bits the upper two are zero).
    fn gcm_nonce(&self, nonces: Nonces) -> Nonce {
        let mut iv = [0; 12];
        iv.copy_from_slice(&self.salt[..12]);
        mix(&mut iv[2..6], &nonces.ssrc.to_be_bytes());
        mix(&mut iv[6..12], &nonces.index.to_be_bytes()[2..]);
        Nonce::assume_unique_for_key(iv)
    }
}

impl Drop for Transform {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl Counter {
    pub(super) fn new(key: &[u8]) -> Self {
        let expect = "the profile gives one of the three key lengths";
        match key.len() {
            16 => Self::Aes128(Aes128::new_from_slice(key).expect(expect)),
            24 => Self::Aes192(Aes192::new_from_slice(key).expect(expect)),
            _ => Self::Aes256(Aes256::new_from_slice(key).expect(expect)),
        }
    }

    pub(super) fn apply(&self, iv: &[u8; 16], octets: &mut [u8]) {
        match self {
            Self::Aes128(aes) => run(CtrCore::<_, Ctr128BE>::inner_iv_init(aes, iv.into()), octets),
            Self::Aes192(aes) => run(CtrCore::<_, Ctr128BE>::inner_iv_init(aes, iv.into()), octets),
            Self::Aes256(aes) => run(CtrCore::<_, Ctr128BE>::inner_iv_init(aes, iv.into()), octets),
        }
    }
}

/// Room to join associated data that lies in two places.
pub(super) struct AadBuffer {
    octets: [u8; AAD_LEN],
}

impl AadBuffer {
    pub(super) const fn new() -> Self {
        Self { octets: [0; AAD_LEN] }
    }

    fn join<'a>(&'a mut self, [first, second]: [&'a [u8]; 2]) -> Result<&'a [u8], SrtpError> {
        if second.is_empty() {
            return Ok(first);
        }
        let len = first.len() + second.len();
        let room = self.octets.get_mut(..len).ok_or(SrtpError::Malformed)?;
        room[..first.len()].copy_from_slice(first);
        room[first.len()..].copy_from_slice(second);
        Ok(room)
    }
}

fn run(core: impl StreamCipherCore, octets: &mut [u8]) {
    // A packet is far shorter than the 2^16 blocks of its counter (RFC 3711 4.1.1).
    core.apply_keystream_partial(octets.into());
}

fn mix(to: &mut [u8], with: &[u8]) {
    for (to, with) in to.iter_mut().zip(with) {
        *to ^= with;
    }
}

/// The fixed part of an RTCP packet and its index, or a whole unencrypted compound.
const AAD_LEN: usize = 1_500;

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// RFC 7714 16.1.1 and 16.2.1: the session keys are given, not derived.
    #[test]
    fn gcm_of_rfc_7714() {
        for (profile, key, sealed) in [
            (
                Profile::AeadAes128Gcm,
                "000102030405060708090a0b0c0d0e0f",
                "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
                 899d7f27beb16a9152cf765ee4390cce",
            ),
            (
                Profile::AeadAes256Gcm,
                "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b
                 7aa3db36dfffd6b0f9bb7878d7a76c13",
            ),
        ] {
            let mut salt = [0; SALT_LEN];
            salt[..12].copy_from_slice(&octets("517569642070726f2071756f"));
            let transform = Transform::new(profile, &octets(key), &[0; 20], salt, 16);
            let header = octets("8040f17b8041f8d35501a0b2");
            let mut payload =
                octets("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
            let nonces = Nonces { ssrc: 0x5501_a0b2, index: 0xf17b };
            let tag =
                transform.seal(nonces, [&header, &[]], &mut payload, &mut AadBuffer::new()).expect("AEAD");
            payload.extend(tag);
            assert_eq!(payload, octets(sealed));
        }
    }

    /// RFC 3711 B.2: the first and the last blocks of the published key stream.
    #[test]
    fn key_stream_of_rfc_3711() {
        let mut stream = vec![0; 0xff02 * 16];
        let mut iv = [0; 16];
        iv[..14].copy_from_slice(&octets("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
        Counter::new(&octets("2B7E151628AED2A6ABF7158809CF4F3C")).apply(&iv, &mut stream);
        assert_eq!(stream[..16], octets("E03EAD0935C95E80E166B16DD92B4EB4"));
        assert_eq!(stream[16..32], octets("D23513162B02D0F72A43A2FE4A5F97AB"));
        assert_eq!(stream[32..48], octets("41E95B3BB0A2E8DD477901E4FCA894C0"));
        assert_eq!(stream[0xff01 * 16..], octets("6A2CC3787889374FBEB4C81B17BA6C44"));
    }
}
