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
mod reader;
mod settings;
mod store;

use std::{fs, io, path::Path};

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
    store::StoreConfig,
};

/// A whole configuration, checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The side of the base stations.
    pub access: AccessConfig,
    /// The side of the PBX.
    pub pbx: PbxConfig,
    /// The media plane.
    pub media: MediaConfig,
    /// Calls.
    pub calls: CallsConfig,
    /// The database.
    pub store: StoreConfig,
    /// The operators' side.
    pub admin: AdminConfig,
    /// Logging.
    pub log: LogConfig,
}

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The file says something wrong.
    Faults(ConfigFaults),
    /// The file cannot be read.
    File(io::Error),
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or it has faults: all of them.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(ConfigError::File)?;
        Self::parse(&text).map_err(ConfigError::Faults)
    }

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
        let mut config = Self::default();
        let mut root = Section::root(&source, root.get_ref());
        root.section("access", |section| config.access.read(section));
        root.section("pbx", |section| config.pbx.read(section));
        root.section("media", |section| config.media.read(section));
        root.section("calls", |section| config.calls.read(section));
        root.section("store", |section| config.store.read(section));
        root.section("admin", |section| config.admin.read(section));
        root.section("log", |section| config.log.read(section));
        config.check_across(&root);
        root.finish();
        let mut faults = source.into_faults();
        if !errors.is_empty() {
            // What could not be read seems to be missing, which is no fault of its own.
            faults.retain(|fault| fault.key.is_empty() || !fault.what.starts_with("is missing"));
        }
        if faults.is_empty() { Ok(config) } else { Err(ConfigFaults(faults)) }
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
