//! INVITE sessions of both sides (RFC 3261 13 to 15, RFC 3262, RFC 3311, RFC 4028).
//!
//! Owns the life of a call's signalling: its dialogs, its offers and answers, its timers. It carries SDP and never looks
//! into it. It reaches the network only through [`Core`], and every session ends with exactly one terminal event.
//!
//! | state | input | action, event | next |
//! |---|---|---|---|
//! | Calling | 1xx | PRACK when reliable; `Progress` | Calling |
//! | Calling | 2xx, offer was sent | ACK; `Answered` | Confirmed |
//! | Calling | 2xx, no offer was sent | `Answered` | Unacknowledged |
//! | Calling, cancelled | 2xx | ACK, BYE | Ending |
//! | Calling | 401, 407 | INVITE with credentials, once per nonce | Calling |
//! | Calling | 422 | INVITE with a longer interval (RFC 4028 7.4) | Calling |
//! | Calling | 3xx-6xx, timeout, transport error | `Failed` | gone |
//! | Calling | `cancel`, `bye`, ring limit | CANCEL after the first 1xx | Calling, cancelled |
//! | Unacknowledged | `ack_with` | ACK with the answer | Confirmed |
//! | Unacknowledged | 64*T1, `bye` | ACK, BYE | gone, Ending |
//! | Ringing | `progress` | 1xx, repeated every minute | Ringing |
//! | Ringing | `answer` | 200, repeated | Answered |
//! | Ringing | `reject`; CANCEL; BYE | final response; `Ended`; `Cancelled`; `Ended` | gone |
//! | Ringing | ring limit; Expires of the INVITE | 480; 487 (RFC 3261 13.3.1); `Ended` | gone |
//! | Answered | ACK | `Confirmed`; BYE when wanted | Confirmed, Ending |
//! | Answered | 64*T1 without ACK | BYE; `Ended` | gone |
//! | Answered | `bye` | wait for the ACK (RFC 3261 15) | Answered |
//! | Confirmed | offers of either side | see [`offer`] | Confirmed |
//! | Confirmed | `bye` | BYE | Ending |
//! | any but Calling | BYE | 200; `Ended` | gone |
//! | Confirmed | 408, 481 or silence to a request; session timer | BYE; `Ended` | gone |
//! | Ending | any final response to BYE, silence | `Ended` (`Failed` 487 when cancelled) | gone |

mod callee;
mod caller;
mod ending;
mod inbound;
mod offer;
mod refresh;
mod request;

use std::time::Instant;

use bytes::Bytes;

use self::ending::Outcome;
use self::offer::{Exchange, Offer};
use self::refresh::Refresh;
use self::request::Account;
use crate::deadline::Timer;
use crate::dialog::{Dialog, LocalTag};
use crate::endpoint::core::{Core, Purpose, User};
use crate::endpoint::{
    EndedBy, Failure, ForkId, NextHop, SessionEvent, SessionId, SessionInfo, SessionPhase,
};
use crate::flow::Flow;
use crate::message::Message;
use crate::slab::Place;
use crate::status::Status;
use crate::transaction::client::Delivery;

/// One session.
pub(crate) struct Session {
    place: Place,
    pub(crate) info: SessionInfo,
    tag: LocalTag,
    /// We sent the first INVITE, so the Call-ID is ours.
    caller: bool,
    /// Our Contact, a name-addr.
    contact: String,
    /// Our last sequence number. One for all dialogs of the session: gaps are allowed.
    cseq: u32,
    max_forwards: u8,
    account: Option<Account>,
    next_hop: NextHop,
    fallback: Option<Flow>,
    /// Early dialogs, while we call.
    forks: Vec<Fork>,
    forks_seen: u16,
    /// The dialog: of the callee from the start, of the caller from the answer on.
    dialog: Option<Dialog>,
    state: State,
    exchange: Exchange,
    /// Our offer that met the peer's and is sent again (RFC 3261 14.1).
    postponed: Option<Offer>,
    refresh: Option<Refresh>,
    /// The interval to ask for, in seconds.
    interval_wanted: Option<u32>,
    peer_allows_update: bool,
    /// The last SDP we sent, for a refresh by re-INVITE.
    local_sdp: Option<Bytes>,
    timers: Timers,
    pub(crate) timer: Timer,
}

/// An early dialog of a call we place.
struct Fork {
    id: ForkId,
    dialog: Dialog,
    /// The last RSeq (RFC 3262 4).
    rseq: Option<u32>,
}

enum State {
    /// INVITE sent.
    Calling { client: Place, cancelled: bool, late_offer: bool },
    /// 2xx received that needs our answer in its ACK.
    Unacknowledged { client: Place, response: Box<Message>, invite: Bytes },
    /// INVITE received.
    Ringing { server: Place, last: Option<Bytes> },
    /// 2xx sent.
    Answered { server: Place, cseq: u32, bye: Option<Vec<(String, String)>> },
    /// ACK sent or received.
    Confirmed,
    /// BYE sent.
    Ending(Outcome),
    /// The terminal event is out.
    Gone,
}

/// Deadlines of a session. The endpoint arms one timer for the earliest.
#[derive(Default)]
struct Timers {
    /// No final response to the first INVITE; no `ack_with`.
    ring: Option<Instant>,
    /// The caller's own limit (RFC 3261 13.3.1).
    expires: Option<Instant>,
    /// The last provisional response is repeated (RFC 3261 13.3.1.1).
    repeat: Option<Instant>,
    /// The open offer has been open for too long.
    exchange: Option<Instant>,
    /// The postponed offer is sent again (RFC 3261 14.1).
    retry: Option<Instant>,
    /// The session timer is refreshed by us (RFC 4028 7.2).
    refresh: Option<Instant>,
    /// The session timer has run out (RFC 4028 10).
    expiry: Option<Instant>,
}

impl Timers {
    fn earliest(&self) -> Option<Instant> {
        [self.ring, self.expires, self.repeat, self.exchange, self.retry, self.refresh, self.expiry]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Session {
    pub(crate) fn id(&self) -> SessionId {
        SessionId(self.place.to_u64())
    }

    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.state, State::Gone)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.earliest()
    }

    pub(crate) fn dialogs(&self) -> usize {
        self.forks.len() + usize::from(self.dialog.is_some())
    }

    pub(crate) fn phase(&self) -> SessionPhase {
        match self.state {
            State::Calling { cancelled: false, .. } | State::Ringing { .. } => SessionPhase::Early,
            State::Unacknowledged { .. } | State::Answered { .. } => SessionPhase::Accepted,
            State::Confirmed => SessionPhase::Confirmed,
            State::Calling { .. } | State::Ending(_) | State::Gone => SessionPhase::Ending,
        }
    }

    /// True when a request with these identifiers belongs to this session (RFC 3261 12.2.2).
    pub(crate) fn owns(&self, tag: LocalTag, request: &Message) -> bool {
        let remote_tag = request.from_().ok().and_then(|from| from.tag()).unwrap_or_default();
        self.tag == tag
            && request.call_id() == Ok(self.info.call_id.as_bytes())
            && self.all_dialogs().any(|dialog| *dialog.remote_tag == *remote_tag)
    }

    /// The owner knows better than the route set where the peer is now.
    pub(crate) fn redirect(&mut self, flow: Flow) {
        self.info.flow = flow;
        self.next_hop = NextHop::Flow;
        self.fallback = None;
    }

    pub(crate) fn set_next_hop(&mut self, next_hop: NextHop) {
        self.next_hop = next_hop;
    }

    /// A response to one of our requests.
    pub(crate) fn on_response(
        &mut self,
        core: &mut Core,
        now: Instant,
        purpose: Purpose,
        delivery: &Delivery<User>,
        response: Message,
    ) {
        match purpose {
            Purpose::Invite => self.on_invite_response(core, now, delivery, response),
            Purpose::Offer => self.on_offer_response(core, now, delivery, response),
            Purpose::Bye => self.on_bye_response(core, now, delivery, response),
            Purpose::Prack => self.on_prack_response(core, now, delivery, &response),
            Purpose::Incoming => {}
        }
    }

    /// One of our requests got no response.
    pub(crate) fn on_failure(
        &mut self,
        core: &mut Core,
        now: Instant,
        purpose: Purpose,
        client: Place,
        why: Failure,
    ) {
        match (purpose, &self.state) {
            (Purpose::Invite, State::Calling { client: ours, .. }) if *ours == client => {
                self.end(core, SessionEvent::Failed { status: None, message: None });
            }
            (Purpose::Offer, _) => self.on_offer_failure(core, now, client, why),
            (Purpose::Bye, State::Ending(outcome)) => self.end(core, outcome.event(None)),
            _ => {}
        }
    }

    /// Runs what is due.
    pub(crate) fn on_due(&mut self, core: &mut Core, now: Instant) {
        let due = |timer: &mut Option<Instant>| timer.take_if(|at| *at <= now).is_some();
        if due(&mut self.timers.ring) {
            self.on_ring_limit(core, now);
        }
        if due(&mut self.timers.expires) {
            self.refuse_by_timeout(core, now, Status::REQUEST_TERMINATED);
        }
        if due(&mut self.timers.repeat) {
            self.repeat_provisional(core, now);
        }
        if due(&mut self.timers.exchange) {
            self.on_exchange_limit(core, now);
        }
        if due(&mut self.timers.retry) {
            self.retry_offer(core, now);
        }
        if due(&mut self.timers.expiry) {
            self.hang_up_by_timeout(core, now, None);
        }
        if due(&mut self.timers.refresh) {
            self.send_refresh(core, now);
        }
    }

    fn on_ring_limit(&mut self, core: &mut Core, now: Instant) {
        match self.state {
            State::Calling { .. } => {
                let _ = self.cancel(core, now, &[]);
            }
            State::Ringing { .. } => self.refuse_by_timeout(core, now, Status::TEMPORARILY_UNAVAILABLE),
            State::Unacknowledged { .. } => {
                self.acknowledge(core, None);
                self.hang_up_by_timeout(core, now, None);
            }
            _ => {}
        }
    }

    /// Nobody has answered the peer's call.
    fn refuse_by_timeout(&mut self, core: &mut Core, now: Instant, status: Status) {
        if matches!(self.state, State::Ringing { .. }) {
            self.refuse(core, now, status, "", &[]);
            self.end(core, SessionEvent::Ended { by: EndedBy::Timeout, message: None });
        }
    }

    fn all_dialogs(&self) -> impl Iterator<Item = &Dialog> {
        self.dialog.iter().chain(self.forks.iter().map(|fork| &fork.dialog))
    }

    fn dialog_of(&mut self, remote_tag: &[u8]) -> Option<&mut Dialog> {
        let forks = self.forks.iter_mut().map(|fork| &mut fork.dialog);
        self.dialog.iter_mut().chain(forks).find(|dialog| *dialog.remote_tag == *remote_tag)
    }

    /// The dialog that a request of ours goes into: the established one, else the youngest early one.
    fn current_dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref().or_else(|| self.forks.last().map(|fork| &fork.dialog))
    }

    /// Shows the owner what the dialog is now.
    fn publish_dialog(&mut self) {
        let Some(dialog) = self.dialog.as_ref().or_else(|| self.forks.last().map(|fork| &fork.dialog)) else {
            return;
        };
        self.info.remote_target.clone_from(&dialog.target);
        let tag =
            (!dialog.remote_tag.is_empty()).then(|| String::from_utf8_lossy(&dialog.remote_tag).into_owned());
        self.info.remote_tag = tag;
    }
}

/// The SDP of a message.
fn sdp_of(message: &Message) -> Option<Bytes> {
    let sdp = message.part("application/sdp").filter(|sdp| !sdp.is_empty())?;
    Some(message.clone().into_octets().slice_ref(sdp))
}
