//! Time to protect and unprotect one packet of 172 octets (12 header, 160 payload), in place.
//!
//! Best of several rounds, as the microbenchmarks it is to be compared with; the thread is to be pinned by the caller
//! (`taskset -c 1`). Closes with one line of key=value.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;

use srtp::RtpHeader;
use srtp::secure::{Inbound, MAX_TRAILER_LEN, MasterKey, Outbound, Profile};

fn main() {
    let (cm80_protect, cm80_unprotect) = measure(Profile::AesCm128HmacSha1Tag80);
    let (gcm_protect, gcm_unprotect) = measure(Profile::AeadAes128Gcm);
    println!(
        "cm80_protect_ns={cm80_protect:.0} cm80_unprotect_ns={cm80_unprotect:.0} \
         gcm_protect_ns={gcm_protect:.0} gcm_unprotect_ns={gcm_unprotect:.0} vs_openssl_primitives=absent"
    );
}

fn measure(profile: Profile) -> (f64, f64) {
    let (mut protect, mut unprotect) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        let mut outbound = Outbound::new(master(profile), true);
        let mut inbound = Inbound::new(master(profile));
        let mut packets: Vec<_> = (0..PACKETS).map(packet).collect();
        let begin = Instant::now();
        for (octets, len) in &mut packets {
            *len = outbound.protect_rtp(black_box(octets), *len).expect("room");
        }
        protect = protect.min(begin.elapsed().as_nanos() as f64 / f64::from(PACKETS));
        let begin = Instant::now();
        for (octets, len) in &mut packets {
            *len = inbound.unprotect_rtp(black_box(&mut octets[..*len])).expect("authentic");
        }
        unprotect = unprotect.min(begin.elapsed().as_nanos() as f64 / f64::from(PACKETS));
    }
    (protect, unprotect)
}

fn packet(sequence: u32) -> ([u8; 172 + MAX_TRAILER_LEN], usize) {
    let header = RtpHeader {
        marker: false,
        payload_type: 8,
        sequence: sequence as u16,
        timestamp: sequence * 160,
        ssrc: 0xcafe_babe,
    };
    let mut octets = [0x55; 172 + MAX_TRAILER_LEN];
    octets[..12].copy_from_slice(&header.to_octets());
    (octets, 172)
}

fn master(profile: Profile) -> MasterKey {
    let (key, salt) = ([7; 32], [9; 14]);
    MasterKey::new(profile, &key[..profile.key_len()], &salt[..profile.salt_len()], &[])
        .expect("right lengths")
}

/// Fit the second-level cache, so that memory is not what is measured.
const PACKETS: u32 = 1_000;
const ROUNDS: usize = 300;
