//! Nobody else reads the files, nothing secret stands in them in the clear, one process has them at a time.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use control::{
    clock::UnixMillis,
    directory::{Account, NewUser, PinHash, Profile, Secret, SiteId, csv},
};
use dectgate::store::{Store, StoreError, StoreSettings};

fn settings(folder: &Path) -> StoreSettings {
    StoreSettings { path: folder.join("d.db"), key_path: folder.join("d.key"), site: SiteId::FIRST }
}

#[test]
fn no_file_holds_a_secret_and_all_belong_to_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&settings(folder.path())).unwrap();
    let mut directory = store.directory().unwrap();
    let table = csv::read(b"Anna Klartext;anna;200;;;;0358600170177;Rumpelstilz;\n").unwrap();
    let import = directory.plan_import(UnixMillis(5), table, csv::Options::default(), &mut |out| out.fill(3));
    directory.apply_all(&import.changes);
    let code = directory.devices().next().unwrap().auth_code.clone().unwrap();
    let new = NewUser {
        profile: Profile { long_name: "B".into(), number: "201".into(), ..Profile::default() },
        account: Account { access_password: Some(Secret::new("Zugangswort")), ..Account::default() },
        pin: Some(PinHash::new("4711", *b"SALTSALTSALTSALT")),
    };
    let (_, changes) = directory.plan_add_user(UnixMillis(6), new).unwrap();
    store.write(&import.changes).unwrap();
    store.write(&changes).unwrap();
    let seen = |needle: &[u8]| {
        fs::read_dir(folder.path()).unwrap().any(|file| {
            fs::read(file.unwrap().path()).unwrap().windows(needle.len()).any(|window| window == needle)
        })
    };
    assert!(seen(b"Anna Klartext"), "the test must look at the right files");
    for secret in ["Rumpelstilz", "Zugangswort", "SALTSALT", code.expose()] {
        assert!(!seen(secret.as_bytes()), "{secret}");
    }
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
    }
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&settings(folder.path())).unwrap();
    assert!(matches!(Store::open(&settings(folder.path())), Err(StoreError::InUse(_))));
    drop(store);
    assert!(Store::open(&settings(folder.path())).is_ok());
}

#[test]
fn another_key_is_noticed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&settings(folder.path())).unwrap());
    fs::remove_file(folder.path().join("d.key")).unwrap();
    assert!(matches!(Store::open(&settings(folder.path())), Err(StoreError::WrongKey)));
}

#[test]
fn older_databases_are_brought_up_and_newer_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&settings(folder.path())).unwrap());
    // As version 1 left it.
    let raw = rusqlite::Connection::open(folder.path().join("d.db")).unwrap();
    raw.execute_batch(
        "DROP TABLE location; DROP TABLE binding; DROP TABLE audit; DROP TABLE call_record; PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(raw);
    let store = Store::open(&settings(folder.path())).unwrap();
    assert!(store.locations(UnixMillis(0)).unwrap().is_empty());
    assert!(store.audit(1).unwrap().is_empty());
    drop(store);
    let raw = rusqlite::Connection::open(folder.path().join("d.db")).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    assert!(matches!(Store::open(&settings(folder.path())), Err(StoreError::TooNew { found: 99, .. })));
}
