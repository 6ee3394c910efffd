//! A simulated base station: one SIP endpoint, many handsets, no I/O.
//!
//! It registers its handsets and keeps them registered, answers or refuses calls as told, and places calls. Media is left to the
//! driver, which learns from [`BaseEvent::Media`] what was agreed.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sdp::{Codec, Direction, offer::Stream};
use sip::{
    Builder, ClientId, Endpoint, Event, Flow, ListenerId, ListenerInfo, Message, Name, OutgoingCall,
    OutgoingRequest, SessionEvent, SessionId, Status, Transmit, Transport,
    digest::{Client, Credentials},
};

use crate::{agenda::Agenda, entropy::SeededEntropy, party::Party};

/// Number of a handset at its base, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandsetId(pub usize);

/// A base station's settings.
#[derive(Debug, Clone)]
pub struct BaseConfig {
    /// Where it speaks SIP.
    pub address: SocketAddr,
    /// The gateway's access side.
    pub gateway: SocketAddr,
    /// UDP or TCP.
    pub transport: Transport,
    /// First media address; handset `n` uses the port `2 n` above it. Its IP may differ from `address` (a radio beside its controller).
    pub media: SocketAddr,
    /// Expiry asked for, seconds.
    pub expires: u32,
    /// User-Agent it shows.
    pub user_agent: String,
    /// Codecs of its handsets.
    pub codecs: Vec<Codec>,
}

/// A handset's account and habits.
#[derive(Debug, Clone)]
pub struct Handset {
    /// User part of its address-of-record: the number, or the IPEI.
    pub name: String,
    /// Digest user.
    pub auth_name: String,
    /// Digest password.
    pub password: String,
    /// What it does with calls.
    pub manners: Manners,
}

/// What a handset does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// Rings, then answers after this time.
    Answer(Duration),
    /// Refuses.
    Refuse(Status),
    /// Rings until the caller gives up.
    Ring,
    /// Says nothing beyond 100.
    Silent,
}

/// How far a handset's registration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// Not, or refused for good.
    No,
    /// A REGISTER is under way.
    Pending,
    /// For this many seconds at a time.
    Yes(u32),
}

/// What happened at a base.
#[derive(Debug, Clone, PartialEq)]
pub enum BaseEvent {
    /// Both sides have confirmed the call.
    Connected(HandsetId),
    /// The call is over.
    Ended(HandsetId),
    /// The call was refused; `None` is silence.
    Failed(HandsetId, Option<Status>),
    /// Media was agreed, or agreed anew.
    Media(HandsetId, Box<Stream>),
    /// The registration was taken.
    Registered(HandsetId),
    /// The registration was refused.
    RegistrationFailed(HandsetId, Option<Status>),
    /// The far side rings.
    Ringback(HandsetId),
    /// A call came in.
    Rings(HandsetId),
}

/// The base station.
pub struct Base {
    config: BaseConfig,
    endpoint: Endpoint,
    slots: Vec<Slot>,
    by_session: HashMap<SessionId, HandsetId>,
    by_request: HashMap<ClientId, HandsetId>,
    agenda: Agenda<Todo>,
    events: VecDeque<BaseEvent>,
    serial: u64,
}

struct Slot {
    handset: Handset,
    digest: Client,
    call_id: String,
    cseq: u32,
    registered: Registered,
    tries: u8,
    leaving: bool,
    call: Option<(SessionId, Party)>,
}

#[derive(Debug, Clone, Copy)]
enum Todo {
    Answer(SessionId),
    Register(HandsetId),
}

impl Base {
    /// A base that has not said anything yet.
    #[must_use]
    pub fn new(config: BaseConfig, seed: u64) -> Self {
        let sip = sip::Config { user_agent: config.user_agent.clone(), ..sip::Config::default() };
        let mut endpoint = Endpoint::new(sip, Box::new(SeededEntropy::new(seed)));
        let host = config.address.to_string();
        endpoint.set_listener(
            ListenerId(0),
            ListenerInfo { transport: config.transport, sent_by: host.clone(), contact_host_port: host },
        );
        Self {
            config,
            endpoint,
            slots: Vec::new(),
            by_session: HashMap::new(),
            by_request: HashMap::new(),
            agenda: Agenda::new(),
            events: VecDeque::new(),
            serial: 0,
        }
    }

    /// Adds a handset; it is silent until it registers or calls.
    pub fn add(&mut self, handset: Handset) -> HandsetId {
        let id = HandsetId(self.slots.len());
        let call_id = format!("{}-{}@{}", handset.name, id.0, self.config.address);
        self.slots.push(Slot {
            handset,
            digest: Client::default(),
            call_id,
            cseq: 0,
            registered: Registered::No,
            tries: 0,
            leaving: false,
            call: None,
        });
        id
    }

    /// Registers a handset and keeps it registered.
    pub fn register(&mut self, now: Instant, id: HandsetId) {
        let slot = &mut self.slots[id.0];
        slot.leaving = false;
        slot.tries = 0;
        self.send_register(now, id);
    }

    /// Takes the registration of a handset back.
    pub fn unregister(&mut self, now: Instant, id: HandsetId) {
        let slot = &mut self.slots[id.0];
        slot.leaving = true;
        slot.tries = 0;
        self.send_register(now, id);
    }

    /// Stops refreshing without a word, as a handset that leaves the house.
    pub fn vanish(&mut self, id: HandsetId) {
        self.slots[id.0].leaving = true;
    }

    /// Calls a number.
    pub fn call(&mut self, now: Instant, id: HandsetId, number: &str) {
        self.call_with(now, id, number, &[]);
    }

    /// Calls a number with further headers.
    pub fn call_with(&mut self, now: Instant, id: HandsetId, number: &str, headers: &[(&str, &str)]) {
        let mut party = self.party(id);
        let offer = party.offer(Direction::SendRecv);
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.place(now, id, number, party, Some(offer), headers);
    }

    /// Calls a number and leaves the offer to the callee.
    pub fn call_without_offer(&mut self, now: Instant, id: HandsetId, number: &str) {
        let party = self.party(id);
        self.place(now, id, number, party, None, Vec::new());
    }

    /// Ends the call of a handset, or cancels it.
    pub fn hang_up(&mut self, now: Instant, id: HandsetId) {
        if let Some((session, _)) = &self.slots[id.0].call {
            let _gone = self.endpoint.bye(now, *session, &[]);
        }
    }

    /// Holds or resumes: a re-INVITE with this direction.
    pub fn set_direction(&mut self, now: Instant, id: HandsetId, direction: Direction) {
        if let Some((session, party)) = &mut self.slots[id.0].call {
            let offer = party.offer(direction);
            let _refused = self.endpoint.offer(now, *session, offer);
        }
    }

    /// Sends a digit by INFO.
    pub fn send_info(&mut self, now: Instant, id: HandsetId, digit: char) {
        if let Some((session, _)) = &self.slots[id.0].call {
            let body = format!("Signal={digit}\r\nDuration=160\r\n");
            let body = Some(("application/dtmf-relay", body.as_bytes()));
            let _refused = self.endpoint.send_in_dialog(now, *session, "INFO", &[], body);
        }
    }

    /// Changes what a handset does with calls.
    pub fn set_manners(&mut self, id: HandsetId, manners: Manners) {
        self.slots[id.0].handset.manners = manners;
    }

    /// How far the registration of a handset is.
    #[must_use]
    pub fn registered(&self, id: HandsetId) -> Registered {
        self.slots[id.0].registered
    }

    /// What the handset's call agreed on.
    #[must_use]
    pub fn stream(&self, id: HandsetId) -> Option<&Stream> {
        self.slots[id.0].call.as_ref().and_then(|(_, party)| party.stream())
    }

    /// Whether the handset has a call.
    #[must_use]
    pub fn is_busy(&self, id: HandsetId) -> bool {
        self.slots[id.0].call.is_some()
    }

    /// Where it speaks SIP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.config.address
    }

    /// Handsets of this base.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// It has no handset.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Media address of a handset.
    #[must_use]
    pub fn media(&self, id: HandsetId) -> SocketAddr {
        let port = usize::from(self.config.media.port()) + 2 * id.0;
        SocketAddr::new(self.config.media.ip(), u16::try_from(port).expect("fewer handsets than ports"))
    }

    /// What lives in the endpoint, for leak assertions.
    #[must_use]
    pub fn counts(&self) -> sip::Counts {
        self.endpoint.counts()
    }

    /// Takes one message from the gateway.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, octets: Bytes) {
        if flow.transport == Transport::Udp {
            self.endpoint.handle_datagram(now, flow, octets);
        } else {
            self.endpoint.handle_stream_message(now, flow, octets);
        }
        self.settle(now);
    }

    /// The connection to the gateway is gone.
    pub fn handle_transport_failed(&mut self, now: Instant, flow: Flow) {
        self.endpoint.handle_transport_failed(now, flow);
        self.settle(now);
    }

    /// Runs what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(todo) = self.agenda.pop_due(now) {
            match todo {
                Todo::Answer(session) => self.answer(now, session),
                Todo::Register(id) => {
                    if !self.slots[id.0].leaving {
                        self.slots[id.0].tries = 0;
                        self.send_register(now, id);
                    }
                }
            }
        }
        self.endpoint.handle_timeout(now);
        self.settle(now);
    }

    /// When [`Base::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.endpoint.poll_timeout(), self.agenda.earliest()].into_iter().flatten().min()
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.endpoint.poll_transmit()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<BaseEvent> {
        self.events.pop_front()
    }

    fn flow(&self) -> Flow {
        Flow {
            transport: self.config.transport,
            listener: ListenerId(0),
            remote: self.config.gateway,
            connection: None,
        }
    }

    fn party(&mut self, id: HandsetId) -> Party {
        self.serial += 1;
        Party::new(self.media(id), self.config.codecs.clone(), self.serial)
    }

    fn place(
        &mut self,
        now: Instant,
        id: HandsetId,
        number: &str,
        party: Party,
        offer: Option<Bytes>,
        headers: Vec<(String, String)>,
    ) {
        let handset = &self.slots[id.0].handset;
        let (gateway, own) = (self.config.gateway, self.config.address);
        let target = format!("sip:{number}@{gateway}");
        let mut call = OutgoingCall::new(
            self.flow(),
            &target,
            &format!("<sip:{}@{gateway}>", handset.name),
            &format!("<{target}>"),
            &format!("<sip:{}@{own}>", handset.name),
        );
        call.offer = offer;
        call.headers = headers;
        call.credentials = Some(credentials(handset));
        if let Ok(session) = self.endpoint.invite(now, call) {
            self.by_session.insert(session, id);
            self.slots[id.0].call = Some((session, party));
        }
        self.settle(now);
    }

    fn send_register(&mut self, now: Instant, id: HandsetId) {
        let (gateway, own) = (self.config.gateway, self.config.address);
        let expires = if self.slots[id.0].leaving { 0 } else { self.config.expires };
        let slot = &mut self.slots[id.0];
        slot.cseq += 1;
        let uri = format!("sip:{gateway}");
        let credentials = credentials(&slot.handset);
        let mut entropy = SeededEntropy::new(u64::from(slot.cseq) ^ (id.0 as u64) << 32);
        let authorization = slot.digest.authorize(&credentials, "REGISTER", &uri, b"", &mut entropy);
        let name = &slot.handset.name;
        let mut builder = Builder::request("REGISTER", &uri)
            .header("Max-Forwards", 70)
            .header("From", format_args!("<sip:{name}@{gateway}>;tag={}", id.0))
            .header("To", format_args!("<sip:{name}@{gateway}>"))
            .header("Call-ID", &slot.call_id)
            .header("CSeq", format_args!("{} REGISTER", slot.cseq))
            .header("Contact", format_args!("<sip:{name}@{own}>"))
            .header("Expires", expires);
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        slot.registered = if slot.leaving { Registered::No } else { Registered::Pending };
        let request = OutgoingRequest::new(builder.finish());
        match self.endpoint.send_request(now, self.flow(), request) {
            Ok(client) => {
                self.by_request.insert(client, id);
            }
            Err(_) => self.agenda.enter(now + RETRY, Todo::Register(id)),
        }
    }

    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, message, .. } => {
                    let response = Builder::reply(&message, Status(200), Status(200).reason(), None).finish();
                    let _gone = self.endpoint.respond(now, id, response);
                }
                Event::Response { id, message } => self.handle_response(now, id, &message),
                Event::Failed { id, .. } => {
                    if let Some(handset) = self.by_request.remove(&id) {
                        self.registration_failed(now, handset, None);
                    }
                }
                Event::Session { id, event } => self.handle_session(now, id, event),
            }
        }
    }

    fn handle_response(&mut self, now: Instant, client: ClientId, response: &Message) {
        let status = response.status().unwrap_or(Status(500));
        if status.0 < 200 {
            return;
        }
        let Some(id) = self.by_request.remove(&client) else { return };
        let slot = &mut self.slots[id.0];
        slot.tries += 1;
        match status.0 {
            200..=299 if slot.leaving => slot.registered = Registered::No,
            200..=299 => {
                let granted = granted(response).unwrap_or(self.config.expires);
                slot.registered = Registered::Yes(granted);
                self.agenda.enter(now + Duration::from_secs(u64::from(granted) * 3 / 4), Todo::Register(id));
                self.events.push_back(BaseEvent::Registered(id));
            }
            401 | 407 if slot.tries < 4 && slot.digest.challenged(response).is_ok() => {
                self.send_register(now, id);
            }
            _ => self.registration_failed(now, id, Some(status)),
        }
    }

    fn registration_failed(&mut self, now: Instant, id: HandsetId, status: Option<Status>) {
        self.slots[id.0].registered = Registered::No;
        self.events.push_back(BaseEvent::RegistrationFailed(id, status));
        if !self.slots[id.0].leaving {
            self.agenda.enter(now + RETRY, Todo::Register(id));
        }
    }

    fn handle_session(&mut self, now: Instant, session: SessionId, event: SessionEvent) {
        if let SessionEvent::Incoming { message, offer, .. } = event {
            return self.handle_incoming(now, session, &message, offer.as_ref());
        }
        let Some(id) = self.by_session.get(&session).copied() else { return };
        if event.is_terminal() {
            self.by_session.remove(&session);
            self.slots[id.0].call = None;
        }
        match event {
            SessionEvent::Progress { message, body, .. } => {
                if message.status() == Some(Status(180)) {
                    self.events.push_back(BaseEvent::Ringback(id));
                }
                self.complete(id, body);
            }
            SessionEvent::Answered { body, .. } => {
                if let (Some((_, party)), Some(offer)) = (&mut self.slots[id.0].call, &body)
                    && !party.awaits_answer()
                    && party.stream().is_none()
                    && let Some(answer) = party.answer(offer)
                    && self.endpoint.ack_with(now, session, answer).is_ok()
                {
                    self.media_changed(id);
                } else {
                    self.complete(id, body);
                }
                self.events.push_back(BaseEvent::Connected(id));
            }
            SessionEvent::OfferAnswered { body } => self.complete(id, body),
            SessionEvent::Confirmed { body } => {
                self.complete(id, body);
                self.events.push_back(BaseEvent::Connected(id));
            }
            SessionEvent::Offered { body, .. } => self.handle_offered(now, session, id, body),
            SessionEvent::Request { id: request, message } => {
                let response = Builder::reply(&message, Status(200), Status(200).reason(), None).finish();
                let _gone = self.endpoint.respond(now, request, response);
            }
            SessionEvent::Failed { status, .. } => self.events.push_back(BaseEvent::Failed(id, status)),
            SessionEvent::Cancelled { .. } | SessionEvent::Ended { .. } => {
                self.events.push_back(BaseEvent::Ended(id));
            }
            SessionEvent::Incoming { .. } | SessionEvent::OfferRejected { .. } => {}
        }
    }

    fn handle_incoming(
        &mut self,
        now: Instant,
        session: SessionId,
        message: &Message,
        offer: Option<&Bytes>,
    ) {
        let name = message.uri().ok().map(|uri| uri.user_unescaped().into_owned()).unwrap_or_default();
        let found = self.slots.iter().position(|slot| slot.handset.name == name);
        let Some(id) = found.map(HandsetId) else { return self.refuse(now, session, Status(404)) };
        if self.slots[id.0].call.is_some() {
            return self.refuse(now, session, Status(486));
        }
        let manners = self.slots[id.0].handset.manners;
        if let Manners::Refuse(status) = manners {
            return self.refuse(now, session, status);
        }
        let mut party = self.party(id);
        if let Some(offer) = offer
            && party.answer(offer).is_none()
        {
            return self.refuse(now, session, Status(488));
        }
        self.by_session.insert(session, id);
        self.slots[id.0].call = Some((session, party));
        self.events.push_back(BaseEvent::Rings(id));
        if manners != Manners::Silent {
            let _gone = self.endpoint.progress(now, session, Status(180), None, &[]);
        }
        if let Manners::Answer(after) = manners {
            self.agenda.enter(now + after, Todo::Answer(session));
        }
    }

    fn answer(&mut self, now: Instant, session: SessionId) {
        let Some(id) = self.by_session.get(&session).copied() else { return };
        let Some((_, party)) = &mut self.slots[id.0].call else { return };
        // What was answered stands in the party's memory; without an offer this is one.
        let offered = party.stream().is_some();
        let body = match party.last_sent().filter(|_| offered) {
            Some(answer) => answer,
            None => party.offer(Direction::SendRecv),
        };
        if self.endpoint.answer(now, session, Some(body), &[]).is_ok() && offered {
            self.media_changed(id);
        }
    }

    fn handle_offered(&mut self, now: Instant, session: SessionId, id: HandsetId, body: Option<Bytes>) {
        let Some((_, party)) = &mut self.slots[id.0].call else { return };
        let reply = match body {
            Some(offer) => party.answer(&offer),
            None => Some(party.offer(Direction::SendRecv)),
        };
        let _gone = match reply {
            Some(reply) => self.endpoint.accept_offer(now, session, reply),
            None => self.endpoint.reject_offer(now, session, Status(488)),
        };
        self.media_changed(id);
    }

    fn complete(&mut self, id: HandsetId, body: Option<Bytes>) {
        if let (Some((_, party)), Some(body)) = (&mut self.slots[id.0].call, body)
            && party.complete(&body)
        {
            self.media_changed(id);
        }
    }

    fn media_changed(&mut self, id: HandsetId) {
        if let Some(stream) = self.stream(id).cloned() {
            self.events.push_back(BaseEvent::Media(id, Box::new(stream)));
        }
    }

    fn refuse(&mut self, now: Instant, session: SessionId, status: Status) {
        let _gone = self.endpoint.reject(now, session, status, status.reason(), &[]);
    }
}

fn credentials(handset: &Handset) -> Credentials {
    Credentials { username: handset.auth_name.clone(), password: handset.password.clone() }
}

/// Seconds that a 200 to REGISTER grants: the contact's parameter, else the header (RFC 3261 10.2.4).
fn granted(response: &Message) -> Option<u32> {
    let contact = response.contacts().filter_map(Result::ok).find_map(|contact| contact.expires());
    contact.or_else(|| std::str::from_utf8(response.header(Name::Expires)?).ok()?.trim().parse().ok())
}

/// After a registration was refused or unanswered.
const RETRY: Duration = Duration::from_secs(30);
