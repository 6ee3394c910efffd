//! G.711: all 65,536 inputs as the ITU software tools, and the laws' own invariants without any file.

mod shared;

use codecs::g711;

#[test]
fn every_input_compresses_and_expands_as_the_itu_tools() {
    let Some(folder) = shared::vectors("codec-g711") else { return };
    let source = shared::words(&folder.join("sweep.src"));
    assert_eq!(source.len(), 65_536);
    let a = shared::words(&folder.join("sweep-r.a"));
    let mu = shared::words(&folder.join("sweep-r.u"));
    let from_a = shared::words(&folder.join("sweep-r.rea"));
    let from_mu = shared::words(&folder.join("sweep-r.reu"));
    let through_a = shared::words(&folder.join("sweep-r.a-a"));
    let through_mu = shared::words(&folder.join("sweep-r.u-u"));
    for (n, &sample) in source.iter().enumerate() {
        assert_eq!(i16::from(g711::compress_a(sample)), a[n], "A-law of {sample}");
        assert_eq!(i16::from(g711::compress_mu(sample)), mu[n], "mu-law of {sample}");
        assert_eq!(g711::expand_a(a[n] as u8), from_a[n], "A-law code {}", a[n]);
        assert_eq!(g711::expand_mu(mu[n] as u8), from_mu[n], "mu-law code {}", mu[n]);
        assert_eq!(g711::expand_a(g711::compress_a(sample)), through_a[n]);
        assert_eq!(g711::expand_mu(g711::compress_mu(sample)), through_mu[n]);
    }
}

#[test]
fn a_code_survives_expansion_and_compression() {
    for code in 0..=u8::MAX {
        assert_eq!(g711::compress_a(g711::expand_a(code)), code);
        // mu-law has two zeros; the negative one comes back as the positive.
        let expected = if code == 0x7F { 0xFF } else { code };
        assert_eq!(g711::compress_mu(g711::expand_mu(code)), expected);
    }
}

#[test]
fn compression_is_monotonic_and_within_half_a_step() {
    let mut before = [i16::MIN; 2];
    for sample in i16::MIN..=i16::MAX {
        let levels = [g711::expand_a(g711::compress_a(sample)), g711::expand_mu(g711::compress_mu(sample))];
        assert!(levels[0] >= before[0] && levels[1] >= before[1], "{sample}");
        before = levels;
        let error_a = i32::from(g711::expand_a(g711::compress_a(sample))) - i32::from(sample);
        let error_mu = i32::from(g711::expand_mu(g711::compress_mu(sample))) - i32::from(sample);
        let magnitude = i32::from(sample).abs();
        // The step is at most a sixteenth of the magnitude above the linear part, the last value clips.
        assert!(error_a.abs() <= (magnitude / 32 + 16).max(16), "{sample}: {error_a}");
        assert!(error_mu.abs() <= (magnitude / 32 + 8).max(644 * i32::from(magnitude > 32_000)), "{sample}");
    }
}

#[test]
fn direct_conversion_stays_within_one_level_of_the_nearest_and_keeps_the_sign() {
    // The two laws overload at 3.14 and 3.17 dBm0, so equal numbers are not equal levels: one step of leeway.
    for code in 0..=u8::MAX {
        let a = g711::mu_to_a(code);
        let nearest = nearest_a(g711::expand_mu(code));
        assert!(((a ^ 0x55) & 0x7F).abs_diff((nearest ^ 0x55) & 0x7F) <= 1, "mu {code:#x}");
        assert_eq!(a & 0x80, code & 0x80);
        assert_eq!(g711::a_to_mu(code) & 0x80, code & 0x80);
    }
    // G.711 tables 3 and 4, the two entries that buy transparency.
    assert_eq!(g711::mu_to_a(!80) ^ 0xD5, 81 - 1);
    assert_eq!(!g711::a_to_mu((80 - 1) ^ 0xD5), 79);
}

#[test]
fn a_law_is_transparent_through_mu_law() {
    let changed: Vec<u8> =
        (0..=u8::MAX).filter(|&code| (g711::mu_to_a(g711::a_to_mu(code)) ^ code) & !1 != 0).collect();
    assert_eq!(changed, [], "bits 1 to 7 of every code survive A to mu to A");
}

fn nearest_a(linear: i16) -> u8 {
    (0..=u8::MAX)
        .min_by_key(|&code| (i32::from(g711::expand_a(code)) - i32::from(linear)).abs())
        .expect("256 codes")
}
