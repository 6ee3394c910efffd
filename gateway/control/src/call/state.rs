//! One call: a caller leg, one or more callee legs until one answers, and the media session between them.
//!
//! | phase | input | next | what is done |
//! |---|---|---|---|
//! | Setup | callee 18x | Setup | passed to the caller, with an answer when the callee sent early media |
//! | Setup | callee 2xx | Talking with it | other callees cancelled, caller answered, media bridged |
//! | Setup | last callee failed | Ending | caller refused (`failure`) |
//! | Setup | caller cancelled, ring limit, drain | Ending | callees cancelled |
//! | Talking | offer of a leg | Talking | answered here; a changed direction is offered to the other leg |
//! | Talking | caller or the callee talked with ended | Ending | other leg ended |
//! | Ending | last session ended and media closed | gone | record written |
//!
//! Inputs that do not fit the phase are ignored.

use media_api::{LegStats, LocalPort, Plan, WorkerId};
use sip::{ForkId, SessionId, Status};

use super::{CallId, Direction, leg_sdp::LegSdp};
use crate::{clock::UnixMillis, directory::UserId, settings::Settings};

/// A call.
#[derive(Debug)]
pub struct Call {
    /// Its number, also that of its media session.
    pub id: CallId,
    /// Who called whom.
    pub direction: Direction,
    /// The user of this gateway.
    pub user: UserId,
    /// The other party, for records and status.
    pub peer: String,
    /// Where it stands.
    pub phase: Phase,
    /// The side that called.
    pub caller: Leg,
    /// The sides that are called. Those that lost against an answer stay until their CANCEL is through.
    pub callees: Vec<Callee>,
    /// What is agreed with the callee side. All callees are offered the same port.
    pub callee_sdp: LegSdp,
    /// The media session.
    pub media: Media,
    /// When the INVITE arrived.
    pub started: UnixMillis,
    /// When it was answered.
    pub answered: Option<UnixMillis>,
    /// The best failure so far of the callees that are gone.
    pub failure: Option<Option<Status>>,
    /// What the caller was told in the end.
    pub outcome: Status,
    /// Redirections that may still be followed (RFC 3261 8.1.3.4).
    pub redirects_left: u8,
    /// What every callee is told besides the offer, the next redirection as well.
    pub told: Told,
}

/// What the caller's INVITE says to every callee.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Headers that cross.
    pub headers: Vec<(String, String)>,
    /// Hops left, Max-Forwards of the INVITEs we send.
    pub hops: u8,
}

/// Where a call stands; see the module's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Over; waits for the last session and for the media plane.
    Ending,
    /// Not answered yet.
    Setup {
        /// Whether the caller was told that it rings.
        ringing: bool,
        /// The early dialog whose media the caller hears.
        early: Option<(SessionId, ForkId)>,
    },
    /// Answered.
    Talking {
        /// By this callee.
        with: SessionId,
    },
}

impl Phase {
    /// Answered, and not over.
    #[must_use]
    pub const fn is_talking(self) -> bool {
        matches!(self, Self::Talking { .. })
    }

    /// Whether a callee may still be spoken to.
    fn concerns(self, callee: &Callee) -> bool {
        let chosen = match self {
            Self::Talking { with } => callee.session == with,
            Self::Ending | Self::Setup { .. } => true,
        };
        chosen && !callee.ended
    }
}

/// The caller's leg.
#[derive(Debug)]
pub struct Leg {
    /// Its SIP session.
    pub session: SessionId,
    /// The SIP session is over.
    pub ended: bool,
    /// What is agreed.
    pub sdp: LegSdp,
    /// An offer that could not be made because another was open; made when that one is settled.
    pub offer_due: bool,
}

/// One of the called contacts.
#[derive(Debug)]
pub struct Callee {
    /// Its SIP session.
    pub session: SessionId,
    /// The SIP session is over.
    pub ended: bool,
    /// An offer that could not be made because another was open; made when that one is settled.
    pub offer_due: bool,
}

/// Which side of a call a session belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The caller, leg 0 of the plan.
    Caller,
    /// A callee, leg 1 of the plan.
    Callee,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Callee => Self::Caller,
            Self::Caller => Self::Callee,
        }
    }
}

/// The media session of a call.
#[derive(Debug)]
pub struct Media {
    /// The worker that carries it.
    pub worker: WorkerId,
    /// Ports of the caller's and the callee's leg.
    pub ports: [LocalPort; 2],
    /// The plan last sent.
    pub plan: Plan,
    /// Where it stands.
    pub state: MediaState,
    /// Final figures, once closed.
    pub legs: Vec<LegStats>,
}

/// Where the media session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// Gone, ports given back.
    Closed,
    /// Close was ordered.
    Closing,
    /// Carries media.
    Open,
}

impl Call {
    /// Which side `session` is.
    #[must_use]
    pub fn side(&self, session: SessionId) -> Side {
        if self.caller.session == session { Side::Caller } else { Side::Callee }
    }

    /// The living session of a side: of callees, the one that answered, before that the first.
    #[must_use]
    pub fn living(&self, side: Side) -> Option<SessionId> {
        match side {
            Side::Caller => (!self.caller.ended).then_some(self.caller.session),
            Side::Callee => {
                let mut callees = self.callees.iter().filter(|callee| self.phase.concerns(callee));
                callees.next().map(|callee| callee.session)
            }
        }
    }

    /// What is agreed with a side.
    pub fn sdp(&mut self, side: Side) -> &mut LegSdp {
        match side {
            Side::Caller => &mut self.caller.sdp,
            Side::Callee => &mut self.callee_sdp,
        }
    }

    /// Marks a session as over.
    pub fn mark_ended(&mut self, session: SessionId) {
        if self.caller.session == session {
            self.caller.ended = true;
        }
        for callee in self.callees.iter_mut().filter(|callee| callee.session == session) {
            callee.ended = true;
        }
    }

    /// No session and no media is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.caller.ended
            && self.callees.iter().all(|callee| callee.ended)
            && self.media.state == MediaState::Closed
    }

    /// Remembers, forgets or asks for a delayed offer towards a side.
    pub fn offer_due(&mut self, side: Side) -> Option<&mut bool> {
        match side {
            Side::Caller => Some(&mut self.caller.offer_due),
            Side::Callee => {
                let phase = self.phase;
                let mut callees = self.callees.iter_mut().filter(|callee| phase.concerns(callee));
                callees.next().map(|callee| &mut callee.offer_due)
            }
        }
    }

    /// Builds the plan of the moment: each side hears the other as soon as both have agreed on something.
    #[must_use]
    pub fn plan(&self, settings: &Settings) -> Plan {
        use media_api::{Hears, LegIndex};
        let bridged =
            self.caller.sdp.is_agreed() && self.callee_sdp.is_agreed() && self.phase != Phase::Ending;
        let hears = |leg| if bridged { Hears::Leg(LegIndex(leg)) } else { Hears::Nothing };
        let connected = self.phase.is_talking();
        let [caller, callee] = self.media.ports;
        Plan {
            legs: vec![
                self.caller.sdp.leg_plan(caller, hears(1), connected, settings),
                self.callee_sdp.leg_plan(callee, hears(0), connected, settings),
            ],
        }
    }
}
