//! A worker: one thread that owns its sockets and sessions and never waits for anything but them.
//!
//! Owns: the thread, its command queue in and its events out. Must never: share a socket or a session with another thread,
//! block on the other side of a queue, allocate, lock or log per packet.
//!
//! Commands go into a bounded queue and wake the worker; events go to a sink that must not block. An event that the sink cannot
//! take waits in a bounded backlog, except for figures, which are renewed a second later anyhow.

#![allow(clippy::disallowed_methods, reason = "the worker is where the media plane meets the clock")]

mod commands;
mod counters;
mod deadlines;
mod reporter;
mod run;
mod table;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use media_api::{Command, Event, InterfaceId, PortRange, WorkerId};

pub use counters::Counters;

use crate::MediaClock;
use crate::sys::Wake;
use run::Loop;

/// What a worker is given.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Its number.
    pub id: WorkerId,
    /// The address of each interface that plans may name.
    pub interfaces: Vec<(InterfaceId, IpAddr)>,
    /// Its own share of the port range ([`PortRange::share`]); a plan with another port is refused.
    pub ports: PortRange,
    /// Type of service of every packet sent; 0xb8 is expedited forwarding (RFC 3246).
    pub tos: u8,
    /// Number of the tone set that [`media_api::Tone`]s are played from ([`codecs::tones::SETS`]); 0 stands for one that is
    /// not there.
    pub tone_set: u8,
    /// Most sessions at a time.
    pub max_sessions: usize,
    /// Commands that may wait.
    pub command_queue: usize,
    /// The CPU to run on, if it is to be pinned.
    pub cpu: Option<usize>,
    /// Randomness for SSRCs and first numbers; to be different for every worker and start.
    pub seed: u64,
    /// The same for all workers.
    pub clock: MediaClock,
}

/// Takes events out of a worker, at once; gives an event back when there is no room for it.
pub type EventSink = Box<dyn FnMut(WorkerId, Event) -> Result<(), Event> + Send>;

/// Starts workers.
#[derive(Debug)]
pub struct Worker;

/// The outside of a running worker. Dropping it stops the worker.
#[derive(Debug)]
pub struct WorkerHandle {
    id: WorkerId,
    commands: SyncSender<Command>,
    wake: Arc<Wake>,
    stop: Arc<AtomicBool>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

/// Why a worker did not start.
#[derive(Debug)]
pub enum WorkerError {
    /// The CPU named cannot be used.
    Cpu(usize, io::Error),
    /// No descriptor or no thread.
    Resource(io::Error),
}

impl Worker {
    /// Starts a worker; every event goes to `sink`, on the worker's thread.
    ///
    /// # Errors
    /// When the system has no descriptor or thread left, or the CPU cannot be used.
    pub fn spawn(config: WorkerConfig, sink: EventSink) -> Result<WorkerHandle, WorkerError> {
        let wake = Arc::new(Wake::new().map_err(WorkerError::Resource)?);
        let stop = Arc::new(AtomicBool::new(false));
        let counters = Arc::new(Counters::default());
        let (commands, queue) = sync_channel(config.command_queue.max(1));
        let id = config.id;
        let cpu = config.cpu;
        let mut turn =
            Loop::new(config, queue, sink, &wake, &stop, &counters).map_err(WorkerError::Resource)?;
        let (pinned, answer) = sync_channel(1);
        let thread = thread::Builder::new()
            .name(format!("media-{}", id.0))
            .spawn(move || {
                let result = cpu.map_or(Ok(()), crate::sys::pin_to_cpu);
                let usable = result.is_ok();
                // The spawner waits for this answer; it is gone only if it panicked.
                let _ = pinned.send(result);
                if usable {
                    turn.run();
                }
            })
            .map_err(WorkerError::Resource)?;
        match (answer.recv(), cpu) {
            (Ok(Err(error)), Some(cpu)) => Err(WorkerError::Cpu(cpu, error)),
            _ => Ok(WorkerHandle { id, commands, wake, stop, counters, thread: Some(thread) }),
        }
    }
}

impl WorkerHandle {
    /// The worker's number.
    #[must_use]
    pub const fn id(&self) -> WorkerId {
        self.id
    }

    /// Queues a command.
    ///
    /// # Errors
    /// Gives the command back when the queue is full or the worker is gone.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(command) | TrySendError::Disconnected(command) => command,
        })?;
        self.wake.signal();
        Ok(())
    }

    /// What the worker has counted; readable at any time.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Ends all sessions, each with a goodbye to its peers and its [`Event::Closed`], and waits for the thread.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.wake.signal();
        if let Some(thread) = self.thread.take() {
            // A worker that panicked has told so through the panic hook.
            let _ = thread.join();
        }
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu(cpu, _) => write!(f, "CPU {cpu} cannot be used"),
            Self::Resource(_) => f.write_str("no descriptor or thread for a media worker"),
        }
    }
}

impl std::error::Error for WorkerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Cpu(_, error) | Self::Resource(error) => Some(error),
        }
    }
}
