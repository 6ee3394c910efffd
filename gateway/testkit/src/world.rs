//! The real core, base stations and a PBX over a seeded network, in virtual time.
//!
//! A world only moves when it is told to: [`World::run_for`] lets virtual time pass from event to event. The media plane is replaced by a
//! ledger of plans, so that a test can ask what the gateway would do with media and whether a session leaked.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use control::{
    Core, Input, Output, Saved,
    call::CallRecord,
    clock::{Clock, UnixMillis},
    directory::{Change, Directory, NewUser, Secret, SiteId},
    fault::FaultChange,
    settings::{
        AccessSettings, AccountForms, CallSettings, ContactPorts, Listener, MediaInterface, MediaSettings,
        PbxSettings, Settings,
    },
};
use media_api::{Codec, Command, Event, InterfaceId, Plan, PortRange, Refusal, SessionId};
use sip::{Flow, ListenerId, Message, Status, Transport, digest::Algorithm};

use crate::{
    base::{Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners},
    entropy::SeededEntropy,
    network::{Conditions, Network, Parcel},
    pbx::{Pbx, PbxConfig, PbxEvent},
};

/// What a world is made of.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// Seed of everything drawn.
    pub seed: u64,
    /// Base stations.
    pub bases: usize,
    /// Handsets, and users, per base.
    pub handsets: usize,
    /// The network.
    pub conditions: Conditions,
    /// Transport towards the PBX.
    pub pbx_transport: Transport,
    /// What handsets do with calls.
    pub manners: Manners,
    /// Expiry that base stations ask for, seconds.
    pub base_expires: u32,
    /// Codecs of handsets.
    pub handset_codecs: Vec<sdp::Codec>,
    /// Codecs of the PBX's own extensions.
    pub pbx_codecs: Vec<sdp::Codec>,
}

impl Default for WorldConfig {
    /// One base with two handsets that answer after two seconds; A-law on the access side, mu-law at the PBX.
    fn default() -> Self {
        Self {
            seed: 1,
            bases: 1,
            handsets: 2,
            conditions: Conditions::GOOD,
            pbx_transport: Transport::Udp,
            manners: Manners::Answer(Duration::from_secs(2)),
            base_expires: 120,
            handset_codecs: vec![sdp::Codec::pcma()],
            pbx_codecs: vec![sdp::Codec::pcmu()],
        }
    }
}

/// The world.
pub struct World {
    /// Base stations.
    pub bases: Vec<Base>,
    /// The PBX.
    pub pbx: Pbx,
    /// The network between all.
    pub network: Network,
    /// What the bases said, with the number of the base.
    pub base_events: Vec<(usize, BaseEvent)>,
    /// What the PBX said.
    pub pbx_events: Vec<PbxEvent>,
    /// Records of calls that are over.
    pub records: Vec<CallRecord>,
    /// Faults raised and cleared.
    pub faults: Vec<FaultChange>,
    /// What the core asked to store.
    pub persisted: Vec<Change>,
    /// What would be stored for a restart.
    pub saved: Saved,
    /// Media sessions that are open, with their plan.
    pub sessions: BTreeMap<SessionId, Plan>,
    /// Media sessions that were opened since the beginning.
    pub opened: usize,
    /// The core said that it is drained.
    pub drained: bool,
    /// The media plane takes commands and says nothing.
    pub media_is_mute: bool,
    tap: Option<Vec<(Flow, Message)>>,
    core: Core,
    media_events: VecDeque<Event>,
    now: Instant,
    start: Instant,
}

impl World {
    /// A world in which nothing has happened yet: users exist, handsets are silent.
    #[must_use]
    pub fn new(config: &WorldConfig) -> Self {
        Self::with_settings(config, |_| {})
    }

    /// The same with other settings of the gateway.
    #[must_use]
    pub fn with_settings(config: &WorldConfig, change: impl FnOnce(&mut Settings)) -> Self {
        let now = origin();
        let mut settings = settings(config.pbx_transport);
        change(&mut settings);
        let mut pbx = Pbx::new(pbx_config(config), config.seed ^ 0x5bd1);
        let mut bases = Vec::new();
        let mut directory = Directory::new(SiteId::FIRST);
        let mut changes = Vec::new();
        for base in 0..config.bases {
            bases.push(Base::new(base_config(config, base), config.seed ^ (base as u64 + 1) << 8));
            for handset in 0..config.handsets {
                let number = user_number(base * config.handsets + handset);
                pbx.add_user(&number, PASSWORD);
                bases[base].add(handset_of(&number, config.manners));
                changes.extend(add_user(&mut directory, &number));
            }
        }
        let entropy = |salt: u64| Box::new(SeededEntropy::new(config.seed ^ salt));
        let clock = Clock::new(now, UnixMillis(1_800_000_000_000));
        let mut core = Core::new(settings, clock, entropy(0xa11c), entropy(0xb0b));
        core.restore(now, Saved { changes: changes.clone(), ..Saved::default() });
        let mut world = Self {
            bases,
            pbx,
            network: Network::new(config.seed ^ 0xcafe, config.conditions),
            base_events: Vec::new(),
            pbx_events: Vec::new(),
            records: Vec::new(),
            faults: Vec::new(),
            persisted: changes,
            saved: Saved::default(),
            sessions: BTreeMap::new(),
            opened: 0,
            drained: false,
            media_is_mute: false,
            tap: None,
            core,
            media_events: VecDeque::new(),
            now,
            start: now,
        };
        world.exchange();
        world
    }

    /// Lets virtual time pass.
    pub fn run_for(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(next) = self.next_event().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = until;
    }

    /// Lets time pass until `done`, at most for `limit`; says whether it came to that.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let until = self.now + limit;
        loop {
            if done(self) {
                return true;
            }
            let Some(next) = self.next_event().filter(|next| *next <= until) else {
                self.now = until;
                return done(self);
            };
            self.now = self.now.max(next);
            self.step();
        }
    }

    /// Registers every handset of every base at once, as after a power failure.
    pub fn power_on(&mut self) {
        for base in &mut self.bases {
            for handset in 0..base.len() {
                base.register(self.now, HandsetId(handset));
            }
        }
        self.exchange();
    }

    /// Registers all and waits until the PBX knows all.
    pub fn register_all(&mut self) {
        self.power_on();
        let all: usize = self.bases.iter().map(Base::len).sum();
        let done = self.run_until(Duration::from_secs(120), |world| world.pbx.registered(world.now) == all);
        assert!(done, "{} of {all} are registered at the PBX after 120 s", self.pbx.registered(self.now));
    }

    /// Lets a base act now.
    pub fn at_base(&mut self, base: usize, act: impl FnOnce(&mut Base, Instant)) {
        act(&mut self.bases[base], self.now);
        self.exchange();
    }

    /// Lets the PBX act now.
    pub fn at_pbx(&mut self, act: impl FnOnce(&mut Pbx, Instant)) {
        act(&mut self.pbx, self.now);
        self.exchange();
    }

    /// Gives the core an input now.
    pub fn input(&mut self, input: Input) {
        self.core.handle(self.now, input);
        self.exchange();
    }

    /// Kills the gateway and starts it again `down` later with what it had saved. Media sessions are gone with it.
    pub fn restart(&mut self, down: Duration, seed: u64) {
        let settings = self.core.settings().clone();
        let wall = self.core.wall(self.now);
        self.sessions.clear();
        self.media_events.clear();
        self.now += down;
        let wall = UnixMillis(wall.0 + u64::try_from(down.as_millis()).expect("short"));
        let entropy = |salt: u64| Box::new(SeededEntropy::new(seed ^ salt));
        self.core = Core::new(settings, Clock::new(self.now, wall), entropy(3), entropy(4));
        let saved = Saved {
            changes: self.persisted.clone(),
            locations: self.saved.locations.clone(),
            bindings: self.saved.bindings.clone(),
        };
        self.core.restore(self.now, saved);
        self.exchange();
    }

    /// What the gateway has sent since the last time this was asked, with the way it went; nothing the first time.
    pub fn tapped(&mut self) -> Vec<(Flow, Message)> {
        self.tap.replace(Vec::new()).unwrap_or_default()
    }

    /// A datagram arrives at the gateway's access side.
    pub fn arrive_at_access(&mut self, source: SocketAddr, octets: impl Into<bytes::Bytes>) {
        let octets = octets.into();
        self.input(Input::Datagram { listener: ListenerId(0), source, octets });
    }

    /// A datagram arrives at the gateway's PBX side.
    pub fn arrive_at_pbx_side(&mut self, source: SocketAddr, octets: impl Into<bytes::Bytes>) {
        let octets = octets.into();
        self.input(Input::Datagram { listener: ListenerId(2), source, octets });
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Virtual time since the beginning.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// The core.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// Whether a base has said something.
    #[must_use]
    pub fn heard(&self, base: usize, event: &BaseEvent) -> bool {
        self.base_events.iter().any(|(from, heard)| *from == base && heard == event)
    }

    /// The call of a handset was confirmed by both sides.
    #[must_use]
    pub fn connected(&self, base: usize, handset: usize) -> bool {
        self.heard(base, &BaseEvent::Connected(HandsetId(handset)))
    }

    /// Ends with nothing left: lets every transaction time out, then asserts that no call, dialog, session, port, media session or
    /// timer is left in the gateway or its peers.
    ///
    /// # Panics
    /// When something leaked.
    pub fn assert_nothing_leaked(&mut self) {
        self.run_for(Duration::from_secs(70));
        let held = self.core.held();
        assert_eq!((held.calls, held.call_items, held.ports), (0, 0, 0), "calls leaked: {held:?}");
        assert_eq!((held.sip.sessions, held.sip.dialogs), (0, 0), "sessions leaked: {held:?}");
        assert!(self.sessions.is_empty(), "media sessions leaked: {:?}", self.sessions.keys());
        for base in &self.bases {
            assert_eq!(base.counts().sessions, 0, "a base has a session left");
        }
        assert_eq!(self.pbx.counts().sessions, 0, "the PBX has a session left");
    }

    fn next_event(&self) -> Option<Instant> {
        let peers = self.bases.iter().map(Base::poll_timeout);
        [self.core.poll_timeout(), self.pbx.poll_timeout(), self.network.poll_timeout()]
            .into_iter()
            .chain(peers)
            .flatten()
            .min()
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(parcel) = self.network.receive(now) {
            self.deliver(parcel);
        }
        if self.core.poll_timeout().is_some_and(|due| due <= now) {
            self.core.handle_timeout(now);
        }
        if self.pbx.poll_timeout().is_some_and(|due| due <= now) {
            self.pbx.handle_timeout(now);
        }
        for base in &mut self.bases {
            if base.poll_timeout().is_some_and(|due| due <= now) {
                base.handle_timeout(now);
            }
        }
        self.exchange();
    }

    fn deliver(&mut self, parcel: Parcel) {
        let Parcel { source, destination, transport, octets } = parcel;
        if let Some(listener) = listener_at(destination, transport) {
            let input = if transport == Transport::Udp {
                Input::Datagram { listener, source, octets }
            } else {
                let flow = Flow { transport, listener, remote: source, connection: None };
                Input::StreamMessage { flow, octets }
            };
            self.core.handle(self.now, input);
            self.exchange();
            return;
        }
        let flow = Flow { transport, listener: ListenerId(0), remote: source, connection: None };
        if destination == self.pbx.address() {
            self.pbx.handle_message(self.now, flow, octets);
        } else if let Some(base) = self.bases.iter_mut().find(|base| base.address() == destination) {
            base.handle_message(self.now, flow, octets);
        }
    }

    /// Takes out of everybody what it has to say, until nobody has.
    fn exchange(&mut self) {
        let now = self.now;
        loop {
            let mut idle = true;
            while let Some(output) = self.core.poll_output() {
                idle = false;
                self.perform(output);
            }
            while let Some(event) = self.media_events.pop_front() {
                idle = false;
                self.core.handle(now, Input::Media(event));
            }
            if idle {
                break;
            }
        }
        for (number, base) in self.bases.iter_mut().enumerate() {
            while let Some(transmit) = base.poll_transmit() {
                post(&mut self.network, now, base.address(), transmit.flow, transmit.octets);
            }
            while let Some(event) = base.poll_event() {
                self.base_events.push((number, event));
            }
        }
        while let Some(transmit) = self.pbx.poll_transmit() {
            post(&mut self.network, now, self.pbx.address(), transmit.flow, transmit.octets);
        }
        while let Some(event) = self.pbx.poll_event() {
            self.pbx_events.push(event);
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Transmit { flow, octets } => {
                if let Some(tap) = &mut self.tap
                    && let Ok(message) = Message::parse(octets.clone())
                {
                    tap.push((flow, message));
                }
                let source = address_of(flow.listener, flow.transport);
                post(&mut self.network, self.now, source, flow, octets);
            }
            Output::Media(_, command) => self.media(command),
            Output::CallRecord(record) => self.records.push(*record),
            Output::Fault(change) => self.faults.push(change),
            Output::Persist { changes, .. } => self.persisted.extend(changes),
            Output::SaveLocation(location) => {
                self.saved
                    .locations
                    .retain(|saved| (saved.account, &saved.contact) != (location.account, &location.contact));
                self.saved.locations.push(*location);
            }
            Output::ForgetLocation { account, contact } => {
                self.saved.locations.retain(|saved| (saved.account, &saved.contact) != (account, &contact));
            }
            Output::SaveBinding(binding) => {
                self.saved.bindings.retain(|saved| saved.user != binding.user);
                self.saved.bindings.push(*binding);
            }
            Output::ForgetBinding(user) => self.saved.bindings.retain(|saved| saved.user != user),
            Output::Connect(flow) => self.core.handle(self.now, Input::StreamOpened(flow)),
            Output::Drained => self.drained = true,
            Output::Resolve { query, .. } => {
                let addresses = vec![self.pbx.address()];
                self.core.handle(self.now, Input::Resolved { query, addresses });
            }
            Output::Close(_) | Output::Listen { .. } | Output::Unlisten(_) | Output::Reply(..) => {}
        }
    }

    fn media(&mut self, command: Command) {
        match command {
            Command::Open(session, plan) => {
                self.opened += 1;
                self.sessions.insert(session, *plan);
            }
            Command::Replace(session, plan) => {
                self.sessions.insert(session, *plan);
            }
            Command::Close(_) if self.media_is_mute => {}
            Command::Close(session) => {
                let event = match self.sessions.remove(&session) {
                    Some(_) => Event::Closed { session, legs: Vec::new() },
                    None => Event::Refused { session, reason: Refusal::Unknown },
                };
                self.media_events.push_back(event);
            }
            Command::SendDigit { .. } => {}
        }
    }
}

/// The one moment at which the real clock is read: virtual time needs some origin.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the origin of virtual time")]
pub fn origin() -> Instant {
    Instant::now()
}

/// Number and name of the user at a place, from 0.
#[must_use]
pub fn user_number(index: usize) -> String {
    format!("{:04}", 2_000 + index)
}

fn post(network: &mut Network, now: Instant, source: SocketAddr, flow: Flow, octets: bytes::Bytes) {
    let parcel = Parcel { source, destination: flow.remote, transport: flow.transport, octets };
    network.send(now, parcel);
}

fn add_user(directory: &mut Directory, number: &str) -> Vec<Change> {
    let mut new = NewUser::default();
    new.profile.long_name = format!("User {number}").into();
    new.profile.number = number.into();
    new.account.sip_password = Some(Secret::new(PASSWORD));
    let (_, changes) = directory.plan_add_user(UnixMillis(1), new).expect("numbers are unique");
    directory.apply_all(&changes);
    changes
}

fn handset_of(number: &str, manners: Manners) -> Handset {
    Handset { name: number.to_owned(), auth_name: number.to_owned(), password: PASSWORD.to_owned(), manners }
}

fn base_config(config: &WorldConfig, base: usize) -> BaseConfig {
    let last = u8::try_from(base + 10).expect("fewer than 246 bases");
    BaseConfig {
        address: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), 5060),
        gateway: ACCESS,
        transport: Transport::Udp,
        media: SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 2, last)), 20_000),
        expires: config.base_expires,
        user_agent: "testkit-base".to_owned(),
        codecs: config.handset_codecs.clone(),
    }
}

fn pbx_config(config: &WorldConfig) -> PbxConfig {
    PbxConfig {
        address: PBX,
        transport: config.pbx_transport,
        media: SocketAddr::new(PBX.ip(), 30_000),
        realm: "pbx.example".to_owned(),
        expires: 120,
        min_expires: 10,
        codecs: config.pbx_codecs.clone(),
        challenge_calls: true,
    }
}

fn settings(pbx_transport: Transport) -> Settings {
    let listener = |id, transport, bind: SocketAddr| Listener {
        id: ListenerId(id),
        transport,
        bind,
        advertised: bind.to_string(),
    };
    Settings {
        access: AccessSettings {
            realm: "dect.example".to_owned(),
            listeners: vec![listener(0, Transport::Udp, ACCESS), listener(1, Transport::Tcp, ACCESS)],
            accounts: AccountForms::Both,
            digests: vec![Algorithm::Md5],
            min_expires: Duration::from_secs(10),
            default_expires: Duration::from_secs(120),
            max_expires: Duration::from_secs(3600),
            max_contacts: 1,
            subscription: dect::subscription::Policy::default(),
            system_auth_code: None,
            unreachable: Status(480),
        },
        calls: CallSettings {
            max_calls: 10_000,
            ring_timeout: Duration::from_secs(120),
            early_progress: false,
            transcode: true,
        },
        media: MediaSettings {
            access: MediaInterface { id: InterfaceId(0), bind: ACCESS.ip(), advertised: ACCESS.ip() },
            pbx: MediaInterface { id: InterfaceId(1), bind: PBX_SIDE.ip(), advertised: PBX_SIDE.ip() },
            ports: PortRange { first: 16_384, pairs: 4_096 },
            workers: 1,
            quarantine: Duration::from_secs(1),
            access_codecs: vec![Codec::G722, Codec::Pcma, Codec::Pcmu],
            pbx_codecs: vec![Codec::G722, Codec::Pcma, Codec::Pcmu],
            ptime_ms: 20,
            tone_set: 0,
            single_codec_answer: true,
        },
        pbx: PbxSettings {
            listeners: vec![listener(2, Transport::Udp, PBX_SIDE), listener(3, Transport::Tcp, PBX_SIDE)],
            proxy_host: PBX.ip().to_string(),
            proxy_port: Some(PBX.port()),
            transport: pbx_transport,
            domain: PBX.ip().to_string(),
            expires: Duration::from_secs(120),
            refresh_percent: (60, 80),
            register_always: false,
            register_with_number: false,
            system_password: None,
            instance_id: false,
            contact_ports: ContactPorts::Shared,
            register_rate: 200,
            register_window: 100,
            backoff: (Duration::from_secs(2), Duration::from_secs(60)),
            timeout: Duration::from_secs(32),
            ignore_retry_after: false,
            accept_any_request_uri: false,
            callers: Vec::new(),
        },
    }
}

fn listener_at(destination: SocketAddr, transport: Transport) -> Option<ListenerId> {
    let stream = u16::from(transport != Transport::Udp);
    if destination == ACCESS {
        Some(ListenerId(stream))
    } else if destination == PBX_SIDE {
        Some(ListenerId(2 + stream))
    } else {
        None
    }
}

fn address_of(listener: ListenerId, _transport: Transport) -> SocketAddr {
    if listener.0 < 2 { ACCESS } else { PBX_SIDE }
}

const ACCESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);
const PBX_SIDE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, 1)), 5060);
const PBX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, 2)), 5060);
const PASSWORD: &str = "a password of the test bed";
