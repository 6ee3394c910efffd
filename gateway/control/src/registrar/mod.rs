//! The access side: where handsets are, as base stations register them (RFC 3261 10.3, ARCHITECTURE.md).
//!
//! Owns locations, their lifetimes, the digest towards base stations and the subscription window. It tells who came, moved and
//! went; it never speaks to the PBX and never places a call. A handset is known by digest user and address-of-record, never by
//! the address it comes from.
//!
//! A REGISTER walks `handle_register` → `admission` (who is it?) → `request` (what does it want?) → `contacts`
//! (newest wins) → `reply`. Each costs a few map look-ups, two hashes and a heap operation, whatever the number of users.
//!
//! States of an account and what moves them:
//!
//! | state | input | next | event |
//! |---|---|---|---|
//! | nowhere | REGISTER | located | `Located` if its user was nowhere else |
//! | located | REGISTER of the same contact | located | |
//! | located | REGISTER of another contact | located | `Moved` |
//! | located | last contact removed, expired, cut off | nowhere | `Gone` if its user is nowhere else |
//! | located | relation changed | located | `Gone` for the old user, `Located` for the new one |

mod account;
mod admission;
mod contacts;
mod guard;
mod reply;
mod request;
mod restart;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use dect::{
    Quirks, Subscription,
    base::{BaseStation, BaseStations},
    subscription::{Policy, UserWindow},
};
use sip::{ConnectionId, Entropy, Flow, Message, ServerId, Status, digest};

pub use self::{account::AccountId, contacts::Location};
use self::{
    account::user_part,
    admission::{Admission, Purpose},
    contacts::{Contacts, Origin},
    guard::Guard,
    request::Wish,
    restart::saved,
};
use crate::{
    Context,
    deadline::Deadlines,
    directory::{Change, DeviceId, Edit, UserId},
    output::Output,
    settings::{AccessSettings, Settings},
};

/// What other rooms must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrarEvent {
    /// The user has no location any more.
    Gone {
        /// The user.
        user: UserId,
        /// Its device, if that has a record.
        device: Option<DeviceId>,
        /// Why.
        cause: Cause,
    },
    /// The user has a location, and had none.
    Located {
        /// The user.
        user: UserId,
        /// Its device, if that has a record.
        device: Option<DeviceId>,
    },
    /// The user is at another contact.
    Moved {
        /// The user.
        user: UserId,
        /// Its device, if that has a record.
        device: Option<DeviceId>,
    },
}

/// Why a location ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The base station took it back.
    Deregistered,
    /// The record of user or device was deleted.
    Deleted,
    /// It ran out.
    Expired,
    /// The user logged out, or another took the device over.
    Unbound,
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Show credentials: values of `WWW-Authenticate`.
    Challenge(Vec<String>),
    /// A handset that proved who it is.
    Handset {
        /// Its user; `None` while nobody is logged in.
        user: Option<UserId>,
        /// Its device, if that has a record.
        device: Option<DeviceId>,
    },
    /// No.
    Refused(Status),
}

/// How much there is of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegistrarCounts {
    /// Accounts that are located.
    pub accounts: usize,
    /// Their contacts.
    pub contacts: usize,
    /// Users that are located.
    pub users: usize,
    /// Base stations heard of.
    pub bases: usize,
}

/// All locations.
pub struct Registrar {
    digest: digest::Server,
    guard: Guard,
    subscription: Subscription,
    user_windows: HashMap<UserId, UserWindow>,
    bases: BaseStations,
    accounts: HashMap<AccountId, Attached>,
    users: HashMap<UserId, Vec<AccountId>>,
    connections: HashMap<ConnectionId, HashSet<AccountId>>,
    timers: Deadlines<AccountId>,
    events: VecDeque<RegistrarEvent>,
}

/// A located account.
#[derive(Debug, Default)]
struct Attached {
    /// Its user, as `users` knows it.
    user: Option<UserId>,
    contacts: Contacts,
}

impl Registrar {
    /// Nobody is anywhere. The nonces are made from a secret drawn here, so they do not survive a restart.
    #[must_use]
    pub fn new(settings: &Settings, entropy: &mut dyn Entropy) -> Self {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        Self {
            digest: digest::Server::new(&settings.access.realm, secret),
            guard: Guard::default(),
            // Closed until `restore` has seen whether any device ever subscribed.
            subscription: Subscription::new(settings.access.subscription.clone(), true),
            user_windows: HashMap::new(),
            bases: BaseStations::new(MOST_BASES),
            accounts: HashMap::new(),
            users: HashMap::new(),
            connections: HashMap::new(),
            timers: Deadlines::new(),
            events: VecDeque::new(),
        }
    }

    /// Answers a REGISTER of a base station.
    pub fn handle_register(&mut self, cx: &mut Context<'_>, id: ServerId, flow: Flow, message: &Message) {
        let response = self.register(cx, flow, message);
        // Refused when the transaction is gone: the base station has given up.
        let _given_up = cx.endpoint.respond(cx.now, id, response);
    }

    fn register(&mut self, cx: &mut Context<'_>, flow: Flow, message: &Message) -> Vec<u8> {
        let Some(aor) = message.to().ok().and_then(|to| to.uri().ok()).and_then(|uri| user_part(&uri)) else {
            return reply::refused(message, Status(400), None);
        };
        let account = match self.admit(cx, flow, message, &aor, Purpose::Register) {
            Admission::Granted(account) => account,
            Admission::Challenge(challenges) => return reply::challenge(message, &challenges),
            Admission::Refused { status, retry_after } => {
                return reply::refused(message, status, retry_after);
            }
        };
        let draw = cx.draw();
        let grant = |asked: Duration| shortened(asked, draw);
        let default = default_lifetime(message, &cx.settings.access);
        let request = match request::read(message, &cx.settings.access, default, grant) {
            Ok(request) => request,
            Err(fault) => return reply::fault(message, fault),
        };
        let base = self.bases.heard(cx.now, &request.user_agent, flow.remote.ip()).id;
        let origin = Origin { flow, aor: &aor, base };
        self.apply(cx, account, message, &request, origin)
    }

    fn apply(
        &mut self,
        cx: &mut Context<'_>,
        account: AccountId,
        message: &Message,
        request: &request::Request,
        origin: Origin<'_>,
    ) -> Vec<u8> {
        if let Wish::Contacts(asked) = &request.wish
            && asked.is_empty()
        {
            // RFC 3261 10.2.3: a question, not a registration.
            let contacts = self.accounts.get(&account).map_or(&[][..], |attached| attached.contacts.all());
            return reply::granted(message, cx.now, cx.wall(), contacts);
        }
        let attached = self.accounts.entry(account).or_default();
        let old = connections_of(&attached.contacts);
        let Ok(applied) = attached.contacts.apply(cx.now, request, origin, cx.settings.access.max_contacts)
        else {
            // RFC 3261 10.3 step 7 leaves the status open; 12.2.2 has 500 for what comes too late.
            return reply::refused(message, Status(500), None);
        };
        let response = reply::granted(message, cx.now, cx.wall(), attached.contacts.all());
        for location in &attached.contacts.all()[..applied.touched] {
            cx.out.push(Output::SaveLocation(Box::new(saved(cx, account, location))));
        }
        for contact in applied.gone {
            cx.out.push(Output::ForgetLocation { account, contact });
        }
        self.relink(account, &old);
        self.settle(cx, account, Cause::Deregistered, applied.moved);
        response
    }

    /// Who sent this request of a handset? For INVITE and all others but REGISTER; the address-of-record is that of its From.
    pub fn authenticate(&mut self, cx: &mut Context<'_>, flow: Flow, message: &Message) -> Verdict {
        let from = message.from_().ok().and_then(|from| from.uri().ok());
        let Some(aor) = from.and_then(|uri| user_part(&uri)) else { return Verdict::Refused(Status(400)) };
        match self.admit(cx, flow, message, &aor, Purpose::Use) {
            Admission::Challenge(challenges) => Verdict::Challenge(challenges),
            Admission::Refused { status, .. } => Verdict::Refused(status),
            Admission::Granted(account) => {
                if let Some(attached) = self.accounts.get_mut(&account) {
                    attached.contacts.heard(cx.now, Some(flow));
                    self.timers.set_or_clear(account, attached.contacts.deadline());
                }
                Verdict::Handset { user: account.user(cx.directory), device: account.device() }
            }
        }
    }

    /// Where the user's handsets are, newest first per account.
    pub fn locations(&self, user: UserId) -> impl Iterator<Item = &Location> {
        let accounts = self.users.get(&user).map_or(&[][..], Vec::as_slice);
        accounts.iter().filter_map(|account| self.accounts.get(account)).flat_map(|at| at.contacts.all())
    }

    /// Where a device is, newest first.
    #[must_use]
    pub fn locations_of_device(&self, device: DeviceId) -> &[Location] {
        self.accounts.get(&AccountId::Device(device)).map_or(&[], |attached| attached.contacts.all())
    }

    /// The user part under which the base station knows the handset at this location.
    #[must_use]
    pub fn aor_user<'a>(&self, location: &'a Location) -> &'a str {
        &location.aor
    }

    /// What is special about the base station of a location.
    #[must_use]
    pub fn quirks(&self, location: &Location) -> &'static Quirks {
        self.bases.by_id(location.base).map_or_else(Quirks::generic, |base| base.quirks)
    }

    /// Whether the user is located.
    #[must_use]
    pub fn is_located(&self, user: UserId) -> bool {
        self.users.contains_key(&user)
    }

    /// All located accounts with their contacts.
    pub fn located(&self) -> impl Iterator<Item = (AccountId, Option<UserId>, &[Location])> {
        self.accounts.iter().map(|(account, at)| (*account, at.user, at.contacts.all()))
    }

    /// The base stations that were heard.
    pub fn bases(&self) -> impl Iterator<Item = &BaseStation> {
        self.bases.iter()
    }

    /// The subscription window, to open, close and show.
    pub fn subscription(&mut self) -> &mut Subscription {
        &mut self.subscription
    }

    /// Opens the window of one user (SUB-05).
    pub fn open_user_window(&mut self, cx: &Context<'_>, user: UserId) {
        if cx.directory.user(user).is_some() {
            let policy: &Policy = self.subscription.policy();
            self.user_windows.insert(user, UserWindow::open(cx.now, policy));
            self.user_windows.retain(|_, window| window.is_open(cx.now));
        }
    }

    /// How much there is of what.
    #[must_use]
    pub fn counts(&self) -> RegistrarCounts {
        RegistrarCounts {
            accounts: self.accounts.len(),
            contacts: self.accounts.values().map(|attached| attached.contacts.all().len()).sum(),
            users: self.users.len(),
            bases: self.bases.len(),
        }
    }

    /// The next event. Call until `None` after every other verb.
    pub fn poll_event(&mut self) -> Option<RegistrarEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    /// Ends what ran out.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        while let Some(account) = self.timers.pop_due(cx.now) {
            self.end_contacts(cx, account, Cause::Expired, |contacts, now| contacts.lapse(now));
        }
    }

    /// A connection broke or an address does not answer. Locations on a broken connection get a moment to come back.
    pub fn handle_flow_failed(&mut self, cx: &mut Context<'_>, flow: Flow) {
        let Some(accounts) = flow.connection.and_then(|connection| self.connections.remove(&connection))
        else {
            return;
        };
        for account in accounts {
            if let Some(attached) = self.accounts.get_mut(&account) {
                attached.contacts.disconnected(flow, cx.now + RECONNECT_GRACE);
                self.timers.set_or_clear(account, attached.contacts.deadline());
            }
        }
    }

    /// The configuration changed. Locations stay; another realm makes every handset prove itself again.
    pub fn handle_reload(&mut self, cx: &mut Context<'_>) {
        let access = &cx.settings.access;
        self.subscription.set_policy(access.subscription.clone());
        if self.digest.realm() != access.realm {
            let mut secret = [0; 32];
            cx.entropy.fill(&mut secret);
            self.digest = digest::Server::new(&access.realm, secret);
        }
    }

    /// The directory changed: a login, a logout, another relation, a deletion. Call after the changes were applied.
    pub fn handle_changes(&mut self, cx: &mut Context<'_>, changes: &[Change]) {
        for change in changes {
            match change.edit {
                Edit::Device(device, _) | Edit::DeviceDeleted(device) => {
                    self.handle_changed(cx, AccountId::Device(device));
                }
                Edit::User(user, _) | Edit::UserDeleted(user) => {
                    self.handle_changed(cx, AccountId::User(user));
                }
            }
        }
    }

    fn handle_changed(&mut self, cx: &mut Context<'_>, account: AccountId) {
        if account.exists(cx.directory) {
            self.settle(cx, account, Cause::Unbound, false);
        } else {
            self.end_contacts(cx, account, Cause::Deleted, |contacts, _| contacts.remove_all());
        }
    }

    fn end_contacts(
        &mut self,
        cx: &mut Context<'_>,
        account: AccountId,
        cause: Cause,
        end: impl FnOnce(&mut Contacts, Instant) -> Vec<String>,
    ) {
        let Some(attached) = self.accounts.get_mut(&account) else { return };
        let old = connections_of(&attached.contacts);
        for contact in end(&mut attached.contacts, cx.now) {
            cx.out.push(Output::ForgetLocation { account, contact });
        }
        self.relink(account, &old);
        self.settle(cx, account, cause, false);
    }

    /// Brings timer, index and events in step with the contacts and the relation of an account.
    fn settle(&mut self, cx: &Context<'_>, account: AccountId, cause: Cause, moved: bool) {
        let Some(attached) = self.accounts.get_mut(&account) else { return };
        let was = attached.user;
        let is_here = !attached.contacts.is_empty();
        let now = account.user(cx.directory).filter(|_| is_here);
        attached.user = now;
        self.timers.set_or_clear(account, attached.contacts.deadline());
        if !is_here {
            self.accounts.remove(&account);
        }
        let device = account.device();
        if was == now {
            if let Some(user) = now.filter(|_| moved) {
                self.events.push_back(RegistrarEvent::Moved { user, device });
            }
            return;
        }
        if let Some(user) = was {
            self.unlink_user(user, account, device, cause);
        }
        if let Some(user) = now {
            let accounts = self.users.entry(user).or_insert_with(|| Vec::with_capacity(1));
            accounts.push(account);
            let event = match accounts.len() {
                1 => RegistrarEvent::Located { user, device },
                _ => RegistrarEvent::Moved { user, device },
            };
            self.events.push_back(event);
        }
    }

    fn unlink_user(&mut self, user: UserId, account: AccountId, device: Option<DeviceId>, cause: Cause) {
        let Some(accounts) = self.users.get_mut(&user) else { return };
        accounts.retain(|known| *known != account);
        let event = if accounts.is_empty() {
            self.users.remove(&user);
            RegistrarEvent::Gone { user, device, cause }
        } else {
            RegistrarEvent::Moved { user, device }
        };
        self.events.push_back(event);
    }

    /// Brings the index of connections in step with the contacts of an account.
    fn relink(&mut self, account: AccountId, old: &[ConnectionId]) {
        for connection in old {
            if let Some(accounts) = self.connections.get_mut(connection) {
                accounts.remove(&account);
                if accounts.is_empty() {
                    self.connections.remove(connection);
                }
            }
        }
        let Some(attached) = self.accounts.get(&account) else { return };
        for connection in connections_of(&attached.contacts) {
            self.connections.entry(connection).or_default().insert(account);
        }
    }
}

fn connections_of(contacts: &Contacts) -> Vec<ConnectionId> {
    contacts.all().iter().filter_map(|location| location.flow.connection).collect()
}

/// What is granted to a base station that asks for no lifetime: what its make is used to, else what is configured.
fn default_lifetime(message: &Message, settings: &AccessSettings) -> Duration {
    let user_agent = message.header(sip::Name::UserAgent).and_then(|value| std::str::from_utf8(value).ok());
    let quirks = Quirks::for_user_agent(user_agent.unwrap_or_default());
    match std::ptr::eq(quirks, Quirks::generic()) {
        true => settings.default_expires,
        false => quirks.expires.max(settings.min_expires).min(settings.max_expires),
    }
}

/// `asked`, in whole seconds, less up to a tenth.
fn shortened(asked: Duration, draw: u64) -> Duration {
    let seconds = asked.as_secs();
    Duration::from_secs(seconds - draw % (seconds / SPREAD + 1))
}

/// A lifetime is shortened by up to this share of it, so that a burst of REGISTERs does not come back as one.
const SPREAD: u64 = 10;
/// How long a location outlives the connection it came by.
const RECONNECT_GRACE: Duration = Duration::from_secs(30);
/// Base stations remembered.
const MOST_BASES: usize = 4096;

#[cfg(test)]
mod tests;
