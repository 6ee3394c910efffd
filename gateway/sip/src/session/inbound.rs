//! Requests of the peer in a dialog (RFC 3261 12.2.2), and the owner's own.

use std::time::Instant;

use crate::endpoint::core::{Core, Inbound, User};
use crate::endpoint::{ClientId, Refused, SessionEvent};
use crate::method::Method;
use crate::name::Name;
use crate::session::request::{with_default, with_headers};
use crate::session::{Session, State};
use crate::status::Status;

impl Session {
    /// A request with our tag.
    pub(crate) fn on_request(&mut self, core: &mut Core, now: Instant, inbound: Inbound) {
        let message = &inbound.message;
        let number = message.cseq().map_or(0, |cseq| cseq.number);
        let remote_tag = message.from_().ok().and_then(|from| from.tag()).unwrap_or_default();
        if !self.dialog_of(remote_tag).is_some_and(|dialog| dialog.advance(number)) {
            core.answer(now, &inbound, core.reply(message, Status::SERVER_INTERNAL_ERROR, None));
            return;
        }
        // The peer may have come back by another connection; ours is then the dead one.
        if inbound.flow.is_reliable() && self.info.flow.is_reliable() {
            self.info.flow = inbound.flow;
        }
        match message.method() {
            Method::Bye => self.on_bye(core, now, inbound),
            Method::Invite => self.on_reinvite(core, now, inbound),
            Method::Update => self.on_update(core, now, inbound),
            Method::Options => {
                let reply = core.reply(message, Status::OK, None);
                let reply = reply.header("Allow", &core.allow).header("Supported", &core.supported[0]);
                core.answer(now, &inbound, reply.header("Accept", "application/sdp"));
            }
            // RFC 3262 3: we send nothing reliably, so there is nothing to acknowledge.
            Method::Prack => {
                let status = Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
                core.answer(now, &inbound, core.reply(message, status, None));
            }
            _ => self.pass_on(core, now, inbound),
        }
    }

    fn pass_on(&mut self, core: &mut Core, now: Instant, inbound: Inbound) {
        if let State::Ending(_) | State::Gone = self.state {
            let status = Status::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            core.answer(now, &inbound, core.reply(&inbound.message, status, None));
            return;
        }
        if let Some(id) = core.accept_for_owner(now, &inbound) {
            core.emit(self.id(), SessionEvent::Request { id, message: inbound.message });
        }
    }

    /// INFO, REFER, NOTIFY, MESSAGE... of the owner.
    pub(crate) fn send_for_owner(
        &mut self,
        core: &mut Core,
        now: Instant,
        method: &str,
        headers: &[(String, String)],
        body: Option<(&str, &[u8])>,
    ) -> Result<ClientId, Refused> {
        let known = Method::from_bytes(method.as_bytes()).ok_or(Refused::Malformed)?;
        // These have verbs of their own, because they change the session.
        if matches!(
            known,
            Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Update | Method::Prack
        ) {
            return Err(Refused::WrongState);
        }
        if matches!(self.state, State::Ending(_) | State::Gone) {
            return Err(Refused::WrongState);
        }
        let mut builder = self.in_dialog(core, method).ok_or(Refused::WrongState)?;
        if Session::refreshes_target(known) {
            builder = with_default(builder, headers, Name::Contact, &self.contact);
        }
        let id = core.next_client();
        let user = User::InDialog(id, self.place);
        self.send(core, now, user, method, with_headers(builder, headers), body)?;
        Ok(id)
    }
}
