//! Who may be meant: from the names in a request to a record of the directory, and to the secret that proves it.
//!
//! Owns the two account forms of ARCHITECTURE.md. A *user account* is known by number or name; a *device account* by the IPEI in
//! any written form. Never looks at addresses: one base station speaks for many handsets.

use std::borrow::Cow;

use dect::Ipei;
use sip::Uri;

use crate::{
    directory::{Device, DeviceId, Directory, User, UserId},
    settings::{AccountForms, Settings},
};

/// The account under which a handset registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AccountId {
    /// The address-of-record is the IPEI.
    Device(DeviceId),
    /// The address-of-record is the user's number or name; the device is implied and its relation fixed.
    User(UserId),
}

impl AccountId {
    /// The device, if it has a record.
    #[must_use]
    pub const fn device(self) -> Option<DeviceId> {
        match self {
            Self::Device(device) => Some(device),
            Self::User(_) => None,
        }
    }

    /// The user now: of a device account the one that the relation names.
    #[must_use]
    pub fn user(self, directory: &Directory) -> Option<UserId> {
        match self {
            Self::Device(device) => directory.user_of_device(device).map(|user| user.id),
            Self::User(user) => directory.user(user).map(|user| user.id),
        }
    }

    /// Whether its record still exists.
    #[must_use]
    pub fn exists(self, directory: &Directory) -> bool {
        match self {
            Self::Device(device) => directory.device(device).is_some(),
            Self::User(user) => directory.user(user).is_some(),
        }
    }
}

/// Whom a digest user name claims to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claimant<'a> {
    /// A device that is known.
    Device(&'a Device),
    /// Nobody we know.
    Nobody,
    /// A handset that is not known, with the user that its additional ID names (SUB-02).
    Stranger(Ipei, Option<&'a User>),
    /// A user account.
    User(&'a User),
}

/// Reads a digest user name, given the user part of the address-of-record.
///
/// The digest user of a user account may differ from the address-of-record (`Auth Name`): it is looked for among the names of
/// the user that the address-of-record names first. A device writes `IPEI`, or `IPEI*ID` with an additional ID.
pub(super) fn claimant<'a>(
    directory: &'a Directory,
    settings: &Settings,
    username: &str,
    aor: &str,
) -> Claimant<'a> {
    let forms = settings.access.accounts;
    let (written, additional) = split_additional_id(username);
    let ipei = if forms == AccountForms::User { None } else { written.parse::<Ipei>().ok() };
    if let Some(device) = ipei.and_then(|ipei| directory.device_by_ipei(&ipei)) {
        return Claimant::Device(device);
    }
    if forms != AccountForms::Device {
        let of_aor = directory.user_by_address(aor).filter(|user| is_name_of(user, username));
        if let Some(user) = of_aor.or_else(|| directory.user_by_address(username)) {
            return Claimant::User(user);
        }
    }
    match ipei {
        Some(ipei) => {
            let user = additional.and_then(|id| directory.user_by_login(id).or(directory.user_by_number(id)));
            Claimant::Stranger(ipei, user)
        }
        None => Claimant::Nobody,
    }
}

/// Whether an account may register or call as the address-of-record `aor` (RFC 3261 10.3 steps 4 and 5).
pub(super) fn may_speak_for(directory: &Directory, account: AccountId, aor: &str) -> Result<(), NotYours> {
    let user = directory.user_by_address(aor).map(|user| user.id);
    let device = split_additional_id(aor).0.parse::<Ipei>().ok();
    let device = device.and_then(|ipei| directory.device_by_ipei(&ipei)).map(|device| device.id);
    let ours = match account {
        AccountId::Device(own) => device == Some(own) || (user.is_some() && user == account.user(directory)),
        AccountId::User(own) => user == Some(own),
    };
    match (ours, user.is_some() || device.is_some()) {
        (true, _) => Ok(()),
        (false, true) => Err(NotYours::Someones),
        (false, false) => Err(NotYours::Nobodys),
    }
}

/// An address-of-record that an account may not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotYours {
    /// It is not known.
    Nobodys,
    /// It is another's.
    Someones,
}

/// The user part of an address, without escapes.
pub(super) fn user_part<'a>(uri: &Uri<'a>) -> Option<Cow<'a, str>> {
    uri.user.is_some().then(|| uri.user_unescaped())
}

fn is_name_of(user: &User, username: &str) -> bool {
    let profile = &user.profile;
    [user.auth_name(), user.sip_name(), &profile.number, &profile.login_id]
        .into_iter()
        .any(|name| !name.is_empty() && name == username)
}

/// `IPEI*ID`. The IPEI itself may end in `*`, its check digit.
fn split_additional_id(username: &str) -> (&str, Option<&str>) {
    for (at, _) in username.match_indices('*') {
        let (ipei, id) = (&username[..at], &username[at + 1..]);
        if id.is_empty() || ipei.parse::<Ipei>().is_err() {
            continue;
        }
        // `035860017017*7` could be read twice: without check digit and ID 7. The longest IPEI wins.
        return match username[..at + 1].parse::<Ipei>() {
            Ok(_) if id.starts_with('*') => (&username[..at + 1], Some(&id[1..])),
            _ => (ipei, Some(id)),
        };
    }
    (username, None)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{ANNA_IPEI, house},
        *,
    };
    use crate::registration::tests::whole_settings;

    fn who(username: &str, aor: &str, forms: AccountForms) -> String {
        let house = house();
        let mut settings = whole_settings();
        settings.access.accounts = forms;
        match claimant(&house.directory, &settings, username, aor) {
            Claimant::Device(device) => format!("device {}", device.ipei()),
            Claimant::Nobody => "nobody".to_owned(),
            Claimant::Stranger(ipei, user) => {
                format!("stranger {ipei} for {}", user.map_or("nobody", |user| user.number()))
            }
            Claimant::User(user) => format!("user {}", user.number()),
        }
    }

    #[test]
    fn a_user_is_found_by_every_name_that_is_its_own() {
        for (username, aor) in [
            ("anna", "anna"),
            ("anna", "2017"),
            ("2017", "anna"),
            ("2017", "2017"),
            ("ab", "anna"),
            ("ab", "2017"),
            ("77", "anna"),
        ] {
            assert_eq!(who(username, aor, AccountForms::Both), "user 2017", "{username} as {aor}");
        }
        // The digest user alone does not tell whose it is when the address-of-record is another's.
        assert_eq!(who("ab", "2018", AccountForms::Both), "nobody");
        assert_eq!(who("2018", "2017", AccountForms::Both), "user 2018");
        assert_eq!(who("2017", "2017", AccountForms::Device), "nobody");
    }

    #[test]
    fn a_device_is_found_by_its_ipei_in_every_written_form() {
        let ipei: Ipei = ANNA_IPEI.parse().unwrap();
        for written in [ANNA_IPEI, "0358600170177", "035860017017"] {
            assert_eq!(who(written, written, AccountForms::Both), format!("device {ipei}"), "{written}");
            assert_eq!(who(written, written, AccountForms::User), "nobody", "{written}");
        }
        assert_eq!(who("0358600170178", "x", AccountForms::Both), "nobody", "wrong check digit");
    }

    #[test]
    fn an_unknown_handset_may_name_a_user() {
        let stranger: Ipei = "035860017018".parse().unwrap();
        let compact = stranger.compact();
        for (written, user) in [
            (compact.clone(), "nobody"),
            (format!("{compact}*77"), "2017"),
            (format!("{compact}*2018"), "2018"),
            (format!("{compact}*4711"), "nobody"),
            ("035860017018*77".to_owned(), "2017"),
        ] {
            assert_eq!(
                who(&written, &written, AccountForms::Both),
                format!("stranger {stranger} for {user}"),
                "{written}"
            );
        }
    }

    #[test]
    fn an_ipei_that_ends_in_a_star_keeps_it() {
        let starred =
            (0..100).filter_map(|psn| Ipei::new(3586, psn)).find(|ipei| ipei.check_digit() == '*').unwrap();
        let compact = starred.compact();
        assert_eq!(split_additional_id(&compact), (compact.as_str(), None));
        let with_id = format!("{compact}*77");
        assert_eq!(split_additional_id(&with_id), (compact.as_str(), Some("77")));
    }

    #[test]
    fn an_account_speaks_for_itself_only() {
        let house = house();
        let speaks = |account, aor| may_speak_for(&house.directory, account, aor);
        let device = AccountId::Device(house.device);
        for aor in [ANNA_IPEI, "0358600170177", "2017", "anna"] {
            assert_eq!(speaks(device, aor), Ok(()), "{aor}");
        }
        assert_eq!(speaks(device, "2018"), Err(NotYours::Someones));
        assert_eq!(speaks(device, "4711"), Err(NotYours::Nobodys));
        assert_eq!(speaks(AccountId::User(house.anna), "anna"), Ok(()));
        assert_eq!(speaks(AccountId::User(house.anna), ANNA_IPEI), Err(NotYours::Someones));
        assert_eq!(speaks(AccountId::User(house.bert), "anna"), Err(NotYours::Someones));
    }
}
