//! The two rooms with everything around them, and the clock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use control::{
    Context, Outbox, Output, SavedBinding, SavedLocation,
    clock::{Clock, UnixMillis},
    directory::{
        Account, CreatedBy, DeviceId, Directory, Equipment, NewUser, Profile, Secret, SiteId, UserId,
    },
    fault::{FaultCode, Faults},
    registrar::{AccountId, Registrar, RegistrarEvent},
    registration::{Registration, RegistrationEvent},
    settings::{
        AccessSettings, AccountForms, CallSettings, ContactPorts, Listener, MediaInterface, MediaSettings,
        PbxSettings, Settings,
    },
};
use media_api::{InterfaceId, PortRange};
use sip::{
    Endpoint, Entropy, Event, Flow, ListenerId, ListenerInfo, Message, Method, Status, Transport, digest,
};

use crate::pbx::Pbx;

pub(crate) const ACCESS: ListenerId = ListenerId(0);
pub(crate) const PBX_SIDE: ListenerId = ListenerId(1);
pub(crate) const PBX_ADDRESS: &str = "192.0.2.1:5060";
pub(crate) const PASSWORD: &str = "geheim";
/// One way between gateway and PBX.
pub(crate) const DELAY: Duration = Duration::from_millis(5);

/// SplitMix64: repeatable, good enough for jitter and tags.
pub(crate) struct Seeded(pub(crate) u64);

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = self.0;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }
}

pub(crate) struct World {
    pub(crate) start: Instant,
    pub(crate) now: Instant,
    clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) endpoint: Endpoint,
    pub(crate) directory: Directory,
    faults: Faults,
    out: Outbox,
    entropy: Seeded,
    pub(crate) registrar: Registrar,
    pub(crate) registration: Registration,
    pub(crate) pbx: Pbx,
    /// Datagrams under way between gateway and PBX, by arrival.
    network: BTreeMap<(Instant, u64), Packet>,
    serial: u64,
    /// What base stations received.
    pub(crate) received: HashMap<SocketAddr, VecDeque<Message>>,
    pub(crate) located: Vec<RegistrarEvent>,
    pub(crate) registered: Vec<RegistrationEvent>,
    pub(crate) bindings: BTreeMap<UserId, SavedBinding>,
    pub(crate) locations: BTreeMap<(AccountId, String), SavedLocation>,
    /// Outputs that no scenario handles by itself: resolve, connect, close.
    pub(crate) outputs: Vec<Output>,
}

enum Packet {
    ToGateway(Flow, Bytes),
    ToPbx(Flow, Bytes),
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        change(&mut settings);
        let start = Instant::now();
        Self::start(settings, start, Directory::new(SiteId::FIRST), 1)
    }

    fn start(settings: Settings, now: Instant, directory: Directory, seed: u64) -> Self {
        let mut endpoint = Endpoint::new(sip::Config::default(), Box::new(Seeded(seed)));
        for listener in settings.access.listeners.iter().chain(&settings.pbx.listeners) {
            let info = ListenerInfo {
                transport: listener.transport,
                sent_by: listener.advertised.clone(),
                contact_host_port: listener.advertised.clone(),
            };
            endpoint.set_listener(listener.id, info);
        }
        let mut entropy = Seeded(seed + 1);
        Self {
            start: now,
            now,
            clock: Clock::new(now, UnixMillis(1_700_000_000_000)),
            registrar: Registrar::new(&settings, &mut entropy),
            registration: Registration::new(&settings),
            settings,
            endpoint,
            directory,
            faults: Faults::default(),
            out: Outbox::default(),
            entropy,
            pbx: Pbx::new(),
            network: BTreeMap::new(),
            serial: 0,
            received: HashMap::new(),
            located: Vec::new(),
            registered: Vec::new(),
            bindings: BTreeMap::new(),
            locations: BTreeMap::new(),
            outputs: Vec::new(),
        }
    }

    /// The process dies and starts again; the PBX, the stored state and the time go on.
    pub(crate) fn restart(self) -> Self {
        let mut next = Self::start(self.settings, self.now, self.directory, 99);
        next.clock = self.clock;
        next.start = self.start;
        next.pbx = self.pbx;
        let (locations, bindings) = (self.locations, self.bindings);
        (next.locations, next.bindings) = (locations.clone(), bindings.clone());
        next.with_rooms(|registrar, registration, cx| {
            registrar.restore(cx, locations.into_values());
            registration.restore(cx, bindings.into_values(), |user| registrar.is_located(user));
        });
        next
    }

    pub(crate) fn add_user(&mut self, number: &str) -> UserId {
        self.add_user_with(number, |_| {})
    }

    pub(crate) fn add_user_with(&mut self, number: &str, change: impl FnOnce(&mut Profile)) -> UserId {
        let mut profile = Profile {
            long_name: format!("User {number}").into(),
            number: number.into(),
            ..Profile::default()
        };
        change(&mut profile);
        let account = Account { sip_password: Some(Secret::new(PASSWORD)), ..Account::default() };
        let new = NewUser { profile, account, pin: None };
        let (id, changes) = self.directory.plan_add_user(self.wall(), new).unwrap();
        self.directory.apply_all(&changes);
        self.pbx.accounts.insert(number.to_owned(), PASSWORD.to_owned());
        id
    }

    pub(crate) fn add_device(&mut self, ipei: &str, code: Option<&str>) -> DeviceId {
        let equipment = Equipment::new(ipei.parse().unwrap(), CreatedBy::Administrator);
        let code = code.map(Secret::new);
        let (id, changes) = self.directory.plan_add_device(self.wall(), equipment, code).unwrap();
        self.directory.apply_all(&changes);
        id
    }

    pub(crate) fn wall(&self) -> UnixMillis {
        self.clock.wall(self.now)
    }

    pub(crate) fn located(&mut self, user: UserId) {
        self.with_rooms(|_, registration, cx| registration.user_located(cx, user));
    }

    /// Lets the rooms do something, then everything that follows from it at this moment.
    pub(crate) fn with_rooms<R>(
        &mut self,
        act: impl FnOnce(&mut Registrar, &mut Registration, &mut Context<'_>) -> R,
    ) -> R {
        let result = self.with_context(act);
        self.settle();
        result
    }

    /// Lets the rooms do something, and nothing else.
    pub(crate) fn with_context<R>(
        &mut self,
        act: impl FnOnce(&mut Registrar, &mut Registration, &mut Context<'_>) -> R,
    ) -> R {
        let mut cx = Context {
            now: self.now,
            clock: self.clock,
            settings: &self.settings,
            endpoint: &mut self.endpoint,
            directory: &mut self.directory,
            faults: &mut self.faults,
            out: &mut self.out,
            entropy: &mut self.entropy,
        };
        act(&mut self.registrar, &mut self.registration, &mut cx)
    }

    /// A message reaches the gateway.
    pub(crate) fn deliver(&mut self, flow: Flow, octets: impl Into<Bytes>) {
        if flow.is_reliable() {
            self.endpoint.handle_stream_message(self.now, flow, octets.into());
        } else {
            self.endpoint.handle_datagram(self.now, flow, octets.into());
        }
        self.settle();
    }

    /// Lets time pass, with everything that happens in it.
    pub(crate) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.next_event().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = end;
    }

    /// Lets time pass until `done`, at most `span`. Tells whether it was.
    pub(crate) fn run_until(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + span;
        while !done(self) {
            let Some(at) = self.next_event().filter(|at| *at <= end) else {
                self.now = end;
                return false;
            };
            self.now = self.now.max(at);
            self.step();
        }
        true
    }

    fn next_event(&self) -> Option<Instant> {
        let network = self.network.keys().next().map(|(at, _)| *at);
        [
            network,
            self.endpoint.poll_timeout(),
            self.registrar.poll_timeout(),
            self.registration.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn step(&mut self) {
        while let Some(entry) = self.network.first_entry().filter(|entry| entry.key().0 <= self.now) {
            match entry.remove() {
                Packet::ToGateway(flow, octets) if flow.is_reliable() => {
                    self.endpoint.handle_stream_message(self.now, flow, octets);
                }
                Packet::ToGateway(flow, octets) => self.endpoint.handle_datagram(self.now, flow, octets),
                Packet::ToPbx(flow, octets) => {
                    if let Some(answer) = self.pbx.handle(self.now, &octets) {
                        self.send(Packet::ToGateway(flow, answer));
                    }
                }
            }
            self.settle();
        }
        self.endpoint.handle_timeout(self.now);
        self.settle();
        self.with_rooms(|registrar, registration, cx| {
            registrar.handle_timeout(cx);
            registration.handle_timeout(cx);
        });
    }

    fn send(&mut self, packet: Packet) {
        self.serial += 1;
        self.network.insert((self.now + DELAY, self.serial), packet);
    }

    fn settle(&mut self) {
        loop {
            let mut idle = true;
            while let Some(event) = self.endpoint.poll_event() {
                idle = false;
                self.handle_sip(event);
            }
            while let Some(event) = self.registrar.poll_event() {
                idle = false;
                self.handle_located(event);
            }
            while let Some(event) = self.registration.poll_event() {
                idle = false;
                self.registered.push(event);
            }
            while let Some(transmit) = self.endpoint.poll_transmit() {
                idle = false;
                if transmit.flow.listener != ACCESS {
                    self.send(Packet::ToPbx(transmit.flow, transmit.octets));
                } else {
                    let message = Message::parse(transmit.octets).expect("we send what can be read");
                    self.received.entry(transmit.flow.remote).or_default().push_back(message);
                }
            }
            if idle {
                break;
            }
        }
        while let Some(output) = self.out.pop() {
            self.handle_output(output);
        }
    }

    fn handle_sip(&mut self, event: Event) {
        let now = self.now;
        let mut cx = Context {
            now,
            clock: self.clock,
            settings: &self.settings,
            endpoint: &mut self.endpoint,
            directory: &mut self.directory,
            faults: &mut self.faults,
            out: &mut self.out,
            entropy: &mut self.entropy,
        };
        match event {
            Event::Request { id, flow, message } if message.method() == Method::Register => {
                self.registrar.handle_register(&mut cx, id, flow, &message);
            }
            Event::Response { id, message } => {
                assert!(
                    self.registration.handle_response(&mut cx, id, &message) || message.status().is_some()
                );
            }
            Event::Failed { id, .. } => {
                self.registration.handle_failed(&mut cx, id);
            }
            other => panic!("unexpected {other:?}"),
        }
    }

    fn handle_located(&mut self, event: RegistrarEvent) {
        self.located.push(event);
        let mut cx = Context {
            now: self.now,
            clock: self.clock,
            settings: &self.settings,
            endpoint: &mut self.endpoint,
            directory: &mut self.directory,
            faults: &mut self.faults,
            out: &mut self.out,
            entropy: &mut self.entropy,
        };
        match event {
            RegistrarEvent::Located { user, .. } => self.registration.user_located(&mut cx, user),
            RegistrarEvent::Gone { user, cause, .. } => self.registration.user_gone(&mut cx, user, cause),
            RegistrarEvent::Moved { .. } => {}
        }
    }

    fn handle_output(&mut self, output: Output) {
        match output {
            Output::SaveBinding(saved) => {
                self.bindings.insert(saved.user, *saved);
            }
            Output::ForgetBinding(user) => {
                self.bindings.remove(&user);
            }
            Output::SaveLocation(saved) => {
                self.locations.insert((saved.account, saved.contact.clone()), *saved);
            }
            Output::ForgetLocation { account, contact } => {
                self.locations.remove(&(account, contact));
            }
            Output::Fault(_) | Output::Persist { .. } => {}
            other => self.outputs.push(other),
        }
    }

    pub(crate) fn has_fault(&self, code: FaultCode) -> bool {
        self.faults.standing().any(|fault| fault.code == code)
    }

    /// Nothing is left over that nobody waits for.
    pub(crate) fn assert_no_leak(&mut self) {
        // Completed transactions linger for 64*T1 (RFC 3261 17.2.2).
        self.run_for(Duration::from_secs(40));
        let counts = self.endpoint.counts();
        assert_eq!(counts.transactions, 0, "{counts:?}");
        assert_eq!(self.registration.counts().open, 0);
    }
}

pub(crate) fn settings() -> Settings {
    let interface = |id, address: &str| MediaInterface {
        id: InterfaceId(id),
        bind: address.parse().unwrap(),
        advertised: address.parse().unwrap(),
    };
    Settings {
        access: AccessSettings {
            realm: "dect".to_owned(),
            listeners: vec![listener(ACCESS, Transport::Udp, "198.51.100.1:5060")],
            accounts: AccountForms::Both,
            digests: vec![digest::Algorithm::Md5],
            min_expires: Duration::from_secs(60),
            default_expires: Duration::from_secs(300),
            max_expires: Duration::from_secs(3600),
            max_contacts: 1,
            subscription: dect::subscription::Policy::default(),
            system_auth_code: None,
            unreachable: Status(480),
        },
        calls: CallSettings {
            max_calls: 100,
            ring_timeout: Duration::from_secs(120),
            early_progress: false,
            transcode: true,
        },
        media: MediaSettings {
            access: interface(0, "198.51.100.1"),
            pbx: interface(1, "192.0.2.10"),
            ports: PortRange { first: 20_000, pairs: 1_000 },
            workers: 1,
            quarantine: Duration::from_secs(5),
            access_codecs: Vec::new(),
            pbx_codecs: Vec::new(),
            ptime_ms: 20,
            tone_set: 0,
            single_codec_answer: true,
        },
        pbx: PbxSettings {
            listeners: vec![listener(PBX_SIDE, Transport::Udp, "192.0.2.10:5060")],
            proxy_host: "192.0.2.1".to_owned(),
            proxy_port: None,
            transport: Transport::Udp,
            domain: "pbx.example.org".to_owned(),
            expires: Duration::from_secs(120),
            refresh_percent: (50, 75),
            register_always: false,
            register_with_number: false,
            system_password: None,
            instance_id: false,
            contact_ports: ContactPorts::Shared,
            register_rate: 1000,
            register_window: 100,
            backoff: (Duration::from_secs(4), Duration::from_secs(300)),
            timeout: Duration::from_secs(32),
            ignore_retry_after: false,
            accept_any_request_uri: false,
            callers: Vec::new(),
        },
    }
}

fn listener(id: ListenerId, transport: Transport, address: &str) -> Listener {
    Listener { id, transport, bind: address.parse().unwrap(), advertised: address.to_owned() }
}
