//! What was written comes back, and the tables follow the same rule as the directory in memory.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use control::{
    clock::UnixMillis,
    directory::{
        Account, Change, CodeChange, CreatedBy, DeviceId, DeviceParts, Directory, Edit, Equipment, NewUser,
        PinChange, PinHash, Profile, Relation, Secret, Services, SiteId, Stamp, UserId, UserParts, csv,
    },
};
use dectgate::store::{Store, StoreError, StoreSettings};
use proptest::{collection::vec, prelude::*};

fn settings(folder: &Path) -> StoreSettings {
    StoreSettings {
        path: folder.join("dectgate.db"),
        key_path: folder.join("dectgate.key"),
        site: SiteId::FIRST,
    }
}

fn snapshot(directory: &Directory) -> Vec<Change> {
    let mut changes: Vec<Change> = directory.snapshot().collect();
    changes.sort_by_key(|change| (change.at, format!("{change:?}")));
    changes
}

fn edit() -> impl Strategy<Value = Edit> {
    let user = (1u64..4).prop_map(UserId);
    let device = (1u64..4).prop_map(DeviceId);
    prop_oneof![
        4 => (user.clone(), 0u8..9, any::<[bool; 4]>()).prop_map(|(id, n, with)| {
            let profile = Profile { long_name: format!("U {n}").into(), number: n.to_string().into(), vip: n > 4,
                ..Profile::default() };
            let account = Account { auth_name: format!("a{n}").into(),
                sip_password: (n > 3).then(|| Secret::new(format!("p{n}"))),
                access_password: (n > 6).then(|| Secret::new(format!("q{n}"))) };
            let pin = if n > 4 { PinChange::Set(PinHash::new("12", [n; 16])) } else { PinChange::Cleared };
            let services = Services { forward_always: Some(n.to_string().into()), ..Services::default() };
            Edit::User(id, UserParts {
                profile: with[0].then(|| Box::new(profile)),
                account: with[1].then_some(account),
                pin: with[2].then_some(pin),
                services: with[3].then_some(services),
            })
        }),
        1 => user.clone().prop_map(Edit::UserDeleted),
        4 => (device.clone(), user, 0u32..9, any::<[bool; 3]>()).prop_map(|(id, user, n, with)| {
            let mut equipment = Equipment::new(format!("00001{n:07}").parse().unwrap(), CreatedBy::AutoCreate);
            equipment.details.model = format!("m{n}").into();
            let code = if n > 4 { CodeChange::Set(Secret::new(format!("1234{n}"))) } else { CodeChange::Cleared };
            let relation = match n % 3 {
                0 => Relation::Unbound,
                1 => Relation::Fixed(user),
                _ => Relation::Dynamic(user),
            };
            Edit::Device(id, DeviceParts {
                equipment: with[0].then_some(equipment),
                auth_code: with[1].then_some(code),
                relation: with[2].then_some(relation),
            })
        }),
        1 => device.prop_map(Edit::DeviceDeleted),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    vec((edit(), 0u64..6, 1u16..3), 1..30).prop_map(|edits| {
        let change = |(at, (edit, wall_ms, site)): (usize, (Edit, u64, u16))| Change {
            at: Stamp { wall_ms, counter: u32::try_from(at).unwrap(), site: SiteId::new(site).unwrap() },
            edit,
        };
        edits.into_iter().enumerate().map(change).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn tables_and_memory_agree_in_any_order(
        (changes, order) in changes().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Directory::new(SiteId::FIRST);
        memory.apply_all(&changes);
        let mut store = Store::open(&settings(folder.path())).unwrap();
        for batch in order.chunks(7) {
            store.write(batch).unwrap();
            store.write(batch).unwrap();
        }
        let journal: Vec<Change> = store.journal(0, usize::MAX).unwrap().into_iter().map(|(_, c)| c).collect();
        prop_assert_eq!(&journal, &order);
        drop(store);
        let read = Store::open(&settings(folder.path())).unwrap().directory().unwrap();
        prop_assert_eq!(snapshot(&read), snapshot(&memory));
    }
}

#[test]
fn an_import_comes_back_whole_and_new_records_get_new_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&settings(folder.path())).unwrap();
    let mut directory = store.directory().unwrap();
    let text = "Anna;anna;200;;auth;Idle;0358600170177;geheim;\nBerta;;201;;;;;;\n";
    let table = csv::read(text.as_bytes()).unwrap();
    let import = directory.plan_import(UnixMillis(5), table, csv::Options::default(), &mut |out| out.fill(1));
    store.write(&import.changes).unwrap();
    directory.apply_all(&import.changes);
    let gone = directory.user_by_number("201").unwrap().id;
    let deletion = directory.plan_delete_user(UnixMillis(6), gone).unwrap();
    store.write(&deletion).unwrap();
    drop(store);

    let store = Store::open(&settings(folder.path())).unwrap();
    let mut directory = store.directory().unwrap();
    let anna = directory.user_by_name("anna").unwrap();
    assert_eq!(anna.account.sip_password.as_ref().unwrap().expose(), "geheim");
    assert_eq!(directory.device_of_user(anna.id).unwrap().ipei().compact(), "0358600170177");
    let profile = Profile { long_name: "New".into(), number: "300".into(), ..Profile::default() };
    // The wall clock went back: new changes must win over old ones all the same.
    let (id, changes) =
        directory.plan_add_user(UnixMillis(1), NewUser { profile, ..NewUser::default() }).unwrap();
    assert!(id > gone);
    assert!(changes[0].at > deletion[0].at);
}

#[test]
fn a_damaged_row_is_named_and_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&settings(folder.path())).unwrap();
    let mut directory = store.directory().unwrap();
    let table = csv::read(b"Anna;anna;200;;;;;geheim;\nBerta;;201;;;;;other;\n").unwrap();
    let import = directory.plan_import(UnixMillis(5), table, csv::Options::default(), &mut |_| {});
    store.write(&import.changes).unwrap();
    drop(store);
    // One user's sealed passwords in the place of another's do not open.
    let raw = rusqlite::Connection::open(folder.path().join("dectgate.db")).unwrap();
    let swap = "UPDATE user SET passwords_sealed = (SELECT passwords_sealed FROM user WHERE number = '201')
                WHERE number = '200'";
    assert_eq!(raw.execute(swap, []).unwrap(), 1);
    drop(raw);
    let store = Store::open(&settings(folder.path())).unwrap();
    assert!(matches!(store.directory(), Err(StoreError::Corrupt { table: "user", .. })));
}
