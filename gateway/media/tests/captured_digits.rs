//! Telephone events as real equipment sent them: every digit once, in order, relayed and as tones.
//!
//! The captures are not part of the repository; without them the test says `skipped`.

#![allow(clippy::disallowed_methods, reason = "a test reads its environment and its data files")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

mod support;

use std::path::{Path, PathBuf};
use std::time::Duration;

use codecs::{CodecId, Decoder, dtmf};
use media::Notice;
use media_api::{Codec, DigitSending, EventFormat, Format, PayloadType, Plan};
use support::{Driver, HANDSET, PBX, call, format};

const PCMU: Format = Format { codec: Codec::Pcmu, payload_type: PayloadType(0), ptime_ms: 20 };

struct Capture {
    /// From the name of the file.
    digits: String,
    /// Time since the first packet, and the datagram.
    datagrams: Vec<(Duration, Vec<u8>)>,
}

fn captures() -> Vec<Capture> {
    let mut all = Vec::new();
    for (folder, digits) in [
        ("pcap-rtp-dtmf", digits_of_sipp as fn(&str) -> Option<String>),
        ("pcap-rtp-asterisk", digits_of_asterisk),
    ] {
        let Some(folder) = vectors(folder) else { continue };
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if let Some(digits) = digits(name) {
                all.push(Capture { digits, datagrams: datagrams(&path) });
            }
        }
    }
    all
}

fn digits_of_sipp(name: &str) -> Option<String> {
    Some(name.strip_prefix("dtmf_2833_")?.replace("star", "*"))
}

fn digits_of_asterisk(name: &str) -> Option<String> {
    let (test, digits) = name.rsplit_once('-')?;
    test.contains("dtmf_sdp_recognition").then(|| digits.to_owned())
}

fn vectors(name: &str) -> Option<PathBuf> {
    let root = std::env::var("DECTGATE_SHARED").map(PathBuf::from).ok().or_else(|| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .map(|folder| folder.join("shared"))
            .find(|shared| shared.join("vectors").is_dir())
    });
    let folder = root.map(|root| root.join("vectors").join(name)).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: no conformance data folder `{name}`");
    }
    folder
}

/// The UDP payloads of a capture (Ethernet or Linux cooked, IPv4).
fn datagrams(path: &Path) -> Vec<(Duration, Vec<u8>)> {
    let file = std::fs::read(path).expect("a readable capture");
    let word = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
    let link_header = if word(20) == 113 { 16 } else { 14 };
    let (mut at, mut first, mut all) = (24, None, Vec::new());
    while at + 16 <= file.len() {
        let time = Duration::new(word(at).into(), word(at + 4) * 1_000);
        let len = word(at + 8) as usize;
        let ip = &file[at + 16 + link_header..at + 16 + len];
        at += 16 + len;
        let header = usize::from(ip[0] & 15) * 4;
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let since = time.saturating_sub(*first.get_or_insert(time));
        all.push((since, ip[header + 8..total.min(ip.len())].to_vec()));
    }
    all
}

fn plan() -> Plan {
    let mut plan = call(PCMU, PCMU);
    plan.legs[0].receiving.push(format(Codec::Opus, 96, 20));
    plan.legs[1].events = vec![EventFormat { payload_type: PayloadType(110), clock_rate: 8_000 }];
    plan
}

/// Plays a capture to the handset's leg in its own time.
fn play(driver: &mut Driver, capture: &Capture) {
    let begin = driver.now;
    for (since, octets) in &capture.datagrams {
        let wait = (begin + *since).saturating_duration_since(driver.now);
        driver.pass(wait);
        driver.arrive(HANDSET, octets);
    }
    driver.pass(Duration::from_secs(5));
}

fn is_event((_, octets): &&(Duration, Vec<u8>)) -> bool {
    octets[1] & 0x7f == 101
}

fn told(driver: &Driver) -> String {
    let digit = |notice: &Notice| match notice {
        Notice::Digit { leg: HANDSET, digit, .. } => Some(*digit),
        _ => None,
    };
    driver.notices.iter().filter_map(digit).collect()
}

#[test]
fn every_captured_digit_is_told_once() {
    for capture in captures() {
        let mut driver = Driver::open(&plan());
        play(&mut driver, &capture);
        assert_eq!(told(&driver), capture.digits);
    }
}

#[test]
fn captured_events_are_relayed_whole() {
    for capture in captures() {
        let mut driver = Driver::open(&plan());
        play(&mut driver, &capture);
        // Some equipment repeats the end under the same sequence number: a duplicate, which is not relayed.
        let mut arrived: Vec<_> =
            capture.datagrams.iter().filter(is_event).map(|(_, octets)| &octets[2..4]).collect();
        arrived.dedup();
        let relayed = driver.take_rtp(PBX);
        let events: Vec<_> = relayed.iter().filter(|sent| sent.header().payload_type == 110).collect();
        assert_eq!(events.len(), arrived.len());
        let mut starts: Vec<_> = events.iter().map(|sent| sent.header().timestamp).collect();
        starts.dedup();
        assert_eq!(starts.len(), capture.digits.len(), "one timestamp per digit");
    }
}

#[test]
fn captured_events_become_tones_once_each() {
    for mut capture in captures() {
        // The speech beside the events is not ours to judge for tones.
        capture.datagrams.retain(|datagram| is_event(&datagram));
        let mut plan = plan();
        plan.legs[1].digits = DigitSending::InBand;
        plan.legs[1].events.clear();
        let mut driver = Driver::open(&plan);
        play(&mut driver, &capture);
        let mut decoder = Decoder::new(CodecId::Pcmu).expect("offered");
        let (mut detector, mut heard) = (dtmf::Detector::new(), String::new());
        for sent in driver.take_rtp(PBX) {
            let mut pcm = [0; 2_000];
            let samples = decoder.decode(sent.rtp().payload(), &mut pcm).expect("decodes");
            detector.process(&pcm[..samples], |event| {
                if let dtmf::Event::Ended { digit, .. } = event {
                    heard.push(digit.as_char());
                }
            });
        }
        assert_eq!(heard, capture.digits);
    }
}
