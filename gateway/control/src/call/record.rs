//! The record of a call, kept for accounting.

use media_api::LegStats;
use sip::Status;

use super::{CallId, Direction};
use crate::{clock::UnixMillis, directory::UserId};

/// What is kept of a call when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// The user of this gateway that took part.
    pub user: UserId,
    /// Who called.
    pub direction: Direction,
    /// The other party as dialled or as shown.
    pub peer: String,
    /// When the INVITE arrived.
    pub started: UnixMillis,
    /// When it was answered.
    pub answered: Option<UnixMillis>,
    /// When it ended.
    pub ended: UnixMillis,
    /// How it ended: the final status towards the caller, 200 for an answered call.
    pub status: Status,
    /// Final media figures: the caller's leg, then the callee's. Empty when no media was set up.
    pub legs: Vec<LegStats>,
}
