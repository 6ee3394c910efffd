//! The quirk table: found by User-Agent prefix, each entry with its source.

use std::collections::BTreeSet;
use std::time::Duration;

use dect::Quirks;
use dect::quirk::{ContactPort, Dtmf, family};

#[test]
fn makes_are_found_by_their_user_agent() {
    for (user_agent, name) in [
        ("Gigaset N870 IP PRO/83.V2.43.0+build.5f0a106;7C2F80AABBCC", "gigaset"),
        ("N510 IP PRO/42.250.00.000.000;7C2F80AABBCC", "gigaset"),
        ("Mitel SIP-DECT (SW-Version=7.1-CK14)", "mitel-sip-dect"),
        ("Yealink W60B 77.83.0.85", "yealink-w"),
        ("Mozilla/4.0 (compatible; snom M900 05.20.0001 00041357AABB)", "snom-m"),
        ("snom-m700/05.20.0001", "snom-m"),
        ("YEALINK W90 130.85.0.20", "yealink-w"),
        ("Yealink SIP-T46S 66.83.0.35", "generic"),
        ("Asterisk PBX 22.0.0", "generic"),
        ("", "generic"),
    ] {
        assert_eq!(Quirks::for_user_agent(user_agent).name, name, "{user_agent}");
    }
}

#[test]
fn the_family_is_make_and_model() {
    for (user_agent, expected) in [
        ("Gigaset N870 IP PRO/83.V2.43.0+build.5f0a106;7C2F80AABBCC", "Gigaset N870 IP PRO"),
        ("Yealink W60B 77.83.0.85", "Yealink W60B"),
        ("Mozilla/4.0 (compatible; snom M900 05.20.0001 00041357AABB)", "snom M900"),
        ("Grandstream DP752 1.0.9.9", "Grandstream DP752"),
        ("Panasonic KX-UDS124 v02.01 080023AABBCC", "Panasonic KX-UDS124"),
        ("  ", ""),
    ] {
        assert_eq!(family(user_agent), expected, "{user_agent}");
    }
}

#[test]
fn documented_facts_are_in_the_table() {
    let by_name = |name| Quirks::by_name(name).expect("an entry");
    let ascom = by_name("ascom-ip-dect");
    assert!(ascom.single_codec_answer && ascom.redirects_foreign_invites && ascom.strict_request_uri);
    assert_eq!(ascom.expires, Duration::from_secs(120));
    assert!(ascom.dtmf.contains(&Dtmf::Kpml));
    let mitel = by_name("mitel-sip-dect");
    assert!(mitel.media_from_radios && mitel.stale_contacts);
    assert_eq!(mitel.contact_port, ContactPort::Configurable);
    let gigaset = by_name("gigaset");
    assert!(gigaset.deregisters_unreachable);
    assert_eq!(gigaset.expires, Duration::from_secs(180));
}

#[test]
fn every_entry_is_well_formed() {
    let mut names = BTreeSet::new();
    let mut prefixes = BTreeSet::new();
    for quirks in Quirks::all() {
        assert!(names.insert(quirks.name), "{} twice", quirks.name);
        assert!(quirks.source.len() > 20, "{} without source", quirks.name);
        assert!(!quirks.dtmf.is_empty() && quirks.expires >= Duration::from_secs(60));
        assert_eq!(Quirks::by_name(quirks.name), Some(quirks));
        for prefix in quirks.prefixes {
            assert!(prefixes.insert(*prefix), "{prefix} twice");
            assert_eq!(*prefix, prefix.to_ascii_lowercase(), "prefixes are in small letters");
            assert_eq!(Quirks::for_user_agent(prefix), quirks, "{prefix} finds its own entry");
        }
    }
    assert_eq!(Quirks::generic().name, "generic");
    assert_eq!(Quirks::by_name("nobody"), None);
}
