//! DTMF against the limits of Q.24: what must be heard, what must not, and talk-off on real speech.

mod shared;

use codecs::dtmf::{Detector, Digit, Event, Generator};
use codecs::{g711, measure};

const DIGITS: &str = "0123456789*#ABCD";

/// Two sines, Hz and dBm0 each, of so many ms, with 60 ms of silence around.
fn tones(low: (f32, f32), high: (f32, f32), ms: usize) -> Vec<i16> {
    let peak = |dbm0: f32| codecs::level::amplitude_rms(dbm0) * std::f32::consts::SQRT_2;
    let mut pcm = vec![0; 480];
    pcm.extend((0..ms * 8).map(|n| {
        let turn = std::f32::consts::TAU * n as f32 / 8000.0;
        (peak(low.1) * (turn * low.0).sin() + peak(high.1) * (turn * high.0 + 1.0).sin()) as i16
    }));
    pcm.extend([0; 480]);
    pcm
}

fn heard(pcm: &[i16]) -> String {
    let (mut detector, mut digits) = (Detector::new(), String::new());
    for packet in pcm.chunks(160) {
        detector.process(packet, |event| {
            if let Event::Began { digit, .. } = event {
                digits.push(digit.as_char());
            }
        });
    }
    digits
}

fn digit(character: char) -> Digit {
    Digit::from_char(character).expect("a key")
}

#[test]
fn every_digit_at_every_level_of_the_range() {
    for dbm0 in [-27.0, -20.0, -9.0, 0.0] {
        for character in DIGITS.chars() {
            let [low, high] = digit(character).frequencies_hz();
            assert_eq!(heard(&tones((low, dbm0), (high, dbm0), 50)), character.to_string(), "{dbm0} dBm0");
        }
    }
}

#[test]
fn forty_ms_are_heard_and_23_are_not() {
    for character in DIGITS.chars() {
        let [low, high] = digit(character).frequencies_hz();
        for shift in 0..51 {
            let at = |ms| {
                let mut pcm = vec![0; shift];
                pcm.extend(tones((low, -10.0), (high, -10.0), ms));
                pcm
            };
            assert_eq!(heard(&at(40)), character.to_string(), "40 ms, shifted by {shift}");
            assert_eq!(heard(&at(23)), "", "23 ms of {character}, shifted by {shift}");
        }
    }
}

#[test]
fn frequencies_within_1_5_percent_are_heard_and_beyond_3_5_are_not() {
    for character in DIGITS.chars() {
        let [low, high] = digit(character).frequencies_hz();
        for sign in [-1.0, 1.0] {
            let off = |percent: f32| 1.0 + sign * percent / 100.0;
            for (a, b) in [(1.5, 0.0), (0.0, 1.5), (1.5, 1.5)] {
                let pcm = tones((low * off(a), -10.0), (high * off(b), -10.0), 60);
                assert_eq!(heard(&pcm), character.to_string(), "{character}: {a} % and {b} %");
            }
            for (a, b) in [(3.5, 0.0), (0.0, 3.5), (3.5, 3.5), (5.0, 0.0), (0.0, 5.0)] {
                let pcm = tones((low * off(a), -10.0), (high * off(b), -10.0), 60);
                assert_eq!(heard(&pcm), "", "{character}: {a} % and {b} %");
            }
        }
    }
}

#[test]
fn twist_of_plus_4_and_minus_8_db_is_heard_and_15_is_not() {
    for character in DIGITS.chars() {
        let [low, high] = digit(character).frequencies_hz();
        for twist in [4.0, 0.0, -4.0, -8.0] {
            let pcm = tones((low, -12.0), (high, -12.0 + twist), 50);
            assert_eq!(heard(&pcm), character.to_string(), "twist {twist} dB");
        }
        for twist in [15.0, -15.0] {
            assert_eq!(heard(&tones((low, -14.0), (high, -14.0 + twist), 50)), "", "twist {twist} dB");
        }
    }
}

#[test]
fn pauses_of_40_ms_separate_and_interruptions_of_10_do_not() {
    let [low, high] = digit('5').frequencies_hz();
    let twice = |gap_ms: usize| {
        let tone = tones((low, -10.0), (high, -10.0), 50);
        let tone = &tone[480..480 + 400];
        [&[0; 480][..], tone, &vec![0; gap_ms * 8], tone, &[0; 480]].concat()
    };
    assert_eq!(heard(&twice(40)), "55");
    assert_eq!(heard(&twice(10)), "5");
}

#[test]
fn digits_survive_noise_of_15_db_and_both_laws() {
    let mut seed = 7u32;
    for character in DIGITS.chars() {
        let [low, high] = digit(character).frequencies_hz();
        let pcm: Vec<i16> = tones((low, -12.0), (high, -12.0), 60)
            .into_iter()
            .map(|sample| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // -9 dBm0 of signal, -24 dBm0 of noise.
                let noise = (f64::from(seed) / f64::from(u32::MAX) - 0.5) * 3300.0;
                sample.saturating_add(noise as i16)
            })
            .collect();
        assert_eq!(heard(&pcm), character.to_string());
        let through: Vec<i16> =
            pcm.iter().map(|&s| g711::expand_mu(g711::a_to_mu(g711::compress_a(s)))).collect();
        assert_eq!(heard(&through), character.to_string());
    }
}

#[test]
fn the_generator_says_what_the_detector_hears_with_its_length() {
    let mut generator = Generator::new(8000, -8.0, -6.0);
    let (mut detector, mut lengths) = (Detector::new(), Vec::new());
    for character in DIGITS.chars() {
        generator.press(digit(character), 100);
        let mut pcm = [0; 160];
        for _ in 0..8 {
            generator.fill(&mut pcm);
            detector.process(&pcm, |event| {
                if let Event::Ended { digit, samples } = event {
                    lengths.push((digit.as_char(), samples));
                }
            });
        }
    }
    assert_eq!(lengths.iter().map(|(character, _)| character).collect::<String>(), DIGITS);
    assert!(lengths.iter().all(|&(_, samples)| samples.abs_diff(800) <= 102), "{lengths:?}");

    let mut wide = Generator::new(16_000, -8.0, -6.0);
    wide.press(digit('7'), 40);
    let mut pcm = [0; 640];
    assert_eq!(wide.fill(&mut pcm), 640);
    assert!((measure::tone_dbm0(&pcm, 16_000, 852.0) + 8.0).abs() < 0.5);
    assert!((measure::tone_dbm0(&pcm, 16_000, 1209.0) + 6.0).abs() < 0.5);
    assert_eq!(wide.fill(&mut pcm), 0);
}

#[test]
fn event_codes_are_those_of_rfc_4733() {
    for (event, character) in (0..).zip("0123456789*#ABCD".chars()) {
        assert_eq!(digit(character).event(), event);
        assert_eq!(Digit::from_event(event), Some(digit(character)));
    }
    assert_eq!(Digit::from_event(16), None);
    assert_eq!(Digit::from_char('x'), None);
}

#[test]
fn speech_is_not_taken_for_digits() {
    let mut seconds = 0.0;
    let mut talk_off = Vec::new();
    for name in ["speech-8k-prompts", "speech-8k-osr", "speech-8k-codec2", "speech-spandsp"] {
        let Some(folder) = shared::vectors(name) else { return };
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let Some(pcm) = narrowband(&path) else { continue };
            seconds += pcm.len() as f64 / 8000.0;
            for digit in heard(&pcm).chars() {
                talk_off.push((path.file_name().expect("a name").to_owned(), digit));
            }
        }
    }
    assert!(seconds > 250.0, "{seconds} s");
    assert!(talk_off.is_empty(), "{talk_off:?}");
}

/// Speech of a file at 8 kHz, by its ending.
fn narrowband(path: &std::path::Path) -> Option<Vec<i16>> {
    match path.extension()?.to_str()? {
        "wav" => Some(shared::wav(path)),
        "raw" | "sln" => Some(shared::words(path)),
        "alaw" => Some(shared::bytes(path).iter().map(|&code| g711::expand_a(code)).collect()),
        "ulaw" => Some(shared::bytes(path).iter().map(|&code| g711::expand_mu(code)).collect()),
        _ => None,
    }
}
