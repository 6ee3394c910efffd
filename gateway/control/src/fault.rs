//! Coded faults that are raised and cleared. Codes are the incumbent's (its appendix of fault codes), so runbooks keep working.

use std::collections::HashMap;

use crate::{clock::UnixMillis, directory::UserId};

/// Kind of a fault, without what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FaultCode(pub u32);

impl FaultCode {
    /// No user is registered at the PBX any more.
    pub const REGISTRATIONS_DOWN: Self = Self(0x0001_0002);
    /// One user's registration is refused.
    pub const USER_REGISTRATION_FAILED: Self = Self(0x0003_0202);
    /// More SIP transactions than allowed.
    pub const SIP_OVERLOAD: Self = Self(0x0007_0003);
    /// No codec could be agreed.
    pub const CODER_SELECTION_FAILED: Self = Self(0x0007_0004);
    /// A name could not be resolved.
    pub const DNS_FAILED: Self = Self(0x0007_0006);
    /// No RTP port is free.
    pub const OUT_OF_RTP_PORTS: Self = Self(0x0011_0050);

    /// What an operator reads.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::REGISTRATIONS_DOWN => "registration at the PBX is down",
            Self::USER_REGISTRATION_FAILED => "the PBX refuses a user's registration",
            Self::SIP_OVERLOAD => "too many SIP transactions",
            Self::CODER_SELECTION_FAILED => "no common codec",
            Self::DNS_FAILED => "a name could not be resolved",
            Self::OUT_OF_RTP_PORTS => "no RTP port is free",
            Self(0x0005_0001) => "no media received on a connected call",
            Self(0x0005_0002) => "more than 3 % of the media packets of 10 s were lost",
            Self(0x0005_0003) => "media with a payload type that was not agreed",
            Self(_) => "fault",
        }
    }
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultSubject {
    /// One call.
    Call(crate::call::CallId),
    /// The whole process.
    System,
    /// One user.
    User(UserId),
}

/// A fault came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultChange {
    /// Which.
    pub code: FaultCode,
    /// About what.
    pub subject: FaultSubject,
    /// `true` when it came.
    pub raised: bool,
    /// When.
    pub at: UnixMillis,
    /// Details for the log, without secrets.
    pub detail: String,
}

/// The faults that stand. Bounded by the number of users and calls, since each has one entry per code.
#[derive(Debug, Default)]
pub struct Faults {
    standing: HashMap<(FaultCode, FaultSubject), FaultChange>,
}

impl Faults {
    /// Raises a fault; `None` when it stands already.
    pub fn raise(
        &mut self,
        code: FaultCode,
        subject: FaultSubject,
        at: UnixMillis,
        detail: String,
    ) -> Option<FaultChange> {
        if self.standing.contains_key(&(code, subject)) {
            return None;
        }
        let change = FaultChange { code, subject, raised: true, at, detail };
        self.standing.insert((code, subject), change.clone());
        Some(change)
    }

    /// Clears a fault; `None` when it does not stand.
    pub fn clear(&mut self, code: FaultCode, subject: FaultSubject, at: UnixMillis) -> Option<FaultChange> {
        let was = self.standing.remove(&(code, subject))?;
        Some(FaultChange { raised: false, at, ..was })
    }

    /// Clears all faults of a subject that is gone.
    pub fn clear_subject(&mut self, subject: FaultSubject, at: UnixMillis) -> Vec<FaultChange> {
        let codes: Vec<FaultCode> =
            self.standing.keys().filter(|(_, about)| *about == subject).map(|(code, _)| *code).collect();
        codes.into_iter().filter_map(|code| self.clear(code, subject, at)).collect()
    }

    /// The faults that stand.
    pub fn standing(&self) -> impl Iterator<Item = &FaultChange> {
        self.standing.values()
    }
}
