//! The PBX side: one registration per user, kept alive through everything (DESIGN.md 5; RFC 3261 10.2).
//!
//! Owns which users shall be registered, when a REGISTER is sent for whom and what its answer means. It never touches calls,
//! locations or sockets, and never sends a request outside the pace of its proxy.
//!
//! - [`binding`](State) has the states of one registration and their transitions;
//! - [`pace`](Pace) decides whose turn it is, [`proxy`](Health) whether the proxy is worth asking;
//! - `turn` sends, `outcome` reacts.
//!
//! Nothing is scanned: a REGISTER costs a few map look-ups, a heap operation and its own transaction, whatever the number
//! of users. Only what concerns every user of a proxy (its connection broke, shutdown) visits all of them, once.
//!
//! Size: a binding is [`BINDING_OCTETS`] plus its strings (address-of-record, identity, contact, Call-ID, credentials, about
//! 300 octets for a short name); a test holds both to that.

mod answer;
mod backoff;
mod binding;
mod expiry;
mod outcome;
mod pace;
mod path;
mod proxy;
mod turn;

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use sip::{ClientId, ConnectionId, Flow, ListenerId, Message, Status, Uri, digest};

pub use self::{
    backoff::Backoff,
    binding::{BindingView, LastAnswer, State, Wish},
    expiry::refresh_after,
    pace::{Class, Limits, Pace},
    path::Path,
    proxy::{Health, ProxyId},
};
use self::{binding::Binding, proxy::Proxies, turn::listener_id};
use crate::{
    Context,
    deadline::Deadlines,
    directory::{User, UserId},
    fault::{FaultCode, FaultSubject},
    output::{Output, QueryId, SavedBinding},
    registrar::Cause,
    settings::{PbxSettings, Settings},
};

/// What other rooms must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationEvent {
    /// An attempt failed; the binding goes on trying.
    Failed {
        /// The user.
        user: UserId,
        /// The answer; `None` is silence or a broken transport.
        status: Option<Status>,
    },
    /// The PBX holds the contact no longer.
    Lost {
        /// The user.
        user: UserId,
    },
    /// The PBX holds the contact, and did not before.
    Registered {
        /// The user.
        user: UserId,
    },
    /// The contact was taken back, or given up on, and the binding is forgotten.
    Removed {
        /// The user.
        user: UserId,
    },
}

/// How many bindings stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegistrationCounts {
    /// All.
    pub bindings: usize,
    /// Held by the PBX.
    pub held: usize,
    /// In a queue.
    pub waiting: usize,
    /// REGISTER transactions under way.
    pub open: usize,
}

/// All registrations at the PBX.
#[derive(Debug)]
pub struct Registration {
    bindings: HashMap<UserId, Binding>,
    /// Unescaped user part of the contact, to the user.
    contacts: HashMap<Box<str>, UserId>,
    requests: HashMap<ClientId, UserId>,
    proxies: Proxies,
    timers: Deadlines<Timer>,
    events: VecDeque<RegistrationEvent>,
    serial: u64,
    stopping: bool,
}

/// What can be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Timer {
    /// See [`State::deadline`].
    Binding(UserId),
    /// A connection took too long to open.
    Link(ProxyId),
    /// Time to look the name up again.
    Name(ProxyId),
    /// The pace lets the next one go.
    Turn(ProxyId),
}

impl Registration {
    /// No registrations yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            bindings: HashMap::new(),
            contacts: HashMap::new(),
            requests: HashMap::new(),
            proxies: Proxies::new(&settings.pbx),
            timers: Deadlines::new(),
            events: VecDeque::new(),
            serial: 0,
            stopping: false,
        }
    }

    /// A device of the user is located: the user shall be registered.
    pub fn user_located(&mut self, cx: &mut Context<'_>, user: UserId) {
        if self.stopping {
            return;
        }
        let Some(record) = cx.directory.user(user) else { return };
        if let Some(binding) = self.bindings.get_mut(&user) {
            if binding.wish == Wish::Gone {
                binding.wish = Wish::Registered;
            }
            return;
        }
        let Some(path) = path_of(record, &cx.settings.pbx) else { return };
        let class = class_of(record, false);
        let call_id = call_id(cx);
        self.insert(user, path, call_id, State::Waiting { held: None });
        let proxy = self.bindings[&user].proxy;
        self.proxies.at(proxy).pace.push(class, user);
        self.take_turns(cx, proxy);
    }

    /// No device of the user is located any more: its registration ends, unless users stay registered always.
    pub fn user_gone(&mut self, cx: &mut Context<'_>, user: UserId, _cause: Cause) {
        if !(cx.settings.pbx.register_always && cx.directory.user(user).is_some()) {
            self.withdraw(cx, user);
        }
    }

    /// The user's record changed or is new. A binding whose address-of-record or contact changed ends and another begins.
    pub fn user_changed(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(path) = cx.directory.user(user).and_then(|record| path_of(record, &cx.settings.pbx)) else {
            return self.withdraw(cx, user);
        };
        let Some(binding) = self.bindings.get_mut(&user) else {
            if cx.settings.pbx.register_always {
                self.user_located(cx, user);
            }
            return;
        };
        if binding.path.is_another_registration(&path) {
            return self.end_as(cx, user, Wish::Anew);
        }
        let routes = std::mem::take(&mut binding.path.routes);
        let (flow, credentials) = (binding.path.flow, binding.path.credentials.clone());
        binding.path = Path { flow, routes, ..path };
        // New credentials may end a refusal: do not sit out the slow retry.
        if binding.path.credentials != credentials {
            binding.digest = digest::Client::default();
            if matches!(binding.state, State::Resting { .. }) {
                self.queue(cx, user);
            }
        }
    }

    /// Takes back all registrations at the pace of the proxies. Ends with [`Self::is_stopped`].
    pub fn shutdown(&mut self, cx: &mut Context<'_>) {
        self.stopping = true;
        let users: Vec<UserId> = self.bindings.keys().copied().collect();
        for user in users {
            self.withdraw(cx, user);
        }
        for id in self.proxies.ids() {
            if self.proxies.of(id).is_down() {
                self.give_up(cx, id);
            }
        }
    }

    /// Bindings of an earlier run. What is still valid is not repeated; what nobody wants is taken back.
    pub fn restore(
        &mut self,
        cx: &mut Context<'_>,
        saved: impl IntoIterator<Item = SavedBinding>,
        is_located: impl Fn(UserId) -> bool,
    ) {
        for saved in saved {
            let record = cx.directory.user(saved.user);
            let Some(path) = record.and_then(|record| path_of(record, &cx.settings.pbx)) else {
                cx.out.push(Output::ForgetBinding(saved.user));
                continue;
            };
            // Another contact or proxy than the configuration has now: the PBX forgets the old one by itself.
            let valid = *saved.contact == *path.contact && saved.expires > cx.wall();
            if !valid || self.bindings.contains_key(&saved.user) {
                cx.out.push(Output::ForgetBinding(saved.user));
                continue;
            }
            self.restore_one(cx, saved, path, &is_located);
        }
        if cx.settings.pbx.register_always {
            let all: Vec<UserId> = cx.directory.users().map(|user| user.id).collect();
            for user in all {
                self.user_located(cx, user);
            }
        }
    }

    fn restore_one(
        &mut self,
        cx: &mut Context<'_>,
        saved: SavedBinding,
        path: Path,
        is_located: &impl Fn(UserId) -> bool,
    ) {
        let (user, held) = (saved.user, cx.clock.instant(cx.now, saved.expires));
        let left = held.saturating_duration_since(cx.now);
        let refresh = cx.now + refresh_after(left, cx.settings.pbx.refresh_percent, draw(cx));
        self.insert(user, path, saved.call_id.into(), State::Registered { refresh, held });
        if let Some(binding) = self.bindings.get_mut(&user) {
            binding.cseq = saved.cseq;
            binding.told = true;
            let proxy = self.proxies.at(binding.proxy);
            proxy.held += 1;
            binding.path.flow = listener_id(&cx.settings.pbx)
                .map(|listener| Flow::new(proxy.transport, listener, saved.registrar));
        }
        self.timers.set(Timer::Binding(user), refresh.min(held));
        if !is_located(user) && !cx.settings.pbx.register_always {
            self.withdraw(cx, user);
        }
    }

    /// How the user reaches the PBX: `None` without a binding that the PBX holds.
    #[must_use]
    pub fn path(&self, user: UserId) -> Option<&Path> {
        let binding = self.bindings.get(&user)?;
        binding.state.held().is_some().then_some(&binding.path)
    }

    /// The user whom a request from the PBX means: its Request-URI is a contact that we registered. With `accept_any_request_uri`
    /// any address of a registered user will do (REG-26).
    #[must_use]
    pub fn user_of_contact(&self, cx: &Context<'_>, _flow: &Flow, uri: &Uri<'_>) -> Option<UserId> {
        let name = uri.user_unescaped();
        let user = self.contacts.get(name.as_ref()).copied();
        user.or_else(|| {
            let any = cx.settings.pbx.accept_any_request_uri;
            let user = any.then(|| cx.directory.user_by_address(&name)).flatten()?;
            self.bindings.contains_key(&user.id).then_some(user.id)
        })
    }

    /// Whether requests from this address come from a proxy.
    #[must_use]
    pub fn is_proxy(&self, source: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.owns(source))
    }

    /// All bindings.
    pub fn bindings(&self) -> impl Iterator<Item = BindingView<'_>> {
        self.bindings.iter().map(|(user, binding)| view(*user, binding))
    }

    /// One binding.
    #[must_use]
    pub fn binding(&self, user: UserId) -> Option<BindingView<'_>> {
        self.bindings.get(&user).map(|binding| view(user, binding))
    }

    /// How many bindings stand where.
    #[must_use]
    pub fn counts(&self) -> RegistrationCounts {
        RegistrationCounts {
            bindings: self.bindings.len(),
            held: self.proxies.iter().map(|proxy| proxy.held).sum(),
            waiting: self.proxies.iter().map(|proxy| proxy.pace.waiting()).sum(),
            open: self.requests.len(),
        }
    }

    /// Nothing is registered, wanted or under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }

    /// [`Self::shutdown`] is through.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopping && self.is_empty()
    }

    /// The next event. Call until `None` after every other verb.
    pub fn poll_event(&mut self) -> Option<RegistrationEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        while let Some(timer) = self.timers.pop_due(cx.now) {
            match timer {
                Timer::Binding(user) => self.binding_due(cx, user),
                Timer::Link(proxy) => self.link_late(cx, proxy),
                Timer::Name(proxy) => self.look_up(cx, proxy),
                Timer::Turn(proxy) => self.take_turns(cx, proxy),
            }
        }
    }

    fn insert(&mut self, user: UserId, path: Path, call_id: Box<str>, state: State) {
        let proxy = self.proxies.choose();
        self.proxies.at(proxy).bindings += 1;
        self.contacts.insert(path.contact_user.clone(), user);
        let binding = Binding {
            state,
            wish: Wish::Registered,
            told: false,
            proxy,
            challenges: 0,
            failures: 0,
            cseq: 0,
            call_id,
            digest: digest::Client::default(),
            last: None,
            path,
        };
        self.bindings.insert(user, binding);
    }

    /// The user shall not be registered any more.
    fn withdraw(&mut self, cx: &mut Context<'_>, user: UserId) {
        self.end_as(cx, user, Wish::Gone);
    }

    fn end_as(&mut self, cx: &mut Context<'_>, user: UserId, wish: Wish) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        binding.wish = wish;
        self.end(cx, user);
    }

    /// Takes a binding back that nobody wants: through the PBX when that was ever told.
    fn end(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.get(&user) else { return };
        match binding.state {
            State::Registered { .. } | State::Resting { .. } if binding.told => self.queue(cx, user),
            State::Registered { .. } | State::Resting { .. } => self.finish(cx, user),
            // Its turn or its answer comes.
            State::Asking { .. } | State::Waiting { .. } => {}
        }
    }

    /// Forgets a binding, without asking the PBX.
    fn remove(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.remove(&user) else { return };
        let proxy = self.proxies.at(binding.proxy);
        proxy.bindings -= 1;
        proxy.held -= usize::from(binding.state.held().is_some());
        if self.contacts.get(&binding.path.contact_user) == Some(&user) {
            self.contacts.remove(&binding.path.contact_user);
        }
        if let State::Asking { client, .. } = binding.state {
            self.requests.remove(&client);
            proxy.pace.close();
        }
        self.timers.clear(&Timer::Binding(user));
        cx.clear(FaultCode::USER_REGISTRATION_FAILED, FaultSubject::User(user));
        cx.out.push(Output::ForgetBinding(user));
        self.events.push_back(RegistrationEvent::Removed { user });
        self.judge(cx, binding.proxy);
    }

    /// Puts a binding into the queue of its proxy. The only way into `Waiting` except its birth.
    fn queue(&mut self, cx: &mut Context<'_>, user: UserId) {
        self.queue_as(cx, user, None);
    }

    fn queue_as(&mut self, cx: &mut Context<'_>, user: UserId, class: Option<Class>) {
        let Some(binding) = self.bindings.get(&user) else { return };
        let (held, proxy) = (binding.state.held(), binding.proxy);
        let class = class.unwrap_or_else(|| match cx.directory.user(user) {
            Some(record) => class_of(record, held.is_some()),
            None => Class::Ordinary,
        });
        self.enter(user, State::Waiting { held });
        self.proxies.at(proxy).pace.push(class, user);
        self.take_turns(cx, proxy);
    }

    /// Changes the state of a binding; keeps the count of what is held and the deadline in step.
    fn enter(&mut self, user: UserId, state: State) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        let was = std::mem::replace(&mut binding.state, state);
        let proxy = self.proxies.at(binding.proxy);
        proxy.held = proxy.held + usize::from(state.held().is_some()) - usize::from(was.held().is_some());
        self.timers.set_or_clear(Timer::Binding(user), state.deadline());
    }
}

/// `None` when there is no listener that a contact could point at.
fn path_of(user: &User, settings: &PbxSettings) -> Option<Path> {
    let listener = path::listener(settings)?;
    Some(Path::new(user, settings, &listener.advertised))
}

fn class_of(user: &User, held: bool) -> Class {
    match &user.profile {
        profile if profile.visibility_check => Class::Canary,
        profile if profile.is_vip() => Class::Vip,
        _ if held => Class::Refresh,
        _ => Class::Ordinary,
    }
}

fn view(user: UserId, binding: &Binding) -> BindingView<'_> {
    BindingView {
        user,
        state: binding.state,
        wish: binding.wish,
        path: &binding.path,
        failures: binding.failures,
        last: binding.last,
        next_attempt: binding.state.next_attempt(),
    }
}

/// 128 bits in hex.
fn call_id(cx: &mut Context<'_>) -> Box<str> {
    format!("{:016x}{:016x}", cx.draw(), cx.draw()).into()
}

fn draw(cx: &mut Context<'_>) -> u32 {
    (cx.draw() >> 32) as u32
}

/// Octets of a binding without its strings.
pub const BINDING_OCTETS: usize = size_of::<Binding>();

#[cfg(test)]
pub(crate) mod tests;
