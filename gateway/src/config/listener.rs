//! `[[access.listener]]` and `[[pbx.listener]]`: where SIP is spoken.

use std::net::SocketAddr;

use sip::Transport;

use super::reader::Section;

/// One SIP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerConfig {
    /// UDP, TCP or TLS.
    pub transport: Transport,
    /// Address and port.
    pub bind: SocketAddr,
    /// Host, or host and port, that peers are told; `None` is what is bound.
    pub advertised: Option<String>,
}

impl ListenerConfig {
    pub(super) fn read_all(section: &mut Section<'_, '_>) -> Vec<Self> {
        let mut listeners = Vec::new();
        section.sections("listener", |section| {
            let mut transport = Transport::Udp;
            let mut bind = None;
            let mut advertised = None;
            section.word("transport", &mut transport, &[("udp", Transport::Udp), ("tcp", Transport::Tcp)]);
            section.optional("bind", &mut bind, "an address with a port");
            section.optional_text("advertised", &mut advertised);
            let Some(bind) = bind else {
                if !section.has("bind") {
                    section.fault("bind", "is missing");
                }
                return;
            };
            let listener = Self { transport, bind, advertised };
            listener.check(section);
            listeners.push(listener);
        });
        if listeners.is_empty() && !section.has("listener") {
            section.fault("listener", "is missing: at least one is needed");
        }
        listeners
    }

    /// `host:port` as it stands in Via and Contact.
    #[must_use]
    pub fn advertised_host_port(&self) -> String {
        match &self.advertised {
            None => self.bind.to_string(),
            Some(host) if has_port(host) => host.clone(),
            Some(host) => format!("{host}:{}", self.bind.port()),
        }
    }

    fn check(&self, section: &Section<'_, '_>) {
        match &self.advertised {
            None if self.bind.ip().is_unspecified() => {
                section.fault("advertised", "is missing: peers cannot answer to an unspecified address");
            }
            Some(host) if !is_host_port(host) => {
                section.fault("advertised", format!("{host:?} is neither a host nor host:port"));
            }
            _ => {}
        }
    }
}

/// The port behind a host name, an IPv4 address or an IPv6 address in brackets.
pub(super) fn split_host_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

/// Whether this is a host, with a port or without.
pub(super) fn is_host_port(text: &str) -> bool {
    let (host, port) = split_host_port(text);
    let sound = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.len() <= 253
                && host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._".contains(&octet))
        }
    };
    sound && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn has_port(text: &str) -> bool {
    split_host_port(text).1.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for good in ["pbx", "pbx.example.org:5060", "192.0.2.1", "[2001:db8::1]", "[2001:db8::1]:5061"] {
            assert!(is_host_port(good), "{good}");
        }
        for bad in ["", ":5060", "pbx:", "pbx:0", "pbx:70000", "2001:db8::1", "a b", "a;b", "[pbx]"] {
            assert!(!is_host_port(bad), "{bad}");
        }
    }
}
