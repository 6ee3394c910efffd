//! G.726 on RTP: the two orders of codewords carry the same codewords.

use codecs::g726::{Adpcm, Encoder};
use codecs::{CodecId, G726Packing, G726Rate};

const RATES: [G726Rate; 4] = [G726Rate::R16, G726Rate::R24, G726Rate::R32, G726Rate::R40];

#[test]
fn octets_are_the_codewords_in_the_order_of_their_rfc() {
    let pcm: Vec<i16> = (0..160i32).map(|n| (n * n * 37 % 20_011 - 10_000) as i16).collect();
    for rate in RATES {
        let mut coder = Adpcm::new(rate);
        let codewords: Vec<u8> = pcm.iter().map(|&sample| coder.encode(sample >> 2)).collect();
        let bits = rate.bits_per_sample();
        for packing in [G726Packing::Aal2, G726Packing::Rfc3551] {
            let mut octets = vec![0; CodecId::G726 { rate, packing }.payload_bound(20)];
            Encoder::new(rate, packing).encode(&pcm, &mut octets);
            assert_eq!(octets.len(), 20 * bits);
            for (n, &codeword) in codewords.iter().enumerate() {
                let value = (0..bits).fold(0, |value, bit| {
                    let place = n * bits + bit;
                    match packing {
                        // Most significant bit of the codeword first, from the top of the octet.
                        G726Packing::Aal2 => value << 1 | (octets[place / 8] >> (7 - place % 8) & 1),
                        // Least significant bit first, from the bottom.
                        G726Packing::Rfc3551 => value | (octets[place / 8] >> (place % 8) & 1) << bit,
                    }
                });
                assert_eq!(value, codeword, "{rate:?} {packing:?} codeword {n}");
            }
        }
    }
}
