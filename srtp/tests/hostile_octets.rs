//! The parsers survive mutated packets: the bodies of the fuzz targets under seeded input.

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

fn mutate(random: &mut Random, seed: &[u8]) -> Vec<u8> {
    let mut octets = seed.to_vec();
    for _ in 0..=random.below(6) {
        let at = random.below(octets.len());
        octets[at] = random.next() as u8;
    }
    octets.truncate(1 + random.below(octets.len()));
    octets
}

fn rounds(seeds: &[&[u8]], body: impl Fn(&[u8])) {
    let mut random = Random(0x5eed);
    for round in 0..20_000 {
        let octets = mutate(&mut random, seeds[round % seeds.len()]);
        body(&octets);
    }
}

#[test]
fn rtp() {
    let mut seed =
        vec![0xb2, 0x88, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 1, 2, 3, 4];
    seed.extend([0x55; 160]);
    seed.extend([0, 0, 3]);
    rounds(&[&seed], bodies::rtp);
}

#[test]
fn rtcp() {
    let report = [
        0x81, 200, 0, 12, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 3, 0, 0, 0, 0, 7,
        0, 0, 0, 1, 0, 1, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0x81, 202, 0, 3, 0, 0, 0, 1, 1, 4, b'a',
        b'@', b'b', b'c', 0, 0, 0x81, 203, 0, 2, 0, 0, 0, 1, 3, b'e', b'n', b'd',
    ];
    let extended = [
        0x80, 207, 0, 13, 0, 0, 0, 1, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 7, 0, 0, 8, 0, 0, 0, 7, 1, 2, 3, 4,
        0, 1, 0, 2, 0, 3, 0, 4, 9, 9, 127, 16, 93, 127, 44, 43, 0xb0, 0, 0, 40, 0, 60, 1, 44,
    ];
    rounds(&[&report, &extended], bodies::rtcp);
}

#[test]
fn unprotect() {
    let mut seed =
        vec![3, 0xb1, 0x88, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xbe, 0xde, 0, 1, 1, 2, 3, 4];
    seed.extend([0x55; 60]);
    rounds(&[&seed], bodies::unprotect);
}
