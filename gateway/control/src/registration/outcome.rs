//! Reacting: what an answer, a silence or the passing of time means for a binding and for its proxy.

use std::time::Duration;

use sip::{ClientId, Message, Status};

use super::{
    Backoff, Class, LastAnswer, ProxyId, Registration, RegistrationEvent, State, Wish,
    answer::{Outcome, read},
    draw, refresh_after,
    turn::asked,
};
use crate::{
    Context,
    directory::UserId,
    fault::{FaultCode, FaultSubject},
    output::{Output, SavedBinding},
    settings::PbxSettings,
};

impl Registration {
    /// A response from the endpoint. `false` when the request is not one of ours.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, client: ClientId, response: &Message) -> bool {
        let Some(&user) = self.requests.get(&client) else { return false };
        let Some(status) = response.status().filter(|status| status.0 >= 200) else { return true };
        self.requests.remove(&client);
        let Some(binding) = self.bindings.get_mut(&user) else { return true };
        let State::Asking { leaving, held, .. } = binding.state else { return true };
        binding.last = Some(LastAnswer { status: Some(status), at: cx.clock.wall(cx.now) });
        let id = binding.proxy;
        let proxy = self.proxies.at(id);
        proxy.pace.close();
        // Anything but a server's own trouble proves that it serves. A 408 is often a proxy in front of a dead registrar.
        if status.0 != 408 {
            proxy.heard();
        }
        let asked = asked(&cx.settings.pbx, proxy.min_expires);
        let outcome = read(response, status, &binding.path.contact, asked);
        self.enter(user, State::Waiting { held });
        if outcome == Outcome::Challenged && self.answer_challenge(user, response) {
            self.queue_as(cx, user, Some(Class::Challenged));
        } else if leaving {
            self.left(cx, user);
        } else {
            self.outcome(cx, user, outcome, status, response);
        }
        self.take_turns(cx, id);
        true
    }

    /// The endpoint gave a request up. `false` when it is not one of ours.
    pub fn handle_failed(&mut self, cx: &mut Context<'_>, client: ClientId) -> bool {
        let Some(&user) = self.requests.get(&client) else { return false };
        self.silence(cx, user);
        true
    }

    /// A deadline of a binding passed.
    pub(super) fn binding_due(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.get(&user) else { return };
        let (state, id) = (binding.state, binding.proxy);
        if state.held().is_some_and(|held| held <= cx.now) {
            self.lose(user);
        }
        match state {
            State::Asking { give_up, .. } if give_up <= cx.now => self.silence(cx, user),
            State::Registered { refresh: next, .. } | State::Resting { next, .. } if next <= cx.now => {
                self.queue(cx, user);
            }
            _ => {}
        }
        self.judge(cx, id);
    }

    fn outcome(
        &mut self,
        cx: &mut Context<'_>,
        user: UserId,
        outcome: Outcome,
        status: Status,
        response: &Message,
    ) {
        let settings = &cx.settings.pbx;
        let heed = |retry_after: Option<Duration>| retry_after.filter(|_| !settings.ignore_retry_after);
        match outcome {
            Outcome::Granted(Duration::ZERO) => self.refused(cx, user, status, None),
            Outcome::Granted(granted) => self.granted(cx, user, granted, response),
            Outcome::TooBrief(least) => self.too_brief(cx, user, least),
            Outcome::Challenged => self.refused(cx, user, status, None),
            Outcome::Refused { retry_after } => {
                let wait = heed(retry_after);
                self.refused(cx, user, status, wait);
            }
            Outcome::Unavailable { retry_after, everyone } => {
                let wait = heed(retry_after).map(|wait| wait.min(LONGEST_RETRY_AFTER));
                self.unavailable(cx, user, status, wait, everyone);
            }
        }
    }

    /// Takes the challenge; `false` when answering it leads nowhere.
    fn answer_challenge(&mut self, user: UserId, response: &Message) -> bool {
        let Some(binding) = self.bindings.get_mut(&user) else { return false };
        // A stale nonce, one challenge of the registrar and one of a proxy before it: more is a loop.
        if binding.challenges >= MOST_CHALLENGES || binding.path.credentials.is_none() {
            binding.challenges = 0;
            return false;
        }
        binding.challenges += 1;
        binding.digest.challenged(response).is_ok()
    }

    fn granted(&mut self, cx: &mut Context<'_>, user: UserId, granted: Duration, response: &Message) {
        let refresh = cx.now + refresh_after(granted, cx.settings.pbx.refresh_percent, draw(cx));
        let held = cx.now + granted;
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        let is_new = binding.state.held().is_none();
        binding.failures = 0;
        binding.challenges = 0;
        learn_routes(&mut binding.path.routes, response);
        let (id, wanted) = (binding.proxy, binding.wish == Wish::Registered);
        if let Some(flow) = binding.path.flow {
            let saved = SavedBinding {
                user,
                call_id: binding.call_id.to_string(),
                cseq: binding.cseq,
                contact: binding.path.contact.to_string(),
                registrar: flow.remote,
                expires: cx.clock.wall(held),
            };
            cx.out.push(Output::SaveBinding(Box::new(saved)));
        }
        self.enter(user, State::Registered { refresh, held });
        cx.clear(FaultCode::USER_REGISTRATION_FAILED, FaultSubject::User(user));
        if is_new {
            self.events.push_back(RegistrationEvent::Registered { user });
            self.judge(cx, id);
        }
        if !wanted {
            self.queue(cx, user);
        }
    }

    /// RFC 3261 10.2.8: ask again, for longer. All others at this proxy ask for so long from now on.
    fn too_brief(&mut self, cx: &mut Context<'_>, user: UserId, least: Duration) {
        let Some(binding) = self.bindings.get(&user) else { return };
        self.proxies.at(binding.proxy).min_expires = least;
        self.queue_as(cx, user, Some(Class::Challenged));
    }

    /// The registrar does not want this user. It may change its mind, so we ask again, slowly.
    fn refused(&mut self, cx: &mut Context<'_>, user: UserId, status: Status, wait: Option<Duration>) {
        let detail = format!("REGISTER answered {} {}", status.0, status.reason());
        cx.raise(FaultCode::USER_REGISTRATION_FAILED, FaultSubject::User(user), detail);
        let longest = cx.settings.pbx.backoff.1;
        let pause = Backoff { first: longest, longest }.pause(1, draw(cx));
        self.rest(cx, user, pause.max(wait.unwrap_or_default()), Some(status));
    }

    /// The server is in trouble.
    fn unavailable(
        &mut self,
        cx: &mut Context<'_>,
        user: UserId,
        status: Status,
        wait: Option<Duration>,
        everyone: bool,
    ) {
        let failures = self.bindings.get(&user).map_or(0, |binding| binding.failures) + 1;
        let backoff = backoff(&cx.settings.pbx);
        // RFC 3261 20.33 gives the earliest moment; some jitter keeps users from returning in step.
        let pause = match wait {
            Some(wait) => wait + backoff.pause(1, draw(cx)) / 4,
            None => backoff.pause(failures, draw(cx)),
        };
        if let (true, Some(wait), Some(binding)) = (everyone, wait, self.bindings.get(&user)) {
            self.proxies.at(binding.proxy).pace.pause(cx.now + wait);
        }
        self.rest(cx, user, pause, Some(status));
    }

    /// No answer to the request of this user.
    fn silence(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        let State::Asking { client, leaving, held, .. } = binding.state else { return };
        binding.last = Some(LastAnswer { status: None, at: cx.clock.wall(cx.now) });
        let (id, failures) = (binding.proxy, binding.failures + 1);
        self.requests.remove(&client);
        self.proxies.at(id).pace.close();
        // A broken connection was counted when it broke, once for all that were under way on it.
        let cut_off = binding.path.flow.is_some_and(|flow| flow.is_reliable() && flow.connection.is_none());
        self.enter(user, State::Waiting { held });
        if !cut_off {
            self.proxy_silent(cx, id);
        }
        if leaving {
            self.left(cx, user);
        } else if cut_off || self.proxies.of(id).is_down() {
            // Its own pause would only add to that of the proxy: it keeps a place in the queue instead.
            self.bindings.entry(user).and_modify(|binding| binding.failures = failures);
            self.events.push_back(RegistrationEvent::Failed { user, status: None });
            self.queue(cx, user);
        } else {
            let pause = backoff(&cx.settings.pbx).pause(failures, draw(cx));
            self.rest(cx, user, pause, None);
        }
        self.take_turns(cx, id);
    }

    /// Counts a silence against the proxy.
    pub(super) fn proxy_silent(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let (backoff, draw) = (backoff(&cx.settings.pbx), draw(cx));
        let went_down = self.proxies.at(id).silent(cx.now, backoff, draw);
        if went_down {
            self.look_up(cx, id);
            if self.stopping {
                self.give_up(cx, id);
            }
        }
        self.judge(cx, id);
    }

    /// At shutdown nobody waits for a dead proxy.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let users = self.users_where(|binding| binding.proxy == id);
        for user in users {
            self.remove(cx, user);
        }
    }

    pub(super) fn rest(
        &mut self,
        cx: &mut Context<'_>,
        user: UserId,
        pause: Duration,
        status: Option<Status>,
    ) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        binding.failures = binding.failures.saturating_add(1);
        binding.challenges = 0;
        let (held, id) = (binding.state.held(), binding.proxy);
        let wanted = binding.wish == Wish::Registered;
        self.events.push_back(RegistrationEvent::Failed { user, status });
        self.enter(user, State::Resting { next: cx.now + pause, held });
        if !wanted {
            self.end(cx, user);
        }
        self.judge(cx, id);
    }

    /// Our wish to leave was heard, or there is no use in repeating it.
    fn left(&mut self, cx: &mut Context<'_>, user: UserId) {
        let Some(binding) = self.bindings.get_mut(&user) else { return };
        binding.told = false;
        binding.challenges = 0;
        if binding.wish == Wish::Registered {
            self.enter(user, State::Waiting { held: None });
            self.queue(cx, user);
        } else {
            self.finish(cx, user);
        }
    }

    /// Nothing of this binding is at the PBX. It is forgotten, or begins anew from the record as it is now.
    pub(super) fn finish(&mut self, cx: &mut Context<'_>, user: UserId) {
        let anew = self.bindings.get(&user).is_some_and(|binding| binding.wish == Wish::Anew);
        self.remove(cx, user);
        if anew {
            self.user_located(cx, user);
        }
    }

    /// What the PBX held has run out.
    fn lose(&mut self, user: UserId) {
        let Some(binding) = self.bindings.get(&user) else { return };
        let (state, wanted) = (binding.state.unheld(), binding.wish == Wish::Registered);
        self.enter(user, state);
        if wanted {
            self.events.push_back(RegistrationEvent::Lost { user });
        }
    }

    /// Raises or clears the fault of a proxy that holds nobody although it was asked.
    pub(super) fn judge(&mut self, cx: &mut Context<'_>, id: ProxyId) {
        let proxy = self.proxies.of(id);
        let idle = proxy.pace.waiting() == 0 && proxy.pace.open() == 0;
        if proxy.held > 0 || proxy.bindings == 0 {
            cx.clear(FaultCode::REGISTRATIONS_DOWN, FaultSubject::System);
        } else if proxy.is_down() || proxy.is_nowhere || idle {
            let detail = format!("{} users, none registered at {}", proxy.bindings, proxy.host);
            cx.raise(FaultCode::REGISTRATIONS_DOWN, FaultSubject::System, detail);
        }
    }
}

/// Takes over the Service-Route of a 200 (RFC 3608 6.1); allocates only when it changed.
fn learn_routes(routes: &mut Vec<String>, response: &Message) {
    let values = || {
        response
            .values(sip::Name::ServiceRoute)
            .filter_map(|value| std::str::from_utf8(value).ok())
            .take(MOST_ROUTES)
    };
    if !values().eq(routes.iter().map(String::as_str)) {
        *routes = values().map(str::to_owned).collect();
    }
}

pub(super) fn backoff(settings: &PbxSettings) -> Backoff {
    Backoff { first: settings.backoff.0, longest: settings.backoff.1 }
}

const MOST_CHALLENGES: u8 = 3;
const MOST_ROUTES: usize = 8;
/// A registrar that sends everyone away for longer is asked again all the same.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);
