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

/// The listener that carries REGISTER requests: the first of the transport in use.
pub(super) fn listener(settings: &PbxSettings) -> Option<&crate::settings::Listener> {
    let stream = settings.transport != Transport::Udp;
    settings.listeners.iter().find(|listener| listener.transport == settings.transport).or_else(|| {
        // A stream may be opened without a listener of its own kind; the contact then points at any listener.
        if stream { settings.listeners.first() } else { None }
    })
}
