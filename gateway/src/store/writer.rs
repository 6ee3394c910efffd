//! The thread that writes. Everyone else hands it jobs through a bounded queue and never waits for a disk.
//!
//! It takes what is queued, up to a bound, into one transaction (group commit), so that a burst of thousands of
//! registrations costs a few commits. Every job with changes is a savepoint of its own: one that the database refuses
//! does not take its neighbours along. Answers come after the commit, in the order of the jobs.

use std::{
    collections::HashMap,
    fmt,
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{Builder, JoinHandle},
};

use control::{
    directory::{Change, UserId},
    registrar::AccountId,
};
use rusqlite::{Transaction, TransactionBehavior};

use super::{
    AuditEntry, CallRow, Durability, Store, StoreError, Whereabouts, directory, record, set_durability,
    whereabouts,
};

/// Tells the answer to one batch from those to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Something to write.
#[derive(Debug)]
pub enum Job {
    /// For the audit trail.
    Audit(AuditEntry),
    /// For accounting.
    Call(Box<CallRow>),
    /// All of these or none; answered.
    Changes(Ticket, Vec<Change>),
    /// To remember or to forget.
    Whereabouts(Whereabouts),
}

/// The answer to [`Job::Changes`].
#[derive(Debug)]
pub struct Ack {
    /// Which batch.
    pub ticket: Ticket,
    /// Whether it is on the disk.
    pub result: Result<(), StoreError>,
}

/// The running thread. Dropping it writes what is queued and ends it, once all handles are gone.
#[derive(Debug)]
pub struct Writer {
    handle: Option<WriterHandle>,
    thread: Option<JoinHandle<Store>>,
}

/// Where jobs are handed in.
#[derive(Debug, Clone)]
pub struct WriterHandle {
    jobs: SyncSender<Job>,
}

/// The queue is full, or the writer has ended. The job comes back.
#[derive(Debug)]
pub struct NotTaken(pub Job);

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store cannot follow")
    }
}

impl Writer {
    /// Starts the thread with a queue of `capacity` jobs. `answer` is called on it, for every batch of changes.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(
        store: Store,
        capacity: usize,
        answer: impl FnMut(Ack) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(capacity);
        let thread = Builder::new().name("store".into()).spawn(move || run(store, &queue, answer))?;
        Ok(Self { handle: Some(WriterHandle { jobs }), thread: Some(thread) })
    }

    /// Where jobs are handed in.
    ///
    /// # Panics
    /// Never: the handle is there until [`Self::finish`] takes the writer.
    #[must_use]
    pub fn handle(&self) -> WriterHandle {
        self.handle.clone().expect("there until finish() takes the writer")
    }

    /// Writes what is queued and ends the thread, once all handles are gone; gives the store back. `None` when it panicked.
    pub fn finish(mut self) -> Option<Store> {
        self.handle = None;
        self.thread.take()?.join().ok()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.handle = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl WriterHandle {
    /// Hands a job in and never waits.
    ///
    /// # Errors
    /// The queue is full or the writer has ended; the job comes back.
    pub fn submit(&self, job: Job) -> Result<(), NotTaken> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(job) | TrySendError::Disconnected(job) => NotTaken(job),
        })
    }

    /// Hands a job in and waits for room: for threads that may wait.
    ///
    /// # Errors
    /// The writer has ended; the job comes back.
    pub fn submit_waiting(&self, job: Job) -> Result<(), NotTaken> {
        self.jobs.send(job).map_err(|error| NotTaken(error.0))
    }
}

fn run(mut store: Store, queue: &Receiver<Job>, mut answer: impl FnMut(Ack)) -> Store {
    while let Ok(first) = queue.recv() {
        let mut group = Group::default();
        group.take(first);
        while group.size < GROUP {
            let Ok(job) = queue.try_recv() else { break };
            group.take(job);
        }
        let (tickets, written) = store.write_group(&group);
        if let Err(error) = &written {
            tracing::error!(error = error as &dyn std::error::Error, "the store lost a group of jobs");
        }
        for (ticket, result) in tickets {
            let result = match &written {
                Ok(()) => result,
                Err(_) => Err(StoreError::Database(rusqlite::Error::ExecuteReturnedResults)),
            };
            answer(Ack { ticket, result });
        }
    }
    store
}

/// Jobs of one transaction. Of whereabouts only the last word about each contact and user is kept.
#[derive(Debug, Default)]
struct Group {
    size: usize,
    lasting: Vec<Job>,
    locations: HashMap<(AccountId, String), Whereabouts>,
    bindings: HashMap<UserId, Whereabouts>,
}

impl Group {
    fn take(&mut self, job: Job) {
        self.size += 1;
        match job {
            Job::Whereabouts(news) => match &news {
                Whereabouts::Binding(saved) => {
                    self.bindings.insert(saved.user, news);
                }
                Whereabouts::BindingGone(user) => {
                    self.bindings.insert(*user, news);
                }
                Whereabouts::Location(saved) => {
                    self.locations.insert((saved.account, saved.contact.clone()), news);
                }
                Whereabouts::LocationGone(account, contact) => {
                    self.locations.insert((*account, contact.clone()), news);
                }
            },
            Job::Changes(_, ref changes) => {
                self.size += changes.len();
                self.lasting.push(job);
            }
            Job::Audit(_) | Job::Call(_) => self.lasting.push(job),
        }
    }
}

type Answers = Vec<(Ticket, Result<(), StoreError>)>;

impl Store {
    fn write_group(&mut self, group: &Group) -> (Answers, Result<(), StoreError>) {
        let mut answers = Vec::new();
        let written = self.write_group_into(group, &mut answers);
        (answers, written)
    }

    fn write_group_into(&mut self, group: &Group, answers: &mut Answers) -> Result<(), StoreError> {
        // Known before anything can fail, so that no batch goes without an answer.
        for job in &group.lasting {
            if let Job::Changes(ticket, _) = job {
                answers.push((*ticket, Ok(())));
            }
        }
        let durability = if group.lasting.is_empty() { Durability::Process } else { Durability::Full };
        set_durability(&self.connection, durability)?;
        let mut transaction = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let mut batch = 0;
        for job in &group.lasting {
            match job {
                Job::Audit(entry) => record::write_audit(&transaction, entry)?,
                Job::Call(call) => record::write_call(&transaction, call)?,
                Job::Changes(_, changes) => {
                    let savepoint = transaction.savepoint()?;
                    match directory::write(&savepoint, &self.key, changes) {
                        Ok(()) => savepoint.commit()?,
                        Err(error) => {
                            drop(savepoint);
                            answers[batch].1 = Err(error);
                        }
                    }
                    batch += 1;
                }
                Job::Whereabouts(news) => whereabouts::write(&transaction, news)?,
            }
        }
        for news in group.locations.values().chain(group.bindings.values()) {
            whereabouts::write(&transaction, news)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Jobs and changes per transaction: bounds how long an answer waits for its neighbours.
const GROUP: usize = 4096;
