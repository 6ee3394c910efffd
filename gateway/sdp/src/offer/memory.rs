//! What one leg remembers between exchanges (RFC 3264 8): plain data, cloned per early dialog.

use crate::codec::CodecName;
use crate::session::{MediaKind, Profile, Session};

/// One leg's memory. A fresh leg needs a session id; everything else follows from the exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Constant for the life of the leg (RFC 3264 8).
    pub(super) session_id: u64,
    /// Version of the last description sent.
    pub(super) version: u64,
    /// The last description sent, agreed or not: a new version is due when the next differs.
    pub(super) sent: Option<Session>,
    /// The media lines of the last completed exchange; none may vanish (RFC 3264 8.2).
    pub(super) slots: Vec<Slot>,
    /// Payload types we told the peer to use, for good (RFC 3264 8.3.2).
    pub(super) bound: Vec<Binding>,
}

/// One media line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) kind: MediaKind,
    pub(super) profile: Profile,
    pub(super) formats: Vec<String>,
    pub(super) mid: Option<String>,
    pub(super) accepted: bool,
}

/// A payload type and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) payload_type: u8,
    pub(super) name: CodecName,
    pub(super) clock_rate: u32,
    pub(super) channels: u8,
    /// Parameters that tell two payload types of one codec apart (AMR-WB's `octet-align`).
    pub(super) variant: String,
}

impl Memory {
    /// A leg that has said nothing yet. `session_id` should be unique for our host (RFC 8866 5.2).
    pub fn new(session_id: u64) -> Self {
        Self { session_id, version: session_id, sent: None, slots: Vec::new(), bound: Vec::new() }
    }

    /// The last description we sent.
    pub fn last_sent(&self) -> Option<&Session> {
        self.sent.as_ref()
    }
}
