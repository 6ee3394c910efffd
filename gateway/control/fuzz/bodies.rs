//! What must hold for any file of users, shared by the fuzz target and the test.

use control::{
    clock::UnixMillis,
    directory::{
        Directory, SiteId,
        csv::{self, Options},
    },
};

/// Reads `octets` as a file, imports it, imports it again and imports its export.
///
/// # Panics
/// When a rule of the directory or of the round trip is broken.
pub(crate) fn csv(octets: &[u8]) {
    let Ok(table) = csv::read(octets) else { return };
    let lines = octets.iter().filter(|octet| matches!(octet, b'\n' | b'\r')).count() + 1;
    assert!(table.rows.len() <= lines);
    let mut directory = Directory::new(SiteId::FIRST);
    let skip_bad = Options { skip_bad: true };
    let import = directory.plan_import(UnixMillis(1), table.clone(), skip_bad, &mut |_| {});
    directory.apply_all(&import.changes);
    assert_eq!(directory.user_count(), import.report.added.len());
    assert!(directory.contested().is_empty());
    for user in directory.users() {
        assert!(user.profile.check().is_ok());
    }
    let again = directory.plan_import(UnixMillis(2), table, skip_bad, &mut |_| {});
    assert!(again.report.added.is_empty() && again.changes.is_empty());
    let mut text = String::new();
    csv::export(&directory, ';', &mut text).expect("writing to a string cannot fail");
    let back = csv::read(text.as_bytes()).expect("an export is a file");
    assert!(back.bad.is_empty());
    let round = directory.plan_import(UnixMillis(3), back, Options::default(), &mut |_| {});
    assert_eq!(round.report.unchanged, directory.user_count());
    assert!(round.changes.is_empty());
}
