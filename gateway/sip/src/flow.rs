//! Where a message came from or goes to: transport, listener, remote address, connection.
//!
//! Plain `Copy` values. They never own a socket: the shell maps [`ListenerId`] and [`ConnectionId`] to its sockets.

use std::fmt;
use std::net::SocketAddr;

/// Transport of a flow (RFC 3261 18, RFC 5630 for TLS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// UDP.
    Udp,
}

impl Transport {
    /// True when the transport retransmits by itself, so that timers A, E, G are off (RFC 3261 17.1.1.2).
    pub fn is_reliable(self) -> bool {
        !matches!(self, Transport::Udp)
    }

    /// The token of the Via header: `UDP`, `TCP`, `TLS`.
    pub fn as_str(self) -> &'static str {
        match self {
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Udp => "UDP",
        }
    }

    /// The value of the `transport` URI parameter; `None` where the default does (UDP, and TLS by `sips:`).
    pub fn uri_param(self) -> Option<&'static str> {
        match self {
            Transport::Tcp => Some("tcp"),
            Transport::Tls => Some("tls"),
            Transport::Udp => None,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One local socket that takes SIP, as numbered by the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u16);

/// One stream connection, accepted or opened, as numbered by the shell. Numbers are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// The path of a message.
///
/// A stream flow with `connection: None` asks the shell to open (or reuse) a connection to `remote`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// Transport in use.
    pub transport: Transport,
    /// Local socket.
    pub listener: ListenerId,
    /// Address of the far side.
    pub remote: SocketAddr,
    /// Stream connection, when there is one.
    pub connection: Option<ConnectionId>,
}

impl Flow {
    /// A flow without a connection.
    pub fn new(transport: Transport, listener: ListenerId, remote: SocketAddr) -> Flow {
        Flow { transport, listener, remote, connection: None }
    }

    /// A UDP flow.
    pub fn udp(listener: ListenerId, remote: SocketAddr) -> Flow {
        Flow::new(Transport::Udp, listener, remote)
    }

    /// True when the transport is reliable.
    pub fn is_reliable(&self) -> bool {
        self.transport.is_reliable()
    }
}
