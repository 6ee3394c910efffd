//! A scripted PBX: registrar with digest, routing among its users, an echo and a tone extension, and the misbehaviour that a test asks for.
//!
//! Between its users it is a back-to-back user agent that passes SDP through; media flows between the parties themselves.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use sdp::{Codec, Direction, offer::Stream};
use sip::{
    Builder, Endpoint, Event, Flow, ListenerId, ListenerInfo, Message, Name, OutgoingCall, ServerId,
    SessionEvent, SessionId, Status, Transmit, Transport,
    digest::{self, Algorithm},
};

use crate::{entropy::SeededEntropy, party::Party};

/// A PBX's settings.
#[derive(Debug, Clone)]
pub struct PbxConfig {
    /// Where it speaks SIP.
    pub address: SocketAddr,
    /// UDP or TCP.
    pub transport: Transport,
    /// First media address of its own extensions; call `n` uses the port `2 n` above it, going round after 1000 calls.
    pub media: SocketAddr,
    /// Digest realm.
    pub realm: String,
    /// Expiry granted at most, seconds.
    pub expires: u32,
    /// Expiry below which it answers 423, seconds.
    pub min_expires: u32,
    /// Codecs of its own extensions.
    pub codecs: Vec<Codec>,
    /// Whether calls are challenged.
    pub challenge_calls: bool,
}

/// What the PBX does with everything it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// What a PBX does.
    Normal,
    /// Answers every request with this status, and seconds of Retry-After.
    Refuse(Status, Option<u32>),
    /// Takes everything, answers nothing.
    Silent,
}

/// An extension of the PBX itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// 600: sends back what it hears.
    Echo,
    /// 601: a tone.
    Tone,
}

/// What happened at the PBX.
#[derive(Debug, Clone, PartialEq)]
pub enum PbxEvent {
    /// An extension of its own is in a call with this media.
    ServiceStarted {
        /// The call.
        call: u64,
        /// Which.
        service: Service,
        /// Where media comes in.
        local: SocketAddr,
        /// What was agreed.
        stream: Box<Stream>,
    },
    /// That call is over.
    ServiceEnded {
        /// The call.
        call: u64,
    },
}

/// The PBX.
pub struct Pbx {
    config: PbxConfig,
    endpoint: Endpoint,
    digest: digest::Server,
    passwords: HashMap<String, String>,
    contacts: HashMap<String, Contact>,
    script: Script,
    bridged: HashMap<SessionId, SessionId>,
    services: HashMap<SessionId, (u64, Service, Party)>,
    events: VecDeque<PbxEvent>,
    registers: VecDeque<Instant>,
    next: u64,
}

#[derive(Debug, Clone)]
struct Contact {
    uri: String,
    flow: Flow,
    until: Instant,
    registers: u32,
}

impl Pbx {
    /// A PBX without users.
    #[must_use]
    pub fn new(config: PbxConfig, seed: u64) -> Self {
        let mut entropy = SeededEntropy::new(seed);
        let mut secret = [0; 32];
        sip::Entropy::fill(&mut entropy, &mut secret);
        let sip = sip::Config { user_agent: "testkit-pbx".to_owned(), ..sip::Config::default() };
        let mut endpoint = Endpoint::new(sip, Box::new(entropy));
        let host = config.address.to_string();
        endpoint.set_listener(
            ListenerId(0),
            ListenerInfo { transport: config.transport, sent_by: host.clone(), contact_host_port: host },
        );
        Self {
            digest: digest::Server::new(&config.realm, secret),
            config,
            endpoint,
            passwords: HashMap::new(),
            contacts: HashMap::new(),
            script: Script::Normal,
            bridged: HashMap::new(),
            services: HashMap::new(),
            events: VecDeque::new(),
            registers: VecDeque::new(),
            next: 0,
        }
    }

    /// Adds a user.
    pub fn add_user(&mut self, name: &str, password: &str) {
        self.passwords.insert(name.to_owned(), password.to_owned());
    }

    /// Behaves differently from now on.
    pub fn set_script(&mut self, script: Script) {
        self.script = script;
    }

    /// Forgets every registration, as a PBX that was restarted.
    pub fn forget_everybody(&mut self) {
        self.contacts.clear();
    }

    /// Users with a contact that is valid at `now`.
    #[must_use]
    pub fn registered(&self, now: Instant) -> usize {
        self.contacts.values().filter(|contact| contact.until > now).count()
    }

    /// Whether a user has a valid contact.
    #[must_use]
    pub fn is_registered(&self, now: Instant, name: &str) -> bool {
        self.contacts.get(name).is_some_and(|contact| contact.until > now)
    }

    /// How often a user was registered or refreshed.
    #[must_use]
    pub fn register_count(&self, name: &str) -> u32 {
        self.contacts.get(name).map_or(0, |contact| contact.registers)
    }

    /// The largest number of REGISTER requests within any second so far.
    #[must_use]
    pub fn peak_register_rate(&self) -> usize {
        let (mut first, mut peak) = (0, 0);
        for (index, at) in self.registers.iter().enumerate() {
            while at.saturating_duration_since(self.registers[first]) >= Duration::from_secs(1) {
                first += 1;
            }
            peak = peak.max(index + 1 - first);
        }
        peak
    }

    /// What lives in the endpoint, for leak assertions.
    #[must_use]
    pub fn counts(&self) -> sip::Counts {
        self.endpoint.counts()
    }

    /// Where it speaks SIP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.config.address
    }

    /// Ends every call from its side.
    pub fn hang_up_all(&mut self, now: Instant) {
        let all: Vec<SessionId> = self.bridged.keys().chain(self.services.keys()).copied().collect();
        for session in all {
            let _gone = self.endpoint.bye(now, session, &[]);
        }
        self.settle(now);
    }

    /// Calls a user from one of its own extensions.
    pub fn call_user(&mut self, now: Instant, name: &str, service: Service) {
        let Some(contact) = self.contacts.get(name).cloned() else { return };
        let host = self.config.address;
        let caller = format!("\"{service:?}\" <sip:{}@{host}>", number(service));
        let mut party = self.party();
        let mut call = OutgoingCall::new(
            contact.flow,
            &contact.uri,
            &caller,
            &format!("<sip:{name}@{host}>"),
            &format!("<sip:{}@{host}>", number(service)),
        );
        call.offer = Some(party.offer(Direction::SendRecv));
        call.next_hop = sip::NextHop::Flow;
        if let Ok(session) = self.endpoint.invite(now, call) {
            self.services.insert(session, (self.next, service, party));
        }
        self.settle(now);
    }

    /// Takes one message.
    pub fn handle_message(&mut self, now: Instant, flow: Flow, octets: Bytes) {
        if self.script == Script::Silent {
            return;
        }
        if flow.transport == Transport::Udp {
            self.endpoint.handle_datagram(now, flow, octets);
        } else {
            self.endpoint.handle_stream_message(now, flow, octets);
        }
        self.settle(now);
    }

    /// Runs what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.endpoint.handle_timeout(now);
        self.settle(now);
    }

    /// When [`Pbx::handle_timeout`] is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.endpoint.poll_timeout()
    }

    /// The next message to send; a silent PBX sends none.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            if self.script != Script::Silent {
                return Some(transmit);
            }
        }
        None
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<PbxEvent> {
        self.events.pop_front()
    }

    fn party(&mut self) -> Party {
        self.next += 1;
        let port = u64::from(self.config.media.port()) + 2 * (self.next % MEDIA_PORTS);
        let port = u16::try_from(port).expect("a media range below 65536");
        Party::new(SocketAddr::new(self.config.media.ip(), port), self.config.codecs.clone(), self.next)
    }

    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Request { id, flow, message } => self.handle_request(now, id, flow, &message),
                Event::Session { id, event: SessionEvent::Incoming { flow, message, offer } } => {
                    self.handle_incoming(now, id, flow, &message, offer);
                }
                Event::Session { id, event } => {
                    if self.services.contains_key(&id) {
                        self.handle_service(now, id, event);
                    } else {
                        self.handle_bridged(now, id, event);
                    }
                }
                Event::Response { .. } | Event::Failed { .. } => {}
            }
        }
    }

    fn handle_request(&mut self, now: Instant, id: ServerId, flow: Flow, message: &Message) {
        if let Script::Refuse(status, retry_after) = self.script {
            let builder = Builder::reply(message, status, status.reason(), None)
                .optional_header("Retry-After", retry_after);
            let _gone = self.endpoint.respond(now, id, builder.finish());
            return;
        }
        let response = if message.method() == sip::Method::Register {
            self.registers.push_back(now);
            self.register(now, flow, message)
        } else {
            Builder::reply(message, Status(200), "OK", None).finish()
        };
        let _gone = self.endpoint.respond(now, id, response);
    }

    fn register(&mut self, now: Instant, flow: Flow, message: &Message) -> Vec<u8> {
        let reply = |status: u16| Builder::reply(message, Status(status), Status(status).reason(), None);
        let Some(name) = address_of_record(message) else { return reply(400).finish() };
        match self.verify(now, message, Name::Authorization) {
            digest::Verdict::Granted { username } if username == name => {}
            digest::Verdict::Granted { .. } => return reply(403).finish(),
            verdict => {
                let mut builder = reply(401);
                for value in self.digest.challenge(now, &ALGORITHMS, verdict == digest::Verdict::Stale) {
                    builder = builder.header("WWW-Authenticate", value);
                }
                return builder.finish();
            }
        }
        let asked = asked_expires(message).unwrap_or(self.config.expires);
        if asked == 0 {
            self.contacts.remove(&name);
            return reply(200).finish();
        }
        if asked < self.config.min_expires {
            return reply(423).header("Min-Expires", self.config.min_expires).finish();
        }
        let Some(uri) = contact_uri(message) else { return reply(400).finish() };
        let granted = asked.min(self.config.expires);
        let until = now + Duration::from_secs(u64::from(granted));
        let registers = self.contacts.get(&name).map_or(0, |contact| contact.registers) + 1;
        let response = reply(200).header("Contact", format_args!("<{uri}>;expires={granted}")).finish();
        self.contacts.insert(name, Contact { uri, flow, until, registers });
        response
    }

    fn verify(&mut self, now: Instant, message: &Message, name: Name) -> digest::Verdict {
        let Some(value) = message.header(name) else { return digest::Verdict::Denied };
        let passwords = &self.passwords;
        self.digest.verify(
            now,
            value,
            message.method().as_str(),
            |_| true,
            |user, _| passwords.get(user).map(|password| digest::Secret::Plain(password)),
        )
    }

    fn handle_incoming(
        &mut self,
        now: Instant,
        session: SessionId,
        flow: Flow,
        message: &Message,
        offer: Option<Bytes>,
    ) {
        if let Script::Refuse(status, _) = self.script {
            return self.refuse(now, session, status);
        }
        if self.config.challenge_calls
            && !matches!(self.verify(now, message, Name::ProxyAuthorization), digest::Verdict::Granted { .. })
        {
            let headers: Vec<(String, String)> = self
                .digest
                .challenge(now, &ALGORITHMS, false)
                .into_iter()
                .map(|value| ("Proxy-Authenticate".to_owned(), value))
                .collect();
            let status = Status(407);
            let _gone = self.endpoint.reject(now, session, status, status.reason(), &headers);
            return;
        }
        let number = message.uri().ok().map(|uri| uri.user_unescaped().into_owned()).unwrap_or_default();
        match number.as_str() {
            "600" => self.answer_as(now, session, Service::Echo, offer.as_ref()),
            "601" => self.answer_as(now, session, Service::Tone, offer.as_ref()),
            _ => match number.parse::<u16>() {
                // A number that is a status is answered with it: 486, 503, 603 ...
                Ok(status @ 400..=699) if number.len() == 3 => self.refuse(now, session, Status(status)),
                _ => self.bridge(now, session, flow, &number, message, offer),
            },
        }
    }

    fn answer_as(&mut self, now: Instant, session: SessionId, service: Service, offer: Option<&Bytes>) {
        let mut party = self.party();
        let body = match offer {
            Some(offer) => party.answer(offer),
            None => Some(party.offer(Direction::SendRecv)),
        };
        let Some(body) = body else { return self.refuse(now, session, Status(488)) };
        if self.endpoint.answer(now, session, Some(body), &[]).is_ok() {
            self.services.insert(session, (self.next, service, party));
            self.service_media(session);
        }
    }

    fn bridge(
        &mut self,
        now: Instant,
        session: SessionId,
        _flow: Flow,
        number: &str,
        message: &Message,
        offer: Option<Bytes>,
    ) {
        let Some(contact) = self.contacts.get(number).filter(|contact| contact.until > now).cloned() else {
            let status = if self.passwords.contains_key(number) { 480 } else { 404 };
            return self.refuse(now, session, Status(status));
        };
        let host = self.config.address;
        let from = message.header(Name::From).map(|value| String::from_utf8_lossy(value).into_owned());
        let from = from.unwrap_or_default();
        let from = from.split(";tag=").next().unwrap_or_default();
        let mut call = OutgoingCall::new(
            contact.flow,
            &contact.uri,
            from,
            &format!("<sip:{number}@{host}>"),
            &format!("<sip:{host}>"),
        );
        call.offer = offer;
        call.next_hop = sip::NextHop::Flow;
        match self.endpoint.invite(now, call) {
            Ok(callee) => {
                self.bridged.insert(session, callee);
                self.bridged.insert(callee, session);
            }
            Err(_) => self.refuse(now, session, Status(503)),
        }
    }

    fn handle_bridged(&mut self, now: Instant, session: SessionId, event: SessionEvent) {
        let Some(other) = self.bridged.get(&session).copied() else { return };
        let endpoint = &mut self.endpoint;
        // What the other side is told may be refused only because it has just ended, which its own event says.
        let _gone = match event {
            SessionEvent::Progress { message, body, .. } => {
                let status = message.status().unwrap_or(Status(180));
                endpoint.progress(now, other, status, body, &[])
            }
            SessionEvent::Answered { body, .. } => endpoint.answer(now, other, body, &[]),
            SessionEvent::Confirmed { body: Some(body) } => endpoint.ack_with(now, other, body),
            SessionEvent::Offered { body: Some(body), .. } => endpoint.offer(now, other, body),
            SessionEvent::Offered { body: None, .. } => endpoint.reject_offer(now, session, Status(488)),
            SessionEvent::OfferAnswered { body: Some(body) } => endpoint.accept_offer(now, other, body),
            SessionEvent::OfferRejected { status } => {
                endpoint.reject_offer(now, other, status.unwrap_or(Status(488)))
            }
            SessionEvent::Failed { status, .. } => {
                self.unbridge(session, other);
                let status = status.unwrap_or(Status(408));
                self.endpoint.reject(now, other, status, status.reason(), &[])
            }
            SessionEvent::Cancelled { .. } | SessionEvent::Ended { .. } => {
                self.unbridge(session, other);
                self.endpoint.bye(now, other, &[])
            }
            SessionEvent::Request { id, message } => {
                let response = Builder::reply(&message, Status(200), "OK", None).finish();
                endpoint.respond(now, id, response)
            }
            SessionEvent::Incoming { .. }
            | SessionEvent::Confirmed { body: None }
            | SessionEvent::OfferAnswered { body: None } => Ok(()),
        };
    }

    fn unbridge(&mut self, one: SessionId, other: SessionId) {
        self.bridged.remove(&one);
        self.bridged.remove(&other);
    }

    fn handle_service(&mut self, now: Instant, session: SessionId, event: SessionEvent) {
        if event.is_terminal() {
            if let Some((call, ..)) = self.services.remove(&session) {
                self.events.push_back(PbxEvent::ServiceEnded { call });
            }
            return;
        }
        let Some((_, _, party)) = self.services.get_mut(&session) else { return };
        match event {
            SessionEvent::Answered { body: Some(body), .. }
            | SessionEvent::Confirmed { body: Some(body) }
                if party.complete(&body) =>
            {
                self.service_media(session);
            }
            SessionEvent::Offered { body, .. } => {
                let reply = match &body {
                    Some(offer) => party.answer(offer),
                    None => Some(party.offer(Direction::SendRecv)),
                };
                let _gone = match reply {
                    Some(reply) => self.endpoint.accept_offer(now, session, reply),
                    None => self.endpoint.reject_offer(now, session, Status(488)),
                };
                self.service_media(session);
            }
            SessionEvent::Request { id, message } => {
                let response = Builder::reply(&message, Status(200), "OK", None).finish();
                let _gone = self.endpoint.respond(now, id, response);
            }
            _ => {}
        }
    }

    fn service_media(&mut self, session: SessionId) {
        let Some((call, service, party)) = self.services.get(&session) else { return };
        if let Some(stream) = party.stream() {
            self.events.push_back(PbxEvent::ServiceStarted {
                call: *call,
                service: *service,
                local: party.local(),
                stream: Box::new(stream.clone()),
            });
        }
    }

    fn refuse(&mut self, now: Instant, session: SessionId, status: Status) {
        let _gone = self.endpoint.reject(now, session, status, status.reason(), &[]);
    }
}

fn number(service: Service) -> &'static str {
    match service {
        Service::Echo => "600",
        Service::Tone => "601",
    }
}

fn address_of_record(message: &Message) -> Option<String> {
    Some(message.to().ok()?.uri().ok()?.user_unescaped().into_owned())
}

fn contact_uri(message: &Message) -> Option<String> {
    let contact = message.contacts().find_map(Result::ok)?;
    Some(String::from_utf8_lossy(contact.address()?.uri_raw).into_owned())
}

fn asked_expires(message: &Message) -> Option<u32> {
    let contact = message.contacts().filter_map(Result::ok).find_map(|contact| contact.expires());
    contact.or_else(|| std::str::from_utf8(message.header(Name::Expires)?).ok()?.trim().parse().ok())
}

/// What it challenges with, preferred first.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];
/// Ports of its own extensions before they go round.
const MEDIA_PORTS: u64 = 1_000;
