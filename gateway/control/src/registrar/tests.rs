//! What the unit tests of this room share: a small house.

use dect::Ipei;

use crate::clock::UnixMillis;
use crate::directory::{
    Account, CreatedBy, DeviceId, Directory, Equipment, NewUser, Profile, Secret, SiteId, UserId,
};

pub(super) const ANNA_IPEI: &str = "03586 0017017 7";

/// Anna (2017, `anna`, digest user `ab`, login 77) has a device with code 1234; Bert (2018) has none.
pub(super) struct House {
    pub(super) directory: Directory,
    pub(super) anna: UserId,
    pub(super) bert: UserId,
    pub(super) device: DeviceId,
}

pub(super) fn house() -> House {
    let mut directory = Directory::new(SiteId::FIRST);
    let mut add = |number: &str, name: &str, login: &str, auth: &str| {
        let profile = Profile {
            long_name: format!("User {number}").into(),
            number: number.into(),
            name: name.into(),
            login_id: login.into(),
            ..Profile::default()
        };
        let account = Account {
            auth_name: auth.into(),
            sip_password: Some(Secret::new("geheim")),
            ..Account::default()
        };
        let new = NewUser { profile, account, pin: None };
        let (id, changes) = directory.plan_add_user(UnixMillis(1), new).unwrap();
        directory.apply_all(&changes);
        id
    };
    let anna = add("2017", "anna", "77", "ab");
    let bert = add("2018", "", "", "");
    let equipment = Equipment::new(ipei(ANNA_IPEI), CreatedBy::Administrator);
    let code = Some(Secret::new("1234"));
    let (device, changes) = directory.plan_add_device(UnixMillis(1), equipment, code).unwrap();
    directory.apply_all(&changes);
    let changes = directory.plan_assign(UnixMillis(1), device, anna).unwrap();
    directory.apply_all(&changes);
    House { directory, anna, bert, device }
}

pub(super) fn ipei(text: &str) -> Ipei {
    text.parse().unwrap()
}
