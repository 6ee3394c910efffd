//! The media workers as the control thread sees them: commands in, events out.

use std::{
    collections::VecDeque,
    sync::mpsc::{Receiver, TrySendError, sync_channel},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use control::settings::MediaSettings;
use media::{Counters, MediaClock, Worker, WorkerConfig, WorkerError, WorkerHandle};
use media_api::{Codec, Command, Event, Refusal, SessionId, WorkerId};
use srtp::NtpTime;

use super::inbox::Inbox;

/// All workers.
#[derive(Debug)]
pub(super) struct MediaPlane {
    workers: Vec<WorkerHandle>,
    events: Receiver<Event>,
    /// Answers to commands that no worker took.
    refused: VecDeque<Event>,
}

impl MediaPlane {
    /// Starts the workers. Events wake the control thread through `inbox`.
    ///
    /// # Errors
    /// When a thread or descriptor is not to be had.
    pub(super) fn start(
        settings: &MediaSettings,
        tos: u8,
        seed: u64,
        inbox: &Inbox,
    ) -> Result<Self, WorkerError> {
        let (sender, events) = sync_channel(EVENT_QUEUE);
        let clock = clock();
        let mut workers = Vec::new();
        for worker in 0..settings.workers {
            let id = WorkerId(worker);
            let config = WorkerConfig {
                id,
                interfaces: vec![
                    (settings.access.id, settings.access.bind),
                    (settings.pbx.id, settings.pbx.bind),
                ],
                ports: settings.ports.share(id, settings.workers),
                tos,
                tone_set: settings.tone_set,
                max_sessions: usize::from(settings.ports.pairs),
                command_queue: COMMAND_QUEUE,
                cpu: None,
                seed: seed ^ u64::from(worker).wrapping_mul(0x9e37_79b9_7f4a_7c15),
                clock,
            };
            let (sender, inbox) = (sender.clone(), inbox.clone());
            let sink = move |_, event| match sender.try_send(event) {
                Ok(()) => {
                    inbox.wake();
                    Ok(())
                }
                Err(TrySendError::Full(event) | TrySendError::Disconnected(event)) => Err(event),
            };
            workers.push(Worker::spawn(config, Box::new(sink))?);
        }
        Ok(Self { workers, events, refused: VecDeque::new() })
    }

    /// Gives a worker a command. One whose queue is full refuses it at once, so that the call fails instead of hanging.
    pub(super) fn send(&mut self, worker: WorkerId, command: Command) {
        let Some(handle) = self.workers.get(usize::from(worker.0)) else { return };
        if let Err(command) = handle.send(command) {
            tracing::error!(worker = worker.0, "a media worker does not keep up with its commands");
            if let Some(session) = session_of(&command) {
                self.refused.push_back(Event::Refused { session, reason: Refusal::Unknown });
            }
        }
    }

    /// The next event of any worker.
    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.refused.pop_front().or_else(|| self.events.try_recv().ok())
    }

    /// Counters of all workers.
    #[must_use]
    pub(super) fn counters(&self) -> Vec<std::sync::Arc<Counters>> {
        self.workers.iter().map(|worker| worker.counters().clone()).collect()
    }
}

/// Takes a codec whose library is not on this machine off the lists, so that no call fails for it.
pub(super) fn leave_out_what_is_missing(settings: &mut MediaSettings) {
    let lists = [&mut settings.access_codecs, &mut settings.pbx_codecs];
    if !lists.iter().any(|list| list.contains(&Codec::Opus)) {
        return;
    }
    match codecs::opus::load() {
        Ok(version) => tracing::info!(version, "Opus is available"),
        Err(error) => {
            tracing::warn!(%error, "Opus is configured but not available; it is not offered");
            for list in lists {
                list.retain(|codec| *codec != Codec::Opus);
            }
        }
    }
}

fn session_of(command: &Command) -> Option<SessionId> {
    match command {
        Command::Close(session) | Command::Open(session, _) => Some(*session),
        Command::Replace(..) | Command::SendDigit { .. } => None,
    }
}

/// Relates the monotonic clock to NTP time for RTCP sender reports (RFC 3550 4).
fn clock() -> MediaClock {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    MediaClock::new(Instant::now(), NtpTime::from_unix(since))
}

/// Events that wait for the control thread: a second of figures of 8,000 calls fits.
const EVENT_QUEUE: usize = 16_384;
/// Commands that wait for a worker.
const COMMAND_QUEUE: usize = 8_192;
