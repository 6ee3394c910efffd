//! What control must know of the configuration, already validated. The shell reads the file and fills these structs in.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use dect::AuthCode;
use media_api::{Codec, InterfaceId, PortRange};
use sip::{ListenerId, Transport};

use crate::{directory::Secret, subnet::Subnet};

/// Everything that control must know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The side of the base stations.
    pub access: AccessSettings,
    /// Limits and habits of calls.
    pub calls: CallSettings,
    /// Addresses, ports and codecs of the media plane.
    pub media: MediaSettings,
    /// The side of the PBX.
    pub pbx: PbxSettings,
}

/// A SIP listener of either side.
#[derive(Debug, Clone)]
pub struct Listener {
    /// Its number in flows.
    pub id: ListenerId,
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// Where it is bound.
    pub bind: SocketAddr,
    /// Host and port that peers are told in Via and Contact; differs from `bind` behind a NAT.
    pub advertised: String,
}

/// `[access]`: registrar and call server for base stations.
#[derive(Debug, Clone)]
pub struct AccessSettings {
    /// Digest realm towards base stations.
    pub realm: String,
    /// Listeners, at least one.
    pub listeners: Vec<Listener>,
    /// Which account forms may register.
    pub accounts: AccountForms,
    /// Digest algorithms offered, in order of preference.
    pub digests: Vec<sip::digest::Algorithm>,
    /// Shortest expiry granted; below it 423 (RFC 3261 10.3).
    pub min_expires: Duration,
    /// Expiry granted when the base station asks for none.
    pub default_expires: Duration,
    /// Longest expiry granted.
    pub max_expires: Duration,
    /// Contacts kept per device: 1, or 2 to bridge roaming between base stations.
    pub max_contacts: usize,
    /// Who may subscribe a device.
    pub subscription: dect::subscription::Policy,
    /// The system authentication code, if devices may subscribe with it.
    pub system_auth_code: Option<AuthCode>,
    /// Response to a call for a user whose device is not reachable: 480, 486 or 503 (INTEROP-11).
    pub unreachable: sip::Status,
}

/// Account forms of ARCHITECTURE.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountForms {
    /// User and device accounts.
    Both,
    /// The address-of-record is the IPEI.
    Device,
    /// The address-of-record is the user's number or name.
    User,
}

/// `[pbx]`: where and how identities are registered.
#[derive(Debug, Clone)]
pub struct PbxSettings {
    /// Listeners, at least one per transport in use.
    pub listeners: Vec<Listener>,
    /// Registrar and proxy: host name or address.
    pub proxy_host: String,
    /// Its port; `None` leaves it to the resolver.
    pub proxy_port: Option<u16>,
    /// Transport towards it.
    pub transport: Transport,
    /// Domain of the addresses-of-record; the proxy host when not given.
    pub domain: String,
    /// Expiry asked for.
    pub expires: Duration,
    /// Refresh after this share of the granted expiry: lower and upper bound of a uniform draw, in per cent.
    pub refresh_percent: (u8, u8),
    /// Register users without a located device as well.
    pub register_always: bool,
    /// Register with the number instead of the name (REG-18).
    pub register_with_number: bool,
    /// One password for all users (UD-10).
    pub system_password: Option<Secret>,
    /// `+sip.instance` in REGISTER (REG-20).
    pub instance_id: bool,
    /// How contacts differ between users.
    pub contact_ports: ContactPorts,
    /// REGISTER transactions per second, at most.
    pub register_rate: u32,
    /// REGISTER transactions open at once, at most.
    pub register_window: usize,
    /// First and longest pause after a failed registration.
    pub backoff: (Duration, Duration),
    /// A request that is lost this long fails (64*T1 is the standard's value).
    pub timeout: Duration,
    /// Forget `Retry-After` (REG-16).
    pub ignore_retry_after: bool,
    /// Accept any Request-URI that names a user, not only the registered contact (REG-26).
    pub accept_any_request_uri: bool,
    /// Who may call besides the proxies.
    pub callers: Vec<Subnet>,
}

/// Contact addresses of users towards the PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactPorts {
    /// A UDP or TCP port of its own for each user (UD-20, App. H), from this range.
    PerUser {
        /// First port.
        first: u16,
        /// How many.
        count: u16,
    },
    /// All users on the listener's port, told apart by the user part.
    Shared,
}

/// `[media]`.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Address on which the access side's media is received.
    pub access: MediaInterface,
    /// Address on which the PBX side's media is received.
    pub pbx: MediaInterface,
    /// RTP ports, shared by both interfaces.
    pub ports: PortRange,
    /// Media workers.
    pub workers: u16,
    /// How long a freed port rests.
    pub quarantine: Duration,
    /// Codecs offered to base stations, preferred first.
    pub access_codecs: Vec<Codec>,
    /// Codecs offered to the PBX, preferred first.
    pub pbx_codecs: Vec<Codec>,
    /// Packet time offered.
    pub ptime_ms: u8,
    /// Number of the tone set that call-progress tones are played from, 0 to 26.
    pub tone_set: u8,
    /// Answers carry one codec only (what many base stations want).
    pub single_codec_answer: bool,
}

/// A media address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaInterface {
    /// Its number in plans.
    pub id: InterfaceId,
    /// Where sockets are bound.
    pub bind: IpAddr,
    /// What SDP says; differs from `bind` behind a NAT.
    pub advertised: IpAddr,
}

/// `[calls]`.
#[derive(Debug, Clone)]
pub struct CallSettings {
    /// Calls at once, at most; above it 503.
    pub max_calls: usize,
    /// A call that rings longer is ended (480 towards the caller).
    pub ring_timeout: Duration,
    /// Send 183 to the PBX at once (INTEROP-06).
    pub early_progress: bool,
    /// Offer the PBX codecs to a handset in addition to what the caller offered, transcoding when needed.
    pub transcode: bool,
}
