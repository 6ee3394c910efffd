//! Requests outside of calls: REGISTER and OPTIONS. Others never get here, the endpoint answers 405.

use sip::{Builder, Flow, Message, Method, ServerId, Status};

use super::Split;
use crate::context::Context;

pub(super) fn handle(
    cx: &mut Context<'_>,
    rooms: &mut Split<'_>,
    id: ServerId,
    flow: Flow,
    message: &Message,
) {
    let of_access = cx.settings.access.listeners.iter().any(|listener| listener.id == flow.listener);
    match message.method() {
        Method::Register if of_access => rooms.registrar.handle_register(cx, id, flow, message),
        // Nobody registers at the PBX side of the gateway.
        Method::Register => answer(cx, id, message, Status(403)),
        Method::Options => {
            let response = Builder::reply(message, Status(200), Status(200).reason(), None)
                .header("Accept", "application/sdp")
                .header("Allow", super::ALLOW.join(", "))
                .finish();
            let _timed_out = cx.endpoint.respond(cx.now, id, response);
        }
        _ => answer(cx, id, message, Status(405)),
    }
}

fn answer(cx: &mut Context<'_>, id: ServerId, request: &Message, status: Status) {
    let response = Builder::reply(request, status, status.reason(), None).finish();
    // Refused when the transaction timed out meanwhile.
    let _timed_out = cx.endpoint.respond(cx.now, id, response);
}
