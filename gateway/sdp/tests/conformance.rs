//! Every description of the conformance data is read, and reads equal after it was written, unless `expectations.txt` says
//! why not.

mod support;

use std::collections::BTreeMap;

use sdp::Session;
use sdp::offer::{Capabilities, Memory, answer};

#[test]
fn collected_descriptions_survive_reading_and_writing() {
    let mut expected_failures = expectations();
    let mut read = 0;
    for folder in ["sdp-mozilla", "sdp-rfc4317-offer-answer", "sdp-transform"] {
        for (name, octets) in support::vectors(folder).into_iter().filter(|(name, _)| name.ends_with(".sdp"))
        {
            let name = format!("{folder}/{name}");
            let expected = expected_failures.remove(&name);
            match (Session::parse(&octets), expected) {
                (Ok(session), None) => {
                    let written = session.to_string();
                    assert_eq!(Session::parse(written.as_bytes()).as_ref(), Ok(&session), "{name}");
                    assert_eq!(
                        Session::parse(written.as_bytes()).expect("read above").to_string(),
                        written,
                        "{name}"
                    );
                    read += 1;
                }
                (Ok(_), Some(reason)) => panic!("{name} is read although: {reason}"),
                (Err(_), Some(_)) => {}
                (Err(error), None) => panic!("{name}: {error}"),
            }
        }
    }
    if support::shared().is_some() {
        assert!(expected_failures.is_empty(), "expectations without a file: {expected_failures:?}");
        assert_eq!(read, 43);
    }
}

#[test]
fn every_attribute_of_a_kind_we_read_is_read() {
    for folder in ["sdp-rfc4317-offer-answer", "sdp-transform"] {
        for (name, octets) in support::vectors(folder) {
            let Ok(session) = Session::parse(&octets) else { continue };
            for media in &session.media {
                assert_eq!(media.rtpmaps().count(), media.values("rtpmap").count(), "{name}: rtpmap");
                assert_eq!(
                    media.candidates().count(),
                    media.values("candidate").count(),
                    "{name}: candidate"
                );
                assert_eq!(media.cryptos().count(), media.values("crypto").count(), "{name}: crypto");
                for (read, written) in media.candidates().zip(media.values("candidate")) {
                    assert_eq!(read.to_string(), written, "{name}");
                }
                for (read, written) in media.cryptos().zip(media.values("crypto")) {
                    assert_eq!(read.to_string(), written, "{name}");
                }
                for fingerprint in media.values("fingerprint") {
                    let read = session.fingerprints_of(media);
                    assert_eq!(read.first().map(ToString::to_string).as_deref(), Some(fingerprint), "{name}");
                }
            }
        }
    }
}

#[test]
fn every_rfc4317_description_is_answered_line_by_line() {
    for (name, octets) in support::vectors("sdp-rfc4317-offer-answer") {
        let offer = Session::parse(&octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        let ilbc = sdp::Codec::new(sdp::CodecName::Other("ILBC".to_owned()), 8000);
        let codecs = vec![sdp::Codec::pcmu(), ilbc];
        let us = Capabilities::new("192.0.2.1".parse().expect("an address"), 16_384, codecs);
        let (reply, agreed) =
            answer(&mut Memory::new(1), &offer, &us).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reply.media.len(), offer.media.len(), "{name}");
        for (ours, theirs) in reply.media.iter().zip(&offer.media) {
            assert_eq!((&ours.kind, &ours.profile), (&theirs.kind, &theirs.profile), "{name}");
            assert!(ours.formats.iter().all(|format| theirs.formats.contains(format)), "{name}");
        }
        assert_eq!(reply.media.iter().filter(|line| line.port != 0).count(), agreed.streams.len(), "{name}");
    }
}

/// Seeds of other people's fuzzers: most are broken on purpose. What is read must read equal again; nothing may panic.
#[test]
fn fuzzing_seeds_of_other_stacks_are_harmless() {
    for folder in ["fuzzseed-pjsip", "fuzzseed-webrtc"] {
        for (name, octets) in support::vectors(folder) {
            if let Ok(session) = Session::parse(&octets) {
                assert_eq!(Session::parse(session.to_string().as_bytes()), Ok(session), "{folder}/{name}");
            }
        }
    }
}

fn expectations() -> BTreeMap<String, String> {
    include_str!("expectations.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (name, reason) = line.split_once('\t').expect("name, tab, reason");
            (name.to_owned(), reason.to_owned())
        })
        .collect()
}
