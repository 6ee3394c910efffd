//! Requests that a session sends: identity, sequence numbers, credentials.

use std::time::Instant;

use crate::dialog::Dialog;
use crate::digest::{Client, Credentials};
use crate::endpoint::Refused;
use crate::endpoint::core::{Core, User};
use crate::message::{Builder, Message};
use crate::name::Name;
use crate::session::Session;
use crate::slab::Place;
use crate::transaction::client::NewRequest;

/// Credentials of a session and what it knows of its challengers.
pub(super) struct Account {
    credentials: Credentials,
    digest: Client,
}

impl Account {
    pub(super) fn new(credentials: Credentials) -> Account {
        Account { credentials, digest: Client::new() }
    }
}

impl Session {
    /// A request in the current dialog with a sequence number of its own.
    pub(super) fn in_dialog(&mut self, core: &mut Core, method: &str) -> Option<Builder> {
        self.cseq += 1;
        let number = self.cseq;
        let dialog = self.current_dialog()?;
        Some(self.identified(core, dialog.start(method), Some(dialog), method, number))
    }

    /// Adds who we are, who the peer is, and the sequence number.
    pub(super) fn identified(
        &self,
        core: &Core,
        builder: Builder,
        dialog: Option<&Dialog>,
        method: &str,
        number: u32,
    ) -> Builder {
        let mut to = self.info.remote_uri.clone().into_bytes();
        if let Some(dialog) = dialog.filter(|dialog| !dialog.remote_tag.is_empty()) {
            to.extend_from_slice(b";tag=");
            to.extend_from_slice(&dialog.remote_tag);
        }
        let builder = builder
            .header("Max-Forwards", self.max_forwards)
            .header("From", format_args!("{};tag={}", self.info.local_uri, self.tag))
            .raw_header("To", &to)
            .header("Call-ID", &self.info.call_id)
            .header("CSeq", format_args!("{number} {method}"));
        if core.config.user_agent.is_empty() {
            builder
        } else {
            builder.header("User-Agent", &core.config.user_agent)
        }
    }

    /// Adds credentials when the path has asked for them before, and the body.
    pub(super) fn authorized(
        &mut self,
        core: &mut Core,
        mut builder: Builder,
        method: &str,
        uri: &str,
        body: Option<(&str, &[u8])>,
    ) -> Vec<u8> {
        if let Some(Account { credentials, digest }) = &mut self.account {
            let octets = body.map(|(_, octets)| octets).unwrap_or_default();
            for (name, value) in digest.authorize_all(credentials, method, uri, octets, &mut *core.entropy) {
                builder = builder.header(name, value);
            }
        }
        match body {
            Some((content_type, octets)) => builder.body(content_type, octets),
            None => builder.finish(),
        }
    }

    /// Finishes a request in the dialog and sends it.
    pub(super) fn send(
        &mut self,
        core: &mut Core,
        now: Instant,
        user: User,
        method: &str,
        builder: Builder,
        body: Option<(&str, &[u8])>,
    ) -> Result<Place, Refused> {
        let dialog = self.current_dialog().ok_or(Refused::WrongState)?;
        let uri = dialog.request_uri();
        let flow = dialog.next_hop(self.info.flow, self.next_hop);
        let bare = self.authorized(core, builder, method, &uri, body);
        let fallback = self.fallback;
        core.send(now, &NewRequest { user, flow, fallback, invite: method == "INVITE", bare: &bare })
    }

    /// Sends a request again after 401 or 407. `None` when that would not help: no credentials, or refused ones.
    pub(super) fn answer_challenge(
        &mut self,
        core: &mut Core,
        now: Instant,
        user: User,
        request: &[u8],
        response: &Message,
    ) -> Option<Place> {
        let status = response.status()?.0;
        if !matches!(status, 401 | 407) {
            return None;
        }
        self.account.as_mut()?.digest.challenged(response).ok()?;
        self.resend(core, now, user, request, &[])
    }

    /// Sends a request again as a new one: next sequence number, fresh credentials, some headers replaced
    /// (RFC 3261 8.1.3.5, 22.2).
    pub(super) fn resend(
        &mut self,
        core: &mut Core,
        now: Instant,
        user: User,
        request: &[u8],
        replaced: &[(Name, String)],
    ) -> Option<Place> {
        let request = Message::parse(request).ok()?;
        let (method, uri) = (request.method(), std::str::from_utf8(request.request_uri()?).ok()?);
        self.cseq += 1;
        let mut builder = Builder::request(method.as_str(), uri);
        for line in request.headers() {
            builder = match line.name {
                Name::Via | Name::Authorization | Name::ProxyAuthorization => builder,
                Name::ContentLength | Name::ContentType => builder,
                name if replaced.iter().any(|(replaced, _)| *replaced == name) => builder,
                Name::CSeq => builder.header("CSeq", format_args!("{} {method}", self.cseq)),
                _ => match std::str::from_utf8(line.raw_name) {
                    Ok(name) => builder.raw_header(name, line.value),
                    Err(_) => builder,
                },
            };
        }
        for (name, value) in replaced {
            builder = builder.header(name.as_str(), value);
        }
        let content_type = request.header(Name::ContentType).map(String::from_utf8_lossy);
        let body = content_type.as_deref().map(|content_type| (content_type, request.body()));
        let flow = match self.current_dialog() {
            Some(dialog) => dialog.next_hop(self.info.flow, self.next_hop),
            None => self.info.flow,
        };
        let bare = self.authorized(core, builder, method.as_str(), uri, body);
        let fallback = self.fallback;
        let invite = method == crate::method::Method::Invite;
        core.send(now, &NewRequest { user, flow, fallback, invite, bare: &bare }).ok()
    }
}

/// True when the owner brings this header along.
pub(super) fn brings(headers: &[(String, String)], name: Name) -> bool {
    headers.iter().any(|(own, _)| Name::from_bytes(own.as_bytes()) == name)
}

/// Adds the owner's headers.
pub(super) fn with_headers(mut builder: Builder, headers: &[(String, String)]) -> Builder {
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder
}

/// Adds a header unless the owner brings it along or it would be empty.
pub(super) fn with_default(
    builder: Builder,
    headers: &[(String, String)],
    name: Name,
    value: &str,
) -> Builder {
    if value.is_empty() || brings(headers, name) { builder } else { builder.header(name.as_str(), value) }
}

/// Content type of offers and answers.
pub(super) const SDP: &str = "application/sdp";
