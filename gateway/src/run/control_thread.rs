//! The one thread that owns [`control::Core`]: waits, takes inputs, carries out outputs. It decides nothing.

use std::{
    collections::{HashMap, HashSet},
    io,
    time::{Duration, Instant},
};

use admin_api::Reply;
use control::{Core, Input, Output, ReplyId};
use mio::{Events, Poll};
use sip::{Flow, ListenerId, Transport};
use tokio::sync::{mpsc, oneshot};

use super::{
    datagram::Datagrams,
    inbox::Note,
    keeper::Keeper,
    media::{MediaPlane, leave_out_what_is_missing},
    resolve::Resolver,
    stream::Streams,
};
use crate::metrics::Metrics;

/// Everything the control thread holds.
pub(super) struct ControlThread {
    pub(super) core: Core,
    pub(super) poll: Poll,
    pub(super) inbox: mpsc::Receiver<Note>,
    pub(super) datagrams: Datagrams,
    pub(super) streams: Streams,
    pub(super) media: MediaPlane,
    pub(super) resolver: Resolver,
    pub(super) keeper: Keeper,
    pub(super) metrics: std::sync::Arc<Metrics>,
    pub signalling_tos: u8,
    pub(super) asked: HashMap<ReplyId, oneshot::Sender<Reply>>,
    pub(super) next_reply: u64,
    pub(super) ready: HashSet<ListenerId>,
    /// When the wall clock is looked at again.
    pub(super) clock_due: Instant,
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Continue,
    End,
}

impl ControlThread {
    /// Runs until drained or told to stop.
    ///
    /// # Errors
    /// When the kernel's poll fails, which it does only for reasons that no retry mends.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        // What the core wanted before the first event: restored bindings that are due, names to resolve.
        if self.carry_out() == Next::End {
            return Ok(());
        }
        loop {
            self.poll.poll(&mut events, self.patience())?;
            for event in &events {
                if event.token() != WAKER && event.is_readable() {
                    let id = u16::try_from(event.token().0).expect("tokens are listener numbers");
                    self.ready.insert(ListenerId(id));
                }
            }
            if self.turn() == Next::End {
                return Ok(());
            }
        }
    }

    /// One round over everything that may have something to say; each source within its budget, so that none starves another.
    fn turn(&mut self) -> Next {
        let now = now();
        if self.core.poll_timeout().is_some_and(|due| due <= now) {
            self.core.handle_timeout(now);
            if self.carry_out() == Next::End {
                return Next::End;
            }
        }
        for id in self.ready.clone() {
            if self.receive(id) == Next::End {
                return Next::End;
            }
        }
        for _ in 0..NOTE_BUDGET {
            let Ok(note) = self.inbox.try_recv() else { break };
            if self.take(note) == Next::End {
                return Next::End;
            }
        }
        while let Some((id, reply)) = self.keeper.poll_answer() {
            self.answer(id, reply);
        }
        self.watch_the_clock(now);
        while let Some(event) = self.media.poll_event() {
            if self.give(Input::Media(event)) == Next::End {
                return Next::End;
            }
        }
        Next::Continue
    }

    /// The wall clock may be set, by hand or by a time server; the monotonic one knows nothing of it.
    fn watch_the_clock(&mut self, now: Instant) {
        if now < self.clock_due {
            return;
        }
        self.clock_due = now + CLOCK_EVERY;
        let wall = super::wall();
        if self.core.wall(now).0.abs_diff(wall.0) > CLOCK_TOLERANCE_MS {
            tracing::info!("the wall clock was set");
            self.core.handle(now, Input::ClockSet(wall));
        }
    }

    fn receive(&mut self, id: ListenerId) -> Next {
        for _ in 0..DATAGRAM_BUDGET {
            let Some(input) = self.datagrams.receive(id) else {
                self.ready.remove(&id);
                return Next::Continue;
            };
            self.metrics.datagrams_received.add(1);
            if self.give(input) == Next::End {
                return Next::End;
            }
        }
        Next::Continue
    }

    fn take(&mut self, note: Note) -> Next {
        match note {
            Note::Accepted { flow, writer } => {
                self.streams.accepted(flow, writer);
                self.give(Input::StreamOpened(flow))
            }
            Note::Ask { command, reply } => {
                let id = ReplyId(self.next_reply);
                self.next_reply += 1;
                self.asked.insert(id, reply);
                self.give(Input::Admin { reply: id, command: *command })
            }
            Note::Input(input) => {
                if let Input::StreamClosed(Flow { connection: Some(connection), .. }) = &input {
                    self.streams.close(*connection);
                }
                self.give(input)
            }
            Note::Reload(mut config) => {
                leave_out_what_is_missing(&mut config.settings.media);
                self.give(Input::Reload(Box::new(config.settings)))
            }
        }
    }

    fn give(&mut self, input: Input) -> Next {
        self.core.handle(now(), input);
        self.carry_out()
    }

    /// Carries out what the core wants until it wants nothing more.
    fn carry_out(&mut self) -> Next {
        let mut next = Next::Continue;
        while let Some(output) = self.core.poll_output() {
            if self.perform(output) == Next::End {
                next = Next::End;
            }
        }
        next
    }

    fn perform(&mut self, output: Output) -> Next {
        match output {
            Output::CallRecord(record) => self.keeper.call_record(&record),
            Output::Close(connection) => self.streams.close(connection),
            Output::Connect(flow) => {
                self.streams.connect(flow);
            }
            Output::Drained => return Next::End,
            Output::Fault(change) => {
                tracing::warn!(
                    code = format_args!("{:#010x}", change.code.0),
                    raised = change.raised,
                    subject = ?change.subject,
                    detail = change.detail,
                    "{}",
                    change.code.text()
                );
            }
            Output::ForgetBinding(user) => self.keeper.forget_binding(user),
            Output::ForgetLocation { account, contact } => self.keeper.forget_location(account, contact),
            Output::Listen { listener, transport, bind } => self.listen(listener, transport, bind),
            Output::Media(worker, command) => self.media.send(worker, command),
            Output::Persist { changes, reply } => self.keeper.persist(changes, reply),
            Output::Reply(id, reply) => self.answer(id, *reply),
            Output::Resolve { query, host, port, transport } => {
                self.resolver.resolve(query, host, port, transport);
            }
            Output::SaveBinding(binding) => self.keeper.save_binding(binding),
            Output::SaveLocation(location) => self.keeper.save_location(location),
            Output::Transmit { flow, octets } => self.transmit(flow, octets),
            Output::Unlisten(listener) => {
                self.ready.remove(&listener);
                self.datagrams.close(self.poll.registry(), listener);
                self.streams.unlisten(listener);
            }
        }
        Next::Continue
    }

    fn answer(&mut self, id: ReplyId, reply: Reply) {
        if let Some(asker) = self.asked.remove(&id) {
            // The asker may have hung up.
            let _gone = asker.send(reply);
        }
    }

    fn transmit(&mut self, flow: Flow, octets: bytes::Bytes) {
        let sent = match flow.transport {
            Transport::Udp => self.datagrams.send(flow.listener, flow.remote, &octets),
            Transport::Tcp | Transport::Tls => self.streams.send(flow, octets),
        };
        if sent {
            self.metrics.messages_sent.add(1);
        } else {
            self.core.handle(now(), Input::Unreachable(flow));
        }
    }

    fn listen(&mut self, listener: ListenerId, transport: Transport, bind: std::net::SocketAddr) {
        let opened = match transport {
            Transport::Udp => {
                self.datagrams.listen(self.poll.registry(), listener, bind, self.signalling_tos)
            }
            Transport::Tcp | Transport::Tls => self.streams.listen(listener, transport, bind),
        };
        if let Err(error) = opened {
            tracing::error!(%bind, %transport, %error, "cannot open a user's port");
            self.core.handle(now(), Input::ListenFailed(listener));
        }
    }

    /// How long the kernel may wait: not at all while a socket has more than its budget took.
    fn patience(&self) -> Option<Duration> {
        if !self.ready.is_empty() || !self.inbox.is_empty() {
            return Some(Duration::ZERO);
        }
        Some(
            self.core
                .poll_timeout()
                .map_or(LONGEST_WAIT, |due| due.saturating_duration_since(now()).min(LONGEST_WAIT)),
        )
    }
}

fn now() -> Instant {
    Instant::now()
}

/// The token of the inbox's waker; sockets carry their listener's number, which has 16 bits.
pub(super) const WAKER: mio::Token = mio::Token(usize::MAX);
/// Datagrams taken from one socket before others get their turn.
const DATAGRAM_BUDGET: usize = 64;
/// Notes taken before sockets get their turn.
const NOTE_BUDGET: usize = 256;
/// The clock wants to be looked at now and then.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How often the wall clock is looked at.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// Milliseconds; more than scheduling and slewing explain between two looks.
const CLOCK_TOLERANCE_MS: u64 = 500;
