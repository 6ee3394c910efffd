//! The end of a session: BYE of either side, and what the owner hears of it. RFC 3261 15.

use std::time::Instant;

use crate::endpoint::core::{Core, Inbound, Purpose, User};
use crate::endpoint::{EndedBy, Refused, SessionEvent};
use crate::message::Message;
use crate::session::request::with_headers;
use crate::session::{Session, State, Timers};
use crate::status::Status;
use crate::transaction::client::Delivery;

/// What ends a session whose BYE is under way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// The 200 crossed our CANCEL.
    Cancelled,
    /// The owner hung up.
    Local,
}

impl Outcome {
    pub(super) fn event(self, message: Option<Message>) -> SessionEvent {
        match self {
            Outcome::Cancelled => SessionEvent::Failed { status: Some(Status::REQUEST_TERMINATED), message },
            Outcome::Local => SessionEvent::Ended { by: EndedBy::Local, message },
        }
    }
}

impl Session {
    /// Emits the terminal event and lets go of everything.
    pub(super) fn end(&mut self, core: &mut Core, event: SessionEvent) {
        if self.is_gone() {
            return;
        }
        self.state = State::Gone;
        self.timers = Timers::default();
        core.emit(self.id(), event);
    }

    /// The owner hangs up.
    pub(crate) fn bye(
        &mut self,
        core: &mut Core,
        now: Instant,
        headers: &[(String, String)],
    ) -> Result<(), Refused> {
        match &mut self.state {
            State::Calling { .. } => self.cancel(core, now, headers),
            // RFC 3261 15: the callee must not send BYE before the ACK has come or cannot come any more.
            State::Answered { bye, .. } => {
                bye.get_or_insert_with(|| headers.to_vec());
                Ok(())
            }
            State::Ringing { .. } => self.reject(core, now, Status::DECLINE, "", headers),
            State::Unacknowledged { .. } => {
                self.acknowledge(core, None);
                self.send_bye(core, now, headers, Outcome::Local);
                Ok(())
            }
            State::Confirmed => {
                self.send_bye(core, now, headers, Outcome::Local);
                Ok(())
            }
            State::Ending(_) | State::Gone => Err(Refused::WrongState),
        }
    }

    /// Sends BYE; the outcome is told when it is answered.
    pub(super) fn send_bye(
        &mut self,
        core: &mut Core,
        now: Instant,
        headers: &[(String, String)],
        outcome: Outcome,
    ) {
        self.abandon_offer(core, now);
        self.timers = Timers::default();
        let user = User::Session(self.place, Purpose::Bye);
        self.state = State::Ending(outcome);
        let builder = self.in_dialog(core, "BYE").map(|builder| with_headers(builder, headers));
        let sent = builder.map(|builder| self.send(core, now, user, "BYE", builder, None));
        if !matches!(sent, Some(Ok(_))) {
            self.end(core, outcome.event(None));
        }
    }

    /// The session is over by itself: tells the owner now and the peer as far as it can be reached.
    pub(super) fn hang_up_by_timeout(&mut self, core: &mut Core, now: Instant, message: Option<Message>) {
        self.abandon_offer(core, now);
        if let Some(builder) = self.in_dialog(core, "BYE") {
            let _ = self.send(core, now, User::Nobody, "BYE", builder, None);
        }
        self.end(core, SessionEvent::Ended { by: EndedBy::Timeout, message });
    }

    pub(super) fn on_bye_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: Message,
    ) {
        let State::Ending(outcome) = self.state else { return };
        if response.status().is_none_or(Status::is_provisional) {
            return;
        }
        if self.answer_challenge(core, now, delivery.user, &delivery.request, &response).is_none() {
            self.end(core, outcome.event(Some(response)));
        }
    }

    /// The peer hangs up.
    pub(super) fn on_bye(&mut self, core: &mut Core, now: Instant, inbound: Inbound) {
        core.answer(now, &inbound, core.reply(&inbound.message, Status::OK, None));
        match self.state {
            // The callee cannot hang up an early dialog (RFC 3261 15); the INVITE itself is still open.
            State::Calling { .. } | State::Gone => return,
            // RFC 3261 15.1.2: pending requests are answered 487.
            State::Ringing { .. } => self.refuse(core, now, Status::REQUEST_TERMINATED, "", &[]),
            State::Answered { server, .. } => core.transactions.acknowledged(server),
            State::Unacknowledged { .. } => self.acknowledge(core, None),
            State::Confirmed | State::Ending(_) => {}
        }
        self.abandon_offer(core, now);
        let message = Some(inbound.message);
        let event = match self.state {
            State::Ending(Outcome::Cancelled) => Outcome::Cancelled.event(message),
            _ => SessionEvent::Ended { by: EndedBy::Peer, message },
        };
        self.end(core, event);
    }

    /// Our 2xx was never acknowledged (RFC 3261 13.3.1.4).
    pub(crate) fn on_unacknowledged(&mut self, core: &mut Core, now: Instant, server: crate::slab::Place) {
        match self.state {
            State::Answered { server: ours, .. } if ours == server => {
                self.hang_up_by_timeout(core, now, None)
            }
            _ if self.exchange.is_unacknowledged(server) => self.hang_up_by_timeout(core, now, None),
            _ => {}
        }
    }

    /// A response to `send_in_dialog`. True when the owner is to hear of it.
    pub(crate) fn on_owner_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        delivery: &Delivery<User>,
        response: &Message,
    ) -> bool {
        self.answer_challenge(core, now, delivery.user, &delivery.request, response).is_none()
    }

    /// RFC 3261 12.2.1.2: after 408, 481 or silence the dialog is over.
    pub(crate) fn on_dead_dialog(&mut self, core: &mut Core, now: Instant, response: Option<Message>) {
        if matches!(self.state, State::Confirmed) {
            self.hang_up_by_timeout(core, now, response);
        }
    }
}
