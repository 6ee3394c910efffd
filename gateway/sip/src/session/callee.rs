//! The callee's side of a session until it is confirmed: provisional responses, answer, refusal, CANCEL, ACK.
//! RFC 3261 9.2, 13.3.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::deadline::Timer;
use crate::dialog::{Dialog, LocalTag};
use crate::endpoint::core::{Core, Inbound};
use crate::endpoint::{EndedBy, NextHop, Refused, SessionEvent, SessionInfo, SessionPhase};
use crate::header::NameAddr;
use crate::message::{Builder, Message};
use crate::name::Name;
use crate::session::ending::Outcome;
use crate::session::offer::Exchange;
use crate::session::request::{SDP, with_default, with_headers};
use crate::session::{Session, State, Timers, sdp_of};
use crate::slab::Place;
use crate::status::Status;

impl Session {
    /// A session that is called. `dialog` is that of the INVITE.
    pub(crate) fn incoming(
        core: &Core,
        place: Place,
        tag: LocalTag,
        timer: Timer,
        inbound: &Inbound,
        dialog: Dialog,
    ) -> Session {
        let message = &inbound.message;
        let info = SessionInfo {
            call_id: String::from_utf8_lossy(message.call_id().unwrap_or_default()).into_owned(),
            local_uri: message.to().map(|to| without_params(&to)).unwrap_or_default(),
            remote_uri: message.from_().map(|from| without_params(&from)).unwrap_or_default(),
            local_tag: tag.to_string(),
            remote_tag: None,
            remote_target: String::new(),
            flow: inbound.flow,
            phase: SessionPhase::Early,
        };
        // A peer whose address is not what it says it is sits behind NAT: only the flow reaches it.
        let behind_nat = message.top_via().is_ok_and(|via| {
            via.host
                .address()
                .is_none_or(|sent| sent.to_canonical() != inbound.flow.remote.ip().to_canonical())
        });
        let next_hop = if behind_nat { NextHop::Flow } else { NextHop::Target };
        let mut session = Session {
            place,
            info,
            tag,
            caller: false,
            contact: core.contact(inbound),
            cseq: 0,
            max_forwards: 70,
            account: None,
            next_hop,
            fallback: None,
            forks: Vec::new(),
            forks_seen: 0,
            dialog: Some(dialog),
            state: State::Gone,
            exchange: Exchange::Idle,
            postponed: None,
            refresh: None,
            interval_wanted: None,
            peer_allows_update: false,
            local_sdp: None,
            timers: Timers::default(),
            timer,
        };
        session.learn_abilities(message);
        session.publish_dialog();
        session
    }

    /// Starts: the INVITE is in transaction `server`.
    pub(crate) fn ring(&mut self, core: &mut Core, now: Instant, server: Place, inbound: Inbound) {
        let trying = core.reply(&inbound.message, Status::TRYING, None).finish_bytes();
        core.respond(now, server, trying);
        self.state = State::Ringing { server, last: None };
        self.timers.ring = Some(now + core.config.ring_limit);
        let expires = inbound.message.expires().map(u64::from).filter(|seconds| *seconds > 0);
        self.timers.expires = expires.and_then(|seconds| now.checked_add(Duration::from_secs(seconds)));
        let Inbound { flow, message, .. } = inbound;
        let offer = sdp_of(&message);
        core.emit(self.id(), SessionEvent::Incoming { flow, message, offer });
    }

    pub(crate) fn progress(
        &mut self,
        core: &mut Core,
        now: Instant,
        status: Status,
        body: Option<&Bytes>,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        if !(101..200).contains(&status.0) {
            return Err(Refused::Malformed);
        }
        let State::Ringing { server, .. } = self.state else { return Err(Refused::WrongState) };
        let request = core.transactions.unanswered(server).ok_or(Refused::UnknownTransaction)?;
        let mut reply = core.reply(&request, status, Some(&self.info.local_tag));
        reply = self.with_contact(reply, headers);
        reply = with_default(reply, headers, Name::Allow, &core.allow);
        let octets = Bytes::from(finish(with_headers(reply, headers), body));
        core.respond(now, server, octets.clone());
        self.state = State::Ringing { server, last: Some(octets) };
        self.timers.ring = Some(now + core.config.ring_limit);
        self.timers.repeat = Some(now + core.config.ring_repeat);
        Ok(())
    }

    /// RFC 3261 13.3.1.1: a proxy on the way gives up after three minutes of silence.
    pub(super) fn repeat_provisional(&mut self, core: &mut Core, now: Instant) {
        if let State::Ringing { server, last: Some(last) } = &self.state {
            core.respond(now, *server, last.clone());
            self.timers.repeat = Some(now + core.config.ring_repeat);
        }
    }

    pub(crate) fn answer(
        &mut self,
        core: &mut Core,
        now: Instant,
        body: Option<&Bytes>,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        let State::Ringing { server, .. } = self.state else { return Err(Refused::WrongState) };
        let request = core.transactions.unanswered(server).ok_or(Refused::UnknownTransaction)?;
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let reply = core.reply(&request, Status::OK, Some(&self.info.local_tag));
        let reply = self.success(core, now, reply, &request, headers);
        self.local_sdp = body.cloned();
        core.respond(now, server, finish(reply, body).into());
        self.state = State::Answered { server, cseq, bye: None };
        self.timers.ring = None;
        self.timers.expires = None;
        self.timers.repeat = None;
        Ok(())
    }

    pub(crate) fn reject(
        &mut self,
        core: &mut Core,
        now: Instant,
        status: Status,
        reason: &str,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        if !(300..700).contains(&status.0) {
            return Err(Refused::Malformed);
        }
        if !matches!(self.state, State::Ringing { .. }) {
            return Err(Refused::WrongState);
        }
        self.refuse(core, now, status, reason, headers);
        self.end(core, SessionEvent::Ended { by: EndedBy::Local, message: None });
        Ok(())
    }

    /// Sends a final response to an INVITE that rings.
    pub(super) fn refuse(
        &mut self,
        core: &mut Core,
        now: Instant,
        status: Status,
        reason: &str,
        headers: &[(String, String)],
    ) {
        let State::Ringing { server, .. } = self.state else { return };
        let Some(request) = core.transactions.unanswered(server) else { return };
        let mut reply = Builder::reply(&request, status, reason, Some(&self.info.local_tag));
        reply = with_default(reply, headers, Name::Server, &core.config.user_agent);
        if status.is_redirection() {
            core.respond(now, server, with_headers(reply, headers).finish_bytes());
            return;
        }
        reply = with_default(reply, headers, Name::Allow, &core.allow);
        core.respond(now, server, with_headers(reply, headers).finish_bytes());
    }

    /// The peer's CANCEL named transaction `server`. The 200 to the CANCEL is sent already (RFC 3261 9.2).
    pub(crate) fn on_cancel(&mut self, core: &mut Core, now: Instant, server: Place, cancel: Message) {
        if matches!(self.state, State::Ringing { server: ours, .. } if ours == server) {
            self.refuse(core, now, Status::REQUEST_TERMINATED, "", &[]);
            self.end(core, SessionEvent::Cancelled { message: cancel });
        } else {
            self.withdraw_offer(core, now, server);
        }
    }

    /// An ACK in the dialog.
    pub(crate) fn on_ack(&mut self, core: &mut Core, now: Instant, ack: &Message) {
        let Ok(number) = ack.cseq().map(|cseq| cseq.number) else { return };
        match &mut self.state {
            State::Answered { server, cseq, bye } if *cseq == number => {
                let bye = bye.take();
                core.transactions.acknowledged(*server);
                self.state = State::Confirmed;
                core.emit(self.id(), SessionEvent::Confirmed { body: sdp_of(ack) });
                if let Some(headers) = bye {
                    self.send_bye(core, now, &headers, Outcome::Local);
                }
            }
            _ => self.on_offer_ack(core, number, ack),
        }
    }

    /// What every 2xx to an INVITE or UPDATE carries.
    pub(super) fn success(
        &mut self,
        core: &Core,
        now: Instant,
        reply: Builder,
        request: &Message,
        headers: &[(String, String)],
    ) -> Builder {
        let mut reply = self.with_contact(reply, headers);
        reply = with_default(reply, headers, Name::Allow, &core.allow);
        reply = with_default(reply, headers, Name::Supported, &core.supported[0]);
        reply = self.agree_on_refresh(now, reply, request);
        with_headers(reply, headers)
    }

    fn with_contact(&mut self, reply: Builder, headers: &[(String, String)]) -> Builder {
        let own = headers.iter().find(|(name, _)| Name::from_bytes(name.as_bytes()) == Name::Contact);
        match own {
            // The owner's Contact is that of the dialog from now on.
            Some((_, contact)) => {
                self.contact.clone_from(contact);
                reply
            }
            None => reply.header("Contact", &self.contact),
        }
    }
}

impl Core {
    /// Our Contact towards a caller: the user that was called, at the listener.
    fn contact(&self, inbound: &Inbound) -> String {
        let Some(info) = self.transactions.wire.listener(inbound.flow.listener) else { return String::new() };
        let transport =
            inbound.flow.transport.uri_param().map_or(String::new(), |name| format!(";transport={name}"));
        let uri = inbound.message.uri().ok();
        let user = uri.and_then(|uri| uri.user).and_then(|user| std::str::from_utf8(user).ok());
        let at = if user.is_some() { "@" } else { "" };
        format!("<sip:{}{at}{}{transport}>", user.unwrap_or_default(), info.contact_host_port)
    }
}

fn finish(builder: Builder, body: Option<&Bytes>) -> Vec<u8> {
    match body {
        Some(body) => builder.body(SDP, body),
        None => builder.finish(),
    }
}

/// The address without its tag and other parameters.
fn without_params(address: &NameAddr<'_>) -> String {
    let uri = String::from_utf8_lossy(address.uri_raw);
    match address.display {
        Some(display) => format!("{} <{uri}>", String::from_utf8_lossy(display)),
        None => format!("<{uri}>"),
    }
}
