//! From the first ringing to the answer: what the callee side says is told to the caller.

use bytes::Bytes;
use sip::{ForkId, Message, SessionId, Status};

use super::{
    Call, Desk, Direction, Rooms, failure, identity, setup,
    state::{Phase, Side},
};
use crate::context::Context;

impl Call {
    /// A provisional response above 100.
    pub(super) fn handle_progress(
        &mut self,
        cx: &mut Context<'_>,
        session: SessionId,
        fork: ForkId,
        message: &Message,
        body: Option<Bytes>,
    ) {
        let Phase::Setup { ringing, early } = self.phase else { return };
        if let Some(body) = body
            // A caller that left the offer to us hears nothing before the answer: an offer in a 183 is not reliable (RFC 3261 13.2.1).
            && self.caller.sdp.peer_offered()
            && self.callee_sdp.take_answer(&body).is_ok()
        {
            // The latest early dialog that sends media is heard (RFC 3960 3.2: there is one media stream to the caller).
            let first = early.is_none();
            self.phase = Phase::Setup { ringing, early: Some((session, fork)) };
            if first && let Some(answer) = self.answer_caller(cx) {
                let status = if ringing { Status(183) } else { early_status(message) };
                self.note_ringing(status);
                return self.progress_caller(cx, status, Some(answer));
            }
        }
        let status = message.status().unwrap_or(Status(180));
        // 199 is about one early dialog of ours (RFC 6228), 183 without media says nothing to a caller.
        let tells = matches!(status.0, 180..=182) && !(ringing && status.0 == 180);
        if tells {
            self.note_ringing(status);
            self.progress_caller(cx, status, None);
        }
    }

    /// A callee answered: it wins.
    pub(super) fn handle_answered(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        (session, fork): (SessionId, ForkId),
        _message: &Message,
        body: Option<Bytes>,
    ) {
        let Phase::Setup { early, .. } = self.phase else {
            // The call ended while the answer was on its way.
            let _gone = cx.endpoint.bye(cx.now, session, &[]);
            return;
        };
        let agreed = match body {
            Some(body) => self.callee_sdp.take_answer(&body).is_ok(),
            // An answer in a reliable 183 need not be repeated (RFC 3262 5).
            None => early == Some((session, fork)),
        };
        self.cancel_callees(cx, Some(session), &completed_elsewhere());
        if !agreed {
            return self.end(cx, desk, Status(488), &[]);
        }
        let Some(answer) = self.answer_caller(cx) else {
            return self.end(cx, desk, Status(488), &[]);
        };
        if cx.endpoint.answer(cx.now, self.caller.session, Some(answer), &[]).is_err() {
            return self.end(cx, desk, Status(500), &[]);
        }
        self.phase = Phase::Talking { with: session };
        self.answered = Some(cx.wall());
        desk.counters.answered += 1;
        desk.deadlines.clear(&self.id);
    }

    /// A callee failed: the next redirection is tried, or the caller is told when it was the last.
    pub(super) fn handle_callee_failed(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        rooms: &mut Rooms<'_>,
        status: Option<Status>,
        message: Option<&Message>,
    ) {
        if !matches!(self.phase, Phase::Setup { .. }) {
            return;
        }
        if let Some(message) = message
            && self.follow_redirection(cx, desk, rooms, message)
        {
            return;
        }
        let best = self.failure.map_or(status, |before| failure::better(before, status));
        self.failure = Some(best);
        if status.is_some_and(|status| status.0 >= 600) {
            // A 6xx is final for all contacts (RFC 3261 16.7, step 5).
            self.cancel_callees(cx, None, &[]);
        }
        if self.callees.iter().all(|callee| callee.ended) {
            let verdict = match self.direction {
                Direction::FromHandset => failure::towards_handset(best),
                Direction::FromPbx => failure::towards_pbx(best, cx.settings.access.unreachable),
            };
            let headers = self.failure_headers(cx, verdict.reason, message);
            self.end(cx, desk, verdict.status, &headers);
        }
    }

    /// The caller's ACK arrived; with a late offer it carries the answer.
    pub(super) fn handle_confirmed(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        body: Option<Bytes>,
    ) {
        if !self.phase.is_talking() {
            return;
        }
        if self.caller.sdp.awaits_answer()
            && body.is_none_or(|body| self.caller.sdp.take_answer(&body).is_err())
            && !self.caller.sdp.is_agreed()
        {
            return self.end(cx, desk, Status(488), &[]);
        }
        // What one side wanted before the other could be told: a hold from the start, early media one way and the call both.
        self.align_other(cx, Side::Caller);
        self.align_other(cx, Side::Callee);
    }

    /// The answer to the caller's offer, or our offer when it made none. Cached: an answer given in a 183 stays (RFC 3261 13.2.1).
    fn answer_caller(&mut self, cx: &mut Context<'_>) -> Option<Bytes> {
        let (prefer, allowed) = (self.callee_sdp.sending(), self.callee_sdp.peer_allows().reversed());
        self.caller.sdp.describe(prefer, allowed, cx.settings)
    }

    fn progress_caller(&mut self, cx: &mut Context<'_>, status: Status, body: Option<Bytes>) {
        // Refused when the caller is just gone; its terminal event follows.
        let _gone = cx.endpoint.progress(cx.now, self.caller.session, status, body, &[]);
    }

    fn note_ringing(&mut self, status: Status) {
        if let Phase::Setup { ringing, .. } = &mut self.phase {
            *ringing |= status.0 == 180;
        }
    }

    /// Headers of the final failure: why, and for a redirection by a handset where to.
    fn failure_headers(
        &self,
        cx: &Context<'_>,
        reason: String,
        message: Option<&Message>,
    ) -> Vec<(String, String)> {
        let mut headers = vec![("Reason".to_owned(), reason)];
        let Some(message) = message.filter(|message| message.status().is_some_and(is_redirection)) else {
            return headers;
        };
        for target in setup::redirection_targets(message) {
            if let Ok(uri) = sip::Uri::parse(target.as_bytes())
                && let Some(user) = uri.user
            {
                // The address of the access network means nothing to the PBX; the number does.
                headers.push((
                    "Contact".to_owned(),
                    format!("<sip:{}@{}>", identity::user_part(user), cx.settings.pbx.domain),
                ));
            }
        }
        headers
    }

    /// Follows a 3xx of the PBX while redirections are left; `true` when another attempt is under way.
    fn follow_redirection(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        rooms: &mut Rooms<'_>,
        message: &Message,
    ) -> bool {
        let redirected = message.status().is_some_and(is_redirection);
        if !redirected || self.direction != Direction::FromHandset || self.redirects_left == 0 {
            return false;
        }
        self.redirects_left -= 1;
        let Some(target) = setup::redirection_targets(message).into_iter().next() else { return false };
        self.retarget(cx, desk, rooms, &target)
    }
}

fn is_redirection(status: Status) -> bool {
    (300..400).contains(&status.0)
}

fn early_status(message: &Message) -> Status {
    message.status().filter(|status| matches!(status.0, 180 | 183)).unwrap_or(Status(183))
}

/// Why the other contacts stop ringing: no missed call (RFC 3326 2).
fn completed_elsewhere() -> Vec<(String, String)> {
    vec![("Reason".to_owned(), "SIP;cause=200;text=\"Call completed elsewhere\"".to_owned())]
}
