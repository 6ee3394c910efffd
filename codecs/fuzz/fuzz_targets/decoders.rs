//! Any bytes into any decoder with any sequence of losses.
//!
//! The first byte chooses the codec; then each packet is an operation, a length and that many bytes.
#![no_main]

use codecs::amrwb::{Layout, Payload};
use codecs::{CodecId, Decoder, G726Packing, G726Rate, OpusRate, opus};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let codec = codec(choice);
    let Ok(mut decoder) = Decoder::new(codec) else {
        for layout in [Layout::BandwidthEfficient, Layout::OctetAligned] {
            let _ = Payload::parse(rest, layout);
        }
        return;
    };
    let mut pcm = vec![0; 5760];
    while let [operation, length, tail @ ..] = rest {
        let (payload, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        match operation % 8 {
            0 => drop(decoder.conceal(&mut pcm[..usize::from(*length) * 16])),
            1 => drop(decoder.recover(payload, &mut pcm[..960])),
            _ => drop(decoder.decode(payload, &mut pcm)),
        }
        rest = tail;
    }
});

fn codec(choice: u8) -> CodecId {
    let rate = [G726Rate::R16, G726Rate::R24, G726Rate::R32, G726Rate::R40][usize::from(choice >> 4 & 3)];
    let packing = if choice & 0x80 == 0 { G726Packing::Rfc3551 } else { G726Packing::Aal2 };
    match choice % 7 {
        0 => CodecId::Pcma,
        1 => CodecId::Pcmu,
        2 => CodecId::G722,
        3 => CodecId::G726 { rate, packing },
        4 => CodecId::G729 { annex_b: true },
        5 => CodecId::AmrWb,
        _ => {
            let _ = opus::load();
            CodecId::Opus { rate: OpusRate::Hz16000, fec: true, dtx: true }
        }
    }
}
