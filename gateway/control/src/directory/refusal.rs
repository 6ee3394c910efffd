//! Why a wish of an administrator, a handset or a file is refused, and the limits of every field.

use std::fmt;

use super::id::{DeviceId, UserId};

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A character that the field cannot hold.
    BadCharacter {
        /// The field.
        field: Field,
        /// The character.
        character: char,
    },
    /// The device belongs to one user for good.
    DeviceFixed(DeviceId),
    /// A mandatory field is empty.
    Empty(Field),
    /// Not an IPEI, with the reason.
    Ipei(String),
    /// No such device.
    NoSuchDevice,
    /// No such user.
    NoSuchUser,
    /// A value outside its range.
    OutOfRange {
        /// The field.
        field: Field,
        /// What it may be.
        range: &'static str,
    },
    /// Another device has this value.
    TakenByDevice {
        /// The field.
        field: Field,
        /// Who has it.
        device: DeviceId,
    },
    /// Another user has this value.
    TakenByUser {
        /// The field.
        field: Field,
        /// Who has it.
        user: UserId,
        /// Its number, for people.
        number: Box<str>,
    },
    /// Longer than the field may be.
    TooLong {
        /// The field.
        field: Field,
        /// In characters.
        limit: usize,
        /// In characters.
        length: usize,
    },
    /// The user has a device for good; it cannot log in elsewhere.
    UserFixed(UserId),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadCharacter { field, character } => {
                write!(f, "{field} must not contain {}", character.escape_default())
            }
            Self::DeviceFixed(device) => write!(f, "device {device} is assigned to one user for good"),
            Self::Empty(field) => write!(f, "{field} is missing"),
            Self::Ipei(reason) => write!(f, "{}: {reason}", Field::Ipei),
            Self::NoSuchDevice => f.write_str("no such device"),
            Self::NoSuchUser => f.write_str("no such user"),
            Self::OutOfRange { field, range } => write!(f, "{field} must be {range}"),
            Self::TakenByDevice { field, device } => write!(f, "{field} belongs to device {device}"),
            Self::TakenByUser { field, number, .. } => {
                write!(f, "{field} belongs to the user with number {number}")
            }
            Self::TooLong { field, limit, length } => {
                write!(f, "{field} has {length} characters, {limit} are allowed")
            }
            Self::UserFixed(user) => write!(f, "user {user} has a device for good"),
        }
    }
}

impl std::error::Error for Refusal {}

/// The fields that people name, with the incumbent's limits (feature list UD-01 to UD-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Digest user name.
    AuthName,
    /// Authentication code of a device.
    AuthCode,
    /// Address of a conference server.
    ConferenceUri,
    /// Free text.
    Description1,
    /// Free text.
    Description2,
    /// Name shown in calls.
    DisplayName,
    /// Local SIP port.
    FixedSipPort,
    /// Target of a forwarding.
    ForwardTarget,
    /// Text of the idle handset.
    IdleDisplay,
    /// Identity of a handset.
    Ipei,
    /// Login id.
    LoginId,
    /// Name of the person or function.
    LongName,
    /// Called by the man-down alarm.
    ManDownNumber,
    /// SIP user part.
    Name,
    /// Ringing time before forwarding.
    NoReplySeconds,
    /// Extension.
    Number,
    /// SIP password.
    Password,
    /// For login and logout.
    Pin,
    /// Called by the SOS key.
    SosNumber,
    /// Voice mail.
    VoiceMailNumber,
}

impl Field {
    /// As the incumbent's documents and column headers call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AuthName => "Auth Name (SIP)",
            Self::AuthCode => "Auth. Code",
            Self::ConferenceUri => "Conference Server",
            Self::Description1 => "Description 1",
            Self::Description2 => "Description 2",
            Self::DisplayName => "Display Name",
            Self::FixedSipPort => "Fixed SIP port",
            Self::ForwardTarget => "Forwarding target",
            Self::IdleDisplay => "Idle Display",
            Self::Ipei => "IPEI/IPDI",
            Self::LoginId => "Login ID",
            Self::LongName => "Long Name",
            Self::ManDownNumber => "ManDown number",
            Self::Name => "Name",
            Self::NoReplySeconds => "No reply time",
            Self::Number => "Number",
            Self::Password => "Password",
            Self::Pin => "PIN",
            Self::SosNumber => "SOS number",
            Self::VoiceMailNumber => "Voice mail number",
        }
    }

    /// The longest text, in characters.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::AuthCode | Self::Pin => 8,
            Self::Ipei => 17,
            Self::IdleDisplay => 47,
            Self::AuthName => 60,
            Self::Description1 | Self::Description2 => 80,
            Self::ConferenceUri => 128,
            _ => 30,
        }
    }

    pub(super) fn check(self, text: &str) -> Result<(), Refusal> {
        let length = text.chars().count();
        if length > self.limit() {
            return Err(Refusal::TooLong { field: self, limit: self.limit(), length });
        }
        match text.chars().find(|c| !self.allows(*c)) {
            Some(character) => Err(Refusal::BadCharacter { field: self, character }),
            None => Ok(()),
        }
    }

    pub(super) fn check_mandatory(self, text: &str) -> Result<(), Refusal> {
        if text.is_empty() { Err(Refusal::Empty(self)) } else { self.check(text) }
    }

    /// Control characters are refused everywhere: these texts end up in SIP headers and on displays.
    fn allows(self, c: char) -> bool {
        match self {
            Self::AuthCode | Self::Pin => c.is_ascii_digit(),
            Self::Number
            | Self::ForwardTarget
            | Self::ManDownNumber
            | Self::SosNumber
            | Self::VoiceMailNumber => c.is_ascii_alphanumeric() || "+*#-_.".contains(c),
            Self::LoginId | Self::Name => !c.is_control() && !c.is_whitespace() || c == ' ',
            _ => !c.is_control(),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
