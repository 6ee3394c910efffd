//! What protection is for: forged, replayed, truncated and foreign packets are refused, and nothing is remembered of them.

use srtp::RtpHeader;
use srtp::secure::{Inbound, MAX_SOURCES, MAX_TRAILER_LEN, MasterKey, Outbound, Profile, SrtpError};

const PROFILES: [Profile; 8] = [
    Profile::AeadAes128Gcm,
    Profile::AeadAes256Gcm,
    Profile::AesCm128HmacSha1Tag32,
    Profile::AesCm128HmacSha1Tag80,
    Profile::AesCm192HmacSha1Tag32,
    Profile::AesCm192HmacSha1Tag80,
    Profile::AesCm256HmacSha1Tag32,
    Profile::AesCm256HmacSha1Tag80,
];

fn master(profile: Profile, seed: u8, mki: &[u8]) -> MasterKey {
    let key: Vec<u8> = (0..profile.key_len()).map(|n| seed.wrapping_mul(31).wrapping_add(n as u8)).collect();
    let salt: Vec<u8> = (0..profile.salt_len()).map(|n| seed.wrapping_add(100 + n as u8)).collect();
    MasterKey::new(profile, &key, &salt, mki).expect("right lengths")
}

fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let header = RtpHeader { marker: false, payload_type: 8, sequence, timestamp: 160, ssrc };
    let mut octets = header.to_octets().to_vec();
    octets.extend(payload);
    octets
}

fn protect(outbound: &mut Outbound, plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + MAX_TRAILER_LEN, 0);
    let len = outbound.protect_rtp(&mut buffer, plain.len()).expect("room");
    buffer.truncate(len);
    buffer
}

fn protect_report(outbound: &mut Outbound, plain: &[u8]) -> Vec<u8> {
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + MAX_TRAILER_LEN, 0);
    let len = outbound.protect_rtcp(&mut buffer, plain.len()).expect("room");
    buffer.truncate(len);
    buffer
}

const REPORT: [u8; 16] = [0x80, 201, 0, 3, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8];

#[test]
fn every_profile_carries_packets_and_reports_with_and_without_a_key_identifier() {
    for profile in PROFILES {
        for mki in [&[][..], &[7], &[1, 2, 3, 4]] {
            let mut out = Outbound::new(master(profile, 1, mki), true);
            let mut inbound = Inbound::new(master(profile, 1, mki));
            for sequence in [65_534u16, 65_535, 0, 1] {
                let mut plain = rtp(5, sequence, &[0x5a; 160]);
                plain[0] |= 0x31;
                plain.splice(12..12, [0, 0, 0, 1, 0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
                let mut packet = protect(&mut out, &plain);
                assert_eq!(packet.len(), plain.len() + profile.rtp_tag_len() + mki.len());
                assert_ne!(packet[24..40], plain[24..40]);
                assert_eq!(packet[..24], plain[..24], "the header stays readable");
                let len = inbound.unprotect_rtp(&mut packet).expect("authentic");
                assert_eq!(packet[..len], plain);
                let mut report = protect_report(&mut out, &REPORT);
                assert_ne!(report[8..16], REPORT[8..16]);
                let len = inbound.unprotect_rtcp(&mut report).expect("authentic");
                assert_eq!(report[..len], REPORT);
            }
            assert_eq!((out.roll_over(), inbound.roll_over()), (1, 1));
        }
    }
}

#[test]
fn reports_may_be_sent_in_the_clear_and_are_still_authentic() {
    for profile in PROFILES {
        let mut out = Outbound::new(master(profile, 1, &[]), false);
        let mut report = protect_report(&mut out, &REPORT);
        assert_eq!(report[..16], REPORT);
        let mut forged = report.clone();
        forged[9] ^= 1;
        let mut inbound = Inbound::new(master(profile, 1, &[]));
        assert_eq!(inbound.unprotect_rtcp(&mut forged), Err(SrtpError::Authentication));
        assert_eq!(inbound.unprotect_rtcp(&mut report), Ok(16));
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    for profile in PROFILES {
        let packet = protect(&mut Outbound::new(master(profile, 1, &[9]), true), &rtp(5, 7, &[3; 20]));
        let report = protect_report(&mut Outbound::new(master(profile, 1, &[9]), true), &REPORT);
        let mut inbound = Inbound::new(master(profile, 1, &[9]));
        for bit in 0..packet.len() * 8 {
            let mut forged = packet.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            assert!(inbound.unprotect_rtp(&mut forged).is_err(), "{profile:?} bit {bit}");
        }
        for bit in 0..report.len() * 8 {
            let mut forged = report.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let believed = inbound.unprotect_rtcp(&mut forged);
            assert!(believed.is_err(), "{profile:?} bit {bit}");
        }
        for len in 0..packet.len() {
            assert!(inbound.unprotect_rtp(&mut packet[..len].to_vec()).is_err());
        }
        for len in 0..report.len() {
            assert!(inbound.unprotect_rtcp(&mut report[..len].to_vec()).is_err());
        }
        assert!(inbound.unprotect_rtp(&mut packet.clone()).is_ok(), "the forgeries left nothing behind");
        assert!(inbound.unprotect_rtcp(&mut report.clone()).is_ok());
    }
}

#[test]
fn a_packet_passes_once() {
    for profile in PROFILES {
        let mut out = Outbound::new(master(profile, 1, &[]), true);
        let mut inbound = Inbound::new(master(profile, 1, &[]));
        let packets: Vec<_> = (0..200u16).map(|n| protect(&mut out, &rtp(5, n, &[1; 20]))).collect();
        let report = protect_report(&mut out, &REPORT);
        for n in [0, 2, 1, 199] {
            assert!(inbound.unprotect_rtp(&mut packets[n].clone()).is_ok());
            assert_eq!(inbound.unprotect_rtp(&mut packets[n].clone()), Err(SrtpError::Replayed));
        }
        assert_eq!(inbound.unprotect_rtp(&mut packets[3].clone()), Err(SrtpError::Replayed), "too old");
        assert!(inbound.unprotect_rtp(&mut packets[150].clone()).is_ok());
        assert!(inbound.unprotect_rtcp(&mut report.clone()).is_ok());
        assert_eq!(inbound.unprotect_rtcp(&mut report.clone()), Err(SrtpError::Replayed));
    }
}

#[test]
fn another_key_or_key_identifier_is_refused() {
    for profile in PROFILES {
        let packet = protect(&mut Outbound::new(master(profile, 1, &[1]), true), &rtp(5, 7, &[3; 20]));
        let mut other = Inbound::new(master(profile, 2, &[1]));
        assert_eq!(other.unprotect_rtp(&mut packet.clone()), Err(SrtpError::Authentication));
        let mut other = Inbound::new(master(profile, 1, &[2]));
        assert_eq!(other.unprotect_rtp(&mut packet.clone()), Err(SrtpError::MasterKey));
    }
}

#[test]
fn spoofed_sources_leave_the_call_unharmed() {
    let profile = Profile::AesCm128HmacSha1Tag80;
    let mut out = Outbound::new(master(profile, 1, &[]), true);
    let mut inbound = Inbound::new(master(profile, 1, &[]));
    for sequence in 65_000..=65_535u16 {
        assert!(inbound.unprotect_rtp(&mut protect(&mut out, &rtp(5, sequence, &[1; 20]))).is_ok());
    }
    for ssrc in 0..100_000u32 {
        let mut forged = rtp(ssrc, 1, &[0; 30]);
        assert!(inbound.unprotect_rtp(&mut forged).is_err());
    }
    let mut after = protect(&mut out, &rtp(5, 0, &[1; 20]));
    assert!(inbound.unprotect_rtp(&mut after).is_ok(), "the roll-over counter survived");
}

#[test]
fn more_authentic_sources_than_are_remembered_push_out_the_quietest() {
    let profile = Profile::AeadAes128Gcm;
    let mut inbound = Inbound::new(master(profile, 1, &[]));
    for ssrc in 0..MAX_SOURCES as u32 + 1 {
        let mut out = Outbound::new(master(profile, 1, &[]), true);
        assert!(inbound.unprotect_rtp(&mut protect(&mut out, &rtp(ssrc, 1, &[1]))).is_ok());
    }
    let mut newest = Outbound::new(master(profile, 1, &[]), true);
    let mut packet = protect(&mut newest, &rtp(MAX_SOURCES as u32, 1, &[1]));
    assert_eq!(inbound.unprotect_rtp(&mut packet), Err(SrtpError::Replayed));
}

#[test]
fn a_resumed_call_goes_on_under_its_roll_over_counter() {
    let profile = Profile::AesCm128HmacSha1Tag80;
    let mut out = Outbound::new(master(profile, 1, &[]), true);
    for sequence in [65_535u16, 0] {
        protect(&mut out, &rtp(5, sequence, &[1; 20]));
    }
    let packet = protect(&mut out, &rtp(5, 1, &[1; 20]));
    assert!(Inbound::new(master(profile, 1, &[])).unprotect_rtp(&mut packet.clone()).is_err());
    let mut resumed = Inbound::resumed(master(profile, 1, &[]), out.roll_over());
    assert!(resumed.unprotect_rtp(&mut packet.clone()).is_ok());
}

#[test]
fn without_room_nothing_is_touched() {
    let mut out = Outbound::new(master(Profile::AeadAes128Gcm, 1, &[]), true);
    let plain = rtp(5, 1, &[1; 20]);
    let mut buffer = plain.clone();
    assert_eq!(out.protect_rtp(&mut buffer, plain.len()), Err(SrtpError::NoRoom));
    assert_eq!(buffer, plain);
    assert_eq!(out.protect_rtp(&mut [0; 40], 5), Err(SrtpError::Malformed));
}
