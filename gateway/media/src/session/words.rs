//! What goes into a session and what it says of it.

use std::net::SocketAddr;

use media_api::{LegIndex, MediaFault};

use crate::outbox::{Channel, Transmit};

/// A datagram in its buffer.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// The leg on whose socket it arrived.
    pub leg: LegIndex,
    /// Which of the leg's sockets.
    pub channel: Channel,
    /// Who sent it.
    pub source: SocketAddr,
    /// The octets and the room behind them.
    pub buffer: &'a mut [u8],
    /// How many octets arrived.
    pub len: usize,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Used; what it caused is in the outbox.
    Consumed,
    /// Not used, and counted on its leg.
    Dropped(DropReason),
    /// It leaves in the buffer it came in, already rewritten.
    Forward(Transmit),
}

/// Why a packet was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Not protected by the leg's key.
    Authentication,
    /// Came before.
    Duplicate,
    /// Its sequence number is too far off to be believed at once (RFC 3550 A.1).
    Jump,
    /// No such leg.
    Leg,
    /// Does not parse as what it claims to be.
    Malformed,
    /// Neither RTP nor RTCP.
    NotMedia,
    /// Came before, by its protected index.
    Replayed,
    /// No room to protect it.
    Room,
    /// Not from where this leg's packets are believed.
    Stranger,
}

/// What a session tells its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A digit ended on a leg.
    Digit {
        /// The leg that sent it.
        leg: LegIndex,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// Its length.
        duration_ms: u16,
    },
    /// A fault came or went.
    Fault {
        /// The leg.
        leg: LegIndex,
        /// Which.
        fault: MediaFault,
        /// Whether it came.
        raised: bool,
    },
    /// A second is over and [`crate::Session::stats`] has changed in it.
    Stats,
}
