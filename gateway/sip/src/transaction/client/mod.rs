//! Client transactions (RFC 3261 17.1, RFC 6026 7.2). Timers that end a state are in brackets.
//!
//! INVITE
//!
//! | state | input | action | next |
//! |---|---|---|---|
//! | Calling | timer A (unreliable) | send again, double A | Calling |
//! | Calling | 1xx | deliver; send CANCEL when one is wanted | Proceeding |
//! | Calling [B], Proceeding | 2xx | deliver | Accepted |
//! | Calling, Proceeding | 3xx-6xx | ACK, deliver | Completed, or gone (reliable) |
//! | Calling | timer B, transport error | fail | gone |
//! | Proceeding | 1xx | deliver | Proceeding |
//! | Proceeding | CANCEL sent: timer E | send CANCEL again | Proceeding |
//! | Proceeding | 64*T1 after CANCEL (RFC 3261 9.1), transport error | fail | gone |
//! | Completed [D] | 3xx-6xx | ACK again | Completed |
//! | Accepted [M] | 2xx of a known To tag | ACK again | Accepted |
//! | Accepted [M] | 2xx of a new To tag | deliver | Accepted |
//!
//! Others
//!
//! | state | input | action | next |
//! |---|---|---|---|
//! | Trying [F] | timer E (unreliable) | send again, double E up to T2 | Trying |
//! | Trying [F] | 1xx | deliver; E = T2 | Proceeding |
//! | Proceeding [F] | timer E | send again | Proceeding |
//! | Trying, Proceeding | 2xx-6xx | deliver | gone |
//! | Trying, Proceeding | timer F, transport error | fail | gone |
//!
//! The state Completed of the second kind (timer K) exists only to swallow late responses. Here a response without a
//! transaction is swallowed anyway, so the transaction ends with the final response: at 10,000 REGISTERs a second that
//! saves 50,000 idle transactions.
//!
//! CANCEL (RFC 3261 9.1) shares branch and fate with its INVITE and lives inside it. It is held back until the first
//! provisional response. The ACK of a 2xx is made by the layer above and kept here, per To tag, for repetitions.

mod follow_up;
mod path;

use std::time::Instant;

use bytes::Bytes;

use self::follow_up::ack_of_failure;
pub(crate) use self::follow_up::cancel_of;
use crate::deadline::Timer;
use crate::endpoint::{Failure, Refused};
use crate::entropy::{Entropy, random_u64};
use crate::flow::Flow;
use crate::message::Message;
use crate::method::Method;
use crate::slab::Place;
use crate::transaction::key::{Key, Keyring};
use crate::transaction::wire::Branch;
use crate::transaction::{Lapse, Owner, Retransmission, Timing, Transactions, earliest, path_key};

/// A request to send in a new transaction.
pub(crate) struct NewRequest<'a, U> {
    pub(crate) user: U,
    pub(crate) flow: Flow,
    /// Stream for a request above the MTU.
    pub(crate) fallback: Option<Flow>,
    pub(crate) invite: bool,
    /// Without our Via.
    pub(crate) bare: &'a [u8],
}

/// A response that belongs to a transaction and is news for its user.
pub(crate) struct Delivery<U> {
    pub(crate) user: U,
    pub(crate) client: Place,
    pub(crate) flow: Flow,
    /// The request as sent, with our Via on top; empty when it was given away with an earlier final response.
    pub(crate) request: Bytes,
}

/// A response without a transaction.
pub(crate) struct Stray;

/// One client transaction.
pub(super) struct Client<U> {
    user: U,
    flow: Flow,
    token: u64,
    /// As sent. Empty once nothing can need it any more.
    request: Bytes,
    state: State,
    timer: Timer,
    /// The UDP flow to try when the stream that was chosen for size fails (RFC 3261 18.1.1).
    udp: Option<Flow>,
    path: Key,
    linked: bool,
    newer: Option<Place>,
    older: Option<Place>,
}

impl<U> Client<U> {
    /// RFC 3261 17.1.3: a response is for the method of its CSeq.
    fn asked_for(&self, method: Method<'_>) -> bool {
        match self.state {
            State::Trying { .. } => self
                .request
                .strip_prefix(method.as_str().as_bytes())
                .is_some_and(|rest| rest.starts_with(b" ")),
            _ => method == Method::Invite,
        }
    }
}

enum State {
    Calling { resend: Option<Retransmission>, end: Instant, cancel: Option<Bytes> },
    Proceeding { cancel: Option<Cancel> },
    Completed { ack: Bytes, end: Instant },
    Accepted { acks: Vec<Acknowledged>, end: Instant },
    Trying { resend: Option<Retransmission>, end: Instant },
}

/// A CANCEL under way.
struct Cancel {
    octets: Bytes,
    resend: Option<Retransmission>,
    end: Instant,
}

/// The ACK sent for the 2xx of one dialog.
struct Acknowledged {
    tag: Key,
    flow: Flow,
    octets: Bytes,
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        match self {
            State::Calling { resend, end, .. } | State::Trying { resend, end } => earliest(*resend, *end),
            State::Proceeding { cancel: Some(cancel) } => earliest(cancel.resend, cancel.end),
            State::Proceeding { cancel: None } => None,
            State::Completed { end, .. } | State::Accepted { end, .. } => Some(*end),
        }
    }

    fn is_waiting(&self) -> bool {
        !matches!(self, State::Completed { .. } | State::Accepted { .. })
    }
}

impl<U: Copy> Transactions<U> {
    /// Sends a request in a new transaction.
    pub(crate) fn send(
        &mut self,
        now: Instant,
        entropy: &mut dyn Entropy,
        new: &NewRequest<'_, U>,
    ) -> Result<Place, Refused> {
        let in_dialog = !new.invite;
        if self.is_full(in_dialog) {
            return Err(Refused::Overloaded);
        }
        let token = random_u64(entropy);
        let over_udp = self.wire.outgrows_udp(&new.flow, new.bare.len() + VIA_OCTETS);
        let (flow, udp) = match new.fallback {
            Some(stream) if over_udp => (stream, Some(new.flow)),
            _ => (new.flow, None),
        };
        // The branch holds the slot, so the slot comes first; it is given back when there is no such listener.
        let timing = self.timing;
        let path = path_key(&self.keyring, &flow);
        let deadlines = &mut self.deadlines;
        let place = self.clients.insert_with(|place| Client {
            user: new.user,
            flow,
            token,
            request: Bytes::new(),
            state: first_state(now, timing, new.invite, flow.is_reliable()),
            timer: deadlines.open(Owner::Client(place)),
            udp,
            path,
            linked: false,
            newer: None,
            older: None,
        });
        match self.wire.with_via(&flow, &Branch::new(place.index, token), new.bare) {
            Ok(octets) => {
                self.link(place);
                self.transmit_first(place, octets.into());
                Ok(place)
            }
            Err(refused) => {
                if let Some(client) = self.clients.remove(place) {
                    self.deadlines.close(client.timer);
                }
                Err(refused)
            }
        }
    }

    /// Finds the transaction of a response and moves it. `Ok(None)`: a repetition dealt with here.
    ///
    /// # Errors
    /// The response belongs to no transaction: forged, or late.
    pub(crate) fn handle_response(
        &mut self,
        now: Instant,
        response: &Message,
    ) -> Result<Option<Delivery<U>>, Stray> {
        let place = self.client_of(response).ok_or(Stray)?;
        Ok(self.advance_client(now, place, response))
    }

    /// RFC 3261 17.1.3.
    fn client_of(&self, response: &Message) -> Option<Place> {
        let via = response.top_via().ok()?;
        let (slot, token) = Branch::parse(via.branch()?)?;
        let (place, client) = self.clients.occupant(slot)?;
        (client.token == token).then_some(place)
    }

    fn advance_client(&mut self, now: Instant, place: Place, response: &Message) -> Option<Delivery<U>> {
        let status = response.status()?.0;
        let cseq = response.cseq().ok()?;
        let client = self.clients.at_mut(place)?;
        // RFC 3261 17.1.3: the method tells the CANCEL from its INVITE.
        if cseq.method == Method::Cancel {
            if let State::Proceeding { cancel: Some(cancel) } = &mut client.state {
                cancel.resend = None;
            }
            self.rearm_client(place);
            return None;
        }
        if !client.asked_for(cseq.method) {
            return None;
        }
        match (&mut client.state, status) {
            (State::Calling { cancel, .. }, ..=199) => {
                let cancel = cancel.take();
                client.state = State::Proceeding { cancel: None };
                let delivery = self.delivery(place);
                if let Some(octets) = cancel {
                    self.send_cancel(now, place, octets);
                }
                self.rearm_client(place);
                delivery
            }
            (State::Proceeding { .. }, ..=199) => self.delivery(place),
            (State::Trying { resend, .. }, ..=199) => {
                // RFC 3261 17.1.2.2: in Proceeding timer E runs at T2.
                *resend = resend.map(|_| Retransmission::start(now, self.timing.t2));
                self.rearm_client(place);
                self.delivery(place)
            }
            (State::Trying { .. }, _) => {
                let delivery = self.delivery(place);
                self.remove_client(place);
                delivery
            }
            (State::Calling { .. } | State::Proceeding { .. }, 200..=299) => {
                let end = now + self.timing.patience();
                client.state = State::Accepted { acks: Vec::new(), end };
                let delivery = self.delivery(place);
                self.settle_client(place);
                delivery
            }
            (State::Calling { .. } | State::Proceeding { .. }, _) => {
                self.complete_invite(now, place, response)
            }
            (State::Completed { ack, .. }, 300..) => {
                self.wire.push(client.flow, ack.clone());
                None
            }
            (State::Accepted { acks, .. }, 200..=299) => {
                let tag = tag_key(&self.keyring, response);
                match acks.iter().find(|known| known.tag == tag) {
                    Some(known) => {
                        self.wire.push(known.flow, known.octets.clone());
                        None
                    }
                    None => self.delivery(place),
                }
            }
            (State::Completed { .. } | State::Accepted { .. }, _) => None,
        }
    }

    /// Sends the ACK of a 2xx and keeps it for repetitions of that 2xx (RFC 3261 13.2.2.4).
    pub(crate) fn acknowledge(&mut self, client: Place, response: &Message, flow: Flow, octets: Bytes) {
        self.wire.push(flow, octets.clone());
        let tag = tag_key(&self.keyring, response);
        if let Some(Client { state: State::Accepted { acks, .. }, .. }) = self.clients.at_mut(client)
            && acks.len() < MAX_ACKS
        {
            acks.push(Acknowledged { tag, flow, octets });
        }
    }

    /// Cancels an INVITE: at once when it is proceeding, else with its first provisional response.
    /// False when the transaction is past that.
    pub(crate) fn cancel(&mut self, now: Instant, client: Place, octets: Bytes) -> bool {
        match self.clients.at_mut(client).map(|client| &mut client.state) {
            Some(State::Calling { cancel, .. }) => {
                *cancel = Some(octets);
                true
            }
            Some(State::Proceeding { cancel: None }) => {
                self.send_cancel(now, client, octets);
                true
            }
            _ => false,
        }
    }

    /// The request as sent.
    pub(crate) fn request(&self, client: Place) -> Option<&Bytes> {
        self.clients.at(client).map(|client| &client.request)
    }

    pub(super) fn client_due(&mut self, now: Instant, place: Place) -> Option<Lapse<U>> {
        let client = self.clients.at_mut(place)?;
        let lapsed = match &mut client.state {
            State::Calling { resend, end, .. } => match resend {
                _ if *end <= now => true,
                Some(again) => {
                    *again = again.next(now, None);
                    self.wire.push(client.flow, client.request.clone());
                    false
                }
                None => false,
            },
            State::Trying { resend, end } => match resend {
                _ if *end <= now => true,
                Some(again) => {
                    *again = again.next(now, Some(self.timing.t2));
                    self.wire.push(client.flow, client.request.clone());
                    false
                }
                None => false,
            },
            State::Proceeding { cancel: Some(cancel) } => match &mut cancel.resend {
                _ if cancel.end <= now => true,
                Some(again) => {
                    *again = again.next(now, Some(self.timing.t2));
                    self.wire.push(client.flow, cancel.octets.clone());
                    false
                }
                None => false,
            },
            State::Proceeding { cancel: None } => false,
            State::Completed { .. } | State::Accepted { .. } => {
                self.remove_client(place);
                return None;
            }
        };
        if lapsed {
            return self.fail(place, Failure::TimedOut);
        }
        self.rearm_client(place);
        None
    }

    fn transmit_first(&mut self, place: Place, octets: Bytes) {
        if let Some(client) = self.clients.at_mut(place) {
            client.request = octets.clone();
            self.wire.push(client.flow, octets);
        }
        self.rearm_client(place);
    }

    fn send_cancel(&mut self, now: Instant, place: Place, octets: Bytes) {
        let timing = self.timing;
        let Some(client) = self.clients.at_mut(place) else { return };
        self.wire.push(client.flow, octets.clone());
        let resend = (!client.flow.is_reliable()).then(|| Retransmission::start(now, timing.t1));
        client.state =
            State::Proceeding { cancel: Some(Cancel { octets, resend, end: now + timing.patience() }) };
        self.rearm_client(place);
    }

    fn complete_invite(&mut self, now: Instant, place: Place, response: &Message) -> Option<Delivery<U>> {
        let delivery = self.delivery(place)?;
        let client = self.clients.at_mut(place)?;
        let ack = ack_of_failure(&client.request, response);
        if let Some(ack) = &ack {
            self.wire.push(client.flow, ack.clone());
        }
        match ack {
            // Timer D is 0 on a reliable transport (RFC 3261 17.1.1.2).
            Some(ack) if !client.flow.is_reliable() => {
                client.state = State::Completed { ack, end: now + self.timing.patience() };
                self.settle_client(place);
            }
            _ => self.remove_client(place),
        }
        Some(delivery)
    }

    fn fail(&mut self, place: Place, reason: Failure) -> Option<Lapse<U>> {
        let client = self.remove_client_value(place)?;
        Some(Lapse::Failed { user: client.user, client: place, reason })
    }

    fn delivery(&self, place: Place) -> Option<Delivery<U>> {
        let client = self.clients.at(place)?;
        Some(Delivery {
            user: client.user,
            client: place,
            flow: client.flow,
            request: client.request.clone(),
        })
    }

    /// The transaction only lingers now: nothing needs its request, and no transport error concerns it.
    fn settle_client(&mut self, place: Place) {
        self.unlink(place);
        if let Some(client) = self.clients.at_mut(place) {
            client.request = Bytes::new();
        }
        self.rearm_client(place);
    }

    fn rearm_client(&mut self, place: Place) {
        if let Some(client) = self.clients.at(place) {
            self.deadlines.set(client.timer, client.state.deadline());
        }
    }

    fn remove_client(&mut self, place: Place) {
        self.remove_client_value(place);
    }

    fn remove_client_value(&mut self, place: Place) -> Option<Client<U>> {
        self.unlink(place);
        let client = self.clients.remove(place)?;
        self.deadlines.close(client.timer);
        Some(client)
    }
}

fn first_state(now: Instant, timing: Timing, invite: bool, reliable: bool) -> State {
    let resend = (!reliable).then(|| Retransmission::start(now, timing.t1));
    let end = now + timing.patience();
    if invite { State::Calling { resend, end, cancel: None } } else { State::Trying { resend, end } }
}

fn tag_key(keyring: &Keyring, response: &Message) -> Key {
    keyring.of(&[response.to().ok().and_then(|to| to.tag()).unwrap_or_default()])
}

/// Room for our Via when the size of a request is judged.
const VIA_OCTETS: usize = 100;
/// ACKs kept per INVITE, one per dialog that answered.
const MAX_ACKS: usize = 32;
