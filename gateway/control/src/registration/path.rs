//! How one user reaches the PBX and is reached from it: addresses, contact, credentials; and the REGISTER made of them.
//!
//! Owns the wording of REGISTER (RFC 3261 10.2). Strings are made once per binding, so a refresh only copies them.

use std::fmt::{self, Write as _};

use sip::{Flow, Transport, digest::Credentials, message::Builder};

use crate::{
    directory::{Secret, User},
    settings::PbxSettings,
};

/// How one user reaches the PBX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The way to the proxy that took the registration, or will. `None` until its address is known.
    pub flow: Option<Flow>,
    /// `sip:domain`, the Request-URI of REGISTER.
    pub registrar: Box<str>,
    /// The address-of-record, `sip:name@domain`.
    pub aor: Box<str>,
    /// From of calls: display name and address-of-record.
    pub identity: Box<str>,
    /// The URI under which the PBX reaches the user here.
    pub contact: Box<str>,
    /// The user part of the contact, unescaped.
    pub contact_user: Box<str>,
    /// Digest user and password.
    pub credentials: Option<Credentials>,
    /// Service-Route of the last 200, in order (RFC 3608).
    pub routes: Vec<String>,
}

impl Path {
    /// The path of a user whose contact is at `advertised` (host and port).
    #[must_use]
    pub fn new(user: &User, settings: &PbxSettings, advertised: &str) -> Self {
        let name = if settings.register_with_number { user.number() } else { user.sip_name() };
        let aor = format!("sip:{}@{}", EscapedUser(name), settings.domain);
        let mut contact = format!("sip:{}@{advertised}", EscapedUser(name));
        if let Some(transport) = settings.transport.uri_param() {
            let _ = write!(contact, ";transport={transport}");
        }
        let password = user.account.sip_password.as_ref().or(settings.system_password.as_ref());
        Self {
            flow: None,
            registrar: format!("sip:{}", settings.domain).into(),
            identity: format!("{} <{aor}>", Quoted(user.display_name())).into(),
            aor: aor.into(),
            contact: contact.into(),
            contact_user: name.into(),
            credentials: password.map(|password| Credentials {
                username: user.auth_name().to_owned(),
                password: Secret::expose(password).to_owned(),
            }),
            routes: Vec::new(),
        }
    }

    /// The PBX would see another registration: other address-of-record, contact or registrar.
    pub(super) fn is_another_registration(&self, other: &Self) -> bool {
        self.aor != other.aor || self.contact != other.contact || self.registrar != other.registrar
    }
}

/// One REGISTER, without Via.
pub(super) struct Register<'a> {
    pub(super) path: &'a Path,
    pub(super) call_id: &'a str,
    pub(super) cseq: u32,
    /// Seconds asked for; 0 removes the contact (RFC 3261 10.2.2).
    pub(super) expires: u32,
    /// `+sip.instance` (RFC 5626 4.1).
    pub(super) instance: Option<Instance>,
    pub(super) authorization: Option<(&'static str, String)>,
}

impl Register<'_> {
    pub(super) fn write(&self) -> Vec<u8> {
        let path = self.path;
        // The tag identifies us towards the registrar only while the transaction lasts; the Call-ID is as good a source as any.
        let tag = self.call_id.get(..16).unwrap_or(self.call_id);
        let mut builder = Builder::request("REGISTER", &path.registrar)
            .header("Max-Forwards", 70)
            .header("From", format_args!("<{}>;tag={tag}", path.aor))
            .header("To", format_args!("<{}>", path.aor))
            .header("Call-ID", self.call_id)
            .header("CSeq", format_args!("{} REGISTER", self.cseq))
            .header("Contact", ContactValue(self))
            .header("Expires", self.expires);
        if let Some((name, value)) = &self.authorization {
            builder = builder.header(name, value);
        }
        builder.finish()
    }
}

struct ContactValue<'a>(&'a Register<'a>);

impl fmt::Display for ContactValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0.path.contact)?;
        if let Some(instance) = self.0.instance {
            write!(f, ";+sip.instance=\"<urn:uuid:{instance}>\"")?;
        }
        write!(f, ";expires={}", self.0.expires)
    }
}

/// The instance of a user at this gateway: the same for ever, different from all others (RFC 5626 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    pub(super) gateway: u64,
    pub(super) user: u64,
}

impl Instance {
    /// Named after the address-of-record domain and the contact address, which tell gateways apart.
    pub(super) fn new(path: &Path, user: u64) -> Self {
        let host = path.contact.rsplit('@').next().unwrap_or_default();
        Self { gateway: fnv1a(&[path.registrar.as_bytes(), host.as_bytes()]), user }
    }
}

impl fmt::Display for Instance {
    /// A UUID of version 8 (RFC 9562 5.8): 60 bits of the gateway, 62 of the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (gateway, user) = (self.gateway, self.user);
        write!(
            f,
            "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
            gateway >> 32,
            gateway >> 16 & 0xffff,
            gateway & 0xfff,
            0x8000 | (user >> 48 & 0x3fff),
            user & 0xffff_ffff_ffff,
        )
    }
}

/// The user part of a SIP URI: what is neither unreserved nor user-unreserved is escaped (RFC 3261 25.1).
pub(crate) struct EscapedUser<'a>(pub(crate) &'a str);

impl fmt::Display for EscapedUser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0.bytes() {
            if octet.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&octet) {
                f.write_char(char::from(octet))?;
            } else {
                write!(f, "%{octet:02X}")?;
            }
        }
        Ok(())
    }
}

/// A quoted string (RFC 3261 25.1). Control characters are left out.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars().filter(|character| !character.is_control()) {
            if matches!(character, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(character)?;
        }
        f.write_char('"')
    }
}

/// FNV-1a, 64 bits: a name, not a defence.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let octets = parts.iter().flat_map(|part| part.iter());
    octets
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3))
}

/// `host` of an advertised `host:port`, with another port.
pub(super) fn with_port(advertised: &str, port: u16) -> String {
    let host = match advertised.rsplit_once(':') {
        // The last colon of `[2001:db8::1]` is none before a port.
        Some((host, rest)) if !rest.ends_with(']') => host,
        _ => advertised,
    };
    format!("{host}:{port}")
}

/// The listener that carries REGISTER requests: the first of the transport in use.
pub(super) fn listener(settings: &PbxSettings) -> Option<&crate::settings::Listener> {
    let stream = settings.transport != Transport::Udp;
    settings.listeners.iter().find(|listener| listener.transport == settings.transport).or_else(|| {
        // A stream may be opened without a listener of its own kind; the contact then points at any listener.
        if stream { settings.listeners.first() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::tests::{settings, user};

    #[test]
    fn the_name_is_the_address_and_the_number_stands_in() {
        let path = |user: &User, settings: &PbxSettings| Path::new(user, settings, "192.0.2.10:5060");
        let anna = path(&user("2017", "anna.berg"), &settings());
        assert_eq!(&*anna.aor, "sip:anna.berg@pbx.example.org");
        assert_eq!(&*anna.contact, "sip:anna.berg@192.0.2.10:5060");
        assert_eq!(&*anna.identity, "\"User 2017\" <sip:anna.berg@pbx.example.org>");
        assert_eq!(anna.credentials.unwrap().username, "anna.berg");
        assert_eq!(&*path(&user("2017", ""), &settings()).aor, "sip:2017@pbx.example.org");
        // REG-18: the number is registered, the name still authenticates.
        let by_number = PbxSettings { register_with_number: true, ..settings() };
        let anna = path(&user("2017", "anna.berg"), &by_number);
        assert_eq!((&*anna.aor, &*anna.contact_user), ("sip:2017@pbx.example.org", "2017"));
        assert_eq!(anna.credentials.unwrap().username, "anna.berg");
    }

    #[test]
    fn credentials_fall_back_along_the_chain() {
        let mut user = user("2017", "anna.berg");
        let mut settings = settings();
        let credentials = |user: &User, settings: &PbxSettings| {
            Path::new(user, settings, "h:1").credentials.map(|c| (c.username, c.password))
        };
        user.account.auth_name = "ab2017".into();
        settings.system_password = Some(Secret::new("all"));
        assert_eq!(credentials(&user, &settings), Some(("ab2017".into(), "geheim".into())));
        user.account.sip_password = None;
        assert_eq!(credentials(&user, &settings), Some(("ab2017".into(), "all".into())));
        settings.system_password = None;
        assert_eq!(credentials(&user, &settings), None);
    }

    #[test]
    fn strange_names_stay_one_user_part_and_one_header() {
        let mut user = user("2017", "a b@c\"ü");
        user.profile.long_name = "Berg, \"Anna\" \\ \r\nX: y".into();
        let path = Path::new(&user, &settings(), "192.0.2.10:5060");
        assert_eq!(&*path.aor, "sip:a%20b%40c%22%C3%BC@pbx.example.org");
        let uri = sip::Uri::parse(path.contact.as_bytes()).unwrap();
        assert_eq!(uri.user_unescaped(), "a b@c\"ü");
        assert_eq!(
            &*path.identity,
            "\"Berg, \\\"Anna\\\" \\\\ X: y\" <sip:a%20b%40c%22%C3%BC@pbx.example.org>"
        );
    }

    #[test]
    fn a_register_says_what_rfc_3261_10_2_asks_for() {
        let path = Path::new(&user("2017", "anna"), &settings(), "192.0.2.10:5060");
        let instance = Instance::new(&path, 7);
        let octets = Register {
            path: &path,
            call_id: "0123456789abcdef0123456789abcdef",
            cseq: 3,
            expires: 120,
            instance: Some(instance),
            authorization: Some(("Authorization", "Digest x".to_owned())),
        }
        .write();
        let message = sip::Message::parse(&octets[..]).unwrap();
        assert_eq!(message.request_uri(), Some(&b"sip:pbx.example.org"[..]));
        assert_eq!(message.to().unwrap().tag(), None);
        assert_eq!(message.from_().unwrap().uri_raw, message.to().unwrap().uri_raw);
        assert_eq!(message.cseq().unwrap().number, 3);
        let contact = message.contacts().next().unwrap().unwrap();
        assert_eq!((contact.expires(), message.expires()), (Some(120), Some(120)));
        let written = String::from_utf8_lossy(contact.address().unwrap().param("+sip.instance").unwrap());
        assert_eq!(written, format!("\"<urn:uuid:{instance}>\""));
    }

    #[test]
    fn instances_are_uuids_that_differ_by_user_and_gateway() {
        let here = Path::new(&user("2017", "anna"), &settings(), "192.0.2.10:5060");
        let there = Path::new(&user("2017", "anna"), &settings(), "192.0.2.11:5060");
        let uuid = Instance::new(&here, u64::MAX).to_string();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!((&uuid[14..15], &uuid[19..20]), ("8", "b"));
        assert_ne!(Instance::new(&here, 1).to_string(), Instance::new(&here, 2).to_string());
        assert_ne!(Instance::new(&here, 1).to_string(), Instance::new(&there, 1).to_string());
    }
}
