//! Bodies of the fuzz targets, shared with the smoke test of the crate.

use srtp::rtcp::{Compound, RtcpPacket};
use srtp::secure::{Inbound, MasterKey, Profile};
use srtp::{Reception, RtpPacket};

/// Every accessor of every packet that parses; what lies where must agree with the length.
pub fn rtp(octets: &[u8]) {
    let Ok(packet) = RtpPacket::parse(octets) else { return };
    let header =
        12 + 4 * packet.csrcs().count() + packet.extension().map_or(0, |extension| 4 + extension.data.len());
    assert_eq!(header + packet.payload().len() + packet.padding_len(), octets.len());
    assert!(packet.header().payload_type < 128);
    let mut reception = Reception::default();
    for pair in packet.payload().chunks_exact(2) {
        reception.sequence(u16::from_be_bytes([pair[0], pair[1]]));
        reception.arrival(u32::from(pair[0]) << 20, u32::from(pair[1]) << 22);
        reception.interval();
    }
}

/// Every packet, block and item of every compound that parses.
pub fn rtcp(octets: &[u8]) {
    let Ok(compound) = Compound::parse(octets) else { return };
    for packet in compound.packets() {
        match packet {
            RtcpPacket::SenderReport(report) => assert!(report.blocks().count() < 32),
            RtcpPacket::ReceiverReport(report) => assert!(report.blocks().count() < 32),
            RtcpPacket::SourceDescription(description) => {
                assert!(description.items().map(|item| item.text.len()).sum::<usize>() <= octets.len());
            }
            RtcpPacket::Bye(bye) => assert!(bye.sources().count() < 32),
            RtcpPacket::ExtendedReport(report) => assert!(report.blocks().count() <= octets.len() / 4),
            RtcpPacket::Other(..) => {}
        }
    }
}

/// Hostile octets against both unprotectors: the first octet chooses the profile.
pub fn unprotect(octets: &[u8]) {
    let Some((kind, packet)) = octets.split_first() else { return };
    let profile = [Profile::AesCm128HmacSha1Tag80, Profile::AesCm256HmacSha1Tag32, Profile::AeadAes128Gcm]
        [usize::from(kind % 3)];
    let mki = &[1, 2][..usize::from(kind / 3 % 3)];
    let (key, salt) = ([1; 32], [2; 14]);
    let master = MasterKey::new(profile, &key[..profile.key_len()], &salt[..profile.salt_len()], mki);
    let Ok(master) = master else { return };
    let mut inbound = Inbound::new(master);
    // Nobody can guess a tag: what passes here is a fault.
    assert!(inbound.unprotect_rtp(&mut packet.to_vec()).is_err());
    assert!(inbound.unprotect_rtcp(&mut packet.to_vec()).is_err());
}
