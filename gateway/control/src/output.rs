//! Everything that control can ask for. The shell carries it out and never decides.

use std::{collections::VecDeque, net::SocketAddr};

use bytes::Bytes;
use media_api::WorkerId;
use sip::{ConnectionId, Flow, ListenerId, Transport};

use crate::{
    clock::UnixMillis,
    directory::{Change, UserId},
    fault::FaultChange,
    registrar::AccountId,
};

/// Number of a name query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub u64);

/// Number of an operator's question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyId(pub u64);

/// One thing to do.
#[derive(Debug)]
pub enum Output {
    /// Close a connection.
    Close(ConnectionId),
    /// Open a connection; answered by `StreamOpened` or `StreamClosed`.
    Connect(Flow),
    /// All calls are over and all identities de-registered: the process may end.
    Drained,
    /// A fault came or went.
    Fault(FaultChange),
    /// A call record, final.
    CallRecord(Box<crate::call::CallRecord>),
    /// Forget a saved location.
    ForgetLocation {
        /// Whose.
        account: AccountId,
        /// Which: its contact URI.
        contact: String,
    },
    /// Forget what was saved of a user's binding.
    ForgetBinding(UserId),
    /// Open a listener of its own for one user.
    Listen {
        /// Its number in flows.
        listener: ListenerId,
        /// UDP or TCP.
        transport: Transport,
        /// Where.
        bind: SocketAddr,
    },
    /// A command for a media worker.
    Media(WorkerId, media_api::Command),
    /// Store these changes, all or none.
    Persist {
        /// In order.
        changes: Vec<Change>,
        /// Who waits for that, and what it is told when it is done.
        reply: Option<(ReplyId, Box<admin_api::Reply>)>,
    },
    /// Answer an operator.
    Reply(ReplyId, Box<admin_api::Reply>),
    /// Look a name up.
    Resolve {
        /// Number of the query.
        query: QueryId,
        /// Host name.
        host: String,
        /// Port, or `None` for the transport's default (and SRV later).
        port: Option<u16>,
        /// Transport towards it.
        transport: Transport,
    },
    /// Remember where a device is, so that a restart needs no new registration.
    SaveLocation(Box<SavedLocation>),
    /// Remember a binding, so that a restart repeats no registration that is still valid.
    SaveBinding(Box<SavedBinding>),
    /// Send octets.
    Transmit {
        /// Where.
        flow: Flow,
        /// What.
        octets: Bytes,
    },
    /// Close a user's listener.
    Unlisten(ListenerId),
}

/// A location as it survives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedLocation {
    /// Whose. Together with the contact the key of the record.
    pub account: AccountId,
    /// Contact URI as the base station wrote it.
    pub contact: String,
    /// Where the REGISTER came from.
    pub flow: Flow,
    /// Path headers (RFC 3327), in order.
    pub path: Vec<String>,
    /// The user part under which the base station knows the handset.
    pub aor: String,
    /// The base station's User-Agent.
    pub user_agent: String,
    /// `+sip.instance` and `reg-id`, as written.
    pub instance: Option<String>,
    /// Call-ID of the registration.
    pub call_id: String,
    /// Its last CSeq.
    pub cseq: u32,
    /// Since when the handset is there.
    pub since: UnixMillis,
    /// When it ends.
    pub expires: UnixMillis,
}

/// A binding as it survives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedBinding {
    /// The user.
    pub user: UserId,
    /// Call-ID of the registration.
    pub call_id: String,
    /// Its last CSeq.
    pub cseq: u32,
    /// Contact URI as registered.
    pub contact: String,
    /// The proxy that holds it.
    pub registrar: SocketAddr,
    /// When it ends.
    pub expires: UnixMillis,
}

/// Collects outputs while an input is handled.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: VecDeque<Output>,
}

impl Outbox {
    /// Appends an output.
    pub fn push(&mut self, output: Output) {
        self.queue.push_back(output);
    }

    /// Takes the oldest output.
    pub fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }
}
