//! Calls: a back-to-back user agent between handset legs and PBX legs (RFC 7092).
//!
//! Owns every call and the RTP port ledger. Each leg is a call of its own in SIP; what crosses is decided here, and media is decided by
//! whole plans. Never parses SDP itself (`leg_sdp` does, by the crate `sdp`) and never decides whom a user is or where it is
//! registered: [`Rooms`] knows.
//!
//! In the order of a call: `setup` takes the INVITE and rings the other side, `progress` hands ringing, early media, answer or failure
//! back, `talk` keeps an answered call in agreement, `ending` takes it down and gives back what it held.

mod ending;
mod failure;
mod identity;
mod leg_sdp;
mod progress;
mod record;
mod setup;
mod state;
mod talk;

use std::{collections::HashMap, time::Instant};

use media_api::{Command, InterfaceId};
use sip::{ClientId, ConnectionId, Failure, Flow, Message, ServerId, SessionEvent, SessionId};

use self::state::{MediaState, Side};
pub use self::{
    record::CallRecord,
    state::{Call, Phase},
};
use crate::{
    context::Context,
    deadline::Deadlines,
    directory::{Change, Edit, UserId},
    output::Output,
    ports::Ports,
    registrar::Registrar,
    registration::Registration,
    settings::Settings,
};

/// A call's number, drawn once and never used again while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Who called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A handset called out through the PBX.
    FromHandset,
    /// The PBX called a handset.
    FromPbx,
}

/// The rooms that a call asks.
pub struct Rooms<'a> {
    /// Who is where on the access side.
    pub registrar: &'a mut Registrar,
    /// Who is registered where at the PBX.
    pub registration: &'a Registration,
}

/// What happened to calls since the start, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounters {
    /// INVITEs taken.
    pub attempted: u64,
    /// Calls answered.
    pub answered: u64,
    /// Calls that ended unanswered, for whatever reason.
    pub failed: u64,
    /// INVITEs refused because of a limit.
    pub refused: u64,
}

/// All calls.
#[derive(Debug)]
pub struct Calls {
    calls: HashMap<CallId, Box<Call>>,
    by_session: HashMap<SessionId, CallId>,
    /// Requests passed on in a dialog, to be answered when the other side has.
    forwarded: HashMap<ClientId, (ServerId, Message)>,
    deadlines: Deadlines<CallId>,
    ports: Ports,
    next: u64,
    draining: bool,
    counters: CallCounters,
}

/// What one step of a call may use beside the call itself.
struct Desk<'a> {
    by_session: &'a mut HashMap<SessionId, CallId>,
    forwarded: &'a mut HashMap<ClientId, (ServerId, Message)>,
    deadlines: &'a mut Deadlines<CallId>,
    ports: &'a mut Ports,
    counters: &'a mut CallCounters,
}

impl Calls {
    /// No calls yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let media = &settings.media;
        let interfaces = media.access.id.0.max(media.pbx.id.0) + 1;
        Self {
            calls: HashMap::new(),
            by_session: HashMap::new(),
            forwarded: HashMap::new(),
            deadlines: Deadlines::default(),
            ports: Ports::new(media.ports, media.workers, interfaces, media.quarantine),
            next: 1,
            draining: false,
            counters: CallCounters::default(),
        }
    }

    /// Takes an event of an INVITE session.
    pub fn handle_session(
        &mut self,
        cx: &mut Context<'_>,
        rooms: &mut Rooms<'_>,
        session: SessionId,
        event: SessionEvent,
    ) {
        if let SessionEvent::Incoming { flow, message, offer } = event {
            return self.handle_incoming(cx, rooms, &setup::Incoming { session, flow, message, offer });
        }
        let Some(id) = self.by_session.get(&session).copied() else { return };
        self.step(cx, id, |call, cx, desk| call.handle_event(cx, desk, rooms, session, event));
    }

    /// Takes the response to a request that was passed on in a dialog; `false` when it is not ours.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, client: ClientId, response: &Message) -> bool {
        if response.status().is_some_and(|status| status.0 < 200) {
            return self.forwarded.contains_key(&client);
        }
        let Some((server, request)) = self.forwarded.remove(&client) else { return false };
        let status = failure::of_request(response.status().unwrap_or(sip::Status(500)));
        talk::answer_request(cx, server, &request, status);
        true
    }

    /// A request that was passed on in a dialog got no answer; `false` when it is not ours.
    pub fn handle_failed(&mut self, cx: &mut Context<'_>, client: ClientId, _failure: Failure) -> bool {
        let Some((server, request)) = self.forwarded.remove(&client) else { return false };
        talk::answer_request(cx, server, &request, sip::Status(408));
        true
    }

    /// Takes a report of the media plane.
    pub fn handle_media(&mut self, cx: &mut Context<'_>, event: media_api::Event) {
        let session = match &event {
            media_api::Event::Closed { session, .. }
            | media_api::Event::Digit { session, .. }
            | media_api::Event::Fault { session, .. }
            | media_api::Event::Refused { session, .. }
            | media_api::Event::Stats { session, .. } => *session,
        };
        self.step(cx, CallId(session.0), |call, cx, desk| call.handle_media(cx, desk, event));
    }

    /// When [`Calls::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.earliest()
    }

    /// Ends calls that rang too long, and those that the media plane has forgotten.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        while let Some(id) = self.deadlines.pop_due(cx.now) {
            self.step(cx, id, Call::handle_limit);
        }
    }

    /// Takes no new calls from now on; with `force` also ends those that are.
    pub fn drain(&mut self, cx: &mut Context<'_>, force: bool) {
        self.draining = true;
        if force {
            let all: Vec<CallId> = self.calls.keys().copied().collect();
            for id in all {
                self.step(cx, id, |call, cx, desk| call.end(cx, desk, sip::Status(503), &[]));
            }
        }
    }

    /// Ends the calls of users that are deleted.
    pub fn handle_changes(&mut self, cx: &mut Context<'_>, changes: &[Change]) {
        for change in changes {
            let Edit::UserDeleted(user) = change.edit else { continue };
            for id in self.of_user(user) {
                self.step(cx, id, |call, cx, desk| call.end(cx, desk, sip::Status(480), &[]));
            }
        }
    }

    /// A connection that we opened towards the PBX is gone. Calls over it ask for another one with their next message, else
    /// nobody could hang up.
    pub fn handle_link_lost(&mut self, cx: &mut Context<'_>, connection: Option<ConnectionId>) {
        for session in self.by_session.keys() {
            let flow = cx.endpoint.session(*session).map(|info| info.flow);
            if let Some(flow) = flow.filter(|flow| flow.connection == connection) {
                // It was there a moment ago.
                let _gone = cx.endpoint.redirect_flow(*session, Flow { connection: None, ..flow });
            }
        }
    }

    /// A user's device registered over a connection: its calls over an older one from the same place go by the new one.
    pub fn handle_located(&mut self, cx: &mut Context<'_>, registrar: &Registrar, user: UserId) {
        let flows = registrar.locations(user).map(|location| location.flow);
        let flows: Vec<Flow> = flows.filter(|flow| flow.connection.is_some()).collect();
        if flows.is_empty() {
            return;
        }
        for id in self.of_user(user) {
            let Some(call) = self.calls.get(&id) else { continue };
            let handset = if call.direction == Direction::FromHandset { Side::Caller } else { Side::Callee };
            let Some(session) = call.living(handset) else { continue };
            let Some(old) = cx.endpoint.session(session).map(|info| info.flow) else { continue };
            let same = |flow: &&Flow| flow.listener == old.listener && flow.remote.ip() == old.remote.ip();
            if let Some(new) = flows.iter().find(same).filter(|new| **new != old) {
                let _gone = cx.endpoint.redirect_flow(session, *new);
            }
        }
    }

    fn of_user(&self, user: UserId) -> Vec<CallId> {
        self.calls.values().filter(|call| call.user == user).map(|call| call.id).collect()
    }

    /// The calls that are.
    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.values().map(|call| &**call)
    }

    /// Calls that are, answered or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// No call is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// RTP ports in use.
    #[must_use]
    pub fn ports_used(&self) -> usize {
        self.ports.used()
    }

    /// Everything that a call holds beside itself: sessions, deadlines, requests passed on. Zero when no call is left.
    #[must_use]
    pub fn held(&self) -> usize {
        self.by_session.len() + self.deadlines.len() + self.forwarded.len() + self.ports.used()
    }

    /// What happened since the start.
    #[must_use]
    pub fn counters(&self) -> CallCounters {
        self.counters
    }

    /// Runs one step of a call, then lets it go if it is over.
    fn step(
        &mut self,
        cx: &mut Context<'_>,
        id: CallId,
        step: impl FnOnce(&mut Call, &mut Context<'_>, &mut Desk<'_>),
    ) {
        let Some(mut call) = self.calls.remove(&id) else { return };
        let mut desk = self.desk();
        step(&mut call, cx, &mut desk);
        call.publish_plan(cx);
        if call.is_over() {
            desk.deadlines.clear(&id);
            call.write_record(cx, desk.counters);
        } else {
            self.calls.insert(id, call);
        }
    }

    fn desk(&mut self) -> Desk<'_> {
        Desk {
            by_session: &mut self.by_session,
            forwarded: &mut self.forwarded,
            deadlines: &mut self.deadlines,
            ports: &mut self.ports,
            counters: &mut self.counters,
        }
    }
}

impl Call {
    fn handle_event(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        rooms: &mut Rooms<'_>,
        session: SessionId,
        event: SessionEvent,
    ) {
        let side = self.side(session);
        if event.is_terminal() {
            desk.by_session.remove(&session);
            self.mark_ended(session);
        }
        match event {
            SessionEvent::Incoming { .. } => {}
            SessionEvent::Progress { fork, message, body } => {
                self.handle_progress(cx, session, fork, &message, body);
            }
            SessionEvent::Answered { fork, message, body } => {
                self.handle_answered(cx, desk, (session, fork), &message, body);
            }
            SessionEvent::Failed { status, message } => {
                self.handle_callee_failed(cx, desk, rooms, status, message.as_ref());
            }
            SessionEvent::Confirmed { body } => self.handle_confirmed(cx, desk, body),
            SessionEvent::Offered { body, .. } => self.handle_offered(cx, session, side, body),
            SessionEvent::OfferAnswered { body } => self.handle_offer_answered(cx, side, body),
            SessionEvent::OfferRejected { .. } => self.handle_offer_rejected(cx, side),
            SessionEvent::Request { id, message } => self.handle_request(cx, desk, side, id, message),
            SessionEvent::Cancelled { message } => {
                self.end(cx, desk, sip::Status(487), &identity::carried_reason(Some(&message)));
            }
            SessionEvent::Ended { message, .. } => {
                self.handle_ended(cx, desk, side, message.as_ref());
            }
        }
    }

    /// Tells the media plane when the plan has changed.
    fn publish_plan(&mut self, cx: &mut Context<'_>) {
        if self.media.state != MediaState::Open {
            return;
        }
        let plan = self.plan(cx.settings);
        if plan != self.media.plan {
            self.media.plan = plan.clone();
            let command = Command::Replace(self.media_session(), Box::new(plan));
            cx.out.push(Output::Media(self.media.worker, command));
        }
    }

    fn media_session(&self) -> media_api::SessionId {
        media_api::SessionId(self.id.0)
    }

    /// The media addresses of the caller's and the callee's side.
    fn interfaces(direction: Direction, settings: &Settings) -> [InterfaceId; 2] {
        let (access, pbx) = (settings.media.access.id, settings.media.pbx.id);
        match direction {
            Direction::FromHandset => [access, pbx],
            Direction::FromPbx => [pbx, access],
        }
    }
}
