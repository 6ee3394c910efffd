//! Whatever a file holds, reading it ends with rows and reasons, and good rows obey every limit.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use control::{
    clock::UnixMillis,
    directory::{
        Directory, SiteId,
        csv::{self, Options},
    },
};
use proptest::{collection::vec, prelude::*};

/// Pieces that files are made of, and some that they are not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "Long Name", "Name", "Number", "Password", "IPEI/IPDI", ";", ";", ";", ",", "\t", "\"", "\"\"", "\r\n", "\n", "200",
            "201", "anna", "0358600170177", "\u{feff}", " ", "ä",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_octets(pieces in vec(piece(), 0..80)) {
        let octets = pieces.concat();
        let Ok(table) = csv::read(&octets) else { return Ok(()) };
        let lines = octets.iter().filter(|octet| matches!(octet, b'\n' | b'\r')).count() + 1;
        prop_assert!(table.rows.len() <= lines);
        let mut directory = Directory::new(SiteId::FIRST);
        let import = directory.plan_import(UnixMillis(1), table.clone(), Options { skip_bad: true }, &mut |_| {});
        directory.apply_all(&import.changes);
        prop_assert_eq!(directory.user_count(), import.report.added.len());
        prop_assert!(directory.contested().is_empty());
        for user in directory.users() {
            prop_assert!(user.profile.check().is_ok());
        }
        // The same file once more changes nothing, except that rows refused because of each other stay refused.
        let again = directory.plan_import(UnixMillis(2), table, Options { skip_bad: true }, &mut |_| {});
        prop_assert!(again.report.added.is_empty() && again.changes.is_empty());
        let mut text = String::new();
        csv::export(&directory, ';', &mut text).unwrap();
        let back = csv::read(text.as_bytes()).unwrap();
        prop_assert!(back.bad.is_empty());
        let round = directory.plan_import(UnixMillis(3), back, Options::default(), &mut |_| {});
        prop_assert_eq!(round.report.unchanged, directory.user_count());
        prop_assert!(round.changes.is_empty());
    }
}
