//! The tone table: complete, and what the generator plays has the frequencies, rhythm and level it says.

use codecs::measure::tone_dbm0;
use codecs::tones::{Cadence, Generator, Meaning, SETS, ToneSet};

const MEANINGS: [Meaning; 8] = [
    Meaning::Busy,
    Meaning::BusyAcknowledge,
    Meaning::CallWaiting,
    Meaning::Congestion,
    Meaning::Dial,
    Meaning::NegativeAcknowledge,
    Meaning::PositiveAcknowledge,
    Meaning::Ringback,
];

#[test]
fn the_27_sets_have_the_incumbents_numbers_and_names() {
    let names: Vec<&str> = SETS.iter().map(|set| set.name).collect();
    assert_eq!(
        names,
        [
            "EUROPE-PBX",
            "EUROPE-PUBLIC",
            "US",
            "UK",
            "ITALY-PUBLIC",
            "CZECH-PBX",
            "CZECH-PUBLIC",
            "SWEDEN",
            "FRANCE",
            "SWISS",
            "ITALY-PBX",
            "BELGIUM",
            "NETHERLANDS",
            "NORWAY",
            "DENMARK",
            "GERMANY",
            "SPAIN",
            "FINLAND",
            "AUSTRIA",
            "IRELAND",
            "AUSTRALIA",
            "NEWZEALAND",
            "MALAYSIA",
            "TURKEY",
            "RUSSIA",
            "SOUTH AFRICA",
            "BRAZIL",
        ]
    );
    for (number, set) in (0..).zip(&SETS) {
        assert_eq!(set.number, number);
        assert_eq!(ToneSet::by_number(number), Some(set));
        assert_eq!(ToneSet::by_name(&set.name.to_lowercase()), Some(set));
    }
    assert_eq!(ToneSet::by_number(27), None);
}

/// Figures that engineers of these networks know by heart: a slip in the table is no matter of taste there.
#[test]
fn well_known_tones_are_those_of_their_networks() {
    use Meaning::{Busy, CallWaiting, Congestion, Dial, Ringback};
    let known: [(&str, Meaning, [u16; 2], &[u16]); 27] = [
        ("UK", Dial, [350, 440], &[]),
        ("UK", Ringback, [400, 450], &[400, 200, 400, 2000]),
        ("UK", Busy, [400, 0], &[375, 375]),
        ("UK", Congestion, [400, 0], &[400, 350, 225, 525]),
        ("US", Dial, [350, 440], &[]),
        ("US", Ringback, [440, 480], &[2000, 4000]),
        ("US", Busy, [480, 620], &[500, 500]),
        ("US", Congestion, [480, 620], &[250, 250]),
        ("US", CallWaiting, [440, 0], &[300, 10_000]),
        ("GERMANY", Dial, [425, 0], &[]),
        ("GERMANY", Ringback, [425, 0], &[1000, 4000]),
        ("GERMANY", Busy, [425, 0], &[480, 480]),
        ("GERMANY", Congestion, [425, 0], &[240, 240]),
        ("FRANCE", Dial, [440, 0], &[]),
        ("FRANCE", Ringback, [440, 0], &[1500, 3500]),
        ("FRANCE", Busy, [440, 0], &[500, 500]),
        ("ITALY-PUBLIC", Dial, [425, 0], &[200, 200, 600, 1000]),
        ("ITALY-PUBLIC", Ringback, [425, 0], &[1000, 4000]),
        ("ITALY-PUBLIC", Busy, [425, 0], &[500, 500]),
        ("SWEDEN", Dial, [425, 0], &[]),
        ("SWEDEN", Ringback, [425, 0], &[1000, 5000]),
        ("SWEDEN", Busy, [425, 0], &[250, 250]),
        ("SWEDEN", Congestion, [425, 0], &[250, 750]),
        ("SWISS", Ringback, [425, 0], &[1000, 4000]),
        ("AUSTRIA", Ringback, [420, 0], &[1000, 5000]),
        ("SPAIN", Ringback, [425, 0], &[1500, 3000]),
        ("TURKEY", Ringback, [450, 0], &[2000, 4000]),
    ];
    for (name, meaning, hz, pattern_ms) in known {
        let cadence = ToneSet::by_name(name).expect("listed").cadence(meaning);
        let found = ([cadence.sound.hz, cadence.sound.and_hz], cadence.pattern_ms);
        assert_eq!(found, (hz, pattern_ms), "{name} {meaning:?}");
    }
}

#[test]
fn every_cadence_is_playable_and_within_telephony() {
    for set in &SETS {
        for meaning in MEANINGS {
            let cadence = set.cadence(meaning);
            assert!(cadence.pattern_ms.len().is_multiple_of(2), "{} {meaning:?}", set.name);
            assert!(cadence.pattern_ms.iter().all(|&ms| ms > 0));
            assert!((300..=1400).contains(&cadence.sound.hz));
            assert!((-30..=-5).contains(&cadence.level_dbm0));
        }
    }
}

#[test]
fn each_tone_sounds_as_its_cadence_says() {
    for rate in [8000, 16_000] {
        for set in &SETS {
            for meaning in MEANINGS {
                let cadence = set.cadence(meaning);
                check(cadence, rate, &format!("{} {meaning:?} at {rate}", set.name));
            }
        }
    }
}

fn check(cadence: Cadence, rate: u32, what: &str) {
    let per_ms = rate as usize / 1000;
    let mut generator = Generator::new(cadence, rate);
    let steps = if cadence.pattern_ms.is_empty() { &[300u16][..] } else { cadence.pattern_ms };
    for (n, &ms) in steps.iter().enumerate() {
        let mut pcm = vec![0; usize::from(ms) * per_ms];
        generator.fill(&mut pcm);
        if n % 2 == 1 {
            assert!(pcm.iter().all(|&sample| sample == 0), "{what}: pause {n} is silent");
            continue;
        }
        assert!(
            pcm[pcm.len() - 3 * per_ms..].iter().any(|&sample| sample != 0),
            "{what}: {n} sounds to its end"
        );
        // 40 ms resolve 25 Hz; a modulated carrier loses 6 dB to its sidebands.
        let window = &pcm[..pcm.len().min(40 * per_ms)];
        let expected =
            f32::from(cadence.level_dbm0) - if cadence.sound.modulation_hz > 0 { 6.0 } else { 0.0 };
        for hz in [cadence.sound.hz, cadence.sound.and_hz].into_iter().filter(|&hz| hz > 0) {
            let dbm0 = tone_dbm0(window, rate, f32::from(hz));
            assert!((dbm0 - expected).abs() < 2.6, "{what}: {hz} Hz at {dbm0} dBm0");
        }
        assert!(tone_dbm0(window, rate, 2600.0) < -45.0, "{what}: pure");
    }
}

#[test]
fn acknowledgements_end_by_themselves() {
    let germany = ToneSet::by_name("GERMANY").expect("listed");
    for (meaning, ms) in [
        (Meaning::PositiveAcknowledge, 600),
        (Meaning::NegativeAcknowledge, 1600),
        (Meaning::BusyAcknowledge, 3840),
    ] {
        let mut generator = Generator::new(germany.cadence(meaning), 8000);
        let mut played = 0;
        while !generator.is_finished() {
            generator.fill(&mut [0; 80]);
            played += 10;
            assert!(played < 10_000, "{meaning:?} never ends");
        }
        assert_eq!(played, ms, "{meaning:?}");
        let mut pcm = [1; 80];
        generator.fill(&mut pcm);
        assert_eq!(pcm, [0; 80]);
    }
}
