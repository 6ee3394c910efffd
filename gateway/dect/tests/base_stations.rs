//! Base stations are told apart by make and address, keep their number, and are bounded.

use std::time::{Duration, Instant};

use dect::base::BaseStations;

#[allow(clippy::disallowed_methods, reason = "an arbitrary origin of test time")]
fn origin() -> Instant {
    Instant::now()
}

#[test]
fn a_base_keeps_its_number_over_an_update() {
    let (start, address) = (origin(), "192.0.2.10".parse().expect("an address"));
    let mut bases = BaseStations::new(10);
    let id = bases.heard(start, "Yealink W60B 77.83.0.85", address).id;
    let base = bases.heard(start + Duration::from_secs(9), "Yealink W60B 77.85.0.20", address);
    assert_eq!((base.id, base.since, base.heard), (id, start, start + Duration::from_secs(9)));
    assert_eq!(base.user_agent, "Yealink W60B 77.85.0.20");
    assert_eq!(bases.len(), 1);
}

#[test]
fn make_and_address_tell_bases_apart() {
    let start = origin();
    let (one, other) = ("192.0.2.10".parse().expect("an address"), "192.0.2.11".parse().expect("an address"));
    let mut bases = BaseStations::new(10);
    let ids = [
        bases.heard(start, "Yealink W60B 77.83.0.85", one).id,
        bases.heard(start, "Yealink W60B 77.83.0.85", other).id,
        bases.heard(start, "N510 IP PRO/42.250.00.000.000;7C2F80AABBCC", one).id,
        bases.heard(start, "", one).id,
    ];
    assert_eq!(bases.len(), 4);
    for id in ids {
        assert_eq!(bases.by_id(id).map(|base| base.id), Some(id));
    }
    assert_eq!(bases.by_id(ids[2]).map(|base| base.quirks.name), Some("gigaset"));
    assert_eq!(bases.by_id(ids[3]).map(|base| base.quirks.name), Some("generic"));
}

#[test]
fn the_longest_silent_base_makes_room() {
    let start = origin();
    let mut bases = BaseStations::new(2);
    let address = |last: u8| std::net::IpAddr::from([192, 0, 2, last]);
    let first = bases.heard(start, "x", address(1)).id;
    let second = bases.heard(start + Duration::from_secs(1), "x", address(2)).id;
    bases.heard(start + Duration::from_secs(2), "x", address(1));
    let third = bases.heard(start + Duration::from_secs(3), "x", address(3)).id;
    assert_eq!(bases.len(), 2);
    assert!(bases.by_id(first).is_some() && bases.by_id(third).is_some());
    assert!(bases.by_id(second).is_none());
}

#[test]
fn a_long_user_agent_is_shortened() {
    let mut bases = BaseStations::new(1);
    let user_agent = format!("x{}", "é".repeat(500));
    let base = bases.heard(origin(), &user_agent, [192, 0, 2, 1].into());
    assert!(base.user_agent.len() <= 256 && base.key.family.len() <= 64);
}
