//! What an operator sees.

use serde::{Deserialize, Serialize};

/// The gateway in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StatusView {
    /// Version of the program.
    pub version: String,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// No new calls are taken.
    pub draining: bool,
    /// Users in the directory.
    pub users: usize,
    /// Devices in the directory.
    pub devices: usize,
    /// Users whose device is located.
    pub located: usize,
    /// Base stations heard of.
    pub bases: Vec<BaseView>,
    /// Registrations at the PBX, all.
    pub bindings: usize,
    /// Registrations that the PBX holds.
    pub registered: usize,
    /// Registrations that wait for their turn.
    pub waiting: usize,
    /// Calls of the moment.
    pub calls: usize,
    /// Calls attempted since the start.
    pub calls_attempted: u64,
    /// Calls answered since the start.
    pub calls_answered: u64,
    /// Calls that ended unanswered since the start.
    pub calls_failed: u64,
    /// INVITEs refused by a limit or for want of a right since the start.
    pub calls_refused: u64,
    /// RTP ports in use.
    pub rtp_ports: usize,
    /// SIP transactions of the moment.
    pub transactions: usize,
    /// Faults that stand.
    pub faults: Vec<FaultView>,
}

/// A base station as it was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseView {
    /// Its address.
    pub address: String,
    /// Its User-Agent.
    pub user_agent: String,
}

/// A user with device, location and binding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UserView {
    /// Extension.
    pub number: String,
    /// Unique name of the person or function.
    pub long_name: String,
    /// SIP user part.
    pub name: String,
    /// Name that calls show.
    pub display_name: String,
    /// The device, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceView>,
    /// Where the device is.
    pub locations: Vec<LocationView>,
    /// The registration at the PBX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<BindingView>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// IPEI in its printed form.
    pub ipei: String,
    /// `unbound`, `fixed` or `dynamic`.
    pub relation: String,
}

/// Where a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationView {
    /// The base station's address.
    pub base: String,
    /// Contact URI.
    pub contact: String,
    /// Seconds until it ends.
    pub expires_in_s: u64,
}

/// A registration at the PBX.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingView {
    /// Number of the user.
    pub user: String,
    /// Where it stands.
    pub state: BindingState,
    /// The proxy in use.
    pub proxy: String,
    /// Contact URI.
    pub contact: String,
    /// Seconds until the PBX forgets it, when it holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
    /// Seconds until the next REGISTER, when one is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_in_s: Option<u64>,
    /// Status of the last answer, 0 for silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// Failed attempts in a row.
    pub failures: u32,
}

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindingState {
    /// Refused or unanswered; tried again later.
    Failed,
    /// The PBX holds it.
    Registered,
    /// A REGISTER is under way.
    Registering,
    /// It is being taken back.
    Unregistering,
    /// It waits for its turn.
    Waiting,
}

/// A call of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// Its number.
    pub call: u64,
    /// Number of the user.
    pub user: String,
    /// The other party.
    pub peer: String,
    /// The handset called.
    pub outgoing: bool,
    /// `setup`, `talking` or `ending`.
    pub state: String,
    /// When the INVITE arrived.
    pub started_ms: u64,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<u64>,
    /// The caller's leg, then the callee's.
    pub legs: Vec<LegView>,
}

/// A leg's media.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LegView {
    /// Codec that we send.
    pub codec: String,
    /// RTP packets received.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets lost on the way to us.
    pub lost: u64,
    /// Jitter, microseconds.
    pub jitter_us: u32,
}

/// A fault that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultView {
    /// Its code, as in runbooks: `0x00010002`.
    pub code: String,
    /// What it means.
    pub text: String,
    /// What it is about.
    pub subject: String,
    /// Since when.
    pub since_ms: u64,
    /// Details.
    pub detail: String,
}

/// The outcome of an import, or what it would be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// Whether it was carried out.
    pub applied: bool,
    /// Users and devices added.
    pub added: usize,
    /// Users and devices changed.
    pub changed: usize,
    /// Rows that say what is known already.
    pub unchanged: usize,
    /// Bad rows, each with its line and reason; those beyond the first 1000 are only counted.
    pub refused: Vec<ImportRow>,
    /// All bad rows.
    pub refused_total: usize,
    /// What is added or changed, a line each; at most 1000.
    pub diff: Vec<String>,
}

/// A bad row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Line in the file, from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}
