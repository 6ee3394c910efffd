//! Everything that can happen to control. The shell turns sockets, clocks, disks and people into these.

use std::net::SocketAddr;

use bytes::Bytes;
use sip::{Flow, ListenerId};

use crate::{
    clock::UnixMillis,
    output::{QueryId, ReplyId},
    settings::Settings,
};

/// One thing that happened.
#[derive(Debug)]
pub enum Input {
    /// An operator asks or orders.
    Admin {
        /// Under which number the answer goes back.
        reply: ReplyId,
        /// What.
        command: admin_api::Command,
    },
    /// The wall clock was set, or differs from what it was believed to be.
    ClockSet(UnixMillis),
    /// A datagram arrived.
    Datagram {
        /// At which listener.
        listener: ListenerId,
        /// From where.
        source: SocketAddr,
        /// Its octets.
        octets: Bytes,
    },
    /// Take no new calls, end when the last one is over or `force` comes, de-register all.
    Drain {
        /// End the calls as well.
        force: bool,
    },
    /// A per-user listener could not be opened.
    ListenFailed(ListenerId),
    /// A worker reports.
    Media(media_api::Event),
    /// The configuration was read again. What cannot change while running stays as it is.
    Reload(Box<Settings>),
    /// A query came back.
    Resolved {
        /// Which.
        query: QueryId,
        /// Addresses in order of preference; empty when the name does not resolve.
        addresses: Vec<SocketAddr>,
    },
    /// A connection is gone or could not be opened.
    StreamClosed(Flow),
    /// One framed message on a connection.
    StreamMessage {
        /// The flow, with its connection.
        flow: Flow,
        /// The message.
        octets: Bytes,
    },
    /// A connection is open: one that we asked for, or one that a peer opened.
    StreamOpened(Flow),
    /// A datagram to this flow was refused by the network (ICMP).
    Unreachable(Flow),
}
