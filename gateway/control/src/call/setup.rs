//! The INVITE: who calls, whom, and may they; then the other side is called.

use bytes::Bytes;
use media_api::{Command, LocalPort, Plan, WorkerId};
use sip::{Flow, Message, OutgoingCall, Scheme, SessionId, Status, Transport};

use super::{
    Call, CallId, Calls, Desk, Direction, Rooms,
    identity::{self, text},
    leg_sdp::LegSdp,
    state::{Callee, Leg, Media, MediaState, Phase, Told},
};
use crate::{
    context::Context,
    directory::UserId,
    fault::{FaultCode, FaultSubject},
    output::Output,
    registrar::Verdict,
    settings::{Listener, MediaInterface},
};

/// A new INVITE.
pub(super) struct Incoming {
    pub(super) session: SessionId,
    pub(super) flow: Flow,
    pub(super) message: Message,
    pub(super) offer: Option<Bytes>,
}

/// Why an INVITE is refused, with further headers.
struct Refused(Status, Vec<(String, String)>);

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self(status, Vec::new())
    }
}

/// A call that is allowed: by whom, to whom, and the attempts to make.
struct Route {
    direction: Direction,
    user: UserId,
    peer: String,
    told: Told,
    attempts: Vec<OutgoingCall>,
}

impl Calls {
    /// Takes a new INVITE.
    pub(super) fn handle_incoming(
        &mut self,
        cx: &mut Context<'_>,
        rooms: &mut Rooms<'_>,
        incoming: &Incoming,
    ) {
        let session = incoming.session;
        let admitted = self.admit(cx, rooms, incoming);
        // A challenge is no attempt yet: the same call comes again with credentials.
        let challenged = matches!(admitted, Err(Refused(Status(401), _)));
        self.counters.attempted += u64::from(!challenged);
        if let Err(Refused(status, headers)) = admitted {
            self.counters.refused += u64::from(!challenged);
            // Refused when the caller has cancelled meanwhile.
            let _gone = cx.endpoint.reject(cx.now, session, status, status.reason(), &headers);
        }
    }

    fn admit(
        &mut self,
        cx: &mut Context<'_>,
        rooms: &mut Rooms<'_>,
        incoming: &Incoming,
    ) -> Result<(), Refused> {
        let from_handset =
            cx.settings.access.listeners.iter().any(|listener| listener.id == incoming.flow.listener);
        if self.draining || self.calls.len() >= cx.settings.calls.max_calls {
            return Err(Refused(Status(503), vec![("Retry-After".to_owned(), "10".to_owned())]));
        }
        let route = if from_handset {
            from_handset_route(cx, rooms, incoming)?
        } else {
            from_pbx_route(cx, rooms, incoming)?
        };
        let mut call = self.open(cx, incoming, &route)?;
        let mut desk = self.desk();
        if !call.place(cx, &mut desk, route.attempts) {
            call.failure = Some(Some(Status(503)));
            call.end(cx, &mut desk, Status(503), &[]);
        } else if route.direction == Direction::FromPbx && cx.settings.calls.early_progress {
            let _gone = cx.endpoint.progress(cx.now, incoming.session, Status(183), None, &[]);
        }
        self.calls.insert(call.id, call);
        Ok(())
    }

    /// Takes ports, opens the media session and makes the call.
    fn open(
        &mut self,
        cx: &mut Context<'_>,
        incoming: &Incoming,
        route: &Route,
    ) -> Result<Box<Call>, Refused> {
        let id = CallId(self.next);
        let (worker, ports) = self.take_ports(cx, route.direction)?;
        let media = &cx.settings.media;
        let (caller_side, callee_side) = match route.direction {
            Direction::FromHandset => {
                ((&media.access, &media.access_codecs), (&media.pbx, &media.pbx_codecs))
            }
            Direction::FromPbx => ((&media.pbx, &media.pbx_codecs), (&media.access, &media.access_codecs)),
        };
        let leg = |side: (&MediaInterface, &Vec<_>), port, draw| LegSdp::new(side.0, port, side.1, draw);
        let (draw_caller, draw_callee) = (cx.draw(), cx.draw());
        let mut caller_sdp = leg(caller_side, ports[0], draw_caller);
        let callee_sdp = leg(callee_side, ports[1], draw_callee);
        if let Some(offer) = &incoming.offer
            && caller_sdp.take_offer(offer).is_err()
        {
            self.give_ports(cx, worker, ports);
            return Err(Status(488).into());
        }
        self.next += 1;
        let mut call = Box::new(Call {
            id,
            direction: route.direction,
            user: route.user,
            peer: route.peer.clone(),
            phase: Phase::Setup { ringing: false, early: None },
            caller: Leg { session: incoming.session, ended: false, sdp: caller_sdp, offer_due: false },
            callees: Vec::new(),
            callee_sdp,
            media: Media {
                worker,
                ports,
                plan: Plan { legs: Vec::new() },
                state: MediaState::Open,
                legs: Vec::new(),
            },
            started: cx.wall(),
            answered: None,
            failure: None,
            outcome: Status(500),
            redirects_left: MAX_REDIRECTS,
            told: route.told.clone(),
        });
        call.media.plan = call.plan(cx.settings);
        let command = Command::Open(call.media_session(), Box::new(call.media.plan.clone()));
        cx.out.push(Output::Media(worker, command));
        self.by_session.insert(incoming.session, id);
        self.deadlines.set(id, cx.now + cx.settings.calls.ring_timeout);
        Ok(call)
    }

    fn take_ports(
        &mut self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Result<(WorkerId, [LocalPort; 2]), Refused> {
        let [caller, callee] = Call::interfaces(direction, cx.settings);
        let worker = self.ports.least_loaded(cx.now, caller);
        let taken = self.ports.take(cx.now, caller, worker).and_then(|first| {
            self.ports.take(cx.now, callee, worker).map(|second| [first, second]).inspect_err(|_| {
                self.ports.free(cx.now, worker, first);
            })
        });
        match taken {
            Ok(ports) => {
                cx.clear(FaultCode::OUT_OF_RTP_PORTS, FaultSubject::System);
                Ok((worker, ports))
            }
            Err(_) => {
                cx.raise(FaultCode::OUT_OF_RTP_PORTS, FaultSubject::System, format!("worker {}", worker.0));
                Err(Status(503).into())
            }
        }
    }

    fn give_ports(&mut self, cx: &Context<'_>, worker: WorkerId, ports: [LocalPort; 2]) {
        for port in ports {
            self.ports.free(cx.now, worker, port);
        }
    }
}

impl Call {
    /// Calls every contact of the called side; `false` when not even one could be called.
    fn place(&mut self, cx: &mut Context<'_>, desk: &mut Desk<'_>, attempts: Vec<OutgoingCall>) -> bool {
        let known = self.caller.sdp.peer_codecs();
        let offer = self.callee_sdp.offer(&known, sdp::Direction::SendRecv, cx.settings);
        for mut invite in attempts {
            invite.offer = Some(offer.clone());
            invite.headers.clone_from(&self.told.headers);
            invite.max_forwards = self.told.hops;
            let Ok(session) = cx.endpoint.invite(cx.now, invite) else { continue };
            desk.by_session.insert(session, self.id);
            self.callees.push(Callee { session, ended: false, offer_due: false });
        }
        !self.callees.is_empty()
    }

    /// Calls where the PBX redirected to; `true` when that is under way.
    pub(super) fn retarget(
        &mut self,
        cx: &mut Context<'_>,
        desk: &mut Desk<'_>,
        rooms: &mut Rooms<'_>,
        target: &str,
    ) -> bool {
        let Some(attempt) = pbx_attempt(cx, rooms, self.user, target) else {
            return false;
        };
        let before = self.callees.len();
        self.place(cx, desk, vec![attempt]) && self.callees.len() > before
    }
}

/// A handset calls: it must be who it says it is, and its user must be registered at the PBX.
fn from_handset_route(
    cx: &mut Context<'_>,
    rooms: &mut Rooms<'_>,
    incoming: &Incoming,
) -> Result<Route, Refused> {
    let user = match rooms.registrar.authenticate(cx, incoming.flow, &incoming.message) {
        Verdict::Handset { user: Some(user), .. } => user,
        // A device without a user can call nobody (UD-15).
        Verdict::Handset { user: None, .. } => return Err(Status(403).into()),
        Verdict::Challenge(challenges) => {
            let headers =
                challenges.into_iter().map(|value| ("WWW-Authenticate".to_owned(), value)).collect();
            return Err(Refused(Status(401), headers));
        }
        Verdict::Refused(status) => return Err(status.into()),
    };
    let dialled = identity::dialled(&incoming.message).ok_or(Status(484))?;
    let target = format!("sip:{dialled}@{}", cx.settings.pbx.domain);
    let told =
        Told { headers: identity::carried_to_pbx(&incoming.message), hops: max_forwards(&incoming.message)? };
    let attempt = pbx_attempt(cx, rooms, user, &target).ok_or(Status(480))?;
    Ok(Route { direction: Direction::FromHandset, user, peer: dialled, told, attempts: vec![attempt] })
}

/// The PBX calls: the Request-URI must be a contact that we registered; every place where the user's device is located rings.
fn from_pbx_route(
    cx: &mut Context<'_>,
    rooms: &mut Rooms<'_>,
    incoming: &Incoming,
) -> Result<Route, Refused> {
    let message = &incoming.message;
    // Nothing in a request of the PBX is authenticated but where it comes from.
    if !rooms.registration.takes_calls_from(cx, incoming.flow.remote.ip()) {
        return Err(Status(403).into());
    }
    let user = {
        let uri = message.uri().map_err(|_| Status(400))?;
        rooms.registration.user_of_contact(cx, &incoming.flow, &uri)
    };
    let user = user.ok_or(Status(404))?;
    let told = Told { headers: identity::carried_to_handset(message), hops: max_forwards(message)? };
    let mut attempts = Vec::new();
    for location in rooms.registrar.locations(user) {
        let Some(listener) =
            cx.settings.access.listeners.iter().find(|listener| listener.id == location.flow.listener)
        else {
            continue;
        };
        let host = &listener.advertised;
        let name = rooms.registrar.aor_user(location);
        let mut invite = OutgoingCall::new(
            location.flow,
            &location.contact,
            &identity::caller(message, host),
            &format!("<sip:{name}@{host}>"),
            &format!("<sip:{name}@{host}>"),
        );
        invite.tcp_fallback = by_tcp(&cx.settings.access.listeners, location.flow);
        invite.routes.clone_from(&location.path);
        invite.next_hop = sip::NextHop::Flow;
        attempts.push(invite);
    }
    if attempts.is_empty() {
        return Err(cx.settings.access.unreachable.into());
    }
    let peer = identity::caller_user(message);
    Ok(Route { direction: Direction::FromPbx, user, peer, told, attempts })
}

/// An INVITE to the PBX in the name of a user; `None` while the user is not registered.
fn pbx_attempt(cx: &Context<'_>, rooms: &Rooms<'_>, user: UserId, target: &str) -> Option<OutgoingCall> {
    let path = rooms.registration.path(user)?;
    let flow = path.flow?;
    let mut invite = OutgoingCall::new(
        flow,
        target,
        &path.identity,
        &format!("<{target}>"),
        &format!("<{}>", path.contact),
    );
    invite.tcp_fallback = by_tcp(&cx.settings.pbx.listeners, flow);
    invite.routes.clone_from(&path.routes);
    invite.credentials.clone_from(&path.credentials);
    invite.next_hop = sip::NextHop::Flow;
    Some(invite)
}

/// The same peer by TCP, for an INVITE that is too large for UDP (RFC 3261 18.1.1). Only where that side has a TCP listener, at which
/// the peer can answer later requests.
fn by_tcp(listeners: &[Listener], flow: Flow) -> Option<Flow> {
    let listener = listeners.iter().find(|listener| listener.transport == Transport::Tcp)?;
    (flow.transport == Transport::Udp).then(|| Flow::new(Transport::Tcp, listener.id, flow.remote))
}

/// SIP targets of a redirection, in the order of its Contact headers. Header components are left out: a Request-URI has none
/// (RFC 3261 19.1.1), and nobody but us decides what an INVITE says.
pub(super) fn redirection_targets(message: &Message) -> Vec<String> {
    let contacts = message.contacts().filter_map(Result::ok);
    contacts
        .filter_map(|contact| {
            let address = contact.address()?;
            let uri = address.uri().ok()?;
            let is_sip = matches!(uri.scheme, Scheme::Sip | Scheme::Sips);
            let headers = uri.headers.map_or(0, |headers| headers.len() + 1);
            let plain = text(&address.uri_raw[..address.uri_raw.len().checked_sub(headers)?]);
            (is_sip && !plain.contains(['<', '>', '"'])).then_some(plain)
        })
        .collect()
}

/// Hops left for the other leg (RFC 7332: a back-to-back user agent counts as one).
fn max_forwards(message: &Message) -> Result<u8, Refused> {
    let hops = message.max_forwards().unwrap_or(DEFAULT_MAX_FORWARDS);
    hops.checked_sub(1).ok_or_else(|| Status(483).into())
}

/// RFC 3261 8.1.1.6.
const DEFAULT_MAX_FORWARDS: u8 = 70;
/// Enough for any forwarding chain that ends, few enough to stop a loop.
const MAX_REDIRECTS: u8 = 5;
