//! Admin commands, views and roles as serde types: what an operator, the web page and the command line say to the gateway.
//!
//! Words only. On the control socket a command is one line of JSON and so is its reply. Secrets travel inwards only: no view has a
//! field for a password, a PIN or an authentication code. Times are milliseconds since the Unix epoch, UTC; spans are seconds.

mod view;

use serde::{Deserialize, Serialize};

pub use view::{
    BaseView, BindingState, BindingView, CallView, DeviceView, FaultView, ImportReport, ImportRow, LegView,
    LocationView, StatusView, UserView,
};

/// What an operator asks or orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Registrations at the PBX, all or of one user.
    Bindings {
        /// Number of the user.
        #[serde(default)]
        user: Option<String>,
    },
    /// Calls of the moment.
    Calls,
    /// Take no new calls; end when the last one is over, or at once.
    Drain {
        /// End the calls as well.
        #[serde(default)]
        force: bool,
    },
    /// Users as CSV in the incumbent's columns, without secrets.
    ExportUsers,
    /// Faults that stand.
    Faults,
    /// Add and change users and devices from CSV in the incumbent's columns.
    ImportUsers {
        /// The file.
        csv: String,
        /// Only say what would happen.
        #[serde(default)]
        dry_run: bool,
        /// Import the good rows although others are bad. Without it one bad row refuses all.
        #[serde(default)]
        skip_bad: bool,
    },
    /// The state of everything in figures.
    Status,
    /// Users with device, location and binding.
    Users {
        /// Only those whose number begins like this.
        #[serde(default)]
        prefix: String,
    },
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// To [`Command::Bindings`].
    Bindings(Vec<BindingView>),
    /// To [`Command::Calls`].
    Calls(Vec<CallView>),
    /// The order was taken.
    Done,
    /// To [`Command::ExportUsers`]: the file.
    Export(String),
    /// To [`Command::Faults`].
    Faults(Vec<FaultView>),
    /// To [`Command::ImportUsers`].
    Import(ImportReport),
    /// The order was not carried out, and why.
    Refused(String),
    /// To [`Command::Status`].
    Status(Box<StatusView>),
    /// To [`Command::Users`].
    Users(Vec<UserView>),
}
