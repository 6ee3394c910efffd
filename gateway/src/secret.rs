//! Secrets at rest: sealed with AES-256-GCM under a key that lies beside the database or is given by the configuration.
//!
//! The additional data of every seal names the row and the moment it was written, so that a sealed value copied to another
//! row, or put back from an older file, does not open. A sealed value is: version octet, nonce (12), cipher text, tag (16).

use std::{
    fmt, fs,
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use zeroize::Zeroizing;

/// The key of a database.
pub struct SealingKey {
    key: LessSafeKey,
    random: SystemRandom,
}

impl SealingKey {
    /// From 32 octets.
    ///
    /// # Errors
    /// Any other length.
    pub fn new(octets: &[u8]) -> Result<Self, SecretError> {
        let key = UnboundKey::new(&AES_256_GCM, octets).map_err(|_| SecretError::KeyForm)?;
        Ok(Self { key: LessSafeKey::new(key), random: SystemRandom::new() })
    }

    /// From a file with 64 hexadecimal digits. When there is none, one is made that only its owner can read.
    ///
    /// # Errors
    /// The file cannot be read or made, others may read it, or it holds no key.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        match fs::File::open(path) {
            Ok(file) => Self::read(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(SecretError::File(error)),
        }
    }

    /// Seals `plain` for the row that `place` names.
    ///
    /// # Panics
    /// When the kernel has no randomness, which it always has once it is up.
    #[must_use]
    pub fn seal(&self, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).expect("the kernel's random source cannot fail once it is seeded");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        let mut text = plain.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut text)
            .expect("far below the length that GCM can seal");
        sealed.append(&mut text);
        sealed
    }

    /// Opens what [`Self::seal`] made for the same place.
    ///
    /// # Errors
    /// Another key, another place, or not a sealed value.
    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let (version, rest) = sealed.split_first().ok_or(SecretError::Sealed)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SecretError::Sealed)?;
        if *version != VERSION {
            return Err(SecretError::Sealed);
        }
        let mut text = Zeroizing::new(text.to_vec());
        let plain = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut text)
            .map_err(|_| SecretError::Sealed)?
            .len();
        text.truncate(plain);
        Ok(text)
    }

    fn read(file: fs::File) -> Result<Self, SecretError> {
        let mode = file.metadata().map_err(SecretError::File)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(SecretError::Readable(mode & 0o777));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE).read_to_string(&mut text).map_err(SecretError::File)?;
        Self::new(&from_hex(text.trim()).ok_or(SecretError::KeyForm)?)
    }

    fn create(path: &Path) -> Result<Self, SecretError> {
        let mut octets = Zeroizing::new([0; KEY_LEN]);
        SystemRandom::new().fill(&mut *octets).map_err(|_| SecretError::NoRandomness)?;
        let mut text: Zeroizing<String> = Zeroizing::new(String::with_capacity(2 * KEY_LEN + 1));
        for octet in *octets {
            text.push(HEX[usize::from(octet >> 4)]);
            text.push(HEX[usize::from(octet & 15)]);
        }
        text.push('\n');
        // `create_new`: of two first starts at once, one wins and the other fails instead of overwriting the key.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(SecretError::File)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(SecretError::File)?;
        Self::new(&*octets)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<key>")
    }
}

/// Why a key or a sealed value cannot be used.
#[derive(Debug)]
pub enum SecretError {
    /// The key file cannot be read or written.
    File(io::Error),
    /// Not 64 hexadecimal digits.
    KeyForm,
    /// The kernel gave none.
    NoRandomness,
    /// The key file may be read by others; its mode.
    Readable(u32),
    /// Sealed with another key or for another place, or damaged.
    Sealed,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(_) => f.write_str("the key file cannot be read or written"),
            Self::KeyForm => f.write_str("a key has 64 hexadecimal digits"),
            Self::NoRandomness => f.write_str("the system has no randomness"),
            Self::Readable(mode) => write!(f, "the key file may be read by others (mode {mode:o}, not 600)"),
            Self::Sealed => f.write_str("a sealed value does not open: another key, or damaged"),
        }
    }
}

impl std::error::Error for SecretError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            _ => None,
        }
    }
}

/// Pairs of hexadecimal digits; `None` when there is anything else.
fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * KEY_LEN {
        return None;
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(KEY_LEN));
    for pair in digits.chunks_exact(2) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        octets.push(u8::try_from(high << 4 | low).ok()?);
    }
    Some(octets)
}

const VERSION: u8 = 1;
const KEY_LEN: usize = 32;
/// A key file is 65 octets; a larger one is something else.
const MAX_FILE: u64 = 4096;
const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_at_its_place_and_under_its_key() {
        let key = SealingKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(b"user 1", b"geheim");
        assert_eq!(&**key.open(b"user 1", &sealed).unwrap(), b"geheim");
        assert!(key.open(b"user 2", &sealed).is_err());
        assert!(SealingKey::new(&[8; 32]).unwrap().open(b"user 1", &sealed).is_err());
        assert_ne!(sealed, key.seal(b"user 1", b"geheim"));
        for length in 0..sealed.len() {
            assert!(key.open(b"user 1", &sealed[..length]).is_err());
        }
        assert!(!format!("{key:?}").contains('7'));
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let sealed = SealingKey::from_file(&path).unwrap().seal(b"a", b"b");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(&**SealingKey::from_file(&path).unwrap().open(b"a", &sealed).unwrap(), b"b");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(SealingKey::from_file(&path), Err(SecretError::Readable(0o644))));
        fs::write(&path, "short").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(SealingKey::from_file(&path), Err(SecretError::KeyForm)));
    }
}
