//! Sessions survive mutated and reordered packets: the body of the fuzz target under seeded input.

#![allow(unreachable_pub, reason = "the fuzz crate shares this module")]

#[path = "../fuzz/src/lib.rs"]
mod bodies;

/// xorshift64*: enough to mutate octets, the same on every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

fn record(random: &mut Random, sequence: &mut u16, timestamp: &mut u32) -> Vec<u8> {
    let payload_type = [8, 0, 9, 18, 96, 101, 13, 200, 203][random.below(9)];
    let len = [0, 4, 10, 12, 20, 80, 160, 240][random.below(8)];
    *sequence = sequence.wrapping_add([1, 1, 1, 1, 2, 0xffff, 5_000][random.below(7)]);
    *timestamp = timestamp.wrapping_add([160, 160, 80, 0, 100_000][random.below(5)]);
    let mut packet = vec![0x80, payload_type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&timestamp.to_be_bytes());
    packet.extend((0..len).map(|_| random.next() as u8));
    if random.below(4) == 0 {
        let at = random.below(packet.len());
        packet[at] = random.next() as u8;
    }
    packet.truncate(255);
    let mut record = vec![random.next() as u8 & 5, random.below(60) as u8, packet.len() as u8];
    record.extend(packet);
    record
}

#[test]
fn sessions_of_every_kind() {
    for seed in 1..=256u64 {
        let mut random = Random(seed);
        let (mut sequence, mut timestamp) = (65_000, u32::MAX - 5_000);
        let mut octets = vec![(seed - 1) as u8];
        for _ in 0..300 {
            octets.extend(record(&mut random, &mut sequence, &mut timestamp));
        }
        bodies::session(&octets);
    }
}
