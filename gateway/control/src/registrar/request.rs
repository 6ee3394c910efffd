//! What a REGISTER asks for (RFC 3261 10.3 steps 6 and 7): contacts, lifetimes, order.
//!
//! Owns the reading of one request, with bounds on everything. It changes nothing.

use std::time::Duration;

use sip::{Contact, Message, Name, Status};

use crate::settings::AccessSettings;

/// A REGISTER, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) wish: Wish,
    pub(super) call_id: Box<str>,
    pub(super) cseq: u32,
    /// Path headers, in order (RFC 3327).
    pub(super) path: Vec<String>,
    pub(super) user_agent: Box<str>,
}

/// What it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// These contacts added, refreshed or removed; none asks only for the list (10.2.3).
    Contacts(Vec<Asked>),
    /// All contacts removed (10.2.2).
    Star,
}

/// One contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) uri: String,
    /// `+sip.instance` and `reg-id`, as written (RFC 5626 4.1, 4.2).
    pub(super) instance: Option<Box<str>>,
    pub(super) lifetime: Duration,
}

/// Why a REGISTER was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The request contradicts itself or a header cannot be read.
    Malformed(&'static str),
    /// A lifetime is shorter than the least (423).
    TooBrief(Duration),
}

impl Fault {
    pub(super) const fn status(self) -> Status {
        match self {
            Self::Malformed(_) => Status(400),
            Self::TooBrief(_) => Status(423),
        }
    }
}

/// Reads a REGISTER. `grant` shortens a lifetime that was asked for, so that a burst does not come back as a burst.
pub(super) fn read(
    message: &Message,
    settings: &AccessSettings,
    default: Duration,
    grant: impl FnMut(Duration) -> Duration,
) -> Result<Request, Fault> {
    let cseq = message.cseq().map_err(|_| Fault::Malformed("CSeq"))?.number;
    let call_id = message.call_id().map_err(|_| Fault::Malformed("Call-ID"))?;
    if call_id.len() > LONGEST_TEXT {
        return Err(Fault::Malformed("Call-ID too long"));
    }
    Ok(Request {
        wish: wish(message, settings, default, grant)?,
        call_id: String::from_utf8_lossy(call_id).into(),
        cseq,
        path: path(message)?,
        user_agent: user_agent(message),
    })
}

fn wish(
    message: &Message,
    settings: &AccessSettings,
    default: Duration,
    mut grant: impl FnMut(Duration) -> Duration,
) -> Result<Wish, Fault> {
    let header = message.expires();
    let mut contacts = Vec::new();
    let mut star = false;
    for value in message.contacts() {
        match value.map_err(|_| Fault::Malformed("Contact"))? {
            Contact::Star => star = true,
            Contact::Address(_) if contacts.len() >= MOST_CONTACTS => {
                return Err(Fault::Malformed("too many contacts"));
            }
            contact @ Contact::Address(_) => {
                // 10.3 step 7: the parameter, else the header, else ours.
                let asked = contact.expires().or(header);
                contacts.push(asked_contact(&contact, lifetime(asked, settings, default, &mut grant)?)?);
            }
        }
    }
    match (star, contacts.is_empty(), header) {
        (false, ..) => Ok(Wish::Contacts(contacts)),
        (true, true, Some(0)) => Ok(Wish::Star),
        // 10.3 step 6.
        (true, ..) => Err(Fault::Malformed("Contact: * stands alone and with Expires: 0")),
    }
}

/// RFC 3261 10.3 step 7: 423 only below the least and below an hour; a longer wish is cut.
fn lifetime(
    asked: Option<u32>,
    settings: &AccessSettings,
    default: Duration,
    grant: &mut impl FnMut(Duration) -> Duration,
) -> Result<Duration, Fault> {
    let asked = asked.map_or(default, |seconds| Duration::from_secs(seconds.into()));
    if asked.is_zero() {
        return Ok(asked);
    }
    let least = settings.min_expires.min(Duration::from_secs(3600));
    if asked < least {
        return Err(Fault::TooBrief(least));
    }
    Ok(grant(asked.min(settings.max_expires)).max(least))
}

fn asked_contact(contact: &Contact<'_>, lifetime: Duration) -> Result<Asked, Fault> {
    let address = contact.address().ok_or(Fault::Malformed("Contact"))?;
    let uri = std::str::from_utf8(address.uri_raw).map_err(|_| Fault::Malformed("Contact"))?;
    let is_sip = address.uri().is_ok_and(|uri| matches!(uri.scheme, sip::Scheme::Sip | sip::Scheme::Sips));
    // What we could not send an INVITE to is no place to be.
    if !is_sip || uri.len() > LONGEST_TEXT {
        return Err(Fault::Malformed("Contact is no SIP address"));
    }
    let instance = address.param("+sip.instance").and_then(|value| std::str::from_utf8(value).ok());
    let reg_id = address.param("reg-id").and_then(|value| std::str::from_utf8(value).ok());
    let instance = instance.filter(|text| text.len() <= LONGEST_TEXT).map(|instance| match reg_id {
        Some(reg_id) => format!("{instance};reg-id={reg_id}").into(),
        None => instance.into(),
    });
    Ok(Asked { uri: uri.to_owned(), instance, lifetime })
}

fn path(message: &Message) -> Result<Vec<String>, Fault> {
    let mut path = Vec::new();
    for value in message.values(Name::Path) {
        let value = std::str::from_utf8(value).map_err(|_| Fault::Malformed("Path"))?;
        if path.len() >= MOST_PATH || value.len() > LONGEST_TEXT {
            return Err(Fault::Malformed("Path too long"));
        }
        path.push(value.to_owned());
    }
    Ok(path)
}

fn user_agent(message: &Message) -> Box<str> {
    let text = String::from_utf8_lossy(message.header(Name::UserAgent).unwrap_or_default());
    let end = text.char_indices().map(|(at, _)| at).nth(LONGEST_USER_AGENT).unwrap_or(text.len());
    text[..end].into()
}

/// Contacts in one request; more is an attack or a loop.
const MOST_CONTACTS: usize = 8;
const MOST_PATH: usize = 8;
const LONGEST_TEXT: usize = 512;
const LONGEST_USER_AGENT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::tests::whole_settings;

    fn read(headers: &str) -> Result<Request, Fault> {
        let text = format!(
            "REGISTER sip:dect SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\n\
             Call-ID: 1\r\nCSeq: 7 REGISTER\r\n{headers}\r\n"
        );
        let message = Message::parse(bytes::Bytes::from(text)).unwrap();
        super::read(&message, &whole_settings().access, Duration::from_secs(300), |asked| asked - asked / 10)
    }

    fn lifetimes(headers: &str) -> Vec<u64> {
        match read(headers).unwrap().wish {
            Wish::Contacts(asked) => asked.iter().map(|asked| asked.lifetime.as_secs()).collect(),
            Wish::Star => panic!("star"),
        }
    }

    #[test]
    fn the_parameter_beats_the_header_beats_the_default() {
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=200, <sip:c@d>\r\nExpires: 100\r\n"), [180, 90]);
        assert_eq!(lifetimes("m: sip:a@b\r\n"), [270]);
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=0\r\nExpires: 100\r\n"), [0]);
        // 10.2.1.1: a malformed value is as good as none.
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=soon\r\n"), [270]);
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=99999999999\r\n"), [3240]);
        assert_eq!(lifetimes(""), [] as [u64; 0]);
    }

    #[test]
    fn too_brief_is_told_the_least_and_a_grant_never_falls_below_it() {
        assert_eq!(read("Contact: <sip:a@b>;expires=59\r\n"), Err(Fault::TooBrief(Duration::from_secs(60))));
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=60\r\n"), [60]);
        assert_eq!(lifetimes("Contact: <sip:a@b>;expires=61\r\n"), [60]);
    }

    #[test]
    fn the_star_stands_alone_and_only_takes_away() {
        assert_eq!(read("Contact: *\r\nExpires: 0\r\n").unwrap().wish, Wish::Star);
        for wrong in
            ["Contact: *\r\n", "Contact: *\r\nExpires: 60\r\n", "Contact: *, <sip:a@b>\r\nExpires: 0\r\n"]
        {
            assert!(matches!(read(wrong), Err(Fault::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn a_contact_must_be_a_place_that_can_be_called() {
        for wrong in ["tel:+4930123", "mailto:a@b", "<<>", "sip:"] {
            assert!(matches!(read(&format!("Contact: {wrong}\r\n")), Err(Fault::Malformed(_))), "{wrong}");
        }
        let many = ["<sip:a@b>"; MOST_CONTACTS + 1].join(",");
        assert!(matches!(read(&format!("Contact: {many}\r\n")), Err(Fault::Malformed(_))));
        let long = "a".repeat(LONGEST_TEXT);
        assert!(matches!(read(&format!("Contact: <sip:{long}@b>\r\n")), Err(Fault::Malformed(_))));
    }

    #[test]
    fn path_instance_and_user_agent_are_kept() {
        let request = read(
            "Path: <sip:edge1;lr>, <sip:edge2;lr>\r\nUser-Agent: Base \u{fc}\r\n\
             Contact: <sip:a@b>;+sip.instance=\"<urn:uuid:1>\";reg-id=2\r\n",
        )
        .unwrap();
        assert_eq!(request.path, ["<sip:edge1;lr>", "<sip:edge2;lr>"]);
        assert_eq!((&*request.user_agent, request.cseq, &*request.call_id), ("Base \u{fc}", 7, "1"));
        let Wish::Contacts(asked) = request.wish else { panic!("star") };
        assert_eq!(asked[0].instance.as_deref(), Some("\"<urn:uuid:1>\";reg-id=2"));
    }
}
