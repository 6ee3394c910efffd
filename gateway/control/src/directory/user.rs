//! The user record: one person or function with its number, names, SIP account, PIN and services.
//!
//! A user is stored in four parts that change independently, so that an administrator's edit at one site and a forwarding
//! set from a handset at another do not undo each other.

use serde::{Deserialize, Serialize};

use super::{
    id::UserId,
    pin::PinHash,
    refusal::{Field, Refusal},
    secret::Secret,
};

/// One user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its number in the directory.
    pub id: UserId,
    /// What an administrator decides.
    pub profile: Profile,
    /// The SIP account.
    pub account: Account,
    /// For login and logout at a shared device; `None` when none was set.
    pub pin: Option<PinHash>,
    /// What the user sets at the handset.
    pub services: Services,
}

impl User {
    /// The extension.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.profile.number
    }

    /// The user part of the SIP address: the name, or the number when there is none.
    #[must_use]
    pub fn sip_name(&self) -> &str {
        self.profile.sip_name()
    }

    /// The user name of the digest at the PBX: falls back to [`Self::sip_name`].
    #[must_use]
    pub fn auth_name(&self) -> &str {
        if self.account.auth_name.is_empty() { self.sip_name() } else { &self.account.auth_name }
    }

    /// The name that calls show: falls back to the long name.
    #[must_use]
    pub fn display_name(&self) -> &str {
        if self.profile.display_name.is_empty() {
            &self.profile.long_name
        } else {
            &self.profile.display_name
        }
    }

    /// What a base station must present for this user's account: falls back to the password at the PBX.
    #[must_use]
    pub fn access_password(&self) -> Option<&Secret> {
        self.account.access_password.as_ref().or(self.account.sip_password.as_ref())
    }
}

/// What an administrator decides about a user. Empty texts mean "not set".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Mandatory, unique: the person or function as administrators see it.
    pub long_name: Box<str>,
    /// Mandatory, unique: the extension.
    pub number: Box<str>,
    /// SIP user part; unique.
    #[serde(skip_serializing_if = "is_default")]
    pub name: Box<str>,
    /// Name that calls show.
    #[serde(skip_serializing_if = "is_default")]
    pub display_name: Box<str>,
    /// Text of the idle handset.
    #[serde(skip_serializing_if = "is_default")]
    pub idle_display: Box<str>,
    /// Login or additional id, distinct from the number; unique.
    #[serde(skip_serializing_if = "is_default")]
    pub login_id: Box<str>,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description_1: Box<str>,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description_2: Box<str>,
    /// Registered first.
    #[serde(skip_serializing_if = "is_default")]
    pub vip: bool,
    /// Its registration tells whether the PBX is available.
    #[serde(skip_serializing_if = "is_default")]
    pub visibility_check: bool,
    /// Local SIP port towards the PBX; 0 is automatic.
    #[serde(skip_serializing_if = "is_default")]
    pub fixed_sip_port: u16,
    /// May move between desks together with the PBX's own hot desking.
    #[serde(skip_serializing_if = "is_default")]
    pub hot_desking: bool,
    /// A dynamic user is logged out when its handset is put into the charger.
    #[serde(skip_serializing_if = "is_default")]
    pub logout_on_charge: bool,
    /// The personal directory survives a logout.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_directory: bool,
    /// Presence and escalation feed. Anything but `Off` makes the user a VIP.
    #[serde(skip_serializing_if = "is_default")]
    pub monitoring: Monitoring,
    /// Opaque configuration profile of the handset; 0 is none.
    #[serde(skip_serializing_if = "is_default")]
    pub handset_profile: u16,
    /// Voice mail; the system's when empty.
    #[serde(skip_serializing_if = "is_default")]
    pub voice_mail_number: Box<str>,
    /// Called by the SOS key; the system's when empty.
    #[serde(skip_serializing_if = "is_default")]
    pub sos_number: Box<str>,
    /// Called by the man-down alarm; the system's when empty.
    #[serde(skip_serializing_if = "is_default")]
    pub man_down_number: Box<str>,
    /// Answers calls that ask for it without a key press.
    #[serde(skip_serializing_if = "is_default")]
    pub auto_answer: Switch,
    /// The microphone is off after an automatic answer.
    #[serde(skip_serializing_if = "is_default")]
    pub microphone_mute: Switch,
    /// A tone warns before an automatic answer.
    #[serde(skip_serializing_if = "is_default")]
    pub warning_tone: Switch,
    /// Others may break into a call.
    #[serde(skip_serializing_if = "is_default")]
    pub barge_in: Switch,
    /// Who mixes a conference of three.
    #[serde(skip_serializing_if = "is_default")]
    pub conference: Conference,
    /// Address of an external conference server; the system's when empty.
    #[serde(skip_serializing_if = "is_default")]
    pub conference_uri: Box<str>,
    /// May send text messages.
    #[serde(skip_serializing_if = "is_default")]
    pub may_send_messages: bool,
    /// May send visiting cards.
    #[serde(skip_serializing_if = "is_default")]
    pub may_send_cards: bool,
    /// May receive visiting cards.
    #[serde(skip_serializing_if = "is_default")]
    pub may_receive_cards: bool,
}

impl Profile {
    /// The user part of the SIP address.
    #[must_use]
    pub fn sip_name(&self) -> &str {
        if self.name.is_empty() { &self.number } else { &self.name }
    }

    /// Whether the user is registered before others.
    #[must_use]
    pub fn is_vip(&self) -> bool {
        self.vip || self.monitoring != Monitoring::Off
    }

    /// Lengths, characters and ranges; uniqueness is the directory's to judge.
    ///
    /// # Errors
    /// The first field that breaks its limit.
    pub fn check(&self) -> Result<(), Refusal> {
        Field::LongName.check_mandatory(&self.long_name)?;
        Field::Number.check_mandatory(&self.number)?;
        Field::Name.check(&self.name)?;
        Field::DisplayName.check(&self.display_name)?;
        Field::IdleDisplay.check(&self.idle_display)?;
        Field::LoginId.check(&self.login_id)?;
        Field::Description1.check(&self.description_1)?;
        Field::Description2.check(&self.description_2)?;
        Field::VoiceMailNumber.check(&self.voice_mail_number)?;
        Field::SosNumber.check(&self.sos_number)?;
        Field::ManDownNumber.check(&self.man_down_number)?;
        Field::ConferenceUri.check(&self.conference_uri)?;
        if self.fixed_sip_port != 0 && self.fixed_sip_port < LOWEST_SIP_PORT {
            return Err(Refusal::OutOfRange { field: Field::FixedSipPort, range: "0 or 2048 to 65535" });
        }
        Ok(())
    }
}

/// The SIP account of a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// User name of the digest at the PBX; empty falls back to the SIP name.
    pub auth_name: Box<str>,
    /// Password at the PBX; `None` falls back to the system's.
    pub sip_password: Option<Secret>,
    /// Password that base stations must present, where it differs from the one at the PBX.
    pub access_password: Option<Secret>,
}

impl Account {
    /// Lengths and characters.
    ///
    /// # Errors
    /// The first field that breaks its limit.
    pub fn check(&self) -> Result<(), Refusal> {
        Field::AuthName.check(&self.auth_name)?;
        for password in [&self.sip_password, &self.access_password].into_iter().flatten() {
            Field::Password.check_mandatory(password.expose())?;
        }
        Ok(())
    }
}

/// What the user sets at the handset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Services {
    /// Call forwarding unconditional: the target.
    #[serde(skip_serializing_if = "is_default")]
    pub forward_always: Option<Box<str>>,
    /// Call forwarding busy.
    #[serde(skip_serializing_if = "is_default")]
    pub forward_busy: Option<Box<str>>,
    /// Call forwarding no reply and no coverage.
    #[serde(skip_serializing_if = "is_default")]
    pub forward_no_reply: Option<Box<str>>,
    /// Seconds before `forward_no_reply`; 0 is the system's.
    #[serde(skip_serializing_if = "is_default")]
    pub no_reply_seconds: u16,
    /// Calls are answered busy.
    #[serde(skip_serializing_if = "is_default")]
    pub do_not_disturb: bool,
    /// A second call is refused instead of announced.
    #[serde(skip_serializing_if = "is_default")]
    pub call_waiting_off: bool,
}

impl Services {
    /// Lengths, characters and ranges.
    ///
    /// # Errors
    /// The first field that breaks its limit.
    pub fn check(&self) -> Result<(), Refusal> {
        for target in [&self.forward_always, &self.forward_busy, &self.forward_no_reply].into_iter().flatten()
        {
            Field::ForwardTarget.check_mandatory(target)?;
        }
        if self.no_reply_seconds > 600 {
            return Err(Refusal::OutOfRange { field: Field::NoReplySeconds, range: "0 to 600" });
        }
        Ok(())
    }
}

/// A setting of a user that may follow the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// As the system is set.
    #[default]
    Global,
    /// Never.
    Off,
    /// Always.
    On,
}

/// User monitoring (UD-28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitoring {
    /// The user is asked regularly.
    Active,
    /// Not monitored.
    #[default]
    Off,
    /// What passes by is watched.
    Passive,
}

/// Who mixes a conference of three (UD-22).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conference {
    /// A server at `conference_uri`.
    External,
    /// The same, reached by blind transfer.
    ExternalBlindTransfer,
    /// As the system is set.
    #[default]
    Global,
    /// The gateway.
    Integrated,
    /// Nobody.
    Off,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// UD-20: lower ports belong to other services.
const LOWEST_SIP_PORT: u16 = 2048;
