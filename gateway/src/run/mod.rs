//! The running process: built, started, watched until it is told to go, and taken down.
//!
//! A panic of `control`, `store` or a media worker ends the process: a gateway that runs on without one of them takes calls that nobody
//! carries, or forgets at once what it is told. It comes back with its registrations as they were.
//!
//! Threads: `control` owns the brain and the UDP sockets of SIP, `media-N` own the voice, `store` writes, and the runtime's two carry
//! everything that may wait: TCP, names, HTTP, the control socket, signals.

mod control_thread;
mod datagram;
mod entropy;
mod inbox;
mod keeper;
mod media;
mod resolve;
mod stream;

use std::{
    collections::{HashMap, HashSet},
    fmt, io,
    sync::Arc,
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use ::media::WorkerError;
use control::{
    Core, Input, Saved,
    clock::{Clock, UnixMillis},
    settings::{Listener, Settings},
};
use mio::{Poll, Waker};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sip::{Entropy, Transport};
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};

pub use self::inbox::Inbox;
use self::{
    control_thread::{ControlThread, WAKER},
    datagram::Datagrams,
    entropy::SystemEntropy,
    inbox::Note,
    keeper::Keeper,
    media::MediaPlane,
    resolve::Resolver,
    stream::Streams,
};
use crate::{
    config::Config,
    metrics::Metrics,
    store::{Store, StoreError, Writer},
    systemd::Notifier,
};

/// Why the process could not run.
#[derive(Debug)]
pub enum RunError {
    /// An address cannot be bound.
    Bind(String, io::Error),
    /// A thread, descriptor or runtime is not to be had.
    Resource(io::Error),
    /// The database.
    Store(StoreError),
    /// A media worker.
    Worker(WorkerError),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(what, error) => write!(f, "cannot bind {what}: {error}"),
            Self::Resource(error) => write!(f, "out of threads or descriptors: {error}"),
            Self::Store(error) => write!(f, "store: {error}"),
            Self::Worker(error) => write!(f, "media: {error}"),
        }
    }
}

impl std::error::Error for RunError {}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Runs until a signal or a drain ends it.
///
/// # Errors
/// When it cannot start. Once it runs, nothing ends it but an order.
pub fn run(config: &Config, reload: impl Fn() -> Option<Config> + Send + 'static) -> Result<(), RunError> {
    end_with_any_thread();
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("runtime")
        .enable_all()
        .build()
        .map_err(RunError::Resource)?;
    let poll = Poll::new().map_err(RunError::Resource)?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(RunError::Resource)?);
    let (inbox, notes) = Inbox::new(waker);
    let metrics = Arc::new(Metrics::default());

    let store = Store::open(&config.store)?;
    let saved = saved(&store)?;
    let (acks, stored) = std::sync::mpsc::channel();
    let waker = inbox.clone();
    let writer = Writer::start(store, STORE_QUEUE, move |ack| {
        // Control is gone: nobody waits for the answer.
        let _gone = acks.send(ack);
        waker.wake();
    })
    .map_err(RunError::Resource)?;

    let keeper = Keeper::new(writer.handle(), stored);
    let control = build(config, poll, notes, &inbox, &runtime, keeper, &metrics, saved)?;
    let control = thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || control.run())
        .map_err(RunError::Resource)?;

    let notifier = Notifier::from_environment();
    let admin = runtime
        .block_on(async { crate::admin::serve(config, inbox.clone(), Arc::clone(&metrics)).await })
        .map_err(|(what, error)| RunError::Bind(what, error))?;
    // Before anyone is told that we are ready: a signal that nobody watches ends the process.
    let watched = {
        let _inside = runtime.enter();
        Signals::watch().map_err(RunError::Resource)?
    };
    let signals = runtime.spawn(heed_signals(watched, inbox, notifier.clone(), reload));
    notifier.ready();
    tracing::info!("ready");

    let ended = control.join();
    notifier.stopping();
    signals.abort();
    drop(admin);
    runtime.shutdown_background();
    writer.finish();
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(RunError::Resource(error)),
        Err(_) => Err(RunError::Resource(io::Error::other("the control thread panicked"))),
    }
}

#[expect(clippy::too_many_arguments, reason = "the one place where everything is put together")]
fn build(
    config: &Config,
    poll: Poll,
    inbox_notes: tokio::sync::mpsc::Receiver<Note>,
    inbox: &Inbox,
    runtime: &Runtime,
    keeper: Keeper,
    metrics: &Arc<Metrics>,
    saved: Saved,
) -> Result<ControlThread, RunError> {
    let mut settings = config.settings.clone();
    media::leave_out_what_is_missing(&mut settings.media);
    let mut datagrams = Datagrams::new();
    let mut streams = Streams::new(runtime.handle().clone(), inbox.clone());
    for listener in settings.access.listeners.iter().chain(&settings.pbx.listeners) {
        open(&poll, &mut datagrams, &mut streams, listener, config.signalling_tos)?;
    }
    let mut entropy = SystemEntropy::new();
    let mut seed = [0; 8];
    entropy.fill(&mut seed);
    let media = MediaPlane::start(&settings.media, config.media_tos, u64::from_le_bytes(seed), inbox)
        .map_err(RunError::Worker)?;
    metrics.watch_workers(media.counters());
    let core = start_core(settings, saved);
    Ok(ControlThread {
        core,
        poll,
        inbox: inbox_notes,
        datagrams,
        streams,
        media,
        resolver: Resolver::new(runtime.handle().clone(), inbox.clone()),
        keeper,
        metrics: Arc::clone(metrics),
        signalling_tos: config.signalling_tos,
        asked: HashMap::new(),
        next_reply: 0,
        ready: HashSet::new(),
        clock_due: Instant::now(),
    })
}

/// Tells of a panic as always, then ends the process when the thread cannot be done without. Tasks of the runtime are caught by it, and
/// the end of `control` is awaited, so that the store still writes what it was given.
fn end_with_any_thread() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        if thread::current().name().is_some_and(is_vital) {
            tracing::error!("a thread of the gateway panicked; the process ends");
            std::process::abort();
        }
    }));
}

fn is_vital(thread: &str) -> bool {
    thread == "store" || thread.starts_with("media-")
}

fn start_core(settings: Settings, saved: Saved) -> Core {
    let now = Instant::now();
    let clock = Clock::new(now, wall());
    let mut core = Core::new(settings, clock, Box::new(SystemEntropy::new()), Box::new(SystemEntropy::new()));
    core.restore(now, saved);
    core
}

fn open(
    poll: &Poll,
    datagrams: &mut Datagrams,
    streams: &mut Streams,
    listener: &Listener,
    tos: u8,
) -> Result<(), RunError> {
    let bound = match listener.transport {
        Transport::Udp => datagrams.listen(poll.registry(), listener.id, listener.bind, tos),
        Transport::Tcp | Transport::Tls => streams.listen(listener.id, listener.transport, listener.bind),
    };
    let address =
        bound.map_err(|error| RunError::Bind(format!("{} {}", listener.transport, listener.bind), error))?;
    tracing::info!(listener = listener.id.0, transport = %listener.transport, %address, "listening");
    Ok(())
}

fn saved(store: &Store) -> Result<Saved, StoreError> {
    let now = wall();
    Ok(Saved { changes: store.changes()?, locations: store.locations(now)?, bindings: store.bindings(now)? })
}

/// The signals that mean something to us.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// SIGTERM drains, a second one ends the calls as well; SIGINT ends at once; SIGHUP reads the configuration again.
async fn heed_signals(
    Signals { mut terminate, mut interrupt, mut hangup }: Signals,
    inbox: Inbox,
    notifier: Notifier,
    reload: impl Fn() -> Option<Config> + Send + 'static,
) {
    let mut asked = false;
    loop {
        tokio::select! {
            _ = terminate.recv() => {
                tracing::info!(force = asked, "draining");
                inbox.put(Note::Input(Input::Drain { force: asked })).await;
                asked = true;
            }
            _ = interrupt.recv() => {
                inbox.put(Note::Input(Input::Drain { force: true })).await;
            }
            _ = hangup.recv() => {
                notifier.reloading();
                if let Some(config) = reload() {
                    inbox.put(Note::Reload(Box::new(config))).await;
                }
                notifier.ready();
            }
        }
    }
}

/// A call takes four sockets; the soft limit of most systems would end at 250 calls. The hard limit is the operator's word.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => tracing::info!(descriptors = limit.maximum, "descriptor limit"),
        Err(error) => tracing::warn!(%error, descriptors = limit.current, "the descriptor limit stays low"),
    }
}

/// The wall clock.
#[must_use]
pub fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Jobs that wait for the disk: the registrations of a minute at full rate fit.
const STORE_QUEUE: usize = 65_536;
