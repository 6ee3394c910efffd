//! Sending: whose turn it is, over which way, and how that way comes into being (name, connection).

use std::{net::SocketAddr, time::Duration};

use sip::{ConnectionId, Flow, ListenerId, Refused, Transport};

use super::{
    Backoff, Class, ProxyId, Registration, State, Timer, Wish,
    binding::Binding,
    draw,
    outcome::backoff,
    path::{Instance, Register, listener},
    proxy::Link,
};
use crate::{
    Context,
    directory::UserId,
    fault::{FaultCode, FaultSubject},
    output::{Output, QueryId},
    settings::PbxSettings,
};

impl Registration {
    /// Lets go whoever may, and arms the timer for the next one.
    pub(super) fn take_turns(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        loop {
            if self.proxies.of(id).pace.ready_at(cx.now).is_none_or(|at| at > cx.now) {
                break;
            }
            // Nobody's turn is taken while there is no way to the proxy.
            let Some(flow) = self.way(cx, id) else { break };
            let Some(user) = self.proxies.at(id).pace.next(cx.now) else { break };
            if !self.send(cx, user, flow) {
                self.proxies.at(id).pace.forgo();
            }
        }
        let ready = self.proxies.of(id).pace.ready_at(cx.now).filter(|at| *at > cx.now);
        self.timers.set_or_clear(Timer::Turn(id), ready);
    }

    /// The way to the proxy. When there is none, sees to it that there will be.
    fn way(&mut self, cx: &mut Context<'_>, id: ProxyId) -> Option<Flow> {
        let listener = listener_id(&cx.settings.pbx)?;
        let proxy = self.proxies.of(id);
        if let Some(flow) = proxy.flow(listener) {
            return Some(flow);
        }
        match (proxy.address(), proxy.link) {
            (None, _) => self.look_up(cx, id),
            (Some(remote), Link::Closed) => self.connect(cx, id, listener, remote),
            (Some(_), Link::Open(_) | Link::Opening(_)) => {}
        }
        None
    }

    fn connect(&mut self, cx: &mut Context<'_>, id: ProxyId, listener: ListenerId, remote: SocketAddr) {
        let connection = ConnectionId(OWN_CONNECTIONS | self.next_serial());
        let proxy = self.proxies.at(id);
        let flow = Flow { transport: proxy.transport, listener, remote, connection: Some(connection) };
        proxy.link = Link::Opening(flow);
        self.timers.set(Timer::Link(id), cx.now + cx.settings.pbx.timeout);
        cx.out.push(Output::Connect(flow));
    }

    /// Looks the proxy's name up, unless it is an address or the question is already asked.
    pub(super) fn look_up(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        if self.proxies.of(id).literal().is_some() || self.proxies.of(id).query.is_some() {
            return;
        }
        let query = QueryId(self.next_serial());
        let proxy = self.proxies.at(id);
        proxy.query = Some(query);
        let (host, port, transport) = (proxy.host.clone(), proxy.port, proxy.transport);
        cx.out.push(Output::Resolve { query, host, port, transport });
    }

    /// A name query came back. `false` when it was not asked here.
    pub fn handle_resolved(
        &mut self,
        cx: &mut Context<'_>,
        query: QueryId,
        addresses: Vec<SocketAddr>,
    ) -> bool {
        let Some(id) = self.proxies.ids().find(|id| self.proxies.of(*id).query == Some(query)) else {
            return false;
        };
        let failed = addresses.is_empty();
        let proxy = self.proxies.at(id);
        proxy.query = None;
        let moved = proxy.resolved(addresses);
        if failed {
            let detail = format!("{} does not resolve", proxy.host);
            cx.raise(FaultCode::DNS_FAILED, FaultSubject::System, detail);
        } else {
            cx.clear(FaultCode::DNS_FAILED, FaultSubject::System);
        }
        if moved {
            self.address_changed(cx, id);
        }
        self.judge(cx, id);
        let again = if self.proxies.of(id).address().is_some() { LOOK_UP_EVERY } else { LOOK_UP_RETRY };
        let pause = Backoff { first: again, longest: again }.pause(1, draw(cx));
        self.timers.set(Timer::Name(id), cx.now + pause);
        self.take_turns(cx, id);
        true
    }

    /// The name leads elsewhere now. What was silent there says nothing about here.
    fn address_changed(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let proxy = self.proxies.at(id);
        proxy.heard();
        if let Some(connection) = proxy.connection() {
            proxy.link = Link::Closed;
            self.timers.clear(&Timer::Link(id));
            cx.out.push(Output::Close(connection));
            self.requeue_all(cx, id);
        }
    }

    /// A connection is open. Others than ours are ignored.
    pub fn handle_opened(&mut self, cx: &mut Context<'_>, flow: Flow) {
        let Some(id) = self.proxy_of(flow.connection) else { return };
        self.proxies.at(id).link = Link::Open(flow);
        self.timers.clear(&Timer::Link(id));
        self.take_turns(cx, id);
    }

    /// Whether a connection is one that we opened towards a proxy.
    #[must_use]
    pub fn is_ours(&self, connection: Option<ConnectionId>) -> bool {
        self.proxy_of(connection).is_some()
    }

    /// A connection is gone, or a datagram was refused. Our connection: everyone who registered over it does so again, at the pace
    /// of the proxy. Transactions of either fail by themselves.
    pub fn handle_flow_failed(&mut self, cx: &mut Context<'_>, flow: Flow) {
        let Some(id) = self.proxy_of(flow.connection) else { return };
        self.proxies.at(id).link = Link::Closed;
        self.timers.clear(&Timer::Link(id));
        // Once per connection, not per request on it; forgotten with the next answer. A proxy that takes connections only to
        // drop them is as good as silent.
        self.proxy_silent(cx, id);
        self.unlink(flow);
        self.requeue_all(cx, id);
        self.take_turns(cx, id);
    }

    /// Calls of users who registered over a connection that is gone ask for another one.
    fn unlink(&mut self, gone: Flow) {
        let flows = self.bindings.values_mut().filter_map(|binding| binding.path.flow.as_mut());
        for flow in flows.filter(|flow| flow.connection == gone.connection) {
            flow.connection = None;
        }
    }

    /// A connection takes too long to open.
    pub(super) fn link_late(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        if let Link::Opening(flow) = self.proxies.of(id).link {
            if let Some(connection) = flow.connection {
                cx.out.push(Output::Close(connection));
            }
            self.handle_flow_failed(cx, flow);
        }
    }

    /// Everyone whom the proxy holds registers again: the one walk over its bindings.
    fn requeue_all(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let is_registered =
            |binding: &Binding| binding.proxy == id && matches!(binding.state, State::Registered { .. });
        let users = self.users_where(is_registered);
        for user in users {
            self.queue(cx, user);
        }
    }

    /// After the proxy was given another address: whoever is registered elsewhere registers here.
    pub(super) fn requeue_strays(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let here = self.proxies.of(id).address();
        let is_stray = |binding: &Binding| {
            let there = binding.path.flow.map(|flow| flow.remote);
            binding.proxy == id && there != here && matches!(binding.state, State::Registered { .. })
        };
        let users = self.users_where(is_stray);
        for user in users {
            self.queue(cx, user);
        }
    }

    /// Users whose binding is such: a walk over all.
    pub(super) fn users_where(&self, is_such: impl Fn(&Binding) -> bool) -> Vec<UserId> {
        let such = self.bindings.iter().filter(|(_, binding)| is_such(binding));
        such.map(|(user, _)| *user).collect()
    }

    fn proxy_of(&self, connection: Option<ConnectionId>) -> Option<ProxyId> {
        connection?;
        self.proxies.ids().find(|id| self.proxies.of(*id).connection() == connection)
    }

    /// Sends what the binding needs. `false` when it needs nothing after all.
    fn send(&mut self, cx: &mut Context<'_>, user: UserId, flow: Flow) -> bool {
        let Some(binding) = self.bindings.get_mut(&user) else { return false };
        let State::Waiting { held } = binding.state else { return false };
        let leaving = binding.wish != Wish::Registered;
        if leaving && !binding.told {
            self.finish(cx, user);
            return false;
        }
        let asked = asked(&cx.settings.pbx, self.proxies.of(binding.proxy).min_expires);
        let register = write(binding, user, cx, if leaving { Duration::ZERO } else { asked });
        // REG-21: what registers a port of its own also comes from it. A connection is shared.
        let flow = match binding.port {
            Some(port) if flow.transport == Transport::Udp => Flow { listener: ListenerId(port), ..flow },
            _ => flow,
        };
        binding.path.flow = Some(flow);
        let request = sip::OutgoingRequest::new(register);
        let client = match cx.endpoint.send_request(cx.now, flow, request) {
            Ok(client) => client,
            Err(Refused::Overloaded) => return self.put_back(cx, user),
            // Our own doing (a listener that is not there): nobody else waits for it.
            Err(_) => {
                let pause = backoff(&cx.settings.pbx).pause(binding.failures + 1, draw(cx));
                self.rest(cx, user, pause, None);
                return false;
            }
        };
        binding.told = true;
        if std::mem::take(&mut self.overloaded) {
            cx.clear(FaultCode::SIP_OVERLOAD, FaultSubject::System);
        }
        let give_up = cx.now + cx.settings.pbx.timeout;
        self.requests.insert(client, user);
        self.enter(user, State::Asking { client, give_up, leaving, held });
        true
    }

    /// The endpoint takes no more transactions: everyone waits a moment.
    fn put_back(&mut self, cx: &mut Context<'_>, user: UserId) -> bool {
        let Some(binding) = self.bindings.get(&user) else { return false };
        let proxy = self.proxies.at(binding.proxy);
        proxy.pace.push(Class::Challenged, user);
        proxy.pace.pause(cx.now + OVERLOADED_PAUSE);
        self.overloaded = true;
        cx.raise(FaultCode::SIP_OVERLOAD, FaultSubject::System, "no room for a REGISTER".to_owned());
        false
    }

    pub(super) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
}

/// The next REGISTER of a binding.
fn write(binding: &mut Binding, user: UserId, cx: &mut Context<'_>, expires: Duration) -> Vec<u8> {
    // RFC 3261 10.2: one Call-ID, a CSeq that rises by one for each REGISTER. 8.1.1.5: below 2^31.
    binding.cseq = (binding.cseq + 1) & 0x7fff_ffff;
    let path = &binding.path;
    let authorization = path.credentials.as_ref().and_then(|credentials| {
        binding.digest.authorize(credentials, "REGISTER", &path.registrar, b"", cx.entropy)
    });
    let instance = cx.settings.pbx.instance_id.then(|| Instance::new(path, user.0));
    let expires = u32::try_from(expires.as_secs()).unwrap_or(u32::MAX);
    Register { path, call_id: &binding.call_id, cseq: binding.cseq, expires, instance, authorization }.write()
}

/// What we ask for: the configured expiry, or the registrar's minimum if that is longer.
pub(super) fn asked(settings: &PbxSettings, least: Duration) -> Duration {
    settings.expires.max(least)
}

pub(super) fn listener_id(settings: &PbxSettings) -> Option<ListenerId> {
    listener(settings).map(|listener| listener.id)
}

/// Connections that control asks for are numbered from here; the shell numbers those that peers open from 0.
const OWN_CONNECTIONS: u64 = 1 << 63;
/// Names are looked up again after half to all of this. The life of the record is not known here.
const LOOK_UP_EVERY: Duration = Duration::from_secs(300);
/// The same while there is no address at all.
const LOOK_UP_RETRY: Duration = Duration::from_secs(10);
const OVERLOADED_PAUSE: Duration = Duration::from_secs(1);
