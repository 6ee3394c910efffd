//! Nothing is allocated once a coder is made, and its state has the size the README states.
#![allow(unsafe_code, reason = "a counting allocator has to be one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use codecs::dtmf::{self, Digit};
use codecs::resample::Resampler;
use codecs::tones::{self, Meaning, SETS};
use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, comfort_noise};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

const G726: CodecId = CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 };
const G729: CodecId = CodecId::G729 { annex_b: true };

#[test]
fn coding_and_concealing_allocate_nothing() {
    for codec in [CodecId::Pcma, CodecId::Pcmu, CodecId::G722, G726, G729] {
        let (mut encoder, mut decoder) =
            (Encoder::new(codec).expect("offered"), Decoder::new(codec).expect("offered"));
        let samples = codec.samples_per(20);
        let mut pcm: Vec<i16> = (0..samples).map(|n| (n * 7919 % 9001) as i16).collect();
        let mut payload = vec![0; codec.payload_bound(20)];
        let counted = allocations(|| {
            for n in 0..200 {
                let mut at = 0;
                while at < samples {
                    let sent = encoder.encode(&pcm[at..], &mut payload).expect("whole frames");
                    at += sent.samples;
                    if sent.bytes == 0 || n % 10 == 3 {
                        decoder.conceal(&mut pcm);
                    } else {
                        decoder.decode(&payload[..sent.bytes], &mut pcm).expect("own payload");
                    }
                }
                // Speech and pauses in turn.
                if n % 40 < 20 {
                    pcm.iter_mut().enumerate().for_each(|(k, s)| *s = s.wrapping_add((k * n * 31) as i16));
                } else {
                    pcm.fill(0);
                }
            }
        });
        assert_eq!(counted, 0, "{codec:?}");
    }
}

#[test]
fn the_signal_blocks_allocate_nothing() {
    let mut pcm = [100; 160];
    let mut wide = [0; 960];
    let mut resampler = Resampler::new(8000, 48_000).expect("telephone rates");
    let mut detector = dtmf::Detector::new();
    let mut keys = dtmf::Generator::new(8000, -8.0, -6.0);
    let mut tone = tones::Generator::new(SETS[3].cadence(Meaning::Ringback), 8000);
    let (mut analyzer, mut noise) = (comfort_noise::Analyzer::new(), comfort_noise::Generator::new(1));
    let counted = allocations(|| {
        for _ in 0..50 {
            keys.press(Digit::from_event(5).expect("a digit"), 60);
            keys.fill(&mut pcm);
            detector.process(&pcm, |_| ());
            tone.fill(&mut pcm);
            analyzer.process(&pcm);
            noise.update(&analyzer.describe());
            noise.fill(&mut pcm);
            resampler.process(&pcm, &mut wide);
        }
    });
    assert_eq!(counted, 0);
}

#[test]
fn a_thousand_calls_fit_the_cache_budget() {
    // README: bytes of one coder, its own size and what it keeps behind a pointer.
    let size = |codec| {
        let (encoder, decoder) =
            (Encoder::new(codec).expect("offered"), Decoder::new(codec).expect("offered"));
        (size_of::<Encoder>() + encoder.heap_bytes(), size_of::<Decoder>() + decoder.heap_bytes())
    };
    let documented =
        [(CodecId::Pcma, 240, 944), (CodecId::G722, 240, 2752), (G726, 240, 944), (G729, 2184, 2048)];
    if cfg!(target_pointer_width = "64") {
        let found = documented.map(|(codec, ..)| (codec, size(codec).0, size(codec).1));
        assert_eq!(found, documented);
    }
    // A transcoded call has an encoder and a decoder of either codec.
    for (one, ..) in documented {
        for (other, ..) in documented.into_iter().filter(|&(other, ..)| other != one) {
            let ((a, b), (c, d)) = (size(one), size(other));
            assert!(
                a + b + c + d <= 8 * 1024 * 1024 / 1000,
                "{one:?} and {other:?}: {} bytes",
                a + b + c + d
            );
        }
    }
}
