//! Finds the conformance data beside the repository; every test says `skipped` when it is not there.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::disallowed_methods, reason = "a test reads its environment and its data files")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};

/// The folder `name` of the shared test vectors.
pub fn vectors(name: &str) -> Option<PathBuf> {
    let root = std::env::var("DECTGATE_SHARED").map(PathBuf::from).ok().or_else(|| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|folder| folder.join("shared"))
            .find(|shared| shared.join("vectors").is_dir())
    });
    let folder = root.map(|root| root.join("vectors").join(name)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: no conformance data folder `{name}`");
    }
    folder
}

/// A file of little-endian 16-bit words.
pub fn words(path: &Path) -> Vec<i16> {
    bytes(path).chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// A whole file.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Samples of a canonical 16-bit mono WAV file.
pub fn wav(path: &Path) -> Vec<i16> {
    let file = bytes(path);
    let data = file.windows(4).position(|tag| tag == b"data").expect("a WAV file has a data chunk") + 8;
    file[data..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// CRC-32 (IEEE 802.3) as the ITU lists it beside its sequences.
pub fn crc32(data: impl IntoIterator<Item = u8>) -> u32 {
    !data.into_iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Fails with the first difference only; whole sequences are too long to print.
#[track_caller]
pub fn assert_same<T: PartialEq + std::fmt::Debug>(got: &[T], expected: &[T], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}: length");
    let wrong = got.iter().zip(expected).filter(|(got, expected)| got != expected).count();
    if let Some(at) = got.iter().zip(expected).position(|(got, expected)| got != expected) {
        let end = (at + 8).min(got.len());
        panic!("{what}: {wrong} differ, first at {at}: {:?} for {:?}", &got[at..end], &expected[at..end]);
    }
}
