//! The same changes give the same directory, in any order and however often they arrive.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use control::directory::{
    Account, Change, CodeChange, CreatedBy, DeviceId, DeviceParts, Directory, Edit, Equipment, PinChange,
    PinHash, Profile, Relation, Secret, Services, SiteId, Stamp, UserId, UserParts,
};
use proptest::{collection::vec, prelude::*};

/// A handful of ids and values, so that changes meet each other often.
fn edit() -> impl Strategy<Value = Edit> {
    let user = (1u64..5).prop_map(UserId);
    let device = (1u64..5).prop_map(DeviceId);
    prop_oneof![
        5 => (user.clone(), 0u8..4, 0u8..4, 0u8..3).prop_map(|(id, number, name, long)| {
            Edit::User(id, UserParts { profile: Some(profile(number, name, long)), ..UserParts::default() })
        }),
        2 => (user.clone(), any::<bool>(), 0u8..3).prop_map(|(id, dnd, password)| {
            let account = Account {
                auth_name: format!("auth{password}").into(),
                sip_password: (password > 0).then(|| Secret::new(format!("p{password}"))),
                access_password: None,
            };
            let services = Services { do_not_disturb: dnd, ..Services::default() };
            Edit::User(id, UserParts { account: Some(account), services: Some(services), ..UserParts::default() })
        }),
        1 => (user.clone(), any::<bool>()).prop_map(|(id, set)| {
            let pin = if set { PinChange::Set(PinHash::from_octets(&[0, 0, 0, 1].iter().copied()
                .chain([7; PinHash::OCTETS - 4]).collect::<Vec<_>>()).unwrap()) } else { PinChange::Cleared };
            Edit::User(id, UserParts { pin: Some(pin), ..UserParts::default() })
        }),
        1 => user.clone().prop_map(Edit::UserDeleted),
        4 => (device.clone(), 0u32..3, any::<bool>()).prop_map(|(id, ipei, code)| {
            let ipei = format!("00001{ipei:07}").parse().unwrap();
            let auth_code = Some(if code { CodeChange::Set(Secret::new("1234")) } else { CodeChange::Cleared });
            let equipment = Some(Equipment::new(ipei, CreatedBy::Administrator));
            Edit::Device(id, DeviceParts { equipment, auth_code, relation: None })
        }),
        4 => (device.clone(), user, 0u8..3).prop_map(|(id, user, kind)| {
            let relation = match kind {
                0 => Relation::Unbound,
                1 => Relation::Fixed(user),
                _ => Relation::Dynamic(user),
            };
            Edit::Device(id, DeviceParts { relation: Some(relation), ..DeviceParts::default() })
        }),
        1 => device.prop_map(Edit::DeviceDeleted),
    ]
}

fn profile(number: u8, name: u8, long: u8) -> Box<Profile> {
    Box::new(Profile {
        long_name: format!("long {long}").into(),
        number: format!("20{number}").into(),
        name: if name == 0 { "".into() } else { format!("name{name}").into() },
        login_id: format!("9{name}").into(),
        ..Profile::default()
    })
}

/// Changes whose stamps are all different, as stamps of real clocks are.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    vec((edit(), 0u64..6, 1u16..4), 1..60).prop_map(|edits| {
        edits
            .into_iter()
            .enumerate()
            .map(|(at, (edit, wall_ms, site))| {
                let counter = u32::try_from(at).unwrap();
                Change { at: Stamp { wall_ms, counter, site: SiteId::new(site).unwrap() }, edit }
            })
            .collect()
    })
}

/// Everything that can be asked.
fn seen(directory: &Directory) -> String {
    let users: Vec<_> = directory.users().collect();
    let devices: Vec<_> = directory.devices().map(|d| (d, directory.relation(d.id))).collect();
    let of_user: Vec<_> = (1..5).map(|u| directory.device_of_user(UserId(u)).map(|d| d.id)).collect();
    let numbers: Vec<_> = (0..4)
        .map(|n| {
            let number = format!("20{n}");
            let id = |user: Option<&control::directory::User>| user.map(|u| u.id);
            (
                id(directory.user_by_number(&number)),
                id(directory.user_by_address(&number)),
                id(directory.user_by_name(&format!("name{n}"))),
                id(directory.user_by_login(&format!("9{n}"))),
                id(directory.user_by_long_name(&format!("long {n}"))),
                directory.device_by_ipei(&format!("00001{n:07}").parse().unwrap()).map(|d| d.id),
            )
        })
        .collect();
    let mut snapshot: Vec<_> = directory.snapshot().collect();
    snapshot.sort_by_key(|change| (change.at, format!("{change:?}")));
    let counts = (directory.user_count(), directory.device_count());
    format!(
        "{users:?} {devices:?} {of_user:?} {numbers:?} {snapshot:?} {counts:?} {:?}",
        directory.contested()
    )
}

fn applied<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Directory {
    let mut directory = Directory::new(SiteId::FIRST);
    directory.apply_all(changes);
    directory
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        (changes, shuffled) in changes().prop_flat_map(|c| (Just(c.clone()), Just(c).prop_shuffle())),
        again in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let straight = applied(&changes);
        let repeated: Vec<&Change> = again.iter().map(|index| index.get(&changes)).collect();
        let other = applied(shuffled.iter().chain(repeated));
        prop_assert_eq!(seen(&straight), seen(&other));
        prop_assert_eq!(straight.user_count(), straight.users().count());
        prop_assert_eq!(straight.device_count(), straight.devices().count());
    }

    #[test]
    fn a_snapshot_rebuilds_the_directory(changes in changes()) {
        let straight = applied(&changes);
        let snapshot: Vec<Change> = straight.snapshot().collect();
        prop_assert_eq!(seen(&straight), seen(&applied(&snapshot)));
    }

    #[test]
    fn no_user_is_on_two_devices_and_no_relation_is_dangling(changes in changes()) {
        let directory = applied(&changes);
        let mut seen = std::collections::BTreeSet::new();
        for device in directory.devices() {
            if let Some(user) = directory.relation(device.id).user() {
                prop_assert!(directory.user(user).is_some());
                prop_assert!(seen.insert(user));
                prop_assert_eq!(directory.device_of_user(user).map(|d| d.id), Some(device.id));
            }
        }
        for user in directory.users() {
            if let Some(device) = directory.device_of_user(user.id) {
                prop_assert_eq!(directory.relation(device.id).user(), Some(user.id));
            }
        }
    }
}
