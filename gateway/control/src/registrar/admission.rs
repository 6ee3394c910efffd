//! Who is it? Digest first, directory second, subscription third (RFC 3261 22, 10.3 steps 3 to 5).
//!
//! Owns the judgement of one request. Always challenges before it looks at a name, and answers a wrong password and an unknown
//! name alike, so that nobody can find out which users exist. Never looks at addresses, except to slow guessing down.

use std::{net::IpAddr, time::Duration};

use dect::{
    Ipei,
    subscription::{Attempt, Decision, DeviceRecord, Proof},
};
use sip::{Flow, Message, Name, Status, Uri, digest};

use super::{
    Registrar,
    account::{AccountId, Claimant, NotYours, claimant, may_speak_for},
    guard::Key,
};
use crate::{
    Context,
    directory::{Change, CreatedBy, Device, Directory, UserId},
    output::Output,
    settings::Settings,
};

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is this account.
    Granted(AccountId),
    /// Show credentials: values of `WWW-Authenticate`.
    Challenge(Vec<String>),
    /// No.
    Refused {
        /// With this.
        status: Status,
        /// Not before.
        retry_after: Option<Duration>,
    },
}

/// Whether a handset may be subscribed by this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A call or another request of a handset that is subscribed.
    Use,
    /// REGISTER.
    Register,
}

/// Whose secret was compared.
#[derive(Debug, Clone, Copy)]
struct Claim {
    who: Who,
    proof: Proof,
    /// The device is in already; always true for a user account.
    subscribed: bool,
}

impl Claim {
    fn subscribes_by_system_code(&self) -> bool {
        self.proof == Proof::SystemCode && !matches!(self.who, Who::Account(_) if self.subscribed)
    }
}

#[derive(Debug, Clone, Copy)]
enum Who {
    Account(AccountId),
    Stranger(Ipei, Option<UserId>),
}

impl Registrar {
    /// Judges a request in the name of `aor`, the user part of its To (REGISTER) or From.
    pub(super) fn admit(
        &mut self,
        cx: &mut Context<'_>,
        flow: Flow,
        message: &Message,
        aor: &str,
        purpose: Purpose,
    ) -> Admission {
        let source = flow.remote.ip();
        let mut seen = false;
        for line in message.lines(Name::Authorization) {
            match self.verify(cx, source, message, line, aor) {
                Verified::NotForUs => {}
                Verified::Locked(wait) => {
                    return Admission::Refused { status: Status(403), retry_after: Some(wait) };
                }
                Verified::Right(claim) => return self.decide(cx, claim, aor, purpose),
                Verified::Stale => return self.challenge(cx, true),
                Verified::Wrong => seen = true,
            }
        }
        if seen { REFUSED } else { self.challenge(cx, false) }
    }

    fn challenge(&mut self, cx: &Context<'_>, stale: bool) -> Admission {
        Admission::Challenge(self.digest.challenge(cx.now, &cx.settings.access.digests, stale))
    }

    /// A prepared device may present its own code or the system's: two secrets, so two looks at the same line.
    fn verify(
        &mut self,
        cx: &Context<'_>,
        source: IpAddr,
        message: &Message,
        line: &[u8],
        aor: &str,
    ) -> Verified {
        let mut look = Look { message, line, aor, source, key: None, claim: None, locked: None };
        let verified = match self.look(cx, &mut look, Try::OwnCode) {
            Verified::Wrong if look.locked.is_none() => self.look(cx, &mut look, Try::SystemCode),
            verified => verified,
        };
        match (&verified, look.locked) {
            (_, Some(wait)) => return Verified::Locked(wait),
            (Verified::Right(_), None) => look.keys().for_each(|key| self.guard.succeeded(&key)),
            (Verified::Wrong, None) => look.keys().for_each(|key| self.guard.failed(cx.now, key)),
            _ => {}
        }
        verified
    }

    fn look(&mut self, cx: &Context<'_>, look: &mut Look<'_>, attempt: Try) -> Verified {
        let (directory, settings): (&Directory, &Settings) = (cx.directory, cx.settings);
        let open = self.subscription.is_open_to_unknown(cx.now);
        let (message, line, aor) = (look.message, look.line, look.aor);
        let (guard, digest) = (&self.guard, &mut self.digest);
        let mut named = false;
        let verdict = digest.verify(
            cx.now,
            line,
            message.method().as_str(),
            |uri| is_same_target(uri, message),
            |username, _realm| {
                named = true;
                let found = secret_of(claimant(directory, settings, username, aor), settings, attempt, open);
                look.key = Some(Key::name(look.source, username));
                look.claim = found.as_ref().map(|(claim, _)| *claim).or(look.claim);
                look.locked = look.keys().find_map(|key| guard.locked_for(cx.now, &key));
                found
                    .and_then(|(_, secret)| secret)
                    .filter(|_| look.locked.is_none())
                    .map(digest::Secret::Plain)
            },
        );
        match (verdict, look.claim) {
            (digest::Verdict::Granted { .. }, Some(claim)) => Verified::Right(claim),
            (digest::Verdict::Stale, _) => Verified::Stale,
            // Credentials for another realm (or another URI) are no failed attempt.
            (digest::Verdict::Denied, _) if !named => Verified::NotForUs,
            _ => Verified::Wrong,
        }
    }

    fn decide(&mut self, cx: &mut Context<'_>, claim: Claim, aor: &str, purpose: Purpose) -> Admission {
        let account = match claim.who {
            Who::Account(account) => account,
            Who::Stranger(..) if purpose == Purpose::Use => return REFUSED,
            Who::Stranger(ipei, user) => match self.subscribe_stranger(cx, ipei, user) {
                Some(account) => account,
                None => return REFUSED,
            },
        };
        if let AccountId::Device(_) = account
            && !self.is_subscribed(cx, account, claim.proof, purpose)
        {
            return REFUSED;
        }
        if purpose == Purpose::Use && aor == ANONYMOUS {
            return Admission::Granted(account);
        }
        match may_speak_for(cx.directory, account, aor) {
            Ok(()) => Admission::Granted(account),
            Err(NotYours::Nobodys) => Admission::Refused { status: Status(404), retry_after: None },
            Err(NotYours::Someones) => REFUSED,
        }
    }

    /// A device that is subscribed, or becomes so by its first authenticated REGISTER.
    fn is_subscribed(
        &mut self,
        cx: &mut Context<'_>,
        account: AccountId,
        proof: Proof,
        purpose: Purpose,
    ) -> bool {
        let Some(device) = account.device().and_then(|device| cx.directory.device(device)) else {
            return false;
        };
        if is_subscribed(device) {
            return true;
        }
        let (id, user) = (device.id, cx.directory.user_of_device(device.id).map(|user| user.id));
        let attempt = Attempt {
            device: DeviceRecord::Prepared,
            proof,
            user_window_open: user.is_some_and(|user| self.is_user_window_open(cx, user)),
            additional_id: false,
        };
        if purpose == Purpose::Use
            || self.subscription.may_subscribe(cx.now, &attempt) != Decision::AttachKnown
        {
            return false;
        }
        let wall = cx.wall();
        let Ok(changes) = cx.directory.plan_subscribed(wall, id) else { return false };
        self.store(cx, changes);
        self.subscription.subscribed(cx.now);
        if let Some(user) = user {
            self.user_windows.remove(&user);
        }
        true
    }

    /// SUB-02 to SUB-04: a handset without a record.
    fn subscribe_stranger(
        &mut self,
        cx: &mut Context<'_>,
        ipei: Ipei,
        user: Option<UserId>,
    ) -> Option<AccountId> {
        let attempt = Attempt {
            device: DeviceRecord::Unknown,
            proof: Proof::SystemCode,
            user_window_open: false,
            additional_id: user.is_some(),
        };
        let (created_by, user) = match self.subscription.may_subscribe(cx.now, &attempt) {
            Decision::BindToUser => (CreatedBy::Wildcard, user),
            Decision::CreateUnbound => (CreatedBy::AutoCreate, None),
            Decision::Quarantine => (CreatedBy::SystemCode, None),
            Decision::AttachKnown | Decision::Refused(_) => return None,
        };
        let wall = cx.wall();
        let (device, changes) = cx.directory.plan_subscribe_unknown(wall, ipei, created_by, user).ok()?;
        self.store(cx, changes);
        self.subscription.subscribed(cx.now);
        Some(AccountId::Device(device))
    }

    /// Applies what a subscription changed, and lets go of whom it freed: a wildcard subscription takes the user from its old device.
    fn store(&mut self, cx: &mut Context<'_>, changes: Vec<Change>) {
        cx.directory.apply_all(&changes);
        self.handle_changes(cx, &changes);
        if !changes.is_empty() {
            cx.out.push(Output::Persist { changes, reply: None });
        }
    }

    fn is_user_window_open(&self, cx: &Context<'_>, user: UserId) -> bool {
        self.user_windows.get(&user).is_some_and(|window| window.is_open(cx.now))
    }
}

/// One Authorization line, and what was learnt from it.
struct Look<'a> {
    message: &'a Message,
    line: &'a [u8],
    aor: &'a str,
    source: IpAddr,
    /// The name, once it was read; known names and others are counted alike.
    key: Option<Key>,
    claim: Option<Claim>,
    locked: Option<Duration>,
}

impl Look<'_> {
    /// Who is counted when this fails. The system code is guessed under any name, so guesses at it count together, but only
    /// while a subscription is at stake: a handset that is in must not suffer from one that is not.
    fn keys(&self) -> impl Iterator<Item = Key> + use<> {
        let at_stake = self.claim.is_some_and(|claim| claim.subscribes_by_system_code());
        self.key.clone().into_iter().chain(at_stake.then_some(Key::SystemCode(self.source)))
    }
}

/// What a look at one Authorization line showed.
enum Verified {
    Locked(Duration),
    NotForUs,
    Right(Claim),
    Stale,
    Wrong,
}

/// Which secret is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    /// The account's own; the system's for whoever has none.
    OwnCode,
    /// The system's, for a device with a code of its own that is not subscribed yet.
    SystemCode,
}

/// The secret that proves a claim. `Some((claim, None))` is a claim that no secret proves.
fn secret_of<'a>(
    claimed: Claimant<'a>,
    settings: &'a Settings,
    attempt: Try,
    open: bool,
) -> Option<(Claim, Option<&'a str>)> {
    let system = settings.access.system_auth_code.as_ref().map(dect::AuthCode::reveal);
    let (who, proof, secret) = match (claimed, attempt) {
        (Claimant::Device(device), Try::OwnCode) => {
            let account = Who::Account(AccountId::Device(device.id));
            match &device.auth_code {
                Some(code) => (account, Proof::UserCode, Some(code.expose())),
                None => (account, Proof::SystemCode, system),
            }
        }
        (Claimant::Device(device), Try::SystemCode)
            if device.auth_code.is_some() && !is_subscribed(device) =>
        {
            (Who::Account(AccountId::Device(device.id)), Proof::SystemCode, system)
        }
        (Claimant::Stranger(ipei, user), Try::OwnCode) => {
            let user = user.map(|user| user.id);
            (Who::Stranger(ipei, user), Proof::SystemCode, system.filter(|_| open))
        }
        (Claimant::User(user), Try::OwnCode) => {
            let secret = user.access_password().or(settings.pbx.system_password.as_ref());
            (Who::Account(AccountId::User(user.id)), Proof::UserCode, secret.map(|secret| secret.expose()))
        }
        (Claimant::Nobody, _) | (_, Try::SystemCode) => return None,
    };
    let subscribed = match claimed {
        Claimant::Device(device) => is_subscribed(device),
        Claimant::Nobody | Claimant::Stranger(..) => false,
        Claimant::User(_) => true,
    };
    Some((Claim { who, proof, subscribed }, secret))
}

fn is_subscribed(device: &Device) -> bool {
    device.equipment.details.subscribed_ms.is_some()
}

/// RFC 7616 3.4.6 wants the digest's URI and the Request-URI equivalent. Bases add or leave out port and parameters, and a proxy
/// before us may rewrite the Request-URI, so scheme, user and host must do.
fn is_same_target(uri: &[u8], message: &Message) -> bool {
    if Some(uri) == message.request_uri() {
        return true;
    }
    match (Uri::parse(uri), message.uri()) {
        (Ok(theirs), Ok(ours)) => {
            theirs.scheme == ours.scheme
                && theirs.user_unescaped() == ours.user_unescaped()
                && theirs.host.equivalent(ours.host)
        }
        _ => false,
    }
}

/// RFC 3323 4.1.1.3: a caller that hides itself. The digest still tells who it is.
const ANONYMOUS: &str = "anonymous";
/// The same for a wrong password and for a name that nobody bears.
const REFUSED: Admission = Admission::Refused { status: Status(403), retry_after: None };
