//! G.729 pinned without any outside file: digests of streams and speech that this coder gave when it passed the
//! ITU sequences, over a signal made of integers.

use codecs::g729::{AnnexB, Decoder, Encoder, FRAME, Frame};
use sha2::{Digest, Sha256};

const FRAMES: usize = 600;

/// Voiced, unvoiced and silent stretches at several levels, clipping ones among them.
fn signal() -> Vec<[i16; FRAME]> {
    let mut seed = 20_260_101u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i32::from((seed >> 16) as i16)
    };
    let (mut phase, mut ring, mut slow) = (0, [0i32; 2], 0i32);
    let frame = |n: usize| {
        let stretch = n / 20;
        let level = [1, 40, 400, 3000, 12_000, 40_000][stretch % 6];
        let period = 25 + (stretch as i32 * 17) % 110;
        std::array::from_fn(|_| {
            phase += 1;
            let pulse = if phase % period == 0 { level } else { 0 };
            let drive = match stretch % 3 {
                0 => pulse,
                1 => random() * level / 32_768,
                _ => pulse / 2 + random() * level / 131_072,
            };
            // A resonance near 800 Hz, then a leak, in integers.
            let out = (drive * 8192 + ring[0] * 12_900 - ring[1] * 7_600) >> 13;
            let out = out.clamp(-60_000, 60_000);
            ring = [out, ring[0]];
            slow += (out - slow) >> 3;
            (out + slow).clamp(-32_768, 32_767) as i16
        })
    };
    (0..FRAMES).map(frame).collect()
}

fn encoded(annex_b: AnnexB) -> Vec<Frame> {
    let mut encoder = Encoder::new(annex_b);
    signal()
        .iter()
        .map(|pcm| {
            let mut out = [0; 10];
            match encoder.encode(pcm, &mut out) {
                10 => Frame::Speech(out),
                2 => Frame::Sid([out[0], out[1]]),
                _ => Frame::Untransmitted,
            }
        })
        .collect()
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn stream_digest(frames: &[Frame]) -> String {
    let mut hash = Sha256::new();
    for frame in frames {
        match frame {
            Frame::Speech(b) => hash.update(b),
            Frame::Sid(b) => hash.update(b),
            Frame::Erased | Frame::Untransmitted => hash.update([0]),
        }
    }
    hex(hash)
}

/// Decodes with every frame lost that `lost` names.
fn speech_digest(frames: &[Frame], lost: impl Fn(usize) -> bool) -> String {
    let mut decoder = Decoder::new();
    let mut hash = Sha256::new();
    for (n, &frame) in frames.iter().enumerate() {
        let mut pcm = [0; FRAME];
        decoder.decode(if lost(n) { Frame::Erased } else { frame }, &mut pcm);
        pcm.iter().for_each(|s| hash.update(s.to_le_bytes()));
    }
    hex(hash)
}

/// Digests of the stream, of its speech, and of its speech with losses.
fn digests(frames: &[Frame]) -> [String; 3] {
    [
        stream_digest(frames),
        speech_digest(frames, |_| false),
        speech_digest(frames, |n| n % 7 == 3 || n / 5 % 11 == 6),
    ]
}

#[test]
fn annex_a_streams_and_speech() {
    let frames = encoded(AnnexB::Off);
    assert_eq!(digests(&frames), ANNEX_A);
}

#[test]
fn annex_b_streams_and_speech() {
    let frames = encoded(AnnexB::On);
    let count = |f: fn(&Frame) -> bool| frames.iter().filter(|x| f(x)).count();
    assert!(count(|f| matches!(f, Frame::Sid(_))) > 10);
    assert!(count(|f| matches!(f, Frame::Untransmitted)) > 50);
    assert_eq!(digests(&frames), ANNEX_B);
}

const ANNEX_A: [&str; 3] = [
    "ead6e5c658b3f6dac36f6de806699453c3777c5ce93beebd8f918f87222fb08d",
    "e52fe39e9b1b5655aee76d362f385041890df418ad09dd316a60e3c952de4486",
    "59f1e4f0e1199ec933a7eed698e179b512c5a5e8b23a4fe0f0dc7216c032800a",
];
const ANNEX_B: [&str; 3] = [
    "bfed443bbcb3819076eca71c974ba8debc2e622af57d3b28dd74a810101600fe",
    "5257a893ccab87fdbee970b16063f5ae962354823989cac1c00c65a5acaeea88",
    "94c3e4bbb364f9051fd879a13e97dd1f79fa000cec75bc7b6d7378f865d2a0a7",
];
