//! The caller's side of a session until it is confirmed: INVITE, forks, PRACK, CANCEL, ACK.
//! RFC 3261 9.1, 13.2; RFC 3262 4.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::deadline::Timer;
use crate::dialog::{Dialog, LocalTag};
use crate::endpoint::core::{Core, Purpose, User};
use crate::endpoint::{ForkId, OutgoingCall, Refused, SessionEvent, SessionInfo, SessionPhase};
use crate::entropy::hex_token;
use crate::message::{Builder, Message};
use crate::name::Name;
use crate::session::ending::Outcome;
use crate::session::offer::Exchange;
use crate::session::request::{Account, SDP, with_default, with_headers};
use crate::session::{Fork, Session, State, Timers, sdp_of};
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::client::{Delivery, NewRequest, cancel_of};

impl Session {
    /// A session that calls. Nothing is sent before [`Session::call`].
    pub(crate) fn outgoing(
        core: &mut Core,
        place: Place,
        tag: LocalTag,
        timer: Timer,
        call: &OutgoingCall,
    ) -> Session {
        let call_id = call.call_id.clone().unwrap_or_else(|| hex_token(&mut *core.entropy, 16));
        let info = SessionInfo {
            call_id,
            local_uri: call.from.clone(),
            remote_uri: call.to.clone(),
            local_tag: tag.to_string(),
            remote_tag: None,
            remote_target: call.request_uri.clone(),
            flow: call.flow,
            phase: SessionPhase::Early,
        };
        Session {
            place,
            info,
            tag,
            caller: true,
            contact: call.contact.clone(),
            cseq: 1,
            max_forwards: call.max_forwards,
            account: call.credentials.clone().map(Account::new),
            next_hop: call.next_hop,
            fallback: call.tcp_fallback,
            forks: Vec::new(),
            forks_seen: 0,
            dialog: None,
            state: State::Gone,
            exchange: Exchange::Idle,
            postponed: None,
            refresh: None,
            interval_wanted: call.session_expires.map(whole_seconds),
            peer_allows_update: false,
            local_sdp: call.offer.clone(),
            timers: Timers::default(),
            timer,
        }
    }

    /// Sends the INVITE.
    pub(crate) fn call(&mut self, core: &mut Core, now: Instant, call: &OutgoingCall) -> Result<(), Refused> {
        let mut builder = Builder::request("INVITE", &call.request_uri);
        for route in &call.routes {
            builder = builder.header("Route", route);
        }
        builder = self.identified(core, builder, None, "INVITE", self.cseq);
        builder = with_default(builder, &call.headers, Name::Contact, &self.contact);
        builder = with_default(builder, &call.headers, Name::Allow, &core.allow);
        let supported = &core.supported[usize::from(call.offer.is_some())];
        builder = with_default(builder, &call.headers, Name::Supported, supported);
        if let Some(seconds) = self.interval_wanted {
            builder = builder.header("Session-Expires", seconds);
        }
        builder = with_headers(builder, &call.headers);
        let bare = match &call.offer {
            Some(offer) => builder.body(SDP, offer),
            None => builder.finish(),
        };
        let user = User::Session(self.place, Purpose::Invite);
        let new =
            NewRequest { user, flow: call.flow, fallback: call.tcp_fallback, invite: true, bare: &bare };
        let client = core.send(now, &new)?;
        self.state = State::Calling { client, cancelled: false, late_offer: call.offer.is_none() };
        self.timers.ring = Some(now + core.config.ring_limit);
        Ok(())
    }

    pub(super) fn on_invite_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: Message,
    ) {
        let Some(Status(status)) = response.status() else { return };
        let calling = matches!(self.state, State::Calling { client, .. } if client == delivery.client);
        match status {
            ..=100 => {}
            101..=199 if calling => self.on_progress(core, now, delivery, response),
            200..=299 if calling => self.on_answer(core, now, delivery, response),
            300.. if calling => self.on_refusal(core, now, delivery, response),
            200..=299 => self.on_late_answer(core, now, delivery, &response),
            _ => {}
        }
    }

    /// CANCEL: at once, or with the first provisional response (RFC 3261 9.1).
    pub(crate) fn cancel(
        &mut self,
        core: &mut Core,
        now: Instant,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        let State::Calling { client, cancelled, .. } = &mut self.state else {
            return Err(Refused::WrongState);
        };
        if std::mem::replace(cancelled, true) {
            return Ok(());
        }
        let client = *client;
        self.timers.ring = None;
        let cancel = core.transactions.request(client).and_then(|invite| cancel_of(invite, headers));
        if let Some(cancel) = cancel {
            core.transactions.cancel(now, client, cancel);
        }
        Ok(())
    }

    /// The ACK with our answer to the offer of the 2xx.
    pub(crate) fn ack_with(&mut self, core: &mut Core, now: Instant, body: Bytes) -> Result<(), Refused> {
        if !matches!(self.state, State::Unacknowledged { .. }) {
            return Err(Refused::WrongState);
        }
        self.acknowledge(core, Some(body));
        self.timers.ring = None;
        self.arm_refresh(now);
        Ok(())
    }

    /// Acknowledges the 2xx that waits for it, and is confirmed.
    pub(super) fn acknowledge(&mut self, core: &mut Core, body: Option<Bytes>) {
        let state = std::mem::replace(&mut self.state, State::Confirmed);
        let State::Unacknowledged { client, response, invite } = state else {
            self.state = state;
            return;
        };
        self.send_ack(core, client, &response, &invite, body.as_deref());
        if body.is_some() {
            self.local_sdp = body;
        }
    }

    /// The ACK of a 2xx carries the sequence number and the credentials of its INVITE (RFC 3261 13.2.2.4, 22.1).
    pub(super) fn send_ack(
        &mut self,
        core: &mut Core,
        client: Place,
        response: &Message,
        invite: &[u8],
        body: Option<&[u8]>,
    ) {
        let Some(dialog) = &self.dialog else { return };
        let number = response.cseq().map_or(self.cseq, |cseq| cseq.number);
        let mut builder = self.identified(core, dialog.start("ACK"), Some(dialog), "ACK", number);
        if let Ok(invite) = Message::parse(invite) {
            for name in [Name::Authorization, Name::ProxyAuthorization] {
                for value in invite.lines(name) {
                    builder = builder.raw_header(name.as_str(), value);
                }
            }
        }
        let flow = dialog.next_hop(self.info.flow, self.next_hop);
        let bare = match body {
            Some(body) => builder.body(SDP, body),
            None => builder.finish(),
        };
        core.send_ack(client, response, flow, &bare);
    }

    fn on_progress(&mut self, core: &mut Core, now: Instant, delivery: &Delivery<User>, response: Message) {
        self.timers.ring = self.timers.ring.map(|_| now + core.config.ring_limit);
        let Some(index) = self.fork_of(core, &response) else { return };
        // RFC 3262 4: reliable ones in order, each once; the PRACK is repeated by its own transaction.
        let rseq = rseq_of(&response);
        let fork = &mut self.forks[index];
        if let Some(rseq) = rseq {
            if fork.rseq.is_some_and(|last| last.checked_add(1) != Some(rseq)) {
                return;
            }
            fork.rseq = Some(rseq);
        }
        let id = fork.id;
        self.publish_dialog();
        if let Some(rseq) = rseq {
            self.send_prack(core, now, index, rseq, &response);
        }
        if !matches!(self.state, State::Calling { cancelled: true, .. }) {
            let body = sdp_of(&response);
            core.emit(self.id(), SessionEvent::Progress { fork: id, message: response, body });
        }
        let _ = delivery;
    }

    fn send_prack(&mut self, core: &mut Core, now: Instant, index: usize, rseq: u32, response: &Message) {
        let Ok(cseq) = response.cseq() else { return };
        let dialog = &self.forks[index].dialog;
        self.cseq += 1;
        let builder = self
            .identified(core, dialog.start("PRACK"), Some(dialog), "PRACK", self.cseq)
            .header("RAck", format_args!("{rseq} {} {}", cseq.number, cseq.method));
        let flow = dialog.next_hop(self.info.flow, self.next_hop);
        let uri = dialog.request_uri();
        let bare = self.authorized(core, builder, "PRACK", &uri, None);
        let user = User::Session(self.place, Purpose::Prack);
        let fallback = self.fallback;
        let _ = core.send(now, &NewRequest { user, flow, fallback, invite: false, bare: &bare });
    }

    pub(super) fn on_prack_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: &Message,
    ) {
        self.answer_challenge(core, now, delivery.user, &delivery.request, response);
    }

    fn on_answer(&mut self, core: &mut Core, now: Instant, delivery: &Delivery<User>, response: Message) {
        let State::Calling { client, cancelled, late_offer } = self.state else { return };
        // RFC 3261 13.2.2.4: the route set is taken again from the 2xx.
        let fork = self.fork_id(&response);
        self.dialog = Some(Dialog::from_response(&response, &self.info.remote_target, &core.config.limits));
        self.forks = Vec::new();
        self.publish_dialog();
        self.timers.ring = None;
        self.learn_abilities(&response);
        let body = sdp_of(&response);
        if cancelled {
            self.send_ack(core, client, &response, &delivery.request, None);
            self.state = State::Confirmed;
            self.send_bye(core, now, &[], Outcome::Cancelled);
            return;
        }
        self.refresh_agreed_by_peer(now, &response);
        if late_offer && body.is_some() {
            self.timers.ring = Some(now + core.config.t1 * 64);
            self.timers.refresh = None;
            let message = Box::new(response.clone());
            self.state =
                State::Unacknowledged { client, response: message, invite: delivery.request.clone() };
        } else {
            self.send_ack(core, client, &response, &delivery.request, None);
            self.state = State::Confirmed;
        }
        core.emit(self.id(), SessionEvent::Answered { fork, message: response, body });
    }

    /// A 2xx after the first: a repetition before our ACK, or another fork that answered as well.
    fn on_late_answer(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: &Message,
    ) {
        let tag = response.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        let known = self.dialog.as_ref().is_some_and(|dialog| *dialog.remote_tag == *tag);
        if !known {
            core.hang_up(now, delivery, response, self.next_hop, true);
        }
    }

    fn on_refusal(&mut self, core: &mut Core, now: Instant, delivery: &Delivery<User>, response: Message) {
        let State::Calling { cancelled, late_offer, .. } = self.state else { return };
        let status = response.status();
        if !cancelled {
            let again = self
                .answer_challenge(core, now, delivery.user, &delivery.request, &response)
                .or_else(|| self.ask_for_longer_interval(core, now, delivery, &response));
            if let Some(client) = again {
                // The early dialogs of the refused INVITE are over.
                self.forks.clear();
                self.state = State::Calling { client, cancelled: false, late_offer };
                self.timers.ring = Some(now + core.config.ring_limit);
                return;
            }
        }
        self.end(core, SessionEvent::Failed { status, message: Some(response) });
    }

    /// RFC 4028 7.4: 422 names the shortest interval that the path allows.
    fn ask_for_longer_interval(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: &Message,
    ) -> Option<Place> {
        let wanted = self.interval_wanted?;
        let least = response.header(Name::MinSe).and_then(crate::session::refresh::seconds)?;
        if response.status() != Some(Status::SESSION_INTERVAL_TOO_SMALL) || least <= wanted {
            return None;
        }
        self.interval_wanted = Some(least);
        let replaced = [(Name::SessionExpires, least.to_string()), (Name::MinSe, least.to_string())];
        self.resend(core, now, delivery.user, &delivery.request, &replaced)
    }

    /// Index of the early dialog of a response, new or known. `None` when there are too many.
    fn fork_of(&mut self, core: &Core, response: &Message) -> Option<usize> {
        let tag = response.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        let known = self.forks.iter().position(|fork| *fork.dialog.remote_tag == *tag);
        if known.is_some() {
            return known;
        }
        if self.forks.len() >= core.config.limits.forks {
            return None;
        }
        let dialog = Dialog::from_response(response, &self.info.remote_target, &core.config.limits);
        let id = self.next_fork();
        self.forks.push(Fork { id, dialog, rseq: None });
        Some(self.forks.len() - 1)
    }

    fn fork_id(&mut self, response: &Message) -> ForkId {
        let tag = response.to().ok().and_then(|to| to.tag()).unwrap_or_default();
        let known = self.forks.iter().find(|fork| *fork.dialog.remote_tag == *tag).map(|fork| fork.id);
        known.unwrap_or_else(|| self.next_fork())
    }

    fn next_fork(&mut self) -> ForkId {
        let id = ForkId(self.forks_seen);
        self.forks_seen = self.forks_seen.saturating_add(1);
        id
    }

    pub(super) fn learn_abilities(&mut self, message: &Message) {
        if message.header(Name::Allow).is_some() {
            self.peer_allows_update = message.lists(Name::Allow, "UPDATE");
        }
    }
}

/// RSeq of a provisional response that wants a PRACK.
fn rseq_of(response: &Message) -> Option<u32> {
    if !response.lists(Name::Require, "100rel") {
        return None;
    }
    let value = response.header(Name::RSeq)?;
    u32::try_from(crate::syntax::decimal(value)?).ok().filter(|rseq| *rseq > 0)
}

fn whole_seconds(interval: Duration) -> u32 {
    u32::try_from(interval.as_secs()).unwrap_or(u32::MAX)
}
