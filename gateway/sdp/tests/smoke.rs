//! The fuzz target's assertions on seeded mutations of real descriptions, so that they run without a fuzzer.

#[path = "../fuzz/body.rs"]
mod body;
mod support;

/// xorshift64: the seed in a failure message is enough to run it again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

#[test]
fn mutated_descriptions_are_harmless() {
    let mut seeds: Vec<Vec<u8>> = support::golden("exchange")
        .into_iter()
        .flat_map(|file| file.sections)
        .filter_map(|section| section.split_once('\n').map(|(_, body)| body.as_bytes().to_vec()))
        .collect();
    seeds.extend(
        support::golden("canonical").into_iter().flat_map(|file| file.sections).map(String::into_bytes),
    );
    seeds.extend(support::vectors("sdp-transform").into_iter().map(|(_, octets)| octets));
    seeds.extend(support::vectors("fuzzseed-webrtc").into_iter().map(|(_, octets)| octets));
    for seed in &seeds {
        body::check(seed);
    }
    for round in 0..20_000u64 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round + 1).wrapping_mul(0x2545_f491_4f6c_dd1d));
        let mut octets = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..=dice.roll(6) {
            mutate(&mut octets, &seeds, &mut dice);
        }
        let result = std::panic::catch_unwind(|| body::check(&octets));
        assert!(result.is_ok(), "round {round}: {}", String::from_utf8_lossy(&octets));
    }
}

fn mutate(octets: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let place = dice.roll(octets.len());
    match dice.roll(6) {
        0 if !octets.is_empty() => octets[place] = dice.roll(256) as u8,
        1 if !octets.is_empty() => octets[place] = b"0123456789:/=| \n-"[dice.roll(17)],
        2 if !octets.is_empty() => {
            octets.remove(place);
        }
        3 => octets.insert(place, b"\n\r 09:/;=a"[dice.roll(10)]),
        4 => octets.truncate(place),
        // A line of another description.
        _ => {
            let other = &seeds[dice.roll(seeds.len())];
            let lines: Vec<&[u8]> = other.split(|octet| *octet == b'\n').collect();
            octets.push(b'\n');
            octets.extend_from_slice(lines[dice.roll(lines.len())]);
        }
    }
}
