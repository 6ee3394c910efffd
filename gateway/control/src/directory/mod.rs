//! Users, devices and who uses what: the whole directory in memory, with its indexes.
//!
//! Owns the records and the rules between them. It never stores anything: [`Directory::apply`] takes journal changes,
//! whatever their origin (own plan, store at start, another site), and `plan_*` verbs turn wishes into changes after all
//! rules were checked. What a plan returned is applied and persisted by the caller, in that order and before the next plan.
//!
//! # Rules
//! - Of each part of a record the change with the highest stamp stands; a deletion stands for good ([`change`]).
//! - An address (number or SIP name) belongs to one user; long names, login ids and IPEIs are unique. Plans refuse what
//!   breaks this. Changes of two sites that never saw each other may; then the lowest id answers to the value and
//!   [`Directory::contested`] names the others, at every site alike.
//! - A user is on one device at most: the newest relation stands, older ones count as unbound (login takes over, LOGIN-16).
//! - Deleting a user frees its device (UD-35).
//!
//! All of this is derived from the parts alone, never from the order of arrival.

pub mod change;
mod claims;
pub mod csv;
mod device;
mod id;
mod pin;
mod plan;
mod refusal;
mod secret;
mod stamp;
mod user;

use std::{collections::BTreeMap, ops::Bound};

use dect::Ipei;

pub use self::{
    change::{Change, CodeChange, DeviceParts, Edit, PinChange, UserParts},
    device::{Capabilities, CreatedBy, Device, Equipment, EquipmentDetails, Relation},
    id::{DeviceId, SiteId, UserId},
    pin::{PinHash, SALT},
    plan::NewUser,
    refusal::{Field, Refusal},
    secret::Secret,
    stamp::Stamp,
    user::{Account, Conference, Monitoring, Profile, Services, Switch, User},
};
use self::{claims::Index, stamp::StampClock};

/// All users and devices of this installation.
#[derive(Debug, Clone)]
pub struct Directory {
    clock: StampClock,
    next_user: u64,
    next_device: u64,
    users: BTreeMap<UserId, UserSlot>,
    devices: BTreeMap<DeviceId, DeviceSlot>,
    deleted_users: BTreeMap<UserId, Stamp>,
    deleted_devices: BTreeMap<DeviceId, Stamp>,
    by_number: Index<Box<str>, UserId>,
    by_name: Index<Box<str>, UserId>,
    by_long_name: Index<Box<str>, UserId>,
    by_login: Index<Box<str>, UserId>,
    by_ipei: Index<Ipei, DeviceId>,
    by_user: Index<UserId, DeviceId>,
    user_count: usize,
    device_count: usize,
}

impl Directory {
    /// An empty directory of this site.
    #[must_use]
    pub const fn new(site: SiteId) -> Self {
        Self {
            clock: StampClock::new(site),
            next_user: 1,
            next_device: 1,
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
            deleted_users: BTreeMap::new(),
            deleted_devices: BTreeMap::new(),
            by_number: Index::new(),
            by_name: Index::new(),
            by_long_name: Index::new(),
            by_login: Index::new(),
            by_ipei: Index::new(),
            by_user: Index::new(),
            user_count: 0,
            device_count: 0,
        }
    }

    /// The user.
    #[must_use]
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id).filter(|slot| slot.exists()).map(|slot| &slot.user)
    }

    /// The user with this extension.
    #[must_use]
    pub fn user_by_number(&self, number: &str) -> Option<&User> {
        self.user(self.by_number.holder(number)?)
    }

    /// The user with this SIP user part: its name, or its number when it has no name.
    #[must_use]
    pub fn user_by_name(&self, name: &str) -> Option<&User> {
        match self.by_name.holder(name) {
            Some(id) => self.user(id),
            None => self.user_by_number(name).filter(|user| user.profile.name.is_empty()),
        }
    }

    /// The user that answers to this address-of-record on the access side: by name or by number.
    #[must_use]
    pub fn user_by_address(&self, user_part: &str) -> Option<&User> {
        self.user_by_name(user_part).or_else(|| self.user_by_number(user_part))
    }

    /// The user with this long name.
    #[must_use]
    pub fn user_by_long_name(&self, long_name: &str) -> Option<&User> {
        self.user(self.by_long_name.holder(long_name)?)
    }

    /// The user with this login id.
    #[must_use]
    pub fn user_by_login(&self, login_id: &str) -> Option<&User> {
        self.user(self.by_login.holder(login_id)?)
    }

    /// The device.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(&id)?.device.as_ref()
    }

    /// The device with this identity.
    #[must_use]
    pub fn device_by_ipei(&self, ipei: &Ipei) -> Option<&Device> {
        self.device(self.by_ipei.holder(ipei)?)
    }

    /// Whose the device is. The relation to a deleted user, or to one that has since gone to another device, is none.
    #[must_use]
    pub fn relation(&self, id: DeviceId) -> Relation {
        let Some(slot) = self.devices.get(&id).filter(|slot| slot.device.is_some()) else {
            return Relation::Unbound;
        };
        match slot.relation.user() {
            Some(user) if self.device_of_user(user).is_some_and(|device| device.id == id) => slot.relation,
            _ => Relation::Unbound,
        }
    }

    /// The device that the user uses, fixed or for now.
    #[must_use]
    pub fn device_of_user(&self, user: UserId) -> Option<&Device> {
        self.user(user)?;
        let newest = self
            .by_user
            .claimants(&user)
            .iter()
            .filter_map(|id| self.devices.get(id))
            .filter(|slot| slot.device.is_some())
            .max_by_key(|slot| slot.relation_at)?;
        newest.device.as_ref()
    }

    /// The user of the device, fixed or for now.
    #[must_use]
    pub fn user_of_device(&self, device: DeviceId) -> Option<&User> {
        self.user(self.relation(device).user()?)
    }

    /// All users, in the order of their ids.
    pub fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values().filter(|slot| slot.exists()).map(|slot| &slot.user)
    }

    /// All devices, in the order of their ids.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.values().filter_map(|slot| slot.device.as_ref())
    }

    /// Users whose number starts with `prefix`, in the order of numbers (UD-30).
    pub fn users_with_number_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a User> {
        self.by_number.starting(prefix).filter_map(|id| self.user(id))
    }

    /// Users whose long name starts with `prefix`, in the order of names (UD-30).
    pub fn users_with_long_name_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a User> {
        self.by_long_name.starting(prefix).filter_map(|id| self.user(id))
    }

    /// How many users there are.
    #[must_use]
    pub const fn user_count(&self) -> usize {
        self.user_count
    }

    /// How many devices there are.
    #[must_use]
    pub const fn device_count(&self) -> usize {
        self.device_count
    }

    /// Users that share a number, name, long name or login id with an older one: two sites gave it at the same time, and an
    /// administrator must decide (UD-36).
    #[must_use]
    pub fn contested(&self) -> Vec<(Field, UserId)> {
        let fields = [
            (Field::Number, &self.by_number),
            (Field::Name, &self.by_name),
            (Field::LongName, &self.by_long_name),
            (Field::LoginId, &self.by_login),
        ];
        fields.into_iter().flat_map(|(field, index)| index.contested().map(move |id| (field, id))).collect()
    }

    /// Takes one journal change. Applying a change again, or changes in another order, gives the same directory.
    pub fn apply(&mut self, change: &Change) {
        self.clock.observe(change.at);
        match &change.edit {
            Edit::User(id, parts) => self.set_user(*id, change.at, parts),
            Edit::UserDeleted(id) => self.delete_user(*id, change.at),
            Edit::Device(id, parts) => self.set_device(*id, change.at, parts),
            Edit::DeviceDeleted(id) => self.delete_device(*id, change.at),
        }
    }

    /// Takes several changes.
    pub fn apply_all<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    /// The changes that lead from an empty directory to this one: what a new site is sent.
    pub fn snapshot(&self) -> impl Iterator<Item = Change> {
        let users = self.users.values().flat_map(UserSlot::changes);
        let devices = self.devices.iter().flat_map(|(id, slot)| slot.changes(*id));
        let gone = self.deleted_users.iter().map(|(id, at)| Change { at: *at, edit: Edit::UserDeleted(*id) });
        let gone_devices =
            self.deleted_devices.iter().map(|(id, at)| Change { at: *at, edit: Edit::DeviceDeleted(*id) });
        users.chain(devices).chain(gone).chain(gone_devices)
    }

    fn set_user(&mut self, id: UserId, at: Stamp, parts: &UserParts) {
        self.note_user_id(id);
        if self.deleted_users.contains_key(&id) {
            return;
        }
        let slot = self.users.entry(id).or_insert_with(|| UserSlot::new(id));
        if let Some(account) = &parts.account
            && newer(&mut slot.account_at, at)
        {
            slot.user.account = account.clone();
        }
        if let Some(pin) = &parts.pin
            && newer(&mut slot.pin_at, at)
        {
            slot.user.pin = match pin {
                PinChange::Cleared => None,
                PinChange::Set(hash) => Some(hash.clone()),
            };
        }
        if let Some(services) = &parts.services
            && newer(&mut slot.services_at, at)
        {
            slot.user.services = services.clone();
        }
        if let Some(profile) = &parts.profile {
            let existed = slot.exists();
            if newer(&mut slot.profile_at, at) {
                let old = std::mem::replace(&mut slot.user.profile, (**profile).clone());
                self.user_count += usize::from(!existed);
                self.index_profile(id, existed.then_some(&old), Some(profile));
            }
        }
    }

    fn delete_user(&mut self, id: UserId, at: Stamp) {
        self.note_user_id(id);
        let deleted = self.deleted_users.entry(id).or_insert(at);
        *deleted = at.max(*deleted);
        if let Some(slot) = self.users.remove(&id)
            && slot.exists()
        {
            self.user_count -= 1;
            self.index_profile(id, Some(&slot.user.profile), None);
        }
    }

    fn set_device(&mut self, id: DeviceId, at: Stamp, parts: &DeviceParts) {
        self.note_device_id(id);
        if self.deleted_devices.contains_key(&id) {
            return;
        }
        let slot = self.devices.entry(id).or_default();
        if let Some(relation) = parts.relation
            && newer(&mut slot.relation_at, at)
        {
            let old = std::mem::replace(&mut slot.relation, relation);
            self.by_user.replace(id, old.user(), relation.user());
        }
        if let Some(code) = &parts.auth_code
            && newer(&mut slot.auth_code_at, at)
        {
            slot.auth_code = match code {
                CodeChange::Cleared => None,
                CodeChange::Set(secret) => Some(secret.clone()),
            };
            if let Some(device) = &mut slot.device {
                device.auth_code.clone_from(&slot.auth_code);
            }
        }
        if let Some(equipment) = &parts.equipment
            && newer(&mut slot.equipment_at, at)
        {
            let device = Device { id, equipment: equipment.clone(), auth_code: slot.auth_code.clone() };
            let old = slot.device.replace(device);
            self.device_count += usize::from(old.is_none());
            self.by_ipei.replace(id, old.map(|device| device.equipment.ipei), Some(equipment.ipei));
        }
    }

    fn delete_device(&mut self, id: DeviceId, at: Stamp) {
        self.note_device_id(id);
        let deleted = self.deleted_devices.entry(id).or_insert(at);
        *deleted = at.max(*deleted);
        if let Some(slot) = self.devices.remove(&id) {
            self.by_user.replace(id, slot.relation.user(), None);
            if let Some(device) = slot.device {
                self.device_count -= 1;
                self.by_ipei.replace(id, Some(device.equipment.ipei), None);
            }
        }
    }

    fn index_profile(&mut self, id: UserId, old: Option<&Profile>, new: Option<&Profile>) {
        let key = |profile: Option<&Profile>, of: fn(&Profile) -> &Box<str>| {
            profile.map(of).filter(|text| !text.is_empty()).cloned()
        };
        self.by_number.replace(id, key(old, |p| &p.number), key(new, |p| &p.number));
        self.by_name.replace(id, key(old, |p| &p.name), key(new, |p| &p.name));
        self.by_long_name.replace(id, key(old, |p| &p.long_name), key(new, |p| &p.long_name));
        self.by_login.replace(id, key(old, |p| &p.login_id), key(new, |p| &p.login_id));
    }

    fn note_user_id(&mut self, id: UserId) {
        if id.site() == self.clock.site() {
            self.next_user = self.next_user.max(id.sequence().saturating_add(1));
        }
    }

    fn note_device_id(&mut self, id: DeviceId) {
        if id.site() == self.clock.site() {
            self.next_device = self.next_device.max(id.sequence().saturating_add(1));
        }
    }
}

/// A user with the stamp of each of its parts. Without a profile it does not exist yet: the change that creates it is
/// still on its way.
#[derive(Debug, Clone)]
struct UserSlot {
    user: User,
    profile_at: Option<Stamp>,
    account_at: Option<Stamp>,
    pin_at: Option<Stamp>,
    services_at: Option<Stamp>,
}

impl UserSlot {
    fn new(id: UserId) -> Self {
        Self {
            user: User {
                id,
                profile: Profile::default(),
                account: Account::default(),
                pin: None,
                services: Services::default(),
            },
            profile_at: None,
            account_at: None,
            pin_at: None,
            services_at: None,
        }
    }

    const fn exists(&self) -> bool {
        self.profile_at.is_some()
    }

    fn changes(&self) -> impl Iterator<Item = Change> {
        let User { id, profile, account, pin, services } = &self.user;
        let pin = pin.clone().map_or(PinChange::Cleared, PinChange::Set);
        let parts = [
            (self.profile_at, UserParts { profile: Some(Box::new(profile.clone())), ..UserParts::default() }),
            (self.account_at, UserParts { account: Some(account.clone()), ..UserParts::default() }),
            (self.pin_at, UserParts { pin: Some(pin), ..UserParts::default() }),
            (self.services_at, UserParts { services: Some(services.clone()), ..UserParts::default() }),
        ];
        let id = *id;
        parts.into_iter().filter_map(move |(at, parts)| Some(Change { at: at?, edit: Edit::User(id, parts) }))
    }
}

/// A device with the stamp of each of its parts.
#[derive(Debug, Clone, Default)]
struct DeviceSlot {
    device: Option<Device>,
    auth_code: Option<Secret>,
    relation: Relation,
    equipment_at: Option<Stamp>,
    auth_code_at: Option<Stamp>,
    relation_at: Option<Stamp>,
}

impl DeviceSlot {
    fn changes(&self, id: DeviceId) -> impl Iterator<Item = Change> {
        let equipment = self.device.as_ref().map(|device| device.equipment.clone());
        let code = self.auth_code.clone().map_or(CodeChange::Cleared, CodeChange::Set);
        let parts = [
            (self.equipment_at, DeviceParts { equipment, ..DeviceParts::default() }),
            (self.auth_code_at, DeviceParts { auth_code: Some(code), ..DeviceParts::default() }),
            (self.relation_at, DeviceParts { relation: Some(self.relation), ..DeviceParts::default() }),
        ];
        parts
            .into_iter()
            .filter_map(move |(at, parts)| Some(Change { at: at?, edit: Edit::Device(id, parts) }))
    }
}

/// Whether `at` is newer than what stands; if so it stands from now on.
fn newer(standing: &mut Option<Stamp>, at: Stamp) -> bool {
    let newer = standing.is_none_or(|standing| at > standing);
    if newer {
        *standing = Some(at);
    }
    newer
}

/// Bounds of all texts that start with `prefix`; the caller stops at the first that does not.
fn from_prefix(prefix: &str) -> (Bound<&str>, Bound<&str>) {
    (Bound::Included(prefix), Bound::Unbounded)
}
