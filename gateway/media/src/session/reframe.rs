//! Repacketising without decoding: payloads cut and joined at their grain.
//!
//! Owns: what has arrived and does not fill a packet yet. Must never: hold more than a packet plus what one arrival brings.

use crate::session::format::Grain;

/// Octets of one codec on their way from one packet time to another.
#[derive(Debug)]
pub(crate) struct Reframer {
    grain: Grain,
    /// Octets of a full packet.
    packet: usize,
    held: Vec<u8>,
    /// Timestamp of the first octet held, on the source's clock.
    timestamp: u32,
    started: bool,
}

/// A packet that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) octets: usize,
    /// On the source's clock.
    pub(crate) timestamp: u32,
}

impl Reframer {
    /// `packet_units`: the packet time wanted, on the RTP clock.
    pub(crate) fn new(grain: Grain, packet_units: usize) -> Self {
        let packet = packet_units / grain.units * grain.octets;
        Self {
            grain,
            packet,
            held: Vec::with_capacity(packet + LONGEST_PAYLOAD),
            timestamp: 0,
            started: false,
        }
    }

    /// Takes a payload. Answers whether it followed on what is held; otherwise that was dropped and a talk spurt begins.
    pub(crate) fn push(&mut self, payload: &[u8], timestamp: u32, table: Option<&[u8; 256]>) -> bool {
        let follows = self.started && self.end() == timestamp;
        if !follows {
            self.held.clear();
            self.timestamp = timestamp;
            self.started = true;
        }
        let payload = &payload[..payload.len().min(LONGEST_PAYLOAD)];
        let room = self.held.capacity() - self.held.len();
        let payload = &payload[..payload.len().min(room)];
        match table {
            Some(table) => self.held.extend(payload.iter().map(|&octet| table[usize::from(octet)])),
            None => self.held.extend_from_slice(payload),
        }
        follows
    }

    /// The next full packet: its octets are the first of [`Reframer::held`].
    pub(crate) fn ready(&self) -> Option<Ready> {
        let silence = self.ends_in_silence();
        if self.held.len() >= self.packet && self.packet > 0 {
            Some(Ready { octets: self.packet, timestamp: self.timestamp })
        } else if silence {
            // RFC 3551 4.5.6: a silence descriptor ends its packet, and nothing may follow for long.
            Some(Ready { octets: self.held.len(), timestamp: self.timestamp })
        } else {
            None
        }
    }

    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Forgets a packet that was sent.
    pub(crate) fn consume(&mut self, ready: Ready) {
        self.timestamp = self.timestamp.wrapping_add(self.units(ready.octets));
        self.held.copy_within(ready.octets.., 0);
        self.held.truncate(self.held.len() - ready.octets);
    }

    fn end(&self) -> u32 {
        self.timestamp.wrapping_add(self.units(self.held.len()))
    }

    fn units(&self, octets: usize) -> u32 {
        let silence = usize::from(
            self.grain.silence_octets > 0 && octets % self.grain.octets == self.grain.silence_octets,
        );
        ((octets / self.grain.octets + silence) * self.grain.units) as u32
    }

    fn ends_in_silence(&self) -> bool {
        let silence = self.grain.silence_octets;
        silence > 0 && self.held.len() % self.grain.octets == silence
    }
}

/// 200 ms of 64 kbit/s (RFC 3551 4.2); what is beyond is cut.
const LONGEST_PAYLOAD: usize = 1_600;

#[cfg(test)]
mod tests {
    use super::*;

    const G711: Grain = Grain { octets: 1, units: 1, silence_octets: 0 };
    const G729: Grain = Grain { octets: 10, units: 80, silence_octets: 2 };

    fn drain(reframer: &mut Reframer) -> Vec<(u32, usize)> {
        let mut packets = Vec::new();
        while let Some(ready) = reframer.ready() {
            packets.push((ready.timestamp, ready.octets));
            reframer.consume(ready);
        }
        packets
    }

    #[test]
    fn twenty_becomes_thirty() {
        let mut reframer = Reframer::new(G711, 240);
        assert!(!reframer.push(&[1; 160], 1_000, None));
        assert_eq!(drain(&mut reframer), []);
        assert!(reframer.push(&[2; 160], 1_160, None));
        assert_eq!(reframer.held()[159..161], [1, 2]);
        assert_eq!(drain(&mut reframer), [(1_000, 240)]);
        assert!(reframer.push(&[3; 160], 1_320, None));
        assert_eq!(drain(&mut reframer), [(1_240, 240)]);
    }

    #[test]
    fn sixty_becomes_six_tens() {
        let mut reframer = Reframer::new(G711, 80);
        reframer.push(&[1; 480], 0, None);
        assert_eq!(drain(&mut reframer).len(), 6);
    }

    #[test]
    fn a_gap_starts_a_talk_spurt() {
        let mut reframer = Reframer::new(G711, 240);
        reframer.push(&[1; 160], 0, None);
        assert!(!reframer.push(&[2; 160], 8_000, None));
        assert!(reframer.push(&[2; 160], 8_160, None));
        assert_eq!(drain(&mut reframer), [(8_000, 240)]);
    }

    #[test]
    fn a_silence_descriptor_ends_the_packet() {
        let mut reframer = Reframer::new(G729, 320);
        reframer.push(&[1; 12], 0, None);
        assert_eq!(drain(&mut reframer), [(0, 12)]);
        assert!(!reframer.push(&[1; 20], 4_000, None));
        assert!(reframer.push(&[1; 20], 4_160, None));
        assert_eq!(drain(&mut reframer), [(4_000, 40)]);
    }

    #[test]
    fn a_hostile_payload_stays_within_bounds() {
        let mut reframer = Reframer::new(G729, 80);
        let capacity = reframer.held.capacity();
        for n in 0..1_000 {
            reframer.push(&[0; 2_000][..n], n as u32, None);
        }
        assert_eq!(reframer.held.capacity(), capacity);
    }
}
