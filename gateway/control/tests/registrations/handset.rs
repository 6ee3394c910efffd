//! A handset behind a base station: registers, roams, forgets.

use std::net::SocketAddr;

use sip::{
    Builder, Flow, Message,
    digest::{Client, Credentials},
};

use crate::world::{ACCESS, Seeded, World};

pub(crate) struct Handset {
    pub(crate) aor: String,
    pub(crate) credentials: Credentials,
    pub(crate) base: SocketAddr,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// By which it speaks; UDP from its base when `None`.
    pub(crate) flow: Option<Flow>,
    /// Further header lines.
    pub(crate) headers: &'static str,
    digest: Client,
    /// The octets of the last request.
    pub(crate) last: Vec<u8>,
    entropy: Seeded,
}

impl Handset {
    pub(crate) fn new(name: &str, password: &str, base: &str) -> Self {
        Self {
            aor: name.to_owned(),
            credentials: Credentials { username: name.to_owned(), password: password.to_owned() },
            base: base.parse().unwrap(),
            call_id: format!("{name}@{base}"),
            cseq: 0,
            flow: None,
            headers: "",
            digest: Client::new(),
            last: Vec::new(),
            entropy: Seeded(name.bytes().map(u64::from).sum()),
        }
    }

    /// The same handset behind another base station.
    pub(crate) fn at(&self, base: &str) -> Self {
        let username = &self.credentials.username;
        let moved = Self::new(username, &self.credentials.password, base);
        Self { aor: self.aor.clone(), ..moved }
    }

    pub(crate) fn contact(&self) -> String {
        format!("sip:{}@{}", self.aor.replace(' ', "%20"), self.base)
    }

    /// One REGISTER with this Contact header value and this Expires; the response.
    pub(crate) fn send(&mut self, world: &mut World, contact: &str, expires: Option<u32>) -> Message {
        let octets = self.octets(contact, expires);
        self.last.clone_from(&octets);
        world.deliver(self.flow.unwrap_or(Flow::udp(ACCESS, self.base)), octets);
        world
            .received
            .get_mut(&self.base)
            .and_then(|queue| queue.pop_back())
            .expect("every REGISTER is answered")
    }

    /// The next REGISTER, with credentials when it was challenged before.
    pub(crate) fn octets(&mut self, contact: &str, expires: Option<u32>) -> Vec<u8> {
        self.cseq += 1;
        let uri = "sip:dect.example.org";
        let authorization = self.digest.authorize(&self.credentials, "REGISTER", uri, b"", &mut self.entropy);
        let aor = format!("<sip:{}@dect.example.org>", self.aor.replace(' ', "%20"));
        let mut builder = Builder::request("REGISTER", uri)
            .header(
                "Via",
                format_args!("SIP/2.0/UDP {};branch=z9hG4bK{}{}", self.base, self.call_id, self.cseq),
            )
            .header("Max-Forwards", 70)
            .header("From", format_args!("{aor};tag=1"))
            .header("To", aor)
            .header("Call-ID", &self.call_id)
            .header("CSeq", format_args!("{} REGISTER", self.cseq));
        if !contact.is_empty() {
            builder = builder.header("Contact", contact);
        }
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        for (name, value) in self.headers.lines().filter_map(|line| line.split_once(": ")) {
            builder = builder.header(name, value);
        }
        builder.optional_header("Expires", expires).finish()
    }

    /// Registers for so long, answering a challenge; the final response.
    pub(crate) fn register(&mut self, world: &mut World, expires: u32) -> Message {
        let contact = format!("<{}>", self.contact());
        self.ask(world, &contact, Some(expires))
    }

    /// The same with any contact.
    pub(crate) fn ask(&mut self, world: &mut World, contact: &str, expires: Option<u32>) -> Message {
        let mut response = self.send(world, contact, expires);
        for _ in 0..2 {
            if response.status().unwrap().0 != 401 || self.digest.challenged(&response).is_err() {
                break;
            }
            response = self.send(world, contact, expires);
        }
        response
    }

    /// An INVITE with credentials, if it was challenged before.
    pub(crate) fn invite(&mut self, from: &str) -> Vec<u8> {
        let uri = "sip:2018@dect.example.org";
        let authorization = self.digest.authorize(&self.credentials, "INVITE", uri, b"", &mut self.entropy);
        let mut builder = Builder::request("INVITE", uri)
            .header("Via", format_args!("SIP/2.0/UDP {};branch=z9hG4bKi", self.base))
            .header("From", format_args!("<{from}>;tag=1"))
            .header("To", format_args!("<{uri}>"))
            .header("Call-ID", "call")
            .header("CSeq", "1 INVITE");
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        builder.finish()
    }

    /// Takes a challenge.
    pub(crate) fn challenged(&mut self, response: &Message) {
        self.digest.challenged(response).unwrap();
    }

    /// Forgets its nonce, as after a reboot.
    pub(crate) fn reboot(&mut self, call_id: &str) {
        self.digest = Client::new();
        self.call_id = call_id.to_owned();
        self.cseq = 0;
    }
}

pub(crate) fn status(response: &Message) -> u16 {
    response.status().unwrap().0
}
