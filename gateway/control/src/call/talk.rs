//! An answered call: offers of either side, digits and requests in the dialog.
//!
//! Media ends here, so an offer is answered at once from what this leg can do; the other leg hears of it only when the direction changed
//! (hold and resume). A change that an answer makes is never offered back, so two legs that hold each other cannot chase
//! one another.

use bytes::Bytes;
use media_api::{Command, LegIndex};
use sip::{Builder, Message, Method, ServerId, SessionId, Status};

use super::{Call, Desk, state::Side};
use crate::{context::Context, output::Output};

impl Call {
    /// A re-INVITE or UPDATE: an offer, or (without body) the wish for one.
    pub(super) fn handle_offered(
        &mut self,
        cx: &mut Context<'_>,
        session: SessionId,
        side: Side,
        body: Option<Bytes>,
    ) {
        let other = side.other();
        // What the other side allows us to send it is what we may take from this one, and the other way round.
        let (prefer, allowed) = (self.sdp(other).sending(), self.sdp(other).peer_allows().reversed());
        let sdp = self.sdp(side);
        let reply = match body {
            None => Some(sdp.offer(prefer.as_slice(), allowed, cx.settings)),
            Some(body) => {
                sdp.take_offer(&body).ok().and_then(|()| sdp.describe(prefer, allowed, cx.settings))
            }
        };
        // Refused when the session has just ended; its terminal event follows.
        let _gone = match reply {
            Some(reply) => cx.endpoint.accept_offer(cx.now, session, reply),
            None => cx.endpoint.reject_offer(cx.now, session, Status(488)),
        };
        if !self.sdp(side).awaits_answer() {
            self.align_other(cx, side);
        }
        self.retry_offer(cx, side);
    }

    /// The peer answered our offer.
    pub(super) fn handle_offer_answered(&mut self, cx: &mut Context<'_>, side: Side, body: Option<Bytes>) {
        if let Some(body) = body
            && self.sdp(side).take_answer(&body).is_err()
        {
            tracing::warn!(call = self.id.0, ?side, "unusable answer to a re-INVITE; the agreement stays");
        }
        self.retry_offer(cx, side);
    }

    /// The peer refused our offer: what was agreed before stays (RFC 3261 14.1).
    pub(super) fn handle_offer_rejected(&mut self, cx: &mut Context<'_>, side: Side) {
        self.sdp(side).withdraw_offer();
        self.retry_offer(cx, side);
    }

    /// Tells the other side when `side` has begun or ended a hold.
    pub(super) fn align_other(&mut self, cx: &mut Context<'_>, side: Side) {
        if !self.phase.is_talking() {
            return;
        }
        let other = side.other();
        // Towards the other side we speak for this one. What the other side allows itself does not narrow the offer: a gateway
        // further on would take that for a hold of its own peer, and nobody could ever resume.
        let wanted = self.sdp(side).peer_allows().reversed();
        let before = self.sdp(other).told();
        if !self.sdp(other).is_agreed() || before == wanted {
            return;
        }
        let prefer = self.sdp(side).sending();
        let offer = self.sdp(other).offer(prefer.as_slice(), wanted, cx.settings);
        let Some(session) = self.living(other) else { return };
        if cx.endpoint.offer(cx.now, session, offer).is_err() {
            self.sdp(other).take_back_offer(before);
            if let Some(due) = self.offer_due(other) {
                *due = true;
            }
        }
    }

    /// An INFO, or another request in the dialog.
    pub(super) fn handle_request(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        side: Side,
        id: ServerId,
        request: Message,
    ) {
        if !matches!(request.method(), Method::Info) {
            return answer_request(cx, id, &request, Status(501));
        }
        let other = side.other();
        if let Some((digit, duration_ms)) = dtmf_relay(&request)
            && self.sdp(other).takes_events()
        {
            self.send_digit(cx, other, digit, duration_ms);
            return answer_request(cx, id, &request, Status(200));
        }
        let Some(session) = self.living(other) else { return answer_request(cx, id, &request, Status(481)) };
        let kind = super::identity::header(&request, sip::Name::ContentType);
        let body = kind.as_deref().map(|kind| (kind, request.body()));
        match cx.endpoint.send_in_dialog(cx.now, session, "INFO", &[], body) {
            Ok(client) => {
                desk.forwarded.insert(client, (id, request));
            }
            Err(_) => answer_request(cx, id, &request, Status(480)),
        }
    }

    /// A digit that the media plane heard. Between two legs with events it has passed it on itself.
    pub(super) fn handle_digit(
        &mut self,
        cx: &mut Context<'_>,
        leg: LegIndex,
        digit: char,
        duration_ms: u16,
    ) {
        let other = if leg.0 == 0 { Side::Callee } else { Side::Caller };
        if self.sdp(other).takes_events() {
            return;
        }
        let Some(session) = self.living(other) else { return };
        let body = format!("Signal={digit}\r\nDuration={duration_ms}\r\n");
        let body = Some(("application/dtmf-relay", body.as_bytes()));
        // A peer without events in its media gets the digit by INFO (DTMF-02); nobody waits for the answer.
        let _gone = cx.endpoint.send_in_dialog(cx.now, session, "INFO", &[], body);
    }

    fn send_digit(&mut self, cx: &mut Context<'_>, side: Side, digit: char, duration_ms: u16) {
        let leg = LegIndex(if side == Side::Caller { 0 } else { 1 });
        let command = Command::SendDigit { session: self.media_session(), leg, digit, duration_ms };
        cx.out.push(Output::Media(self.media.worker, command));
    }

    /// Makes an offer that had to wait, now that the one before is settled.
    fn retry_offer(&mut self, cx: &mut Context<'_>, side: Side) {
        if let Some(due) = self.offer_due(side)
            && std::mem::take(due)
        {
            self.align_other(cx, side.other());
        }
    }
}

/// Answers a request in a dialog.
pub(super) fn answer_request(cx: &mut Context<'_>, id: ServerId, request: &Message, status: Status) {
    let response = Builder::reply(request, status, status.reason(), None).finish();
    // Refused when the transaction timed out meanwhile.
    let _gone = cx.endpoint.respond(cx.now, id, response);
}

/// The digit of an `application/dtmf-relay` or `application/dtmf` body, and its length in milliseconds.
fn dtmf_relay(request: &Message) -> Option<(char, u16)> {
    let kind = super::identity::header(request, sip::Name::ContentType)?.to_ascii_lowercase();
    let body = std::str::from_utf8(request.body()).ok()?;
    let (signal, duration) = if kind.starts_with("application/dtmf-relay") {
        let field = |name: &str| {
            body.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        (field("Signal")?, field("Duration").and_then(|text| text.parse().ok()).unwrap_or(160))
    } else if kind.starts_with("application/dtmf") {
        (body.trim(), 160)
    } else {
        return None;
    };
    let digit = match signal {
        "10" => '*',
        "11" => '#',
        _ => signal.chars().next().filter(|_| signal.len() == 1)?.to_ascii_uppercase(),
    };
    matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some((digit, duration.clamp(40, 5_000)))
}
