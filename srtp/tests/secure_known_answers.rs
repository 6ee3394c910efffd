//! A protected packet that implementations compare themselves with; the vectors of the RFCs are beside the code.

use srtp::secure::{Inbound, MasterKey, Outbound, Profile};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn master(profile: Profile, key: &str, salt: &str) -> MasterKey {
    MasterKey::new(profile, &octets(key), &octets(salt), &[]).expect("right lengths")
}

/// The master key and salt of RFC 3711 B.3 over the packet that implementations compare themselves with.
#[test]
fn counter_mode_with_sha1() {
    let key = || {
        master(
            Profile::AesCm128HmacSha1Tag80,
            "e1f97a0d3e018be0d64fa32c06de4139",
            "0ec675ad498afeebb6960b3aabe6",
        )
    };
    let plain = octets("800f1234decafbadcafebabe abababababababababababababababab");
    let protected = octets("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
    let mut buffer = plain.clone();
    buffer.resize(64, 0);
    let len = Outbound::new(key(), true).protect_rtp(&mut buffer, plain.len()).expect("room");
    assert_eq!(buffer[..len], protected);
    let mut arrived = protected;
    let len = Inbound::new(key()).unprotect_rtp(&mut arrived).expect("authentic");
    assert_eq!(arrived[..len], plain);
}
