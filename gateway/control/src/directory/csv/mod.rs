//! Users as a CSV file, in the column order of the incumbent (feature list UD-31 to UD-37):
//! `Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;`
//!
//! Pure: octets in, rows and bad rows out ([`read`]); rows against the directory, changes and a report
//! out ([`Directory::plan_import`](super::Directory::plan_import));
//! the directory in, text out ([`export`]). Nothing here decides to apply anything.
//!
//! # What a file means
//! - A row updates the user with its number, or adds one. A long name, name or IPEI that belongs to another user is a
//!   conflict and refuses the row, unless that user gives it up in the same file.
//! - A column that the file does not have leaves the field as it is; an empty cell clears it. Two cells never clear: an
//!   empty password (exports have none) and an empty IPEI (a blank cell must not take a telephone out of service).
//! - Authentication codes are neither read nor written; a new device gets one at random.

mod export;
mod import;
mod read;
mod text;
mod told;

pub use self::{
    export::export,
    import::{Added, Changed, FieldChange, Import, Options, Report},
    read::{BadRow, Reason, Row, Table, read},
    text::{FileFault, decode},
    told::told,
};

use super::refusal::Field;

/// The columns, in the incumbent's order.
pub const COLUMNS: [Field; 8] = [
    Field::LongName,
    Field::Name,
    Field::Number,
    Field::DisplayName,
    Field::AuthName,
    Field::IdleDisplay,
    Field::Ipei,
    Field::Password,
];
