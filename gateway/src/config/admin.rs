//! `[admin]`: how operators reach the running gateway.

use std::{net::SocketAddr, path::PathBuf};

use super::reader::Section;

/// The operators' side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConfig {
    /// Unix domain socket of the command line.
    pub socket: PathBuf,
    /// Where `/metrics` is served; `None` is nowhere.
    pub metrics: Option<SocketAddr>,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            // Where systemd's RuntimeDirectory= puts it; its mode decides who may use it.
            socket: "/run/dectgate/admin.sock".into(),
            // Off: figures tell who is reachable when, and have no login.
            metrics: None,
        }
    }
}

impl AdminConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        section.path_of("socket", &mut self.socket);
        if self.socket.as_os_str().len() > LONGEST_SOCKET_PATH {
            section.fault("socket", format!("is longer than {LONGEST_SOCKET_PATH} octets"));
        }
        section.optional("metrics", &mut self.metrics, "an address with a port");
    }
}

/// `sun_path` has 108 octets, the last one zero.
const LONGEST_SOCKET_PATH: usize = 107;
