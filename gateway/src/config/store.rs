//! `[store]`: the database.

use std::path::PathBuf;

use control::directory::SiteId;

use super::reader::Section;
use crate::store::StoreSettings;

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// The file.
    pub path: PathBuf,
    /// The file with the key that seals secrets; `None` is beside the database.
    pub key_file: Option<PathBuf>,
    /// Number of this site.
    pub site: u16,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            // Where systemd's StateDirectory= puts it.
            path: "/var/lib/dectgate/dectgate.db".into(),
            // Works at once; a key on another disk keeps a stolen database shut.
            key_file: None,
            // The only one.
            site: 1,
        }
    }
}

impl StoreConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.path_of("path", &mut self.path);
        let mut key_file = None;
        section.optional_text("key_file", &mut key_file);
        self.key_file = key_file.map(PathBuf::from);
        section.number("site", &mut self.site, 1..=32_767);
    }

    /// For [`crate::store::Store::open`].
    #[must_use]
    pub fn settings(&self) -> StoreSettings {
        let beside = || {
            let mut name = self.path.as_os_str().to_owned();
            name.push(".key");
            PathBuf::from(name)
        };
        StoreSettings {
            path: self.path.clone(),
            key_path: self.key_file.clone().unwrap_or_else(beside),
            site: SiteId::new(self.site).unwrap_or(SiteId::FIRST),
        }
    }
}
