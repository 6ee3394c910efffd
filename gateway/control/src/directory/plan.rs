//! Wishes into changes. Every verb checks all rules first and returns the changes, or says why not. It does not apply them.

use dect::Ipei;

use super::{
    Change, CodeChange, DeviceParts, Directory, Edit, PinChange, Refusal, UserParts,
    device::{CreatedBy, Equipment, Relation, check_auth_code},
    id::{DeviceId, UserId},
    pin::PinHash,
    refusal::Field,
    secret::Secret,
    user::{Account, Profile, Services},
};
use crate::clock::UnixMillis;

/// A user to be.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// What an administrator decides.
    pub profile: Profile,
    /// The SIP account.
    pub account: Account,
    /// The PIN, hashed.
    pub pin: Option<PinHash>,
}

impl Directory {
    /// A new user.
    ///
    /// # Errors
    /// A field breaks its limit or belongs to another user.
    pub fn plan_add_user(
        &mut self,
        wall: UnixMillis,
        new: NewUser,
    ) -> Result<(UserId, Vec<Change>), Refusal> {
        new.profile.check()?;
        new.account.check()?;
        self.check_unique(None, &new.profile)?;
        let id = self.next_user_id();
        let parts = UserParts {
            profile: Some(Box::new(new.profile)),
            account: Some(new.account),
            pin: new.pin.map(PinChange::Set),
            services: None,
        };
        Ok((id, vec![self.change(wall, Edit::User(id, parts))]))
    }

    /// Other values for whole parts of a user.
    ///
    /// # Errors
    /// No such user; a field breaks its limit or belongs to another user.
    pub fn plan_edit_user(
        &mut self,
        wall: UnixMillis,
        id: UserId,
        parts: UserParts,
    ) -> Result<Vec<Change>, Refusal> {
        self.user(id).ok_or(Refusal::NoSuchUser)?;
        if let Some(profile) = &parts.profile {
            profile.check()?;
            self.check_unique(Some(id), profile)?;
        }
        parts.account.as_ref().map_or(Ok(()), Account::check)?;
        parts.services.as_ref().map_or(Ok(()), Services::check)?;
        Ok(vec![self.change(wall, Edit::User(id, parts))])
    }

    /// The user goes, its device becomes free.
    ///
    /// # Errors
    /// No such user.
    pub fn plan_delete_user(&mut self, wall: UnixMillis, id: UserId) -> Result<Vec<Change>, Refusal> {
        self.user(id).ok_or(Refusal::NoSuchUser)?;
        let freed = self.device_of_user(id).map(|device| device.id);
        let mut changes = Vec::with_capacity(2);
        if let Some(device) = freed {
            changes.push(self.relate(wall, device, Relation::Unbound));
        }
        changes.push(self.change(wall, Edit::UserDeleted(id)));
        Ok(changes)
    }

    /// A new device, nobody's.
    ///
    /// # Errors
    /// The IPEI belongs to another device; a field breaks its limit.
    pub fn plan_add_device(
        &mut self,
        wall: UnixMillis,
        equipment: Equipment,
        auth_code: Option<Secret>,
    ) -> Result<(DeviceId, Vec<Change>), Refusal> {
        equipment.check()?;
        auth_code.as_ref().map_or(Ok(()), check_auth_code)?;
        self.check_ipei(None, &equipment.ipei)?;
        let id = self.next_device_id();
        let parts = DeviceParts {
            equipment: Some(equipment),
            auth_code: auth_code.map(CodeChange::Set),
            relation: None,
        };
        Ok((id, vec![self.change(wall, Edit::Device(id, parts))]))
    }

    /// Other values for the equipment or the code of a device. Relations have verbs of their own.
    ///
    /// # Errors
    /// No such device; the IPEI belongs to another; a field breaks its limit.
    pub fn plan_edit_device(
        &mut self,
        wall: UnixMillis,
        id: DeviceId,
        equipment: Option<Equipment>,
        auth_code: Option<CodeChange>,
    ) -> Result<Vec<Change>, Refusal> {
        self.device(id).ok_or(Refusal::NoSuchDevice)?;
        if let Some(equipment) = &equipment {
            equipment.check()?;
            self.check_ipei(Some(id), &equipment.ipei)?;
        }
        if let Some(CodeChange::Set(code)) = &auth_code {
            check_auth_code(code)?;
        }
        Ok(vec![self.change(wall, Edit::Device(id, DeviceParts { equipment, auth_code, relation: None }))])
    }

    /// The device goes; its user has none any more.
    ///
    /// # Errors
    /// No such device.
    pub fn plan_delete_device(&mut self, wall: UnixMillis, id: DeviceId) -> Result<Vec<Change>, Refusal> {
        self.device(id).ok_or(Refusal::NoSuchDevice)?;
        Ok(vec![self.change(wall, Edit::DeviceDeleted(id))])
    }

    /// The device is the user's for good, whatever it was before (UD-12, UD-14). A device that the user had becomes free.
    ///
    /// # Errors
    /// No such user or device.
    pub fn plan_assign(
        &mut self,
        wall: UnixMillis,
        device: DeviceId,
        user: UserId,
    ) -> Result<Vec<Change>, Refusal> {
        self.device(device).ok_or(Refusal::NoSuchDevice)?;
        self.user(user).ok_or(Refusal::NoSuchUser)?;
        Ok(self.move_user(wall, device, Relation::Fixed(user), user))
    }

    /// The device becomes nobody's, fixed or not.
    ///
    /// # Errors
    /// No such device.
    pub fn plan_release(&mut self, wall: UnixMillis, device: DeviceId) -> Result<Vec<Change>, Refusal> {
        self.device(device).ok_or(Refusal::NoSuchDevice)?;
        if self.relation(device) == Relation::Unbound {
            return Ok(Vec::new());
        }
        Ok(vec![self.relate(wall, device, Relation::Unbound)])
    }

    /// The user logs in at a shared device. Whoever was there is logged out, and the user leaves the device where it was
    /// (LOGIN-16). The PIN was checked by the caller.
    ///
    /// # Errors
    /// No such user or device; either belongs to someone else for good.
    pub fn plan_login(
        &mut self,
        wall: UnixMillis,
        device: DeviceId,
        user: UserId,
    ) -> Result<Vec<Change>, Refusal> {
        self.device(device).ok_or(Refusal::NoSuchDevice)?;
        self.user(user).ok_or(Refusal::NoSuchUser)?;
        match self.relation(device) {
            Relation::Dynamic(there) | Relation::Fixed(there) if there == user => return Ok(Vec::new()),
            Relation::Fixed(_) => return Err(Refusal::DeviceFixed(device)),
            Relation::Dynamic(_) | Relation::Unbound => {}
        }
        if self.device_of_user(user).is_some_and(|d| matches!(self.relation(d.id), Relation::Fixed(_))) {
            return Err(Refusal::UserFixed(user));
        }
        Ok(self.move_user(wall, device, Relation::Dynamic(user), user))
    }

    /// The user of a shared device logs out.
    ///
    /// # Errors
    /// No such device, or it belongs to one user for good.
    pub fn plan_logout(&mut self, wall: UnixMillis, device: DeviceId) -> Result<Vec<Change>, Refusal> {
        self.device(device).ok_or(Refusal::NoSuchDevice)?;
        match self.relation(device) {
            Relation::Dynamic(_) => Ok(vec![self.relate(wall, device, Relation::Unbound)]),
            Relation::Fixed(_) => Err(Refusal::DeviceFixed(device)),
            Relation::Unbound => Ok(Vec::new()),
        }
    }

    /// The first authenticated REGISTER of a device: from now on it is subscribed. A second one changes nothing.
    ///
    /// # Errors
    /// No such device.
    pub fn plan_subscribed(&mut self, wall: UnixMillis, device: DeviceId) -> Result<Vec<Change>, Refusal> {
        let known = self.device(device).ok_or(Refusal::NoSuchDevice)?;
        if known.equipment.details.subscribed_ms.is_some() {
            return Ok(Vec::new());
        }
        let mut equipment = known.equipment.clone();
        equipment.details.subscribed_ms = Some(wall.0);
        self.plan_edit_device(wall, device, Some(equipment), None)
    }

    /// A device that subscribes unknown, with the user it brings along if any (wildcard subscription binds for good and
    /// takes the user from its old device, SUB-02).
    ///
    /// # Errors
    /// The IPEI is known already (SUB-15), or no such user.
    pub fn plan_subscribe_unknown(
        &mut self,
        wall: UnixMillis,
        ipei: Ipei,
        created_by: CreatedBy,
        user: Option<UserId>,
    ) -> Result<(DeviceId, Vec<Change>), Refusal> {
        if let Some(user) = user {
            self.user(user).ok_or(Refusal::NoSuchUser)?;
        }
        let mut equipment = Equipment::new(ipei, created_by);
        equipment.details.subscribed_ms = Some(wall.0);
        let (id, mut changes) = self.plan_add_device(wall, equipment, None)?;
        if let Some(user) = user {
            changes.extend(self.move_user(wall, id, Relation::Fixed(user), user));
        }
        Ok((id, changes))
    }

    /// Relates `device` to `user` and frees the device where the user was.
    pub(super) fn move_user(
        &mut self,
        wall: UnixMillis,
        device: DeviceId,
        relation: Relation,
        user: UserId,
    ) -> Vec<Change> {
        if self.relation(device) == relation {
            return Vec::new();
        }
        let left = self.device_of_user(user).map(|old| old.id).filter(|old| *old != device);
        let mut changes = Vec::with_capacity(2);
        if let Some(old) = left {
            changes.push(self.relate(wall, old, Relation::Unbound));
        }
        changes.push(self.relate(wall, device, relation));
        changes
    }

    pub(super) fn check_unique(&self, own: Option<UserId>, profile: &Profile) -> Result<(), Refusal> {
        let number = |text: &str| self.by_number.claimants(text).iter().copied().find(|id| Some(*id) != own);
        let name = |text: &str| self.by_name.claimants(text).iter().copied().find(|id| Some(*id) != own);
        self.refuse_taken(Field::Number, number(&profile.number).or_else(|| name(&profile.number)))?;
        if !profile.name.is_empty() {
            self.refuse_taken(Field::Name, name(&profile.name).or_else(|| number(&profile.name)))?;
        }
        let other = |ids: &[UserId]| ids.iter().copied().find(|id| Some(*id) != own);
        self.refuse_taken(Field::LongName, other(self.by_long_name.claimants(&*profile.long_name)))?;
        self.refuse_taken(Field::LoginId, other(self.by_login.claimants(&*profile.login_id)))
    }

    fn refuse_taken(&self, field: Field, holder: Option<UserId>) -> Result<(), Refusal> {
        match holder.and_then(|id| self.user(id)) {
            Some(user) => {
                Err(Refusal::TakenByUser { field, user: user.id, number: user.profile.number.clone() })
            }
            None => Ok(()),
        }
    }

    fn check_ipei(&self, own: Option<DeviceId>, ipei: &Ipei) -> Result<(), Refusal> {
        match self.by_ipei.claimants(ipei).iter().find(|id| Some(**id) != own) {
            Some(device) => Err(Refusal::TakenByDevice { field: Field::Ipei, device: *device }),
            None => Ok(()),
        }
    }

    pub(super) fn change(&mut self, wall: UnixMillis, edit: Edit) -> Change {
        Change { at: self.clock.tick(wall), edit }
    }

    fn relate(&mut self, wall: UnixMillis, device: DeviceId, relation: Relation) -> Change {
        let parts = DeviceParts { relation: Some(relation), ..DeviceParts::default() };
        self.change(wall, Edit::Device(device, parts))
    }

    pub(super) fn next_user_id(&mut self) -> UserId {
        let id = UserId::compose(self.clock.site(), self.next_user);
        self.next_user += 1;
        id
    }

    pub(super) fn next_device_id(&mut self) -> DeviceId {
        let id = DeviceId::compose(self.clock.site(), self.next_device);
        self.next_device += 1;
        id
    }
}
