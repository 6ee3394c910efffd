//! Server transactions (RFC 3261 17.2, RFC 6026 7.1, RFC 4320). Timers that end a state are in brackets.
//!
//! INVITE
//!
//! | state | input | action | next |
//! |---|---|---|---|
//! | Proceeding | INVITE again | repeat the last provisional | Proceeding |
//! | Proceeding | user: 1xx | send, keep | Proceeding |
//! | Proceeding | user: 2xx | send, repeat from T1 doubling to T2 | Accepted |
//! | Proceeding | user: 3xx-6xx | send, timer G (unreliable) | Completed |
//! | Completed [H] | INVITE again, timer G | repeat the final response | Completed |
//! | Completed | ACK | swallow | Confirmed, or gone (reliable) |
//! | Confirmed [I] | INVITE, ACK again | swallow | Confirmed |
//! | Accepted [L] | INVITE again | swallow (RFC 6026 7.1) | Accepted |
//! | Accepted [L] | user: acknowledged | stop repeating | Accepted |
//! | Accepted | timer L without ACK | report | gone |
//!
//! Others
//!
//! | state | input | action | next |
//! |---|---|---|---|
//! | Trying [64*T1] | request again | swallow | Trying |
//! | Trying | 7*T1, when timer E of the peer reaches T2 | send 100 (RFC 4320 4.1) | Proceeding |
//! | Proceeding [64*T1] | request again | repeat the 100 | Proceeding |
//! | Trying, Proceeding | user: 2xx-6xx, not 408 | send | Done, or gone (reliable) |
//! | Trying, Proceeding | user: 408 | say nothing (RFC 4320 4.2) | gone |
//! | Done [J] | request again | repeat the final response | Done |
//!
//! An INVITE in Proceeding has no timer here: its session bounds it.

use std::time::Instant;

use bytes::Bytes;

use crate::deadline::Timer;
use crate::endpoint::Refused;
use crate::flow::Flow;
use crate::header::Via;
use crate::message::{Builder, Message};
use crate::method::Method;
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::key::Key;
use crate::transaction::wire::response_flow;
use crate::transaction::{Lapse, Owner, Retransmission, Transactions, earliest};

/// What a request is to this layer.
pub(crate) enum Recognised {
    /// A repetition, or the ACK of a non-2xx; dealt with.
    Absorbed,
    /// An ACK that belongs to a 2xx or to nothing.
    Ack,
    /// The same request by another path (RFC 3261 8.2.2.2).
    Merged,
    /// New: pass the keys to [`Transactions::accept`].
    New(Keys),
}

/// What a server transaction is found by.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    own: Key,
    /// Only of requests outside a dialog.
    merged: Option<Key>,
}

/// One server transaction.
pub(super) struct Server<U> {
    user: U,
    keys: Keys,
    /// Where responses go.
    flow: Flow,
    /// The request; empty once answered.
    request: Bytes,
    /// The response that answers a repetition.
    last: Option<Bytes>,
    state: State,
    timer: Timer,
}

#[derive(Clone, Copy)]
enum State {
    InviteProceeding,
    Completed { resend: Option<Retransmission>, end: Instant },
    Confirmed { end: Instant },
    Accepted { resend: Option<Retransmission>, end: Instant },
    Trying { late: Option<Instant>, end: Instant },
    Done { end: Instant },
}

impl State {
    fn deadline(self) -> Option<Instant> {
        match self {
            State::InviteProceeding => None,
            State::Completed { resend, end } | State::Accepted { resend, end } => earliest(resend, end),
            State::Confirmed { end } | State::Done { end } => Some(end),
            State::Trying { late, end } => Some(late.map_or(end, |late| late.min(end))),
        }
    }

    fn is_open(self) -> bool {
        matches!(self, State::InviteProceeding | State::Trying { .. })
    }
}

impl<U: Copy> Transactions<U> {
    /// Tells a new request from a repetition.
    pub(crate) fn recognise(&mut self, now: Instant, request: &Message, via: &Via<'_>) -> Recognised {
        let method = request.method();
        let is_ack = method == Method::Ack;
        let own = self.keyring.server(request, via, if is_ack { Method::Invite } else { method });
        if let Some(place) = self.server_index.get(&own).copied() {
            return match is_ack {
                true => self.handle_ack(now, place),
                false => {
                    self.repeat(place);
                    Recognised::Absorbed
                }
            };
        }
        if is_ack {
            return Recognised::Ack;
        }
        // A REGISTER that comes by two paths does no harm, and a client that fails over to another of our addresses
        // sends it again under another branch (RFC 3263 4.3).
        let may_merge = !matches!(method, Method::Cancel | Method::Register)
            && request.to().is_ok_and(|to| to.tag().is_none());
        let merged = may_merge.then(|| self.keyring.merged(request));
        match merged {
            Some(merged) if self.merged_index.contains_key(&merged) => Recognised::Merged,
            _ => Recognised::New(Keys { own, merged }),
        }
    }

    /// The INVITE transaction that a CANCEL names, and whether it is still open (RFC 3261 9.2).
    pub(crate) fn cancelled(&self, request: &Message, via: &Via<'_>) -> Option<(Place, U, bool)> {
        let key = self.keyring.server(request, via, Method::Invite);
        let place = *self.server_index.get(&key)?;
        let server = self.servers.at(place)?;
        Some((place, server.user, server.state.is_open()))
    }

    /// Opens a transaction for a new request.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        flow: Flow,
        request: &Message,
        via: &Via<'_>,
        keys: Keys,
        user: U,
    ) -> Place {
        let state = if request.method() == Method::Invite {
            State::InviteProceeding
        } else {
            // 7*T1 = T1 + 2*T1 + 4*T1: the peer's timer E has then reached T2 (RFC 4320 4.1).
            let late = (!flow.is_reliable()).then(|| now + self.timing.t1 * 7);
            State::Trying { late, end: now + self.timing.patience() }
        };
        let octets = request.clone().into_octets();
        let deadlines = &mut self.deadlines;
        let place = self.servers.insert_with(|place| Server {
            user,
            keys,
            flow: response_flow(flow, via),
            request: octets,
            last: None,
            state,
            timer: deadlines.open(Owner::Server(place)),
        });
        self.server_index.insert(keys.own, place);
        if let Some(merged) = keys.merged {
            self.merged_index.insert(merged, place);
        }
        self.rearm_server(place);
        place
    }

    /// The request of a transaction that is not answered yet.
    pub(crate) fn unanswered(&self, place: Place) -> Option<Message> {
        let server = self.servers.at(place).filter(|server| server.state.is_open())?;
        Message::parse(server.request.clone()).ok()
    }

    /// Sends a response.
    pub(crate) fn respond(&mut self, now: Instant, place: Place, octets: Bytes) -> Result<(), Refused> {
        let status = status_of(&octets).ok_or(Refused::Malformed)?;
        let timing = self.timing;
        let Some(server) = self.servers.at_mut(place).filter(|server| server.state.is_open()) else {
            return Err(Refused::UnknownTransaction);
        };
        let invite = matches!(server.state, State::InviteProceeding);
        let resend = Some(Retransmission::start(now, timing.t1));
        let unreliable = !server.flow.is_reliable();
        let end = now + timing.patience();
        server.state = match (invite, status) {
            // RFC 4320 4.1: no provisional response to a non-INVITE but the 100 sent below.
            (false, ..=199) => return Ok(()),
            (false, 408) => {
                self.remove_server(place);
                return Ok(());
            }
            (false, _) => State::Done { end },
            (true, ..=199) => State::InviteProceeding,
            // RFC 3261 13.3.1.4: a 2xx is repeated over reliable transports too, proxies may lie between.
            (true, 200..=299) => State::Accepted { resend, end },
            (true, _) => State::Completed { resend: resend.filter(|_| unreliable), end },
        };
        self.wire.push(server.flow, octets.clone());
        server.last = Some(octets);
        if !server.state.is_open() {
            server.request = Bytes::new();
        }
        // Timer J is 0 on a reliable transport (RFC 3261 17.2.2).
        if matches!(server.state, State::Done { .. }) && !unreliable {
            self.remove_server(place);
        } else {
            self.rearm_server(place);
        }
        Ok(())
    }

    /// The ACK of our 2xx has come.
    pub(crate) fn acknowledged(&mut self, place: Place) {
        if let Some(server) = self.servers.at_mut(place)
            && let State::Accepted { resend, .. } = &mut server.state
        {
            *resend = None;
            server.last = None;
        }
        self.rearm_server(place);
    }

    /// Answers without a transaction: the same request gets the same answer again (RFC 3261 8.2.7).
    pub(crate) fn answer_statelessly(&mut self, flow: Flow, via: &Via<'_>, octets: Bytes) {
        self.wire.push(response_flow(flow, via), octets);
    }

    pub(super) fn server_due(&mut self, now: Instant, place: Place) -> Option<Lapse<U>> {
        let t2 = self.timing.t2;
        let server = self.servers.at_mut(place)?;
        let user = server.user;
        match &mut server.state {
            State::InviteProceeding => return None,
            State::Completed { resend: Some(resend), end }
            | State::Accepted { resend: Some(resend), end }
                if now < *end =>
            {
                *resend = resend.next(now, Some(t2));
                if let Some(last) = &server.last {
                    self.wire.push(server.flow, last.clone());
                }
            }
            State::Trying { late: Some(_), end } if now < *end => {
                server.state = State::Trying { late: None, end: *end };
                let reply = Message::parse(server.request.clone()).ok();
                let reply =
                    reply.map(|request| Builder::reply(&request, Status::TRYING, "", None).finish_bytes());
                server.last = reply.clone();
                if let Some(octets) = reply {
                    self.wire.push(server.flow, octets);
                }
            }
            State::Accepted { resend: Some(_), .. } => {
                self.remove_server(place);
                return Some(Lapse::Unacknowledged { user, server: place });
            }
            _ => {
                self.remove_server(place);
                return None;
            }
        }
        self.rearm_server(place);
        None
    }

    fn handle_ack(&mut self, now: Instant, place: Place) -> Recognised {
        let t4 = self.timing.t4;
        let Some(server) = self.servers.at_mut(place) else { return Recognised::Absorbed };
        match server.state {
            State::Completed { .. } if server.flow.is_reliable() => self.remove_server(place),
            State::Completed { .. } => {
                server.state = State::Confirmed { end: now + t4 };
                server.last = None;
                self.rearm_server(place);
            }
            // The ACK of a 2xx has a branch of its own; old and careless peers take that of the INVITE.
            State::Accepted { .. } => return Recognised::Ack,
            _ => {}
        }
        Recognised::Absorbed
    }

    fn repeat(&mut self, place: Place) {
        let Some(server) = self.servers.at(place) else { return };
        if matches!(server.state, State::Accepted { .. } | State::Confirmed { .. }) {
            return;
        }
        if let Some(last) = &server.last {
            self.wire.push(server.flow, last.clone());
        }
    }

    fn rearm_server(&mut self, place: Place) {
        if let Some(server) = self.servers.at(place) {
            self.deadlines.set(server.timer, server.state.deadline());
        }
    }

    fn remove_server(&mut self, place: Place) {
        let Some(server) = self.servers.remove(place) else { return };
        self.deadlines.close(server.timer);
        self.server_index.remove(&server.keys.own);
        if let Some(merged) = server.keys.merged {
            self.merged_index.remove(&merged);
        }
    }
}

/// The status code of a response as octets.
fn status_of(octets: &[u8]) -> Option<u16> {
    let digits = octets.strip_prefix(b"SIP/2.0 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|status| (100..700).contains(status))
}
