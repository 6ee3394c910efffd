//! The brain as one thing: takes an input, lets the rooms work, gives out what they want.
//!
//! Owns the rooms and the order in which they hear of things. Rooms do not know each other: an event of one is handed to the next here.
//!
//! A registration walks `handle` → `requests` → registrar → [`RegistrarEvent`] → registration → REGISTER at the PBX.
//! A call walks `handle` → `calls`, which asks registrar and registration.

mod admin;
mod requests;
mod view;

use std::time::Instant;

use sip::{Endpoint, Entropy, Event, ListenerInfo};

use crate::{
    call::{Calls, Rooms},
    clock::{Clock, UnixMillis},
    context::Context,
    directory::{Change, Directory, SiteId},
    fault::Faults,
    input::Input,
    output::{Outbox, Output, SavedBinding, SavedLocation},
    registrar::{Registrar, RegistrarEvent},
    registration::{Registration, RegistrationEvent},
    settings::{Listener, Settings},
};

/// All signalling state of the process. See the crate's page for how it is driven.
pub struct Core {
    settings: Settings,
    clock: Clock,
    endpoint: Endpoint,
    entropy: Box<dyn Entropy + Send>,
    directory: Directory,
    registrar: Registrar,
    registration: Registration,
    calls: Calls,
    faults: Faults,
    out: Outbox,
    drain: Drain,
    started: Option<Instant>,
}

/// How far the process is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drain {
    /// All identities are being de-registered.
    Leaving,
    /// Not asked for.
    No,
    /// Said.
    Said,
    /// No new calls; waits for those that are.
    WaitingForCalls,
}

/// What was stored before the start.
#[derive(Debug, Default)]
pub struct Saved {
    /// Users, devices and relations, as a journal.
    pub changes: Vec<Change>,
    /// Locations that may still be valid.
    pub locations: Vec<SavedLocation>,
    /// Bindings that may still be valid.
    pub bindings: Vec<SavedBinding>,
}

/// Everything that lives in the core; zero when nothing is going on. For leak assertions and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Held {
    /// SIP transactions, sessions, dialogs and their timers.
    pub sip: sip::Counts,
    /// Calls.
    pub calls: usize,
    /// What calls hold: sessions, deadlines, requests passed on, ports.
    pub call_items: usize,
    /// RTP ports in use.
    pub ports: usize,
}

impl Core {
    /// A core without users. `clock` says what the wall clock shows; both sources of randomness are drawn from for ever.
    #[must_use]
    pub fn new(
        settings: Settings,
        clock: Clock,
        sip_entropy: Box<dyn Entropy + Send>,
        mut entropy: Box<dyn Entropy + Send>,
    ) -> Self {
        let config = sip::Config {
            user_agent: concat!("Dectgate/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow: ALLOW.iter().map(|method| (*method).to_owned()).collect(),
            ring_limit: settings.calls.ring_timeout + RING_SLACK,
            ..sip::Config::default()
        };
        let mut endpoint = Endpoint::new(config, sip_entropy);
        for listener in settings.access.listeners.iter().chain(&settings.pbx.listeners) {
            endpoint.set_listener(listener.id, info(listener));
        }
        Self {
            registrar: Registrar::new(&settings, &mut *entropy),
            registration: Registration::new(&settings),
            calls: Calls::new(&settings),
            settings,
            clock,
            endpoint,
            entropy,
            directory: Directory::new(SiteId::FIRST),
            faults: Faults::default(),
            out: Outbox::default(),
            drain: Drain::No,
            started: None,
        }
    }

    /// Takes up what was stored: users first, then where their devices were and which registrations are still valid.
    pub fn restore(&mut self, now: Instant, saved: Saved) {
        self.started = Some(now);
        self.directory.apply_all(&saved.changes);
        let (mut cx, rooms) = self.split(now);
        rooms.registrar.restore(&mut cx, saved.locations);
        let registrar = &*rooms.registrar;
        rooms.registration.restore(&mut cx, saved.bindings, |user| registrar.is_located(user));
        self.settle(now);
    }

    /// Takes one input. Drain [`Core::poll_output`] afterwards.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Admin { reply, command } => self.handle_admin(now, reply, command),
            Input::ClockSet(wall) => self.clock = Clock::new(now, wall),
            Input::Datagram { listener, source, octets } => {
                self.endpoint.handle_datagram(now, sip::Flow::udp(listener, source), octets);
            }
            Input::Drain { force } => self.begin_drain(now, force),
            Input::ListenFailed(listener) => {
                tracing::error!(listener = listener.0, "a user's port could not be opened");
                let (mut cx, rooms) = self.split(now);
                rooms.registration.handle_listen_failed(&mut cx, listener);
            }
            Input::Media(event) => {
                let (mut cx, rooms) = self.split(now);
                rooms.calls.handle_media(&mut cx, event);
            }
            Input::Reload(settings) => self.reload(now, *settings),
            Input::Resolved { query, addresses } => {
                let (mut cx, rooms) = self.split(now);
                rooms.registration.handle_resolved(&mut cx, query, addresses);
            }
            Input::StreamClosed(flow) | Input::Unreachable(flow) => {
                self.endpoint.handle_transport_failed(now, flow);
                let (mut cx, rooms) = self.split(now);
                if rooms.registration.is_ours(flow.connection) {
                    rooms.calls.handle_link_lost(&mut cx, flow.connection);
                }
                rooms.registration.handle_flow_failed(&mut cx, flow);
                rooms.registrar.handle_flow_failed(&mut cx, flow);
            }
            Input::StreamMessage { flow, octets } => self.endpoint.handle_stream_message(now, flow, octets),
            Input::StreamOpened(flow) => {
                let (mut cx, rooms) = self.split(now);
                rooms.registration.handle_opened(&mut cx, flow);
            }
        }
        self.settle(now);
    }

    /// Runs what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        let (mut cx, rooms) = self.split(now);
        rooms.registrar.handle_timeout(&mut cx);
        rooms.registration.handle_timeout(&mut cx);
        rooms.calls.handle_timeout(&mut cx);
        self.settle(now);
    }

    /// When [`Core::handle_timeout`] is wanted. Ask again after every input.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        [
            self.endpoint.poll_timeout(),
            self.registrar.poll_timeout(),
            self.registration.poll_timeout(),
            self.calls.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The next thing to do. Call until `None` after every input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop()
    }

    /// What lives in the core.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            sip: self.endpoint.counts(),
            calls: self.calls.len(),
            call_items: self.calls.held(),
            ports: self.calls.ports_used(),
        }
    }

    /// The configuration in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Users, devices and relations.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Lets events run until nobody has anything left to say, then hands messages to the shell.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut idle = true;
            while let Some(event) = self.endpoint.poll_event() {
                idle = false;
                self.handle_sip(now, event);
            }
            while let Some(event) = self.registrar.poll_event() {
                idle = false;
                self.handle_located(now, event);
            }
            while let Some(event) = self.registration.poll_event() {
                idle = false;
                handle_registered(event);
            }
            if idle {
                break;
            }
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            self.out.push(Output::Transmit { flow: transmit.flow, octets: transmit.octets });
        }
        self.proceed_with_drain(now);
    }

    fn handle_sip(&mut self, now: Instant, event: Event) {
        let (mut cx, mut rooms) = self.split(now);
        match event {
            Event::Request { id, flow, message } => requests::handle(&mut cx, &mut rooms, id, flow, &message),
            Event::Response { id, message } => {
                // A response belongs to a REGISTER of ours or to a request that a call passed on.
                if !rooms.registration.handle_response(&mut cx, id, &message) {
                    rooms.calls.handle_response(&mut cx, id, &message);
                }
            }
            Event::Failed { id, reason } => {
                if !rooms.registration.handle_failed(&mut cx, id) {
                    rooms.calls.handle_failed(&mut cx, id, reason);
                }
            }
            Event::Session { id, event } => {
                let mut asked = Rooms { registrar: rooms.registrar, registration: rooms.registration };
                rooms.calls.handle_session(&mut cx, &mut asked, id, event);
            }
        }
    }

    /// A device came, moved or went: its user's binding follows.
    fn handle_located(&mut self, now: Instant, event: RegistrarEvent) {
        let (mut cx, rooms) = self.split(now);
        match event {
            RegistrarEvent::Located { user, .. } => {
                rooms.registration.user_located(&mut cx, user);
                rooms.calls.handle_located(&mut cx, rooms.registrar, user);
            }
            RegistrarEvent::Moved { user, .. } => rooms.calls.handle_located(&mut cx, rooms.registrar, user),
            RegistrarEvent::Gone { user, cause, .. } => {
                if !cx.settings.pbx.register_always {
                    rooms.registration.user_gone(&mut cx, user, cause);
                }
            }
        }
    }

    /// Takes over what may change while running. Listeners, addresses, ports and workers need a restart, which the shell tells.
    fn reload(&mut self, now: Instant, new: Settings) {
        let old = std::mem::replace(&mut self.settings, new);
        self.settings.access.listeners = old.access.listeners;
        self.settings.pbx.listeners = old.pbx.listeners;
        self.settings.media.access = old.media.access;
        self.settings.media.pbx = old.media.pbx;
        self.settings.media.ports = old.media.ports;
        self.settings.media.workers = old.media.workers;
        let (mut cx, rooms) = self.split(now);
        rooms.registrar.handle_reload(&mut cx);
        rooms.registration.handle_reload(&mut cx);
    }

    pub(super) fn begin_drain(&mut self, now: Instant, force: bool) {
        let (mut cx, rooms) = self.split(now);
        rooms.calls.drain(&mut cx, force);
        if self.drain == Drain::No {
            self.drain = Drain::WaitingForCalls;
        }
    }

    /// Calls first, then registrations, then the word that all is done.
    fn proceed_with_drain(&mut self, now: Instant) {
        if self.drain == Drain::WaitingForCalls && self.calls.is_empty() {
            self.drain = Drain::Leaving;
            let (mut cx, rooms) = self.split(now);
            rooms.registration.shutdown(&mut cx);
            while let Some(transmit) = self.endpoint.poll_transmit() {
                self.out.push(Output::Transmit { flow: transmit.flow, octets: transmit.octets });
            }
        }
        if self.drain == Drain::Leaving && self.registration.is_stopped() {
            self.drain = Drain::Said;
            self.out.push(Output::Drained);
        }
    }

    /// Lends out everything once: the surroundings as a context, the rooms beside it.
    fn split(&mut self, now: Instant) -> (Context<'_>, Split<'_>) {
        let cx = Context {
            now,
            clock: self.clock,
            settings: &self.settings,
            endpoint: &mut self.endpoint,
            directory: &mut self.directory,
            faults: &mut self.faults,
            out: &mut self.out,
            entropy: &mut *self.entropy,
        };
        let rooms = Split {
            registrar: &mut self.registrar,
            registration: &mut self.registration,
            calls: &mut self.calls,
        };
        (cx, rooms)
    }
}

/// The rooms, lent out beside a [`Context`].
struct Split<'a> {
    registrar: &'a mut Registrar,
    registration: &'a mut Registration,
    calls: &'a mut Calls,
}

fn handle_registered(event: RegistrationEvent) {
    match event {
        RegistrationEvent::Failed { user, status } => {
            tracing::warn!(user = user.0, status = status.map(|status| status.0), "registration failed");
        }
        RegistrationEvent::Lost { user } => tracing::warn!(user = user.0, "registration lost"),
        RegistrationEvent::Registered { user } => tracing::info!(user = user.0, "registered at the PBX"),
        RegistrationEvent::Removed { user } => tracing::info!(user = user.0, "registration removed"),
    }
}

fn info(listener: &Listener) -> ListenerInfo {
    ListenerInfo {
        transport: listener.transport,
        sent_by: listener.advertised.clone(),
        contact_host_port: listener.advertised.clone(),
    }
}

/// The wall clock as the core knows it, for views.
impl Core {
    /// What the wall clock shows at `now`.
    #[must_use]
    pub fn wall(&self, now: Instant) -> UnixMillis {
        self.clock.wall(now)
    }
}

/// Methods that some room understands; others get 405 from the endpoint.
const ALLOW: [&str; 9] = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "UPDATE", "PRACK", "INFO"];
/// The endpoint's own limit stands behind the call's.
const RING_SLACK: std::time::Duration = std::time::Duration::from_secs(10);
