//! The loop of a worker: wait, read, judge, send; then what is due; then commands.
//!
//! Budgets keep it fair: a socket gives one batch per turn, commands and deadlines have their share, and as long as something
//! is left the next wait does not sleep.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use codecs::tones::ToneSet;
use media_api::{Command, Event, InterfaceId, PortRange, SessionId};

use super::counters::{Counters, Tally};
use super::deadlines::Deadlines;
use super::reporter::Reporter;
use super::table::{SessionKey, SocketEntry, SocketKey, Table};
use super::{EventSink, WorkerConfig};
use crate::MediaClock;
use crate::outbox::{Outbox, Transmit};
use crate::session::{Datagram, Handled, Notice};
use crate::sys::{BATCH, Epoll, MediaSocket, Readiness, ReceiveBatch, Wake};

/// Everything a worker owns.
pub(super) struct Loop {
    pub(super) table: Table,
    pub(super) deadlines: Deadlines,
    pub(super) outbox: Outbox,
    pub(super) reporter: Reporter,
    pub(super) clock: MediaClock,
    pub(super) tones: &'static ToneSet,
    pub(super) max_sessions: usize,
    pub(super) ports: PortRange,
    pub(super) interfaces: Vec<(InterfaceId, IpAddr)>,
    pub(super) tos: u8,
    seed: u64,
    commands: Receiver<Command>,
    epoll: Epoll,
    wake: Arc<Wake>,
    stop: Arc<AtomicBool>,
    counters: Arc<Counters>,
    tally: Tally,
    batch: ReceiveBatch,
    readiness: Readiness,
    /// Sockets whose batch was full: they may hold more.
    unfinished: Vec<SocketKey>,
}

impl Loop {
    pub(super) fn new(
        config: WorkerConfig,
        commands: Receiver<Command>,
        sink: EventSink,
        wake: &Arc<Wake>,
        stop: &Arc<AtomicBool>,
        counters: &Arc<Counters>,
    ) -> io::Result<Self> {
        use std::os::fd::AsFd;

        let epoll = Epoll::new()?;
        epoll.add(wake.as_fd(), WAKE_TOKEN)?;
        Ok(Self {
            table: Table::default(),
            deadlines: Deadlines::default(),
            outbox: Outbox::new(),
            reporter: Reporter::new(config.id, sink),
            clock: config.clock,
            tones: ToneSet::by_number(config.tone_set).unwrap_or(&codecs::tones::SETS[0]),
            max_sessions: config.max_sessions,
            ports: config.ports,
            interfaces: config.interfaces,
            tos: config.tos,
            seed: config.seed,
            commands,
            epoll,
            wake: Arc::clone(wake),
            stop: Arc::clone(stop),
            counters: Arc::clone(counters),
            tally: Tally::default(),
            batch: ReceiveBatch::new(),
            readiness: Readiness::new(READY_PER_TURN),
            unfinished: Vec::with_capacity(2 * READY_PER_TURN),
        })
    }

    /// Runs until told to stop.
    pub(super) fn run(&mut self) {
        let mut commands_left = false;
        while !self.stop.load(Ordering::Acquire) {
            let busy = commands_left || !self.unfinished.is_empty();
            let timeout = if busy { Duration::ZERO } else { self.timeout(Instant::now()) };
            if self.epoll.wait(&mut self.readiness, timeout).is_err() {
                // Only a bad descriptor of our own can fail here; the sessions must still get their goodbye.
                break;
            }
            for _ in 0..self.unfinished.len() {
                let key = self.unfinished.swap_remove(0);
                self.read(key);
            }
            for index in 0..self.readiness.len() {
                match self.readiness.token(index) {
                    WAKE_TOKEN => self.wake.drain(),
                    token => self.read(SocketKey::of_token(token)),
                }
            }
            self.serve_deadlines(Instant::now());
            commands_left = self.serve_commands(Instant::now());
            self.reporter.retry();
            self.tally.lost_events += self.reporter.take_lost();
            self.tally.publish(&self.counters, self.table.len());
        }
        self.close_all(Instant::now());
        self.tally.publish(&self.counters, self.table.len());
    }

    /// Registers a socket.
    pub(super) fn watch(&mut self, entry: SocketEntry) -> io::Result<SocketKey> {
        use std::os::fd::AsFd;

        let key = self.table.add_socket(entry);
        let added = match self.table.socket(key) {
            Some(entry) => self.epoll.add(entry.socket.as_fd(), key.token()),
            None => Ok(()),
        };
        if let Err(error) = added {
            self.table.remove_socket(key);
            return Err(error);
        }
        Ok(key)
    }

    /// Sends and tells what a session left in the outbox.
    pub(super) fn flush(&mut self, key: SessionKey) {
        let Some(entry) = self.table.session(key) else { return self.outbox.clear() };
        let (id, legs) = (entry.id, entry.legs);
        for (to, octets) in self.outbox.packets() {
            let Some(sockets) = legs.get(usize::from(to.leg)).copied().flatten() else { continue };
            if let Some(entry) = self.table.socket(sockets.of(to.channel)) {
                transmit(&entry.socket, octets, &to, &mut self.tally);
            }
        }
        for notice in self.outbox.notices() {
            let event = match *notice {
                Notice::Digit { leg, digit, duration_ms } => {
                    Event::Digit { session: id, leg, digit, duration_ms }
                }
                Notice::Fault { leg, fault, raised } => Event::Fault { session: id, leg, fault, raised },
                Notice::Stats => {
                    let Some(entry) = self.table.session(key) else { continue };
                    Event::Stats { session: id, legs: entry.session.stats().collect() }
                }
            };
            self.reporter.tell(event);
        }
        self.outbox.clear();
    }

    /// Makes sure the heap knows the session's nearest deadline.
    pub(super) fn reschedule(&mut self, key: SessionKey) {
        let Some(entry) = self.table.session(key) else { return };
        let due = entry.session.poll_timeout();
        if due < entry.scheduled {
            entry.scheduled = due;
            self.deadlines.push(due, key);
        }
    }

    /// A number that no two sessions share.
    pub(super) const fn next_seed(&mut self, id: SessionId) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.seed ^ id.0.rotate_left(32)
    }

    fn timeout(&self, now: Instant) -> Duration {
        let longest = if self.reporter.has_backlog() { BACKLOG_RETRY } else { LONGEST_WAIT };
        self.deadlines.next().map_or(longest, |due| due.saturating_duration_since(now).min(longest))
    }

    /// Takes one batch from a socket through its session.
    fn read(&mut self, key: SocketKey) {
        let Some(socket) = self.table.socket(key) else { return };
        let Ok(received) = self.batch.receive(&socket.socket) else { return };
        if received == 0 {
            return;
        }
        let (session, leg, channel) = (socket.session, socket.leg, socket.channel);
        if let Some(overflow) = self.batch.overflow(received - 1) {
            self.tally.overflowed += u64::from(overflow.wrapping_sub(socket.overflowed));
            socket.overflowed = overflow;
        }
        let now = Instant::now();
        self.tally.received += received as u64;
        for index in 0..received.min(BATCH) {
            let Some(entry) = self.table.session(session) else { break };
            let Some(datagram) = self.batch.datagram(index) else {
                self.tally.dropped += 1;
                continue;
            };
            let arrived = Datagram {
                leg,
                channel,
                source: datagram.source,
                buffer: datagram.buffer,
                len: datagram.len,
            };
            let handled = entry.session.handle_packet(now, arrived, &mut self.outbox);
            match handled {
                Handled::Forward(to) => self.forward(session, index, to),
                Handled::Dropped(_) => self.tally.dropped += 1,
                Handled::Consumed => {}
            }
            if !self.outbox.is_empty() {
                self.flush(session);
            }
        }
        if received == BATCH {
            self.unfinished.push(key);
        }
        self.reschedule(session);
    }

    /// Sends a packet out of the buffer it was received in.
    fn forward(&mut self, session: SessionKey, index: usize, to: Transmit) {
        let Some(entry) = self.table.session(session) else { return };
        let Some(sockets) = entry.legs.get(usize::from(to.leg)).copied().flatten() else { return };
        let (Some(socket), Some(datagram)) =
            (self.table.socket(sockets.of(to.channel)), self.batch.datagram(index))
        else {
            return;
        };
        transmit(&socket.socket, &datagram.buffer[..to.len], &to, &mut self.tally);
    }

    fn serve_deadlines(&mut self, now: Instant) {
        for _ in 0..DEADLINES_PER_TURN {
            let Some((at, key)) = self.deadlines.pop(now) else { break };
            let Some(entry) = self.table.session(key).filter(|entry| entry.scheduled == at) else { continue };
            if entry.session.poll_timeout() <= now {
                entry.session.handle_timeout(now, &mut self.outbox);
            }
            entry.scheduled = entry.session.poll_timeout();
            self.deadlines.push(entry.scheduled, key);
            if !self.outbox.is_empty() {
                self.flush(key);
            }
        }
    }

    /// Answers whether commands may be left.
    fn serve_commands(&mut self, now: Instant) -> bool {
        for _ in 0..COMMANDS_PER_TURN {
            match self.commands.try_recv() {
                Ok(command) => self.handle_command(now, command),
                Err(_) => return false,
            }
        }
        true
    }
}

/// A packet that cannot be sent is counted and gone: nothing that is live is queued.
fn transmit(socket: &MediaSocket, octets: &[u8], to: &Transmit, tally: &mut Tally) {
    match socket.send_to(octets, &to.destination) {
        Ok(()) => tally.sent += 1,
        Err(_) => tally.send_failures += 1,
    }
}

/// No socket has this token: slots are far fewer.
const WAKE_TOKEN: u64 = u64::MAX;
/// Sockets told per wait; with a batch each, a turn is some milliseconds at most.
const READY_PER_TURN: usize = 256;
/// A command opens sockets, some 50 us: a turn spends about 1 ms on them.
const COMMANDS_PER_TURN: usize = 16;
/// A deadline costs about as much as a packet.
const DEADLINES_PER_TURN: usize = 256;
/// Without deadlines there are no sessions; the wake-up ends the wait.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A sink that was full is tried again.
const BACKLOG_RETRY: Duration = Duration::from_millis(10);
