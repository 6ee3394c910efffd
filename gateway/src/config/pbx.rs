//! `[pbx]`: where and how identities are registered.

use std::time::Duration;

use control::{Subnet, directory::Secret, settings::ContactPorts};
use sip::Transport;

use super::{
    listener::{ListenerConfig, is_host_port, split_host_port},
    reader::Section,
};

/// The PBX side.
#[derive(Debug, Clone, PartialEq)]
pub struct PbxConfig {
    /// From where the gateway speaks to the PBX; at least one.
    pub listeners: Vec<ListenerConfig>,
    /// Registrar and proxy: host or host:port.
    pub proxy: String,
    /// Transport towards it.
    pub transport: Transport,
    /// Domain of the addresses-of-record; `None` is the proxy's host.
    pub domain: Option<String>,
    /// Registration asked for.
    pub expires: Duration,
    /// Refresh between these shares of the granted time, in per cent.
    pub refresh_percent: (u8, u8),
    /// Register users whose handset is not located as well.
    pub register_always: bool,
    /// Register with the number instead of the name.
    pub register_with_number: bool,
    /// Password of users that have none of their own.
    pub system_password: Option<Secret>,
    /// `+sip.instance` in REGISTER.
    pub instance_id: bool,
    /// First port of the users' own ports.
    pub contact_port_first: u16,
    /// How many users have a port of their own; 0 is one port for all.
    pub contact_port_count: u16,
    /// REGISTER requests per second.
    pub register_rate: u32,
    /// REGISTER requests under way at once.
    pub register_window: usize,
    /// Pause after a first failed registration.
    pub backoff_first: Duration,
    /// Longest pause after failed registrations.
    pub backoff_longest: Duration,
    /// A request without an answer for so long has failed.
    pub timeout: Duration,
    /// Do not wait as long as Retry-After says.
    pub ignore_retry_after: bool,
    /// Take calls for a user whatever the Request-URI says besides.
    pub accept_any_request_uri: bool,
    /// Who may call besides the proxy.
    pub callers: Vec<Subnet>,
}

impl Default for PbxConfig {
    fn default() -> Self {
        Self {
            // No default could be right.
            listeners: Vec::new(),
            proxy: String::new(),
            // What every PBX has.
            transport: Transport::Udp,
            // Most PBXs use their own host name.
            domain: None,
            // REG-12.
            expires: Duration::from_secs(120),
            // Late enough to be cheap, early enough for two retries; spread, so that refreshes of a burst drift apart.
            refresh_percent: (75, 90),
            // CALL-26: a user without a handset shall not ring into the void.
            register_always: false,
            // REG-18.
            register_with_number: false,
            // UD-10.
            system_password: None,
            // REG-20.
            instance_id: false,
            // UD-20: ports of their own only for registrars that need them.
            contact_port_first: 20_000,
            contact_port_count: 0,
            // 10,000 users in 100 s: three times what the incumbent's rule of thumb asks of a PBX per user (REG-12), and
            // still below what a small PBX can take.
            register_rate: 100,
            // With the rate, a PBX that answers within 2 s is never waited for.
            register_window: 200,
            // Soon, in case only one request was lost; then rarer, so that a PBX that comes back is not run over.
            backoff_first: Duration::from_secs(5),
            backoff_longest: Duration::from_secs(300),
            // RFC 3261 17.1.2.2: 64*T1.
            timeout: Duration::from_secs(32),
            // REG-16.
            ignore_retry_after: false,
            // REG-26.
            accept_any_request_uri: false,
            // Nothing but its address tells a PBX from a stranger, so nobody else may ring the handsets.
            callers: Vec::new(),
        }
    }
}

impl PbxConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        self.listeners = ListenerConfig::read_all(section);
        section.text("proxy", &mut self.proxy);
        if !section.has("proxy") {
            section.fault("proxy", "is missing");
        } else if !is_host_port(&self.proxy) {
            section.fault("proxy", "is neither a host nor host:port");
        }
        section.word("transport", &mut self.transport, &[("udp", Transport::Udp), ("tcp", Transport::Tcp)]);
        if !self.listeners.is_empty() && self.listeners.iter().all(|l| l.transport != self.transport) {
            section.fault("transport", "has no [[pbx.listener]]");
        }
        section.optional_text("domain", &mut self.domain);
        if self.domain.as_ref().is_some_and(|domain| !is_host_port(domain)) {
            section.fault("domain", "is not a host");
        }
        section.seconds("expires_s", &mut self.expires, 30..=86_400);
        section.pair("refresh_percent", &mut self.refresh_percent, 10..=95);
        section.flag("register_always", &mut self.register_always);
        section.flag("register_with_number", &mut self.register_with_number);
        section.secret("system_password", &mut self.system_password);
        section.flag("instance_id", &mut self.instance_id);
        section.number("contact_port_first", &mut self.contact_port_first, 2048..=65_535);
        section.number("contact_port_count", &mut self.contact_port_count, 0..=63_488);
        if u32::from(self.contact_port_first) + u32::from(self.contact_port_count) > 65_536 {
            section.fault("contact_port_count", "goes beyond port 65535");
        }
        section.number("register_rate", &mut self.register_rate, 1..=100_000);
        section.number("register_window", &mut self.register_window, 1..=100_000);
        section.seconds("backoff_first_s", &mut self.backoff_first, 1..=3600);
        section.seconds("backoff_longest_s", &mut self.backoff_longest, 1..=86_400);
        if self.backoff_first > self.backoff_longest {
            section.fault("backoff_longest_s", "is below backoff_first_s");
        }
        section.seconds("timeout_s", &mut self.timeout, 1..=64);
        section.flag("ignore_retry_after", &mut self.ignore_retry_after);
        section.flag("accept_any_request_uri", &mut self.accept_any_request_uri);
        section.several("callers", &mut self.callers, "an address or address/bits");
    }

    /// Host and port of the proxy.
    #[must_use]
    pub fn proxy_host_port(&self) -> (&str, Option<u16>) {
        let (host, port) = split_host_port(&self.proxy);
        (host, port.and_then(|port| port.parse().ok()))
    }

    /// How contacts differ between users.
    #[must_use]
    pub const fn contact_ports(&self) -> ContactPorts {
        match self.contact_port_count {
            0 => ContactPorts::Shared,
            count => ContactPorts::PerUser { first: self.contact_port_first, count },
        }
    }
}
