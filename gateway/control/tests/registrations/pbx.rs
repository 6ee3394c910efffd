//! A scripted registrar: digest, expiry, and every way of being difficult.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip::{Builder, Message, Name, Status, digest};

pub(crate) struct Pbx {
    /// Digest user and password.
    pub(crate) accounts: HashMap<String, String>,
    /// What it holds: address-of-record user to contact and end.
    pub(crate) bindings: BTreeMap<String, (String, Instant)>,
    digest: digest::Server,
    /// Answers nothing.
    pub(crate) silent: bool,
    /// Answers this to every authenticated REGISTER, with these headers.
    pub(crate) refuses: Option<(u16, &'static [(&'static str, &'static str)])>,
    /// 423 below this.
    pub(crate) min_expires: u32,
    /// Grants at most this.
    pub(crate) max_expires: u32,
    /// All REGISTERs that arrived: when, whose, expiry asked for, status answered (0: none).
    pub(crate) log: Vec<Entry>,
    pub(crate) service_route: Option<&'static str>,
    secret: u8,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) at: Instant,
    pub(crate) user: String,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) expires: u32,
    pub(crate) authorized: bool,
    pub(crate) status: u16,
}

impl Pbx {
    pub(crate) fn new() -> Self {
        Self {
            accounts: HashMap::new(),
            bindings: BTreeMap::new(),
            digest: digest::Server::new("pbx", [7; 32]),
            silent: false,
            refuses: None,
            min_expires: 0,
            max_expires: u32::MAX,
            log: Vec::new(),
            service_route: None,
            secret: 7,
        }
    }

    /// It restarts: bindings and nonces are forgotten.
    pub(crate) fn forget(&mut self) {
        self.bindings.clear();
        self.secret += 1;
        self.digest = digest::Server::new("pbx", [self.secret; 32]);
    }

    pub(crate) fn handle(&mut self, now: Instant, octets: &Bytes) -> Option<Bytes> {
        let request = Message::parse(octets.clone()).expect("the gateway writes what can be read");
        assert_eq!(request.method().as_str(), "REGISTER");
        let user = request.to().unwrap().uri().unwrap().user_unescaped().into_owned();
        let (status, response) = self.answer(now, &request, &user);
        let contact_expires = request.contacts().next().and_then(|contact| contact.unwrap().expires());
        self.log.push(Entry {
            at: now,
            user,
            call_id: String::from_utf8_lossy(request.call_id().unwrap()).into_owned(),
            cseq: request.cseq().unwrap().number,
            expires: contact_expires.unwrap_or_default(),
            authorized: request.header(Name::Authorization).is_some(),
            status: if self.silent { 0 } else { status },
        });
        (!self.silent).then(|| Bytes::from(response))
    }

    fn answer(&mut self, now: Instant, request: &Message, user: &str) -> (u16, Vec<u8>) {
        if self.silent {
            return (0, Vec::new());
        }
        let reply =
            |status: u16| Builder::reply(request, Status(status), Status(status).reason(), Some("pbx"));
        match self.verify(now, request) {
            None | Some(digest::Verdict::Stale) => {
                let stale = request.header(Name::Authorization).is_some();
                let challenges = self.digest.challenge(now, &[digest::Algorithm::Md5], stale);
                let builder =
                    challenges.iter().fold(reply(401), |b, value| b.header("WWW-Authenticate", value));
                return (401, builder.finish());
            }
            Some(digest::Verdict::Granted { .. }) => {}
            Some(_) => return (403, reply(403).finish()),
        }
        if let Some((status, headers)) = self.refuses {
            let builder = headers.iter().fold(reply(status), |b, (name, value)| b.header(name, value));
            return (status, builder.finish());
        }
        let contact = request.contacts().next().unwrap().unwrap();
        let uri = String::from_utf8_lossy(contact.address().unwrap().uri_raw).into_owned();
        let asked = contact.expires().unwrap();
        if asked == 0 {
            self.bindings.remove(user);
            return (200, reply(200).finish());
        }
        if asked < self.min_expires {
            return (423, reply(423).header("Min-Expires", self.min_expires).finish());
        }
        let granted = asked.min(self.max_expires);
        let until = now + Duration::from_secs(granted.into());
        self.bindings.insert(user.to_owned(), (uri.clone(), until));
        let builder = reply(200).header("Contact", format_args!("<{uri}>;expires={granted}"));
        (200, builder.optional_header("Service-Route", self.service_route).finish())
    }

    fn verify(&mut self, now: Instant, request: &Message) -> Option<digest::Verdict> {
        let line = request.header(Name::Authorization)?;
        let accounts = &self.accounts;
        let verdict = self.digest.verify(
            now,
            line,
            "REGISTER",
            |_| true,
            |username, _| accounts.get(username).map(|password| digest::Secret::Plain(password)),
        );
        Some(verdict)
    }

    /// Users whom it holds at `now`.
    pub(crate) fn held(&self, now: Instant) -> usize {
        self.bindings.values().filter(|(_, until)| *until > now).count()
    }

    /// The most REGISTERs within any second.
    pub(crate) fn peak_rate(&self) -> usize {
        let mut first = 0;
        let mut peak = 0;
        for (last, entry) in self.log.iter().enumerate() {
            while self.log[first].at + Duration::from_secs(1) <= entry.at {
                first += 1;
            }
            peak = peak.max(last - first + 1);
        }
        peak
    }
}
