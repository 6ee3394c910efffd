//! What administrators and handsets may do to the directory, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use control::{
    clock::UnixMillis,
    directory::{
        Account, CreatedBy, DeviceId, Directory, Equipment, Field, NewUser, Profile, Refusal, Relation,
        Secret, SiteId, UserId, UserParts,
    },
};

const WALL: UnixMillis = UnixMillis(1_000);

fn add_user(directory: &mut Directory, number: &str, name: &str) -> Result<UserId, Refusal> {
    let profile = Profile {
        long_name: format!("User {number}").into(),
        number: number.into(),
        name: name.into(),
        ..Profile::default()
    };
    let (id, changes) = directory.plan_add_user(WALL, NewUser { profile, ..NewUser::default() })?;
    directory.apply_all(&changes);
    Ok(id)
}

fn add_device(directory: &mut Directory, ipei: &str) -> DeviceId {
    let equipment = Equipment::new(ipei.parse().unwrap(), CreatedBy::Administrator);
    let (id, changes) = directory.plan_add_device(WALL, equipment, None).unwrap();
    directory.apply_all(&changes);
    id
}

#[test]
fn names_fall_back() {
    let mut directory = Directory::new(SiteId::FIRST);
    let plain = add_user(&mut directory, "200", "").unwrap();
    let named = add_user(&mut directory, "201", "anna").unwrap();
    let user = directory.user(plain).unwrap();
    assert_eq!((user.sip_name(), user.auth_name(), user.display_name()), ("200", "200", "User 200"));
    assert_eq!(directory.user(named).unwrap().auth_name(), "anna");
    assert_eq!(directory.user_by_name("200").unwrap().id, plain);
    assert_eq!(directory.user_by_name("anna").unwrap().id, named);
    assert!(directory.user_by_name("201").is_none());
    assert_eq!(directory.user_by_address("201").unwrap().id, named);
}

#[test]
fn an_address_belongs_to_one_user() {
    let mut directory = Directory::new(SiteId::FIRST);
    let first = add_user(&mut directory, "200", "anna").unwrap();
    let taken = |field| move |refusal: Refusal| matches!(refusal, Refusal::TakenByUser { field: f, user, .. } if f == field && user == first);
    assert!(add_user(&mut directory, "200", "").is_err_and(taken(Field::Number)));
    assert!(add_user(&mut directory, "anna", "").is_err_and(taken(Field::Number)));
    assert!(add_user(&mut directory, "201", "200").is_err_and(taken(Field::Name)));
    assert!(add_user(&mut directory, "201", "anna").is_err_and(taken(Field::Name)));
    assert_eq!(directory.user_count(), 1);
    // Its own values do not stand in a user's way.
    let mut profile = directory.user(first).unwrap().profile.clone();
    profile.vip = true;
    let parts = UserParts { profile: Some(Box::new(profile)), ..UserParts::default() };
    let changes = directory.plan_edit_user(WALL, first, parts).unwrap();
    directory.apply_all(&changes);
    assert!(directory.user(first).unwrap().profile.is_vip());
}

#[test]
fn limits_of_the_incumbent_hold() {
    let long = "x".repeat(31);
    let profile = Profile { long_name: long.as_str().into(), number: "1".into(), ..Profile::default() };
    assert_eq!(profile.check(), Err(Refusal::TooLong { field: Field::LongName, limit: 30, length: 31 }));
    let profile = Profile { long_name: "a".into(), number: "1 2".into(), ..Profile::default() };
    assert_eq!(profile.check(), Err(Refusal::BadCharacter { field: Field::Number, character: ' ' }));
    let profile =
        Profile { long_name: "a\r\nContact: evil".into(), number: "1".into(), ..Profile::default() };
    assert!(profile.check().is_err());
    let profile =
        Profile { long_name: "a".into(), number: "1".into(), fixed_sip_port: 80, ..Profile::default() };
    assert!(profile.check().is_err());
    let account = Account { sip_password: Some(Secret::new("x".repeat(31))), ..Account::default() };
    assert!(account.check().is_err());
    let mut directory = Directory::new(SiteId::FIRST);
    let equipment = || Equipment::new("035860017017".parse().unwrap(), CreatedBy::Administrator);
    assert!(directory.plan_add_device(WALL, equipment(), Some(Secret::new("123"))).is_err());
    assert!(directory.plan_add_device(WALL, equipment(), Some(Secret::new("12a4"))).is_err());
    assert!(directory.plan_add_device(WALL, equipment(), Some(Secret::new("1234"))).is_ok());
}

#[test]
fn login_takes_over_and_logout_frees() {
    let mut directory = Directory::new(SiteId::FIRST);
    let anna = add_user(&mut directory, "200", "").unwrap();
    let berta = add_user(&mut directory, "201", "").unwrap();
    let one = add_device(&mut directory, "000010000001");
    let two = add_device(&mut directory, "000010000002");
    for (device, user) in [(one, anna), (two, berta), (two, anna)] {
        let changes = directory.plan_login(WALL, device, user).unwrap();
        directory.apply_all(&changes);
    }
    assert_eq!(directory.relation(one), Relation::Unbound);
    assert_eq!(directory.relation(two), Relation::Dynamic(anna));
    assert!(directory.device_of_user(berta).is_none());
    let changes = directory.plan_logout(WALL, two).unwrap();
    directory.apply_all(&changes);
    assert_eq!(directory.relation(two), Relation::Unbound);
    assert_eq!(directory.plan_logout(WALL, two), Ok(Vec::new()));
}

#[test]
fn a_fixed_device_takes_no_login() {
    let mut directory = Directory::new(SiteId::FIRST);
    let anna = add_user(&mut directory, "200", "").unwrap();
    let berta = add_user(&mut directory, "201", "").unwrap();
    let one = add_device(&mut directory, "000010000001");
    let two = add_device(&mut directory, "000010000002");
    let changes = directory.plan_assign(WALL, one, anna).unwrap();
    directory.apply_all(&changes);
    assert_eq!(directory.plan_login(WALL, one, berta), Err(Refusal::DeviceFixed(one)));
    assert_eq!(directory.plan_login(WALL, two, anna), Err(Refusal::UserFixed(anna)));
    assert_eq!(directory.plan_logout(WALL, one), Err(Refusal::DeviceFixed(one)));
    assert_eq!(directory.plan_assign(WALL, one, anna), Ok(Vec::new()));
}

#[test]
fn deleting_a_user_frees_its_device_and_its_values() {
    let mut directory = Directory::new(SiteId::FIRST);
    let anna = add_user(&mut directory, "200", "anna").unwrap();
    let device = add_device(&mut directory, "000010000001");
    let changes = directory.plan_assign(WALL, device, anna).unwrap();
    directory.apply_all(&changes);
    let changes = directory.plan_delete_user(WALL, anna).unwrap();
    directory.apply_all(&changes);
    assert_eq!(directory.relation(device), Relation::Unbound);
    assert!(directory.user(anna).is_none());
    let again = add_user(&mut directory, "200", "anna").unwrap();
    assert_ne!(again, anna);
    assert!(directory.device_of_user(again).is_none());
}

#[test]
fn a_device_subscribes_once() {
    let mut directory = Directory::new(SiteId::FIRST);
    let anna = add_user(&mut directory, "200", "").unwrap();
    let ipei: dect::Ipei = "000010000001".parse().unwrap();
    let (device, changes) =
        directory.plan_subscribe_unknown(WALL, ipei, CreatedBy::Wildcard, Some(anna)).unwrap();
    directory.apply_all(&changes);
    assert_eq!(directory.relation(device), Relation::Fixed(anna));
    assert_eq!(directory.device_by_ipei(&ipei).unwrap().equipment.details.subscribed(), Some(WALL));
    assert_eq!(directory.plan_subscribed(WALL, device), Ok(Vec::new()));
    let again = directory.plan_subscribe_unknown(WALL, ipei, CreatedBy::AutoCreate, None);
    assert_eq!(again.unwrap_err(), Refusal::TakenByDevice { field: Field::Ipei, device });
}
