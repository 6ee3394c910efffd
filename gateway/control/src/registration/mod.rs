//! The PBX side: one registration per user, kept alive through everything (ARCHITECTURE.md; RFC 3261 10.2).
//!
//! Owns which users shall be registered, when a REGISTER is sent for whom and what its answer means. It never touches calls,
//! locations or sockets, and never sends a request outside the pace of its proxy.
//!
//! - [`binding`](State) has the states of one registration and their transitions;
//! - [`pace`](Pace) decides whose turn it is, [`proxy`](Health) whether the proxy is worth asking;
//! - `wishes` knows who shall be registered, `turn` sends, `outcome` reacts.
//!
//! Nothing is scanned: a REGISTER costs a few map look-ups, a heap operation and its own transaction, whatever the number
//! of users. Only what concerns every user of a proxy (its connection broke, shutdown) visits all of them, once.
//!
//! Size: a binding is [`BINDING_OCTETS`] plus its strings (address-of-record, identity, contact, Call-ID, nonce, credentials, about
//! 500 octets for a short name) and its places in the tables; `tests/identity_cost` holds a whole idle identity, directory record
//! and location included, to 4 KiB and a refresh to 8 allocations.

mod answer;
mod backoff;
mod binding;
mod expiry;
mod outcome;
mod pace;
mod path;
mod ports;
mod proxy;
mod turn;
mod wishes;

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    time::Instant,
};

use sip::{ClientId, Flow, Status, Uri};

pub use self::{
    backoff::Backoff,
    binding::{BindingView, LastAnswer, State, Wish},
    expiry::refresh_after,
    pace::{Class, Limits, Pace},
    path::Path,
    proxy::{Health, ProxyId},
};
use self::{binding::Binding, ports::UserPorts, proxy::Proxies};
use crate::{
    Context,
    deadline::Deadlines,
    directory::{User, UserId},
    settings::Settings,
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
    /// Boxed, because a table keeps up to twice the room it needs.
    bindings: HashMap<UserId, Box<Binding>>,
    /// Unescaped user part of the contact, to the user.
    contacts: HashMap<Box<str>, UserId>,
    requests: HashMap<ClientId, UserId>,
    proxies: Proxies,
    ports: UserPorts,
    timers: Deadlines<Timer>,
    events: VecDeque<RegistrationEvent>,
    serial: u64,
    stopping: bool,
    /// The endpoint took no more requests, and the fault stands.
    overloaded: bool,
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
            ports: UserPorts::new(settings.pbx.contact_ports),
            timers: Deadlines::new(),
            events: VecDeque::new(),
            serial: 0,
            stopping: false,
            overloaded: false,
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
    pub fn user_of_contact(&self, cx: &Context<'_>, flow: &Flow, uri: &Uri<'_>) -> Option<UserId> {
        if let Some(user) = self.ports.user(flow.listener) {
            return Some(user);
        }
        let name = uri.user_unescaped();
        let user = self.contacts.get(name.as_ref()).copied();
        user.or_else(|| {
            let any = cx.settings.pbx.accept_any_request_uri;
            let user = any.then(|| cx.directory.user_by_address(&name)).flatten()?;
            self.bindings.contains_key(&user.id).then_some(user.id)
        })
    }

    /// Whether calls from this address are taken: from a proxy, or from whom the configuration names.
    #[must_use]
    pub fn takes_calls_from(&self, cx: &Context<'_>, source: IpAddr) -> bool {
        let named = || cx.settings.pbx.callers.iter().any(|subnet| subnet.contains(source));
        self.proxies.iter().any(|proxy| proxy.owns(source)) || named()
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

fn draw(cx: &mut Context<'_>) -> u32 {
    (cx.draw() >> 32) as u32
}

/// Octets of a binding without its strings.
pub const BINDING_OCTETS: usize = size_of::<Binding>();

#[cfg(test)]
pub(crate) mod tests;
