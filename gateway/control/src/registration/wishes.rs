//! Who shall be registered: users come, change and go, the configuration changes, the process starts and stops.
//!
//! Owns the beginning and the end of bindings, with the ports of their own that they may have. What happens in between is decided
//! in `turn` and `outcome`.

use std::{net::SocketAddr, time::Duration};

use sip::{Flow, ListenerId, ListenerInfo, Uri, digest};

use super::{
    Path, Registration, RegistrationEvent, State, Timer, Wish, binding::Binding, class_of, draw, path,
    turn::listener_id,
};
use crate::{
    Context,
    directory::{Change, Edit, UserId},
    fault::{FaultCode, FaultSubject},
    output::{Output, SavedBinding},
    registrar::Cause,
    registration::refresh_after,
    settings::ContactPorts,
};

impl Registration {
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
        let class = class_of(record, false);
        let port = self.take_port(cx, user, None);
        let Some(path) = path_of(cx, user, port) else { return };
        let call_id = call_id(cx);
        self.insert(user, path, port, call_id, State::Waiting { held: None });
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
        let Some(binding) = self.bindings.get_mut(&user) else {
            if cx.settings.pbx.register_always {
                self.user_located(cx, user);
            }
            return;
        };
        let Some(path) = path_of(cx, user, binding.port) else { return self.withdraw(cx, user) };
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

    /// The directory changed. Call after the changes were applied.
    pub fn handle_changes(&mut self, cx: &mut Context<'_>, changes: &[Change]) {
        for change in changes {
            if let Edit::User(user, _) | Edit::UserDeleted(user) = change.edit {
                self.user_changed(cx, user);
            }
        }
    }

    /// The configuration changed: limits, proxy, domain, habits of registering. Visits every binding once; what has to be
    /// registered anew waits its turn.
    pub fn handle_reload(&mut self, cx: &mut Context<'_>) {
        for id in self.proxies.ids() {
            if let Some(connection) = self.proxies.at(id).reload(&cx.settings.pbx) {
                cx.out.push(Output::Close(connection));
            }
            if self.proxies.of(id).address().is_none() {
                self.timers.clear(&Timer::Name(id));
            }
        }
        let users: Vec<UserId> = match cx.settings.pbx.register_always {
            true => cx.directory.users().map(|user| user.id).collect(),
            false => self.bindings.keys().copied().collect(),
        };
        for user in users {
            self.user_changed(cx, user);
        }
        for id in self.proxies.ids() {
            self.requeue_strays(cx, id);
            self.take_turns(cx, id);
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
            let proxy = self.proxies.of(id);
            if proxy.is_down() || proxy.pace.is_paused(cx.now + SHUTDOWN_PATIENCE) {
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
            let known = self.bindings.contains_key(&saved.user);
            let port = if known { None } else { self.take_port(cx, saved.user, Some(&saved.contact)) };
            let path = path_of(cx, saved.user, port);
            // Another contact than the configuration has now: the PBX forgets the old one by itself.
            let valid = |path: &Path| *saved.contact == *path.contact && saved.expires > cx.wall();
            match path.filter(|path| !known && valid(path)) {
                Some(path) => self.restore_one(cx, saved, path, port, &is_located),
                None => {
                    self.release_port(cx, port);
                    cx.out.push(Output::ForgetBinding(saved.user));
                }
            }
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
        port: Option<u16>,
        is_located: &impl Fn(UserId) -> bool,
    ) {
        let (user, held) = (saved.user, cx.clock.instant(cx.now, saved.expires));
        let left = held.saturating_duration_since(cx.now);
        let refresh = cx.now + refresh_after(left, cx.settings.pbx.refresh_percent, draw(cx));
        self.insert(user, path, port, saved.call_id.into(), State::Registered { refresh, held });
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

    fn insert(&mut self, user: UserId, path: Path, port: Option<u16>, call_id: Box<str>, state: State) {
        let proxy = self.proxies.choose();
        self.proxies.at(proxy).bindings += 1;
        self.contacts.insert(path.contact_user.clone(), user);
        let binding = Binding {
            state,
            wish: Wish::Registered,
            told: false,
            proxy,
            port,
            challenges: 0,
            failures: 0,
            cseq: 0,
            call_id,
            digest: digest::Client::default(),
            last: None,
            path,
        };
        self.bindings.insert(user, Box::new(binding));
    }

    /// The user shall not be registered any more.
    fn withdraw(&mut self, cx: &mut Context<'_>, user: UserId) {
        self.end_as(cx, user, Wish::Gone);
    }

    fn end_as(&mut self, cx: &mut Context<'_>, user: UserId, wish: Wish) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        // Whoever is on the way out does not come back by a change of its record.
        if !(wish == Wish::Anew && binding.wish == Wish::Gone) {
            binding.wish = wish;
        }
        self.end(cx, user);
    }

    /// Takes a binding back that nobody wants: through the PBX when that was ever told.
    pub(super) fn end(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.get(&user) else { return };
        match binding.state {
            State::Registered { .. } | State::Resting { .. } if binding.told => self.queue(cx, user),
            State::Registered { .. } | State::Resting { .. } => self.finish(cx, user),
            // Its turn or its answer comes.
            State::Asking { .. } | State::Waiting { .. } => {}
        }
    }

    /// Forgets a binding, without asking the PBX.
    pub(super) fn remove(&mut self, cx: &mut Context<'_>, user: UserId) {
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
        self.release_port(cx, binding.port);
        self.timers.clear(&Timer::Binding(user));
        cx.clear(FaultCode::USER_REGISTRATION_FAILED, FaultSubject::User(user));
        cx.out.push(Output::ForgetBinding(user));
        self.events.push_back(RegistrationEvent::Removed { user });
        self.judge(cx, binding.proxy);
    }

    /// A port of its own for a user, if that is how contacts differ, and a listener on it. `contact` is one of an earlier run.
    fn take_port(&mut self, cx: &mut Context<'_>, user: UserId, contact: Option<&str>) -> Option<u16> {
        let ContactPorts::PerUser { .. } = cx.settings.pbx.contact_ports else { return None };
        let shared = path::listener(&cx.settings.pbx)?;
        let port = match contact {
            Some(contact) => {
                let port = Uri::parse(contact.as_bytes()).ok()?.port?;
                self.ports.claim(user, port).then_some(port)?
            }
            None => {
                let fixed = cx.directory.user(user)?.profile.fixed_sip_port;
                self.ports.take(user, Some(fixed).filter(|port| *port != 0))?
            }
        };
        let listener = ListenerId(port);
        let bind = SocketAddr::new(shared.bind.ip(), port);
        let advertised = path::with_port(&shared.advertised, port);
        let info = ListenerInfo {
            transport: shared.transport,
            sent_by: advertised.clone(),
            contact_host_port: advertised,
        };
        cx.endpoint.set_listener(listener, info);
        cx.out.push(Output::Listen { listener, transport: shared.transport, bind });
        Some(port)
    }

    fn release_port(&mut self, cx: &mut Context<'_>, port: Option<u16>) {
        if let Some(port) = port {
            self.ports.give_back(port);
            cx.out.push(Output::Unlisten(ListenerId(port)));
        }
    }

    /// A user's port could not be opened: another one is used, the listener of all when there is none.
    pub fn handle_listen_failed(&mut self, cx: &mut Context<'_>, listener: ListenerId) {
        if let Some(user) = self.ports.refuse(listener.0) {
            self.end_as(cx, user, Wish::Anew);
        }
    }
}

/// `None` when there is no such user, or no listener that a contact could point at.
fn path_of(cx: &Context<'_>, user: UserId, port: Option<u16>) -> Option<Path> {
    let settings = &cx.settings.pbx;
    let (user, listener) = (cx.directory.user(user)?, path::listener(settings)?);
    Some(match port {
        Some(port) => Path::new(user, settings, &path::with_port(&listener.advertised, port)),
        None => Path::new(user, settings, &listener.advertised),
    })
}

/// 128 bits in hex.
fn call_id(cx: &mut Context<'_>) -> Box<str> {
    format!("{:016x}{:016x}", cx.draw(), cx.draw()).into()
}

/// A proxy that asked for quiet for longer is not waited for at shutdown.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);
