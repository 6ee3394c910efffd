//! The end of a call: sessions are taken down, media is closed, ports are given back, the record is written.

use std::time::Duration;

use media_api::{Command, Event, Refusal};
use sip::{Message, SessionId, Status};

use super::{
    Call, CallCounters, CallRecord, Desk, identity,
    state::{MediaState, Phase, Side},
};
use crate::{
    context::Context,
    fault::{FaultCode, FaultSubject},
    output::Output,
};

impl Call {
    /// One side ended the answered call, or a session was lost. A callee that lost against another's answer ends nothing.
    pub(super) fn handle_ended(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        side: Side,
        message: Option<&Message>,
    ) {
        if side == Side::Callee && self.living(Side::Callee).is_some() {
            return;
        }
        let headers = identity::carried_reason(message);
        let status = if self.answered.is_some() { Status(200) } else { Status(487) };
        self.end(cx, desk, status, &headers);
    }

    /// A call that was not answered within the limit, or whose media plane has not said that it closed.
    pub(super) fn handle_limit(&mut self, cx: &mut Context<'_>, desk: &mut Desk<'_>) {
        match self.phase {
            Phase::Setup { .. } => {
                self.end(cx, desk, Status(480), &[("Reason".to_owned(), "Q.850;cause=19".to_owned())]);
            }
            Phase::Ending => {
                if self.media.state == MediaState::Closing {
                    tracing::error!(
                        call = self.id.0,
                        worker = self.media.worker.0,
                        "a media worker does not say that it closed a call"
                    );
                }
                self.media_closed(cx, desk, Vec::new());
            }
            Phase::Talking { .. } => {}
        }
    }

    /// Ends whatever is left of the call. `status` is what an unanswered caller gets.
    pub(super) fn end(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        status: Status,
        headers: &[(String, String)],
    ) {
        if self.phase == Phase::Ending {
            return;
        }
        self.phase = Phase::Ending;
        self.outcome = if self.answered.is_some() { Status(200) } else { status };
        desk.deadlines.set(self.id, cx.now + MEDIA_LIMIT);
        self.cancel_callees(cx, None, headers);
        if !self.caller.ended {
            let session = self.caller.session;
            // Answered: BYE. Not answered: the final response. Either is refused only when the session is gone already.
            if self.answered.is_some() {
                let _gone = cx.endpoint.bye(cx.now, session, headers);
            } else {
                let _gone = cx.endpoint.reject(cx.now, session, status, status.reason(), headers);
            }
        }
        self.close_media(cx);
    }

    /// Ends all callees but `keep`: CANCEL for those that ring, BYE for one that answered.
    pub(super) fn cancel_callees(
        &mut self,
        cx: &mut Context<'_>,
        keep: Option<SessionId>,
        headers: &[(String, String)],
    ) {
        for callee in self.callees.iter().filter(|callee| !callee.ended && Some(callee.session) != keep) {
            let _gone = cx.endpoint.bye(cx.now, callee.session, headers);
        }
    }

    /// A report of the media plane about this call.
    pub(super) fn handle_media(&mut self, cx: &mut Context<'_>, desk: &mut Desk<'_>, event: Event) {
        match event {
            Event::Closed { legs, .. } => {
                self.media_closed(cx, desk, legs);
                // Not asked for: a call without media is none.
                self.end(cx, desk, Status(503), &[]);
            }
            Event::Digit { leg, digit, duration_ms, .. } => self.handle_digit(cx, leg, digit, duration_ms),
            Event::Fault { fault, raised, leg, .. } => {
                let (code, subject) = (FaultCode(fault.code()), FaultSubject::Call(self.id));
                if raised {
                    cx.raise(code, subject, format!("leg {}", leg.0));
                } else {
                    cx.clear(code, subject);
                }
            }
            Event::Refused { reason, .. } => {
                tracing::warn!(call = self.id.0, ?reason, "the media plane refused");
                if reason == Refusal::Unknown {
                    // It never came to be, or is gone already: nothing will be closed.
                    self.media_closed(cx, desk, Vec::new());
                }
                self.end(cx, desk, Status(503), &[]);
            }
            Event::Stats { legs, .. } => self.media.legs = legs,
        }
    }

    /// Writes the record when everything is over.
    pub(super) fn write_record(&mut self, cx: &mut Context<'_>, counters: &mut CallCounters) {
        if self.answered.is_none() {
            counters.failed += 1;
        }
        let at = cx.wall();
        for change in cx.faults.clear_subject(FaultSubject::Call(self.id), at) {
            cx.out.push(Output::Fault(change));
        }
        cx.out.push(Output::CallRecord(Box::new(CallRecord {
            call: self.id,
            user: self.user,
            direction: self.direction,
            peer: std::mem::take(&mut self.peer),
            started: self.started,
            answered: self.answered,
            ended: at,
            status: self.outcome,
            legs: std::mem::take(&mut self.media.legs),
        })));
    }

    fn close_media(&mut self, cx: &mut Context<'_>) {
        if self.media.state == MediaState::Open {
            self.media.state = MediaState::Closing;
            cx.out.push(Output::Media(self.media.worker, Command::Close(self.media_session())));
        }
    }

    fn media_closed(&mut self, cx: &mut Context<'_>, desk: &mut Desk<'_>, legs: Vec<media_api::LegStats>) {
        if self.media.state == MediaState::Closed {
            return;
        }
        self.media.state = MediaState::Closed;
        desk.deadlines.clear(&self.id);
        if !legs.is_empty() {
            self.media.legs = legs;
        }
        for port in self.media.ports {
            desk.ports.free(cx.now, self.media.worker, port);
        }
    }
}

/// A worker that has not closed a call by then never will; far beyond what a queue of commands takes.
const MEDIA_LIMIT: Duration = Duration::from_secs(30);
