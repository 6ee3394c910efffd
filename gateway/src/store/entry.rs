//! A change as a row of the journal: a body without secrets, and the secrets sealed apart.

use control::directory::{
    Account, Change, CodeChange, DeviceId, DeviceParts, Edit, Equipment, EquipmentDetails, PinChange,
    PinHash, Profile, Relation, Secret, Services, Stamp, UserId, UserParts,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::secret::SealingKey;

/// Kinds of journal entries and tombstones.
pub(super) const USER: &str = "user";
pub(super) const USER_DELETED: &str = "user_deleted";
pub(super) const DEVICE: &str = "device";
pub(super) const DEVICE_DELETED: &str = "device_deleted";

/// A row of the journal, without its number.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) at: Stamp,
    pub(super) kind: &'static str,
    pub(super) id: u64,
    pub(super) body: String,
    pub(super) sealed: Option<Vec<u8>>,
}

impl Entry {
    pub(super) fn of(change: &Change, key: &SealingKey) -> Self {
        let (kind, id) = match &change.edit {
            Edit::Device(id, _) => (DEVICE, id.0),
            Edit::DeviceDeleted(id) => (DEVICE_DELETED, id.0),
            Edit::User(id, _) => (USER, id.0),
            Edit::UserDeleted(id) => (USER_DELETED, id.0),
        };
        let (body, secrets) = match &change.edit {
            Edit::Device(_, parts) => device_body(parts),
            Edit::User(_, parts) => user_body(parts),
            Edit::DeviceDeleted(_) | Edit::UserDeleted(_) => ("{}".into(), None),
        };
        let sealed = secrets.map(|secrets| key.seal(&place(kind, id, change.at), &secrets.to_octets()));
        Self { at: change.at, kind, id, body, sealed }
    }

    /// The change that was written; `None` when the row is damaged.
    pub(super) fn change(
        at: Stamp,
        kind: &str,
        id: u64,
        body: &str,
        sealed: Option<&[u8]>,
        key: &SealingKey,
    ) -> Option<Change> {
        let secrets = match sealed {
            Some(sealed) => Secrets::from_octets(&key.open(&place(kind, id, at), sealed).ok()?)?,
            None => Secrets::default(),
        };
        let edit = match kind {
            USER => Edit::User(UserId(id), user_parts(serde_json::from_str(body).ok()?, &secrets)?),
            USER_DELETED => Edit::UserDeleted(UserId(id)),
            DEVICE => Edit::Device(DeviceId(id), device_parts(serde_json::from_str(body).ok()?, &secrets)?),
            DEVICE_DELETED => Edit::DeviceDeleted(DeviceId(id)),
            _ => return None,
        };
        Some(Change { at, edit })
    }
}

/// What a sealed value of a row is bound to.
pub(super) fn place(column: &str, id: u64, at: Stamp) -> Vec<u8> {
    let mut place = Vec::with_capacity(column.len() + 1 + 8 + Stamp::OCTETS);
    place.extend_from_slice(column.as_bytes());
    place.push(0);
    place.extend_from_slice(&id.to_be_bytes());
    place.extend_from_slice(&at.to_octets());
    place
}

#[derive(Serialize, Deserialize)]
struct UserBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<std::borrow::Cow<'a, Profile>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<Presence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<std::borrow::Cow<'a, Services>>,
}

#[derive(Serialize, Deserialize)]
struct DeviceBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ipei: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<std::borrow::Cow<'a, EquipmentDetails>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_code: Option<Presence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relation: Option<Relation>,
}

/// Whether a secret was set or cleared; the secret itself is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Presence {
    Cleared,
    Set,
}

fn user_body(parts: &UserParts) -> (String, Option<Secrets>) {
    let UserParts { profile, account, pin, services } = parts;
    let mut secrets = Secrets::default();
    if let Some(account) = account {
        secrets.take_passwords(account);
    }
    if let Some(PinChange::Set(hash)) = pin {
        secrets.pin = Some(hash.to_octets().to_vec());
    }
    let body = UserBody {
        profile: profile.as_deref().map(std::borrow::Cow::Borrowed),
        auth_name: account.as_ref().map(|account| account.auth_name.to_string()),
        pin: pin
            .as_ref()
            .map(|pin| if *pin == PinChange::Cleared { Presence::Cleared } else { Presence::Set }),
        services: services.as_ref().map(std::borrow::Cow::Borrowed),
    };
    (to_json(&body), secrets.if_any())
}

fn user_parts(body: UserBody<'_>, secrets: &Secrets) -> Option<UserParts> {
    let pin = match body.pin {
        Some(Presence::Set) => Some(PinChange::Set(PinHash::from_octets(secrets.pin.as_ref()?)?)),
        Some(Presence::Cleared) => Some(PinChange::Cleared),
        None => None,
    };
    Some(UserParts {
        profile: body.profile.map(|profile| Box::new(profile.into_owned())),
        account: body.auth_name.map(|auth_name| secrets.account(auth_name)),
        pin,
        services: body.services.map(std::borrow::Cow::into_owned),
    })
}

fn device_body(parts: &DeviceParts) -> (String, Option<Secrets>) {
    let DeviceParts { equipment, auth_code, relation } = parts;
    let mut secrets = Secrets::default();
    let presence = auth_code.as_ref().map(|code| match code {
        CodeChange::Cleared => Presence::Cleared,
        CodeChange::Set(code) => {
            secrets.auth_code = Some(code.expose().to_owned());
            Presence::Set
        }
    });
    let body = DeviceBody {
        ipei: equipment.as_ref().map(|equipment| equipment.ipei.compact()),
        details: equipment.as_ref().map(|equipment| std::borrow::Cow::Borrowed(&equipment.details)),
        auth_code: presence,
        relation: *relation,
    };
    (to_json(&body), secrets.if_any())
}

fn device_parts(body: DeviceBody<'_>, secrets: &Secrets) -> Option<DeviceParts> {
    let equipment = match body.ipei {
        Some(ipei) => Some(Equipment { ipei: ipei.parse().ok()?, details: body.details?.into_owned() }),
        None => None,
    };
    let auth_code = match body.auth_code {
        Some(Presence::Set) => Some(CodeChange::Set(Secret::new(secrets.auth_code.as_deref()?))),
        Some(Presence::Cleared) => Some(CodeChange::Cleared),
        None => None,
    };
    Some(DeviceParts { equipment, auth_code, relation: body.relation })
}

/// The secrets of one row, before they are sealed and after they were opened.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Secrets {
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<Vec<u8>>,
}

impl Secrets {
    pub(super) fn of_account(account: &Account) -> Option<Self> {
        let mut secrets = Self::default();
        secrets.take_passwords(account);
        secrets.if_any()
    }

    pub(super) fn account(&self, auth_name: String) -> Account {
        Account {
            auth_name: auth_name.into(),
            sip_password: self.sip_password.as_deref().map(Secret::new),
            access_password: self.access_password.as_deref().map(Secret::new),
        }
    }

    pub(super) fn to_octets(&self) -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new(serde_json::to_vec(self).expect("texts and numbers always have a JSON form"))
    }

    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        serde_json::from_slice(octets).ok()
    }

    fn take_passwords(&mut self, account: &Account) {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        self.sip_password = text(&account.sip_password);
        self.access_password = text(&account.access_password);
    }

    fn if_any(self) -> Option<Self> {
        let any = self.sip_password.is_some()
            || self.access_password.is_some()
            || self.auth_code.is_some()
            || self.pin.is_some();
        any.then_some(self)
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.sip_password.zeroize();
        self.access_password.zeroize();
        self.auth_code.zeroize();
        self.pin.zeroize();
    }
}

pub(super) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("texts and numbers always have a JSON form")
}
