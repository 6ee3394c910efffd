//! What the control thread wants to keep, handed to the thread that writes.

use std::{collections::HashMap, sync::mpsc::Receiver};

use admin_api::Reply;
use control::{ReplyId, registrar::AccountId};
use control::{SavedBinding, SavedLocation, call::CallRecord, directory::Change, directory::UserId};

use crate::store::{Ack, CallRow, Job, Ticket, Whereabouts, WriterHandle};

/// Turns outputs into jobs and acknowledgements into answers.
#[derive(Debug)]
pub(super) struct Keeper {
    writer: WriterHandle,
    /// Without a bound of its own, for neither thread may wait for the other: control waits for room among the jobs, so the
    /// store must never wait for room among the answers. There is at most one for each job.
    acks: Receiver<Ack>,
    waiting: HashMap<Ticket, (ReplyId, Box<Reply>)>,
    next: u64,
}

impl Keeper {
    /// Keeps by `writer`, which answers through `acks`.
    #[must_use]
    pub(super) fn new(writer: WriterHandle, acks: Receiver<Ack>) -> Self {
        Self { writer, acks, waiting: HashMap::new(), next: 0 }
    }

    /// Stores changes; who waits for that is answered by [`Keeper::poll_answer`].
    pub(super) fn persist(&mut self, changes: Vec<Change>, reply: Option<(ReplyId, Box<Reply>)>) {
        let ticket = Ticket(self.next);
        self.next += 1;
        if let Some(reply) = reply {
            self.waiting.insert(ticket, reply);
        }
        // A change of the directory is never dropped: better that control waits for a slow disk.
        if self.writer.submit_waiting(Job::Changes(ticket, changes)).is_err() {
            tracing::error!("the store is gone; changes of users and devices are lost at the next restart");
        }
    }

    /// The next answer to somebody who waits for changes to be stored.
    pub(super) fn poll_answer(&mut self) -> Option<(ReplyId, Reply)> {
        while let Ok(ack) = self.acks.try_recv() {
            let answer = self.acknowledged(ack);
            if answer.is_some() {
                return answer;
            }
        }
        None
    }

    fn acknowledged(&mut self, ack: Ack) -> Option<(ReplyId, Reply)> {
        let waiting = self.waiting.remove(&ack.ticket);
        match ack.result {
            Ok(()) => waiting.map(|(id, reply)| (id, *reply)),
            Err(error) => {
                tracing::error!(%error, "changes of users and devices could not be stored");
                let reason = format!("in force, but not stored: {error}; lost at the next restart");
                waiting.map(|(id, _)| (id, Reply::Refused(reason)))
            }
        }
    }

    /// Notes a call that is over.
    pub(super) fn call_record(&self, record: &CallRecord) {
        self.put(Job::Call(Box::new(CallRow::from(record))));
    }

    /// Remembers a binding.
    pub(super) fn save_binding(&self, binding: Box<SavedBinding>) {
        self.put(Job::Whereabouts(Whereabouts::Binding(binding)));
    }

    /// Remembers a location.
    pub(super) fn save_location(&self, location: Box<SavedLocation>) {
        self.put(Job::Whereabouts(Whereabouts::Location(location)));
    }

    /// Forgets a binding.
    pub(super) fn forget_binding(&self, user: UserId) {
        self.put(Job::Whereabouts(Whereabouts::BindingGone(user)));
    }

    /// Forgets a location.
    pub(super) fn forget_location(&self, account: AccountId, contact: String) {
        self.put(Job::Whereabouts(Whereabouts::LocationGone(account, contact)));
    }

    fn put(&self, job: Job) {
        if self.writer.submit(job).is_err() {
            // A lost whereabouts costs one registration after a restart; a lost record is told.
            tracing::warn!("the store does not keep up");
        }
    }
}
