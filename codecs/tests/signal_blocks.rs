//! Resampling, levels, voice activity and comfort noise do what their documentation says.

mod shared;

use codecs::comfort_noise::{Analyzer, Generator, SilenceDescriptor};
use codecs::level::{self, Gain, LevelMeter};
use codecs::resample::Resampler;
use codecs::vad::Vad;
use codecs::{g711, measure};

fn sine(samples: usize, rate: u32, hz: f64, peak: f64) -> Vec<i16> {
    (0..samples)
        .map(|n| (peak * (std::f64::consts::TAU * hz * n as f64 / f64::from(rate)).sin()).round() as i16)
        .collect()
}

fn noise(samples: usize, peak: f64) -> Vec<i16> {
    let mut seed = 1u32;
    (0..samples)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) * peak) as i16
        })
        .collect()
}

fn convert(from: u32, to: u32, pcm: &[i16]) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to).expect("telephone rates");
    let mut out = vec![0; pcm.len() * to as usize / from as usize];
    // Uneven but whole packets: 10 and 30 ms.
    let (mut read, mut written) = (0, 0);
    for ms in [10, 30, 20].iter().cycle() {
        let end = (read + from as usize / 1000 * ms).min(pcm.len());
        written += resampler.process(&pcm[read..end], &mut out[written..]);
        read = end;
        if read == pcm.len() {
            break;
        }
    }
    assert_eq!(written, out.len());
    out
}

const PAIRS: [(u32, u32); 6] =
    [(8000, 16_000), (16_000, 8000), (16_000, 48_000), (48_000, 16_000), (8000, 48_000), (48_000, 8000)];

#[test]
fn the_pass_band_keeps_its_level_within_a_tenth_of_a_db() {
    for (from, to) in PAIRS {
        let edge = f64::from(from.min(to)) / 2.0 * 0.85;
        for part in [0.1, 0.4, 0.8, 1.0] {
            let hz = edge * part;
            let out = convert(from, to, &sine(from as usize / 2, from, hz, 12_000.0));
            let settled = &out[out.len() / 4..];
            let change = measure::tone_dbm0(settled, to, hz as f32)
                - measure::tone_dbm0(&sine(settled.len(), to, hz, 12_000.0), to, hz as f32);
            assert!(change.abs() < 0.1, "{from} to {to}: {change} dB at {hz} Hz");
        }
    }
}

#[test]
fn images_and_aliases_are_60_db_down() {
    for (from, to) in PAIRS {
        let low = f64::from(from.min(to));
        let limit = level::dbm0(&sine(8000, 8000, 1000.0, 16_000.0)) - 60.0;
        for part in [0.15, 0.5, 0.85] {
            let hz = low / 2.0 * part;
            if from < to {
                let out = convert(from, to, &sine(from as usize / 2, from, hz, 16_000.0));
                let image = measure::tone_dbm0(&out[out.len() / 2..], to, (low - hz) as f32);
                assert!(image < limit, "{from} to {to}: image of {hz} Hz at {image} dBm0");
            } else {
                let out = convert(from, to, &sine(from as usize / 2, from, low - hz, 16_000.0));
                let alias = level::dbm0(&out[out.len() / 2..]);
                assert!(alias < limit, "{from} to {to}: {} Hz aliases at {alias} dBm0", low - hz);
            }
        }
    }
}

#[test]
fn full_scale_input_saturates_and_never_wraps() {
    for (from, to) in PAIRS {
        let square: Vec<i16> = (0..4800).map(|n| if n / 24 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let out = convert(from, to, &square);
        let jumps = out.windows(2).filter(|w| w[0] > 25_000 && w[1] < -25_000).count();
        assert!(jumps <= 400, "{from} to {to}: {jumps}");
        assert!(out.contains(&i16::MAX));
    }
}

#[test]
fn up_and_down_again_is_a_pure_delay() {
    // 8 to 48 and back is delayed by half a sample more: no whole number to compare at.
    for (low, high) in [(8000, 16_000), (16_000, 48_000)] {
        // Inharmonic partials up to 0.83 of the band: what lies in the filters' slope is not theirs to keep.
        let smooth: Vec<i16> = (0..4000)
            .map(|n| {
                let partial = |part: f64| (std::f64::consts::PI * part * f64::from(n)).sin();
                (2500.0 * [0.071, 0.173, 0.317, 0.541, 0.83].map(partial).iter().sum::<f64>()) as i16
            })
            .collect();
        let again = convert(high, low, &convert(low, high, &smooth));
        let delay = measure::delay_samples(&smooth, &again, 100);
        let snr = measure::snr_db(&smooth[500..3500], &again[500 + delay..3500 + delay]);
        assert!(snr > 40.0, "{low} by way of {high}: {snr} dB after {delay} samples");
    }
}

#[test]
fn levels_are_those_of_g711() {
    // G.711 table 5: this sequence of A-law codes is a 1 kHz sine of 0 dBm0.
    let codes = [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4];
    let pcm: Vec<i16> = codes.iter().cycle().take(800).map(|&code| g711::expand_a(code)).collect();
    assert!(level::dbm0(&pcm).abs() < 0.1, "{}", level::dbm0(&pcm));
    assert!((measure::tone_dbm0(&pcm, 8000, 1000.0)).abs() < 0.1);
    // Table 6, mu-law.
    let codes = [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E];
    let pcm: Vec<i16> = codes.iter().cycle().take(800).map(|&code| g711::expand_mu(code)).collect();
    assert!(level::dbm0(&pcm).abs() < 0.1, "{}", level::dbm0(&pcm));
    assert_eq!(level::dbm0(&[0; 160]), level::SILENCE_DBM0);
    assert!(level::dbov(&[i16::MIN; 160]).abs() < 0.01);
    let mut meter = LevelMeter::new(8000, 20);
    meter.process(&sine(4000, 8000, 1000.0, 32_767.0));
    assert!((meter.dbm0() - level::OVERLOAD_DBM0).abs() < 0.2);
    assert_eq!((meter.take_peak(), meter.take_peak()), (32_767, 0));
}

#[test]
fn gain_is_exact_and_saturates() {
    let mut pcm = sine(800, 8000, 1000.0, 8000.0);
    let before = level::dbm0(&pcm);
    Gain::from_db(-6.0).apply(&mut pcm);
    assert!((level::dbm0(&pcm) - before + 6.0).abs() < 0.05);
    let mut loud = [30_000, -30_000];
    Gain::from_db(12.0).apply(&mut loud);
    assert_eq!(loud, [i16::MAX, i16::MIN]);
    let mut same = [1, -1, i16::MAX, i16::MIN];
    Gain::from_db(0.0).apply(&mut same);
    assert_eq!(same, [1, -1, i16::MAX, i16::MIN]);
}

#[test]
fn comfort_noise_has_the_level_and_colour_that_were_described() {
    for peak in [100.0, 1000.0] {
        // A background with little above 2 kHz.
        let white = noise(16_000, peak);
        let dull: Vec<i16> =
            white.windows(8).map(|w| (w.iter().map(|&s| i32::from(s)).sum::<i32>() / 8) as i16).collect();
        let mut analyzer = Analyzer::new();
        analyzer.process(&dull);
        let mut payload = [0; 11];
        assert_eq!(analyzer.describe().write(&mut payload), 11);
        let descriptor = SilenceDescriptor::parse(&payload).expect("a payload");
        let mut generator = Generator::new(3);
        generator.update(&descriptor);
        let mut pcm = vec![0; 16_000];
        generator.fill(&mut pcm);
        let settled = &pcm[2000..];
        let error = level::dbm0(settled) - level::dbm0(&dull);
        assert!(error.abs() < 1.5, "level {error} dB off");
        let band = |pcm: &[i16], hz: std::ops::Range<i32>| -> f32 {
            let sum: f32 = hz
                .clone()
                .step_by(50)
                .map(|hz| 10f32.powf(measure::tone_dbm0(pcm, 8000, hz as f32) / 10.0))
                .sum();
            10.0 * sum.log10()
        };
        let slope = |pcm: &[i16]| band(pcm, 200..800) - band(pcm, 2200..3800);
        assert!((slope(settled) - slope(&dull)).abs() < 4.0, "{} for {}", slope(settled), slope(&dull));
    }
}

#[test]
fn a_bare_level_is_white_noise_of_it_and_hostile_payloads_are_harmless() {
    let mut generator = Generator::new(9);
    for level in [30, 50, 70] {
        generator.update(&SilenceDescriptor::parse(&[level]).expect("one octet"));
        let mut pcm = vec![0; 8000];
        generator.fill(&mut pcm);
        assert!((level::dbov(&pcm[2000..]) + f32::from(level)).abs() < 1.0, "{level}");
    }
    assert_eq!(SilenceDescriptor::parse(&[]), None);
    for coefficient in [0, 127, 254, 255] {
        let mut payload = [coefficient; 40];
        payload[0] = 0x80;
        generator.update(&SilenceDescriptor::parse(&payload).expect("long enough"));
        let mut pcm = vec![0; 8000];
        generator.fill(&mut pcm);
        generator.update(&SilenceDescriptor::white(127));
        generator.fill(&mut pcm);
        assert_eq!(pcm[7900..], [0; 100], "the filter's memory dies away");
    }
}

#[test]
fn voice_activity_follows_speech_over_noise() {
    let mut vad = Vad::new();
    let quiet = noise(8000, 60.0);
    let talking = |vad: &mut Vad, pcm: &[i16]| {
        pcm.chunks_exact(160).filter(|block| vad.is_speech(block, 8000)).count() as f32
            / (pcm.len() / 160) as f32
    };
    talking(&mut vad, &quiet);
    assert!(talking(&mut vad, &quiet) < 0.05);
    let Some(folder) = shared::vectors("speech-8k-osr") else { return };
    let speech = shared::wav(&folder.join("OSR_us_000_0010_8k.wav"));
    let share = talking(&mut vad, &speech);
    // Harvard sentences with pauses of about a second and a half.
    assert!((0.4..0.9).contains(&share), "{share}");
    // Noise that rises by 12 dB is learned in a few seconds.
    let louder = noise(8 * 8000, 240.0);
    talking(&mut vad, &louder);
    assert!(talking(&mut vad, &louder) < 0.05);
}

#[test]
fn voice_activity_bridges_pauses_within_words_and_no_longer_ones() {
    let (mut vad, quiet) = (Vad::new(), noise(160, 60.0));
    assert!((0..50).all(|_| !vad.is_speech(&quiet, 8000)));
    assert!(vad.is_speech(&sine(160, 8000, 300.0, 8000.0), 8000));
    let held = (0..50).take_while(|_| vad.is_speech(&quiet, 8000)).count();
    assert!((5..=12).contains(&held), "{held} blocks of 20 ms");
    // A block of any length is a block: ten minutes of silence at once ends speech as well.
    assert!(vad.is_speech(&sine(160, 8000, 300.0, 8000.0), 8000));
    assert!(!vad.is_speech(&vec![0; 4_800_000], 8000));
}

#[test]
fn a_round_trip_is_measured_to_the_sample() {
    let mut sent = vec![0; 800];
    measure::marker(&mut sent, 8000);
    let mut heard = vec![0; 777];
    heard.extend(sent.iter().map(|&sample| g711::expand_a(g711::compress_a(sample / 4))));
    heard.extend([0; 500]);
    assert_eq!(measure::delay_samples(&sent, &heard, 1000), 777);
}
