//! The journal: typed changes that every site applies with the same result, in whatever order and however often they come.
//!
//! A record consists of parts, and of each part the change with the highest stamp stands. A deletion stands for good:
//! numbers of records are never given twice, so a change made elsewhere before its site heard of the deletion cannot bring
//! half a record back (the incumbent's known defect).

use super::{
    device::{Equipment, Relation},
    id::{DeviceId, UserId},
    pin::PinHash,
    secret::Secret,
    stamp::Stamp,
    user::{Account, Profile, Services},
};

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When and where it was made.
    pub at: Stamp,
    /// What.
    pub edit: Edit,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Parts of a device are set; the first equipment creates it.
    Device(DeviceId, DeviceParts),
    /// A device is gone.
    DeviceDeleted(DeviceId),
    /// Parts of a user are set; the first profile creates it.
    User(UserId, UserParts),
    /// A user is gone.
    UserDeleted(UserId),
}

/// The parts of a user that a change sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserParts {
    /// What an administrator decides.
    pub profile: Option<Box<Profile>>,
    /// The SIP account.
    pub account: Option<Account>,
    /// The PIN.
    pub pin: Option<PinChange>,
    /// What the user sets.
    pub services: Option<Services>,
}

/// What becomes of a PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinChange {
    /// There is none any more.
    Cleared,
    /// A new one.
    Set(PinHash),
}

/// The parts of a device that a change sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceParts {
    /// What it is.
    pub equipment: Option<Equipment>,
    /// Its authentication code.
    pub auth_code: Option<CodeChange>,
    /// Whose it is.
    pub relation: Option<Relation>,
}

/// What becomes of an authentication code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeChange {
    /// There is none any more.
    Cleared,
    /// A new one.
    Set(Secret),
}
