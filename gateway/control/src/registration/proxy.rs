//! One proxy of the PBX side: its addresses, its connection, its health, its queue.
//!
//! Owns how the proxy is reached and how fast; never a binding. The set of proxies is a list with one entry today: choosing
//! among several, quarantine and return are decisions over the same health, taken in [`Proxies::choose`].
//!
//! Health:
//!
//! | state | input | next | what happens |
//! |---|---|---|---|
//! | `Up` | a response | `Up` | silences forgotten |
//! | `Up` | silence or broken transport, again and again | `Down` | next address, name looked up anew, queue pauses |
//! | `Down` | silence of the request that was let through | `Down` | pause doubles up to the cap, jittered |
//! | `Down` | any response | `Up` | queue resumes at its rate |

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use sip::{ConnectionId, Flow, ListenerId, Transport};

use super::{
    backoff::Backoff,
    pace::{Limits, Pace},
};
use crate::{output::QueryId, settings::PbxSettings};

/// A proxy of the configuration, by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxyId(pub u16);

/// Whether a proxy answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It was silent too often. One request at a time goes through, after a pause.
    Down {
        /// Attempts without an answer since it is down.
        failures: u32,
        /// Until when nothing is tried.
        until: Instant,
    },
    /// It answers, or was never asked.
    Up {
        /// Requests in a row without an answer.
        silences: u32,
    },
}

/// The connection to a proxy, for stream transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// None.
    Closed,
    /// Open.
    Open(Flow),
    /// Asked for; given up at the deadline.
    Opening(Flow),
}

#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) transport: Transport,
    addresses: Vec<SocketAddr>,
    /// Which address is in use.
    current: usize,
    pub(super) query: Option<QueryId>,
    /// Its name was looked up in vain, and no address is known from before.
    pub(super) is_nowhere: bool,
    pub(super) link: Link,
    pub(super) health: Health,
    pub(super) pace: Pace,
    limits: Limits,
    /// Bindings that belong here.
    pub(super) bindings: usize,
    /// Those that the proxy holds.
    pub(super) held: usize,
    /// The longest Min-Expires it ever asked for (423), so that only one user learns it the hard way.
    pub(super) min_expires: Duration,
}

impl Proxy {
    pub(super) fn new(settings: &PbxSettings) -> Self {
        let limits = Limits { per_second: settings.register_rate, window: settings.register_window };
        let mut proxy = Self {
            host: settings.proxy_host.clone(),
            port: settings.proxy_port,
            transport: settings.transport,
            addresses: Vec::new(),
            current: 0,
            query: None,
            is_nowhere: false,
            link: Link::Closed,
            health: Health::Up { silences: 0 },
            pace: Pace::new(limits),
            limits,
            bindings: 0,
            held: 0,
            min_expires: Duration::ZERO,
        };
        if let Some(address) = proxy.literal() {
            proxy.addresses.push(address);
        }
        proxy
    }

    /// Takes over another configuration. The connection to close when the proxy is another one now.
    pub(super) fn reload(&mut self, settings: &PbxSettings) -> Option<ConnectionId> {
        self.limits = Limits { per_second: settings.register_rate, window: settings.register_window };
        if !self.is_down() {
            self.pace.limit(self.limits);
        }
        let same = self.host == settings.proxy_host && self.port == settings.proxy_port;
        if same && self.transport == settings.transport {
            return None;
        }
        let connection = self.connection();
        let fresh = Self::new(settings);
        self.heard();
        self.min_expires = Duration::ZERO;
        (self.host, self.port, self.transport) = (fresh.host, fresh.port, fresh.transport);
        (self.addresses, self.current, self.query, self.link) = (fresh.addresses, 0, None, Link::Closed);
        self.is_nowhere = false;
        connection
    }

    /// The configured host as an address, when it is one (RFC 3263 4.2).
    pub(super) fn literal(&self) -> Option<SocketAddr> {
        let bare = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host);
        let address: IpAddr = bare.parse().ok()?;
        let default = if self.transport == Transport::Tls { 5061 } else { 5060 };
        Some(SocketAddr::new(address, self.port.unwrap_or(default)))
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.addresses.get(self.current).copied()
    }

    /// Whether requests from `source` come from this proxy. The port is left out: proxies send from others.
    pub(super) fn owns(&self, source: IpAddr) -> bool {
        self.addresses.iter().any(|address| address.ip().to_canonical() == source.to_canonical())
    }

    /// Takes the answer of a name query. An empty one changes nothing: what worked may still work.
    /// `true` when the address in use is another now.
    pub(super) fn resolved(&mut self, addresses: Vec<SocketAddr>) -> bool {
        let was = self.address();
        self.is_nowhere = addresses.is_empty() && was.is_none();
        if addresses.is_empty() {
            return false;
        }
        self.addresses = addresses;
        self.addresses.truncate(MOST_ADDRESSES);
        // Stay where the bindings are as long as the name still leads there.
        self.current = self.addresses.iter().position(|address| Some(*address) == was).unwrap_or(0);
        self.address() != was
    }

    /// The way to the proxy, if it can be used at once.
    pub(super) fn flow(&self, listener: ListenerId) -> Option<Flow> {
        match self.link {
            Link::Open(flow) => Some(flow),
            _ if self.transport == Transport::Udp => Some(Flow::udp(listener, self.address()?)),
            Link::Closed | Link::Opening(_) => None,
        }
    }

    pub(super) fn connection(&self) -> Option<ConnectionId> {
        match self.link {
            Link::Open(flow) | Link::Opening(flow) => flow.connection,
            Link::Closed => None,
        }
    }

    /// It answered. `true` when it had been down.
    pub(super) fn heard(&mut self) -> bool {
        let was_down = matches!(self.health, Health::Down { .. });
        self.health = Health::Up { silences: 0 };
        if was_down {
            self.pace.limit(self.limits);
            self.pace.resume();
        }
        was_down
    }

    /// It did not answer. `true` when it goes down by this.
    pub(super) fn silent(&mut self, now: Instant, backoff: Backoff, draw: u32) -> bool {
        match self.health {
            Health::Up { silences } if silences + 1 < SILENCES_TO_DOWN => {
                self.health = Health::Up { silences: silences + 1 };
                false
            }
            Health::Up { .. } => {
                self.pace.limit(Limits { window: 1, ..self.limits });
                self.rest(now, 1, backoff, draw);
                self.current = (self.current + 1) % self.addresses.len().max(1);
                true
            }
            // Those that were under way when it went down tell nothing new.
            Health::Down { until, .. } if now < until => false,
            Health::Down { failures, .. } => {
                self.rest(now, failures.saturating_add(1), backoff, draw);
                self.current = (self.current + 1) % self.addresses.len().max(1);
                false
            }
        }
    }

    pub(super) fn is_down(&self) -> bool {
        matches!(self.health, Health::Down { .. })
    }

    fn rest(&mut self, now: Instant, failures: u32, backoff: Backoff, draw: u32) {
        let until = now + backoff.pause(failures, draw);
        self.health = Health::Down { failures, until };
        self.pace.pause(until);
    }
}

/// All proxies.
#[derive(Debug, Default)]
pub(super) struct Proxies(Vec<Proxy>);

impl Proxies {
    pub(super) fn new(settings: &PbxSettings) -> Self {
        Self(vec![Proxy::new(settings)])
    }

    /// The proxy for a new binding. The seam of load balancing and failover: today there is one.
    pub(super) fn choose(&self) -> ProxyId {
        ProxyId(0)
    }

    pub(super) fn at(&mut self, id: ProxyId) -> &mut Proxy {
        &mut self.0[usize::from(id.0)]
    }

    pub(super) fn of(&self, id: ProxyId) -> &Proxy {
        &self.0[usize::from(id.0)]
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ProxyId> + use<> {
        (0..u16::try_from(self.0.len()).unwrap_or(u16::MAX)).map(ProxyId)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Proxy> {
        self.0.iter()
    }
}

/// Silent requests in a row after which a proxy is down. One may be a lost user, three are not.
const SILENCES_TO_DOWN: u32 = 3;
/// Addresses kept of a name.
const MOST_ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deadline::origin;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(4), longest: Duration::from_secs(60) };

    fn proxy(host: &str, port: Option<u16>) -> Proxy {
        let mut settings = crate::registration::tests::settings();
        settings.proxy_host = host.to_owned();
        settings.proxy_port = port;
        Proxy::new(&settings)
    }

    #[test]
    fn a_literal_host_needs_no_resolver() {
        for (host, port, address) in [
            ("192.0.2.1", None, "192.0.2.1:5060"),
            ("192.0.2.1", Some(5070), "192.0.2.1:5070"),
            ("2001:db8::1", None, "[2001:db8::1]:5060"),
            ("[2001:db8::1]", Some(1), "[2001:db8::1]:1"),
        ] {
            assert_eq!(proxy(host, port).address(), Some(address.parse().unwrap()), "{host}");
        }
        assert_eq!(proxy("pbx.example.org", Some(5060)).address(), None);
    }

    #[test]
    fn an_empty_answer_of_the_resolver_changes_nothing() {
        let mut proxy = proxy("pbx.example.org", None);
        let [a, b]: [SocketAddr; 2] = ["192.0.2.1:5060".parse().unwrap(), "192.0.2.2:5060".parse().unwrap()];
        assert!(proxy.resolved(vec![a]));
        assert!(!proxy.resolved(Vec::new()));
        assert!(!proxy.resolved(vec![b, a]), "stays with the address in use");
        assert_eq!(proxy.address(), Some(a));
        assert!(proxy.resolved(vec![b]));
        assert_eq!(proxy.address(), Some(b));
    }

    #[test]
    fn silence_takes_it_down_once_and_each_probe_waits_longer() {
        let start = origin();
        let mut proxy = proxy("192.0.2.1", None);
        proxy.pace.push(super::super::Class::Ordinary, crate::directory::UserId(1));
        assert!(!proxy.silent(start, BACKOFF, 0) && !proxy.silent(start, BACKOFF, 0));
        assert!(proxy.silent(start, BACKOFF, 0));
        for _ in 0..50 {
            assert!(!proxy.silent(start, BACKOFF, 0), "those under way tell nothing new");
        }
        let mut now = start;
        for expected in [2, 4, 8, 16, 30, 30, 30] {
            let ready = proxy.pace.ready_at(now).unwrap();
            assert_eq!(ready - now, Duration::from_secs(expected));
            now = ready;
            assert!(!proxy.silent(now, BACKOFF, 0));
        }
        assert!(proxy.heard());
        assert_eq!(proxy.pace.ready_at(now), Some(now));
        assert!(!proxy.heard());
    }
}
