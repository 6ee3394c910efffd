//! All that control and media say to each other. Words only, no logic.
//!
//! Control owns every decision: it draws ports from its ledger, picks the worker by the port, and hands the media plane a whole
//! [`Plan`] per call. A plan is never patched: hold, re-INVITE, early media, transfer and failover of a leg are another plan
//! for the same [`SessionId`]. The media plane answers with [`Event`]s; once a second with [`LegStats`] per leg, otherwise
//! only when something happened.
//!
//! Units: ports are UDP port numbers, packet times milliseconds, payload types the 7 bit RTP number (RFC 3550 5.1).

mod codec;
mod fault;
mod plan;
mod port;
mod protection;
mod stats;

pub use codec::{AnnexB, Codec, G726Packing, G726Rate};
pub use fault::MediaFault;
pub use plan::{
    DigitSending, EventFormat, Format, Hears, Latching, LegPlan, MAX_FORMATS, MAX_LEGS, PayloadType, Plan,
    Remote, Tone,
};
pub use port::{InterfaceId, LocalPort, PortRange, WorkerId};
pub use protection::{KeyMaterial, Protection, ProtectionProfile};
pub use stats::LegStats;

/// One call in the media plane. Control draws the number; it is never used again while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A leg of a session: its index in [`Plan::legs`], stable over the life of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegIndex(pub u8);

/// What control asks of the worker that owns the session's ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Ends the session; [`Event::Closed`] follows with the final figures.
    Close(SessionId),
    /// Starts a session. All local ports of the plan belong to the worker that receives it.
    Open(SessionId, Box<Plan>),
    /// Replaces the whole plan of a living session.
    Replace(SessionId, Box<Plan>),
    /// Plays one telephone event towards a leg, in the way its plan says.
    SendDigit {
        /// The session.
        session: SessionId,
        /// The leg that shall hear the digit.
        leg: LegIndex,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// Length of the tone or event.
        duration_ms: u16,
    },
}

/// What the media plane tells control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The session is gone, its ports may go to quarantine.
    Closed {
        /// The session.
        session: SessionId,
        /// Final figures, one per leg.
        legs: Vec<LegStats>,
    },
    /// A digit arrived on a leg, reported once, when it ended.
    Digit {
        /// The session.
        session: SessionId,
        /// The leg that sent the digit.
        leg: LegIndex,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// Length as measured.
        duration_ms: u16,
    },
    /// A fault of a leg came (`raised`) or went.
    Fault {
        /// The session.
        session: SessionId,
        /// The leg.
        leg: LegIndex,
        /// Which fault.
        fault: MediaFault,
        /// `true` when it came, `false` when it is over.
        raised: bool,
    },
    /// The worker could not carry out [`Command::Open`] or [`Command::Replace`]; the session does not exist or is unchanged.
    Refused {
        /// The session.
        session: SessionId,
        /// Why.
        reason: Refusal,
    },
    /// Figures of a session, once a second while something flows.
    Stats {
        /// The session.
        session: SessionId,
        /// One per leg.
        legs: Vec<LegStats>,
    },
}

/// Why the media plane refused a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// A codec of the plan is not available here.
    Codec(Codec),
    /// A plan names a leg, route or format that cannot be.
    Plan,
    /// A local port could not be bound.
    Port(LocalPort),
    /// The worker carries as many sessions as it was allowed.
    Sessions,
    /// No such session.
    Unknown,
}
