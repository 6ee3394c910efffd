//! The configuration file: TOML, a section per struct per file. Unknown keys are refused, every fault is named with its
//! line, every default stands in one `impl Default` with its reason and in `dectgate.example.toml`.

mod access;
mod admin;
mod calls;
mod fault;
mod listener;
mod log;
mod media;
mod pbx;
mod qos;
mod reader;
mod settings;
mod store;

use std::{fmt, fs, io, path::Path};

use control::settings::Settings;
use toml::de::DeTable;

use self::reader::{Section, Source};
pub use self::{
    access::AccessConfig,
    admin::AdminConfig,
    calls::CallsConfig,
    fault::{ConfigFault, ConfigFaults},
    listener::ListenerConfig,
    log::{LogConfig, LogFormat},
    media::MediaConfig,
    pbx::PbxConfig,
    qos::QosConfig,
    store::StoreConfig,
};
use crate::store::StoreSettings;

/// A checked configuration in the words of those who use it.
#[derive(Debug, Clone)]
pub struct Config {
    /// For control.
    pub settings: Settings,
    /// For the store.
    pub store: StoreSettings,
    /// The operators' side.
    pub admin: AdminConfig,
    /// Logging.
    pub log: LogConfig,
    /// ToS octet of signalling.
    pub signalling_tos: u8,
    /// ToS octet of media.
    pub media_tos: u8,
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file says something wrong.
    Faults(ConfigFaults),
    /// The file cannot be read.
    File(io::Error),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faults(faults) => faults.fmt(f),
            Self::File(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or it has faults: all of them.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(ConfigError::File)?;
        let sections = Sections::parse(&text).map_err(ConfigError::Faults)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(sections.config(u16::try_from(cores).unwrap_or(u16::MAX)))
    }
}

/// The file as it is written, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sections {
    /// The side of the base stations.
    pub access: AccessConfig,
    /// The side of the PBX.
    pub pbx: PbxConfig,
    /// The media plane.
    pub media: MediaConfig,
    /// Calls.
    pub calls: CallsConfig,
    /// Precedence in the network.
    pub qos: QosConfig,
    /// The database.
    pub store: StoreConfig,
    /// The operators' side.
    pub admin: AdminConfig,
    /// Logging.
    pub log: LogConfig,
}

impl Sections {
    /// Reads a text.
    ///
    /// # Errors
    /// All faults, in the order of lines.
    pub fn parse(text: &str) -> Result<Self, ConfigFaults> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let source = Source::new(text);
        for error in &errors {
            source.fault(error.span(), "", error.message());
        }
        let mut sections = Self::default();
        let mut root = Section::root(&source, root.get_ref());
        root.section("access", |section| sections.access.read(section));
        root.section("pbx", |section| sections.pbx.read(section));
        root.section("media", |section| sections.media.read(section));
        root.section("calls", |section| sections.calls.read(section));
        root.section("qos", |section| sections.qos.read(section));
        root.section("store", |section| sections.store.read(section));
        root.section("admin", |section| sections.admin.read(section));
        root.section("log", |section| sections.log.read(section));
        sections.check_across(&root);
        root.finish();
        let mut faults = source.into_faults();
        if !errors.is_empty() {
            // What could not be read seems to be missing, which is no fault of its own.
            faults.retain(|fault| fault.key.is_empty() || !fault.what.starts_with("is missing"));
        }
        if faults.is_empty() { Ok(sections) } else { Err(ConfigFaults(faults)) }
    }

    /// The same for those who use it. `cores` is the number of processor cores, for when the file does not say how many
    /// media workers.
    #[must_use]
    pub fn config(&self, cores: u16) -> Config {
        Config {
            settings: self.settings(cores),
            store: self.store.settings(),
            admin: self.admin.clone(),
            log: self.log.clone(),
            signalling_tos: self.qos.signalling_tos,
            media_tos: self.qos.media_tos,
        }
    }

    /// Rules that need more than one section.
    fn check_across(&self, root: &Section<'_, '_>) {
        for (side, listeners, bind, advertised) in [
            ("access", &self.access.listeners, self.media.access_bind, self.media.access_advertised),
            ("pbx", &self.pbx.listeners, self.media.pbx_bind, self.media.pbx_advertised),
        ] {
            let bind = bind.or_else(|| Some(listeners.first()?.bind.ip()));
            if advertised.is_none() && bind.is_some_and(|bind| bind.is_unspecified()) {
                let what = format!("is missing: SDP cannot tell an unspecified address ({side} side)");
                root.fault(&format!("media.{side}_advertised"), what);
            }
        }
        for listener in &self.pbx.listeners {
            let same =
                |other: &&ListenerConfig| other.transport == listener.transport && overlaps(other, listener);
            if self.access.listeners.iter().any(|other| same(&other)) {
                root.fault(
                    "pbx.listener",
                    format!("{} is a listener of the access side already", listener.bind),
                );
            }
        }
        let (first, count) = (self.pbx.contact_port_first, self.pbx.contact_port_count);
        let (rtp, ports) = (self.media.port_first, self.media.port_count);
        let meet = u32::from(first) < u32::from(rtp) + u32::from(ports)
            && u32::from(rtp) < u32::from(first) + u32::from(count);
        if count > 0 && meet {
            root.fault("pbx.contact_port_first", "the users' ports and the RTP ports overlap");
        }
    }
}

/// Whether two listeners would fight for one socket. Port 0 is chosen by the system and never does.
fn overlaps(a: &ListenerConfig, b: &ListenerConfig) -> bool {
    let (x, y) = (a.bind.ip(), b.bind.ip());
    let same = x == y || x.is_ipv4() == y.is_ipv4() && (x.is_unspecified() || y.is_unspecified());
    a.bind.port() != 0 && a.bind.port() == b.bind.port() && same
}
