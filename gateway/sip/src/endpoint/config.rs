//! Settings of an endpoint: timers, limits, capabilities, listeners.

use std::time::Duration;

use crate::flow::Transport;

/// Settings that stay for the life of an [`Endpoint`](crate::Endpoint).
#[derive(Debug, Clone)]
pub struct Config {
    /// T1, the round-trip estimate. RFC 3261 17.1.1.1: 500 ms.
    pub t1: Duration,
    /// T2, the longest retransmission interval. RFC 3261 17.1.2.1: 4 s.
    pub t2: Duration,
    /// T4, the longest time a message stays in the network. RFC 3261 17.1.2.1: 5 s.
    pub t4: Duration,
    /// How long an INVITE may stay without a final response, on either side. RFC 3261 16.6 timer C: above 3 min.
    pub ring_limit: Duration,
    /// How often an unanswered incoming INVITE repeats its last provisional response. RFC 3261 13.3.1.1: 1 min.
    pub ring_repeat: Duration,
    /// Largest request sent by UDP when a stream fallback is given. RFC 3261 18.1.1: 1300 octets.
    pub mtu_octets: usize,
    /// `User-Agent` and `Server`; empty sends neither.
    pub user_agent: String,
    /// Methods accepted, in the order of the `Allow` header. Others are answered 405 or 501.
    pub allow: Vec<String>,
    /// Option tags that the owner understands, besides `100rel` (as caller) and `timer`. Others in `Require` get 420.
    pub supported: Vec<String>,
    /// Seconds of `Retry-After` in the 503 of an overloaded endpoint.
    pub retry_after_seconds: u32,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            ring_limit: Duration::from_secs(185),
            ring_repeat: Duration::from_secs(60),
            mtu_octets: 1300,
            user_agent: String::new(),
            allow: ALLOW.iter().map(|method| (*method).to_owned()).collect(),
            supported: Vec::new(),
            retry_after_seconds: 5,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what peers can make the endpoint hold.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Transactions, client and server together. Requests in a dialog may go an eighth above.
    pub transactions: usize,
    /// INVITE sessions.
    pub sessions: usize,
    /// Early dialogs kept per INVITE; further ones are ignored until they answer.
    pub forks: usize,
    /// Route entries kept per dialog; a dialog with more is refused.
    pub routes: usize,
    /// Octets kept of the route set and target of one dialog.
    pub dialog_octets: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { transactions: 400_000, sessions: 50_000, forks: 12, routes: 16, dialog_octets: 8192 }
    }
}

/// What a listener says about itself in messages.
#[derive(Debug, Clone)]
pub struct ListenerInfo {
    /// Its transport.
    pub transport: Transport,
    /// `host:port` of the Via header.
    pub sent_by: String,
    /// `host:port` of a Contact that the endpoint writes itself.
    pub contact_host_port: String,
}

const ALLOW: [&str; 13] = [
    "INVITE",
    "ACK",
    "CANCEL",
    "BYE",
    "OPTIONS",
    "UPDATE",
    "PRACK",
    "INFO",
    "REFER",
    "NOTIFY",
    "MESSAGE",
    "SUBSCRIBE",
    "REGISTER",
];
