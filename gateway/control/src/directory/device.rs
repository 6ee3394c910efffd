//! The device record: one DECT handset as equipment, and whose it is at the moment.

use dect::Ipei;
use serde::{Deserialize, Serialize};

use super::{
    id::{DeviceId, UserId},
    refusal::{Field, Refusal},
    secret::Secret,
    user::is_default,
};
use crate::clock::UnixMillis;

/// One device. Whose it is, the directory says ([`super::Directory::relation`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its number in the directory.
    pub id: DeviceId,
    /// What it is.
    pub equipment: Equipment,
    /// Its own authentication code, four to eight digits: the digest password of a device account.
    pub auth_code: Option<Secret>,
}

impl Device {
    /// The identity burnt into the handset.
    #[must_use]
    pub const fn ipei(&self) -> &Ipei {
        &self.equipment.ipei
    }
}

/// What a device is and how it came here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equipment {
    /// The identity burnt into the handset; unique.
    pub ipei: Ipei,
    /// The rest.
    pub details: EquipmentDetails,
}

impl Equipment {
    /// A device of which only the identity is known.
    #[must_use]
    pub fn new(ipei: Ipei, created_by: CreatedBy) -> Self {
        Self { ipei, details: EquipmentDetails { created_by, ..EquipmentDetails::default() } }
    }

    /// Lengths and characters.
    ///
    /// # Errors
    /// The first field that breaks its limit.
    pub fn check(&self) -> Result<(), Refusal> {
        Field::Description1.check(&self.details.description)?;
        Field::Description2.check(&self.details.model)
    }
}

/// What is known of a device besides its identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EquipmentDetails {
    /// How the record came into being.
    pub created_by: CreatedBy,
    /// First authenticated REGISTER; `None` while the device is only announced.
    #[serde(skip_serializing_if = "is_default")]
    pub subscribed_ms: Option<u64>,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: Box<str>,
    /// Maker and model, as far as the base station told.
    #[serde(skip_serializing_if = "is_default")]
    pub model: Box<str>,
    /// What the handset can do.
    #[serde(skip_serializing_if = "is_default")]
    pub capabilities: Capabilities,
}

impl EquipmentDetails {
    /// When the device was subscribed.
    #[must_use]
    pub fn subscribed(&self) -> Option<UnixMillis> {
        self.subscribed_ms.map(UnixMillis)
    }
}

/// What a handset can do, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Takes G.722.
    pub wideband: bool,
    /// Shows text messages.
    pub messaging: bool,
    /// Reports its position.
    pub locatable: bool,
    /// Takes an idle text.
    pub idle_text: bool,
}

/// How a device record came into being (subscription methods of the feature list, group B).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreatedBy {
    /// An administrator or an import.
    #[default]
    Administrator,
    /// Subscribed unknown, without a user (SUB-03).
    AutoCreate,
    /// Subscribed with the system's authentication code (SUB-04).
    SystemCode,
    /// Subscribed with a user's authentication code (SUB-05).
    UserCode,
    /// Subscribed in a wildcard window (SUB-02).
    Wildcard,
}

/// Whose a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub enum Relation {
    /// The user is logged in and may log out again.
    Dynamic(UserId),
    /// The user uses this device only.
    Fixed(UserId),
    /// Nobody's.
    #[default]
    Unbound,
}

impl Relation {
    /// The user, however bound.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Dynamic(user) | Self::Fixed(user) => Some(user),
            Self::Unbound => None,
        }
    }
}

/// Four to eight digits (SUB-12).
pub(super) fn check_auth_code(code: &Secret) -> Result<(), Refusal> {
    Field::AuthCode.check_mandatory(code.expose())?;
    if code.expose().len() < 4 {
        return Err(Refusal::OutOfRange { field: Field::AuthCode, range: "four to eight digits" });
    }
    Ok(())
}
