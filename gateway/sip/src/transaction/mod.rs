//! Transactions (RFC 3261 17, RFC 6026, RFC 4320): retransmission, matching, timeouts.
//!
//! Owns every client and server transaction, their timers, and the queue of octets to send. It knows nothing of dialogs:
//! `U` is a tag of the layer above that comes back with each event. It never answers a request by itself, with two
//! exceptions that the RFCs give to this layer: the ACK of a non-2xx and the late 100 of RFC 4320 4.1.
//!
//! - [`client`]: client transactions with their transition tables; CANCEL is a part of its INVITE
//! - [`server`]: server transactions with their transition tables
//! - [`key`]: what server transactions are found by
//! - [`wire`]: Via, listeners, response addresses, the send queue
//!
//! Client transactions need no table: the branch says the slot, and 64 random bits in it tell a live transaction from a
//! late or forged response.

pub(crate) mod client;
pub(crate) mod key;
pub(crate) mod server;
pub(crate) mod wire;

use std::time::{Duration, Instant};

use self::client::Client;
use self::key::{Key, KeyMap, Keyring};
use self::server::Server;
use self::wire::Wire;
use crate::deadline::Deadlines;
use crate::endpoint::{Config, Failure};
use crate::slab::{Place, Slab};

/// All transactions of an endpoint.
pub(crate) struct Transactions<U> {
    pub(crate) wire: Wire,
    timing: Timing,
    limit: usize,
    keyring: Keyring,
    clients: Slab<Client<U>>,
    servers: Slab<Server<U>>,
    server_index: KeyMap<Place>,
    merged_index: KeyMap<Place>,
    /// The newest client transaction per path, head of a chain through the clients.
    paths: KeyMap<Place>,
    deadlines: Deadlines<Owner>,
}

/// What happened by time or transport, not by a message.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lapse<U> {
    /// A client transaction ended without a final response.
    Failed { user: U, client: Place, reason: Failure },
    /// Our 2xx was never acknowledged (RFC 3261 13.3.1.4).
    Unacknowledged { user: U, server: Place },
}

impl<U: Copy> Transactions<U> {
    pub(crate) fn new(config: &Config, keyring: Keyring) -> Transactions<U> {
        Transactions {
            wire: Wire::new(config.mtu_octets),
            timing: Timing { t1: config.t1, t2: config.t2, t4: config.t4 },
            limit: config.limits.transactions,
            keyring,
            clients: Slab::new(),
            servers: Slab::new(),
            server_index: KeyMap::default(),
            merged_index: KeyMap::default(),
            paths: KeyMap::default(),
            deadlines: Deadlines::new(),
        }
    }

    pub(crate) fn keyring(&self) -> Keyring {
        self.keyring
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    pub(crate) fn timers(&self) -> usize {
        self.deadlines.armed()
    }

    /// True when new work is refused. Work in a dialog, which mostly ends things, may go an eighth above the limit.
    pub(crate) fn is_full(&self, in_dialog: bool) -> bool {
        let limit = if in_dialog { self.limit + self.limit / 8 } else { self.limit };
        self.len() >= limit
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// Runs one transaction that is due. `None` when no more is due; `Some(None)` when it had nothing to report.
    pub(crate) fn run_due(&mut self, now: Instant) -> Option<Option<Lapse<U>>> {
        let owner = self.deadlines.pop_due(now)?;
        Some(match owner {
            Owner::Client(place) => self.client_due(now, place),
            Owner::Server(place) => self.server_due(now, place),
        })
    }
}

/// Whose timer it is.
#[derive(Debug, Clone, Copy)]
enum Owner {
    Client(Place),
    Server(Place),
}

/// T1, T2, T4 and what follows from them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) t1: Duration,
    pub(crate) t2: Duration,
    pub(crate) t4: Duration,
}

impl Timing {
    /// Timers B, F, H, J, L, M, and how long a 2xx is retransmitted.
    pub(crate) fn patience(self) -> Duration {
        self.t1 * 64
    }
}

/// A message that is sent again and again.
#[derive(Debug, Clone, Copy)]
struct Retransmission {
    at: Instant,
    interval: Duration,
}

impl Retransmission {
    fn start(now: Instant, interval: Duration) -> Retransmission {
        Retransmission { at: now + interval, interval }
    }

    fn next(self, now: Instant, cap: Option<Duration>) -> Retransmission {
        let doubled = self.interval * 2;
        Retransmission::start(now, cap.map_or(doubled, |cap| doubled.min(cap)))
    }
}

fn earliest(retransmission: Option<Retransmission>, end: Instant) -> Option<Instant> {
    Some(retransmission.map_or(end, |retransmission| retransmission.at.min(end)))
}

/// Key of a path: a response or an error may come by a connection that the request did not name.
fn path_key(keyring: &Keyring, flow: &crate::flow::Flow) -> Key {
    let (address, port) = (flow.remote.ip(), flow.remote.port());
    let octets = match address {
        std::net::IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        std::net::IpAddr::V6(address) => address.octets(),
    };
    keyring.of(&[
        flow.transport.as_str().as_bytes(),
        &flow.listener.0.to_le_bytes(),
        &octets,
        &port.to_le_bytes(),
    ])
}
