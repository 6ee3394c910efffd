//! Dialogs (RFC 3261 12): the peer's tag, target, sequence number and the route set.
//!
//! Owns how a request in a dialog is addressed (loose and strict routes, 12.2.1.1) and where it goes. It knows nothing
//! of methods, states or timers: those are the session's.

mod tag;

use std::net::SocketAddr;

pub(crate) use self::tag::LocalTag;
use crate::endpoint::{Limits, NextHop};
use crate::flow::{Flow, Transport};
use crate::header::{Contact, NameAddr};
use crate::message::{Builder, Message};
use crate::name::Name;
use crate::uri::{Scheme, Uri};

/// The peer's half of a dialog. The local half is the same for all dialogs of a session and lives there.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    /// Empty for a peer of RFC 2543, which has none.
    pub(crate) remote_tag: Box<[u8]>,
    /// Remote target, a bare URI.
    pub(crate) target: String,
    /// Route set in the order of sending, each a name-addr.
    routes: Vec<String>,
    /// The highest sequence number seen from the peer.
    pub(crate) remote_cseq: Option<u32>,
}

impl Dialog {
    /// As a callee (RFC 3261 12.1.1). `None` when there is no Contact to send to or a bound is exceeded.
    pub(crate) fn from_request(request: &Message, limits: &Limits) -> Option<Dialog> {
        let remote_tag = request.from_().ok()?.tag().unwrap_or_default().into();
        let target = contact_of(request)?;
        let routes = route_set(request, limits, &target)?;
        let remote_cseq = request.cseq().ok().map(|cseq| cseq.number);
        Some(Dialog { remote_tag, target, routes, remote_cseq })
    }

    /// As a caller (RFC 3261 12.1.2). A response without Contact leaves the target as it was: `fallback`.
    pub(crate) fn from_response(response: &Message, fallback: &str, limits: &Limits) -> Dialog {
        let remote_tag = response.to().ok().and_then(|to| to.tag()).unwrap_or_default().into();
        let target = contact_of(response).unwrap_or_else(|| fallback.to_owned());
        let mut routes = route_set(response, limits, &target).unwrap_or_default();
        routes.reverse();
        Dialog { remote_tag, target, routes, remote_cseq: None }
    }

    /// A target refresh (RFC 3261 12.2.1.2, 12.2.2).
    pub(crate) fn refresh_target(&mut self, message: &Message) {
        if let Some(target) = contact_of(message) {
            self.target = target;
        }
    }

    /// Takes the sequence number of a request; false when it is out of order (RFC 3261 12.2.2).
    pub(crate) fn advance(&mut self, number: u32) -> bool {
        if self.remote_cseq.is_some_and(|known| number < known) {
            return false;
        }
        self.remote_cseq = Some(number);
        true
    }

    /// The Request-URI (RFC 3261 12.2.1.1).
    pub(crate) fn request_uri(&self) -> String {
        match self.strict_hop() {
            Some(hop) => without_header_parts(&hop),
            None => self.target.clone(),
        }
    }

    /// Request line and Route headers.
    pub(crate) fn start(&self, method: &str) -> Builder {
        let strict = self.strict_hop().is_some();
        let mut builder = Builder::request(method, &self.request_uri());
        for route in self.routes.iter().skip(usize::from(strict)) {
            builder = builder.header("Route", route);
        }
        if strict { builder.header("Route", format_args!("<{}>", self.target)) } else { builder }
    }

    /// Where a request in this dialog goes, `flow` being that of the session.
    ///
    /// A name, another transport or another address family stays on `flow`: resolving is the owner's business.
    pub(crate) fn next_hop(&self, flow: Flow, policy: NextHop) -> Flow {
        if policy == NextHop::Flow || flow.transport != Transport::Udp {
            return flow;
        }
        let hop = self.routes.first().and_then(|route| uri_of(route));
        let hop = hop.as_deref().unwrap_or(&self.target);
        match literal_address(hop) {
            Some(remote) if is_reachable(remote, flow.remote) => Flow { remote, ..flow },
            _ => flow,
        }
    }

    /// The first route when it is a strict router: one without `lr`.
    fn strict_hop(&self) -> Option<String> {
        let uri = uri_of(self.routes.first()?)?;
        let loose = Uri::parse(uri.as_bytes()).is_ok_and(|uri| uri.param("lr").is_some());
        if loose { None } else { Some(uri) }
    }
}

/// The URI of the first Contact.
pub(crate) fn contact_of(message: &Message) -> Option<String> {
    let Some(Ok(Contact::Address(address))) = message.contacts().next() else { return None };
    // A target must be something that can stand in a request line.
    address.uri().ok()?;
    Some(String::from_utf8_lossy(address.uri_raw).into_owned())
}

/// The Record-Route headers, within bounds.
fn route_set(message: &Message, limits: &Limits, target: &str) -> Option<Vec<String>> {
    let mut routes = Vec::new();
    let mut octets = target.len();
    for value in message.values(Name::RecordRoute) {
        octets += value.len();
        if routes.len() >= limits.routes || octets > limits.dialog_octets {
            return None;
        }
        routes.push(String::from_utf8_lossy(value).into_owned());
    }
    (octets <= limits.dialog_octets).then_some(routes)
}

fn uri_of(route: &str) -> Option<String> {
    let address = NameAddr::parse(route.as_bytes()).ok()?;
    Some(String::from_utf8_lossy(address.uri_raw).into_owned())
}

/// A URI in a request line has no headers and no `method` (RFC 3261 12.2.1.1, 19.1.1 table 1).
fn without_header_parts(uri: &str) -> String {
    let uri = uri.split('?').next().unwrap_or_default();
    let mut parts = uri.split(';');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for param in parts.filter(|param| !param.to_ascii_lowercase().starts_with("method=")) {
        out.push(';');
        out.push_str(param);
    }
    out
}

/// The address of a `sip:` URI for UDP, when its host is a literal.
fn literal_address(uri: &str) -> Option<SocketAddr> {
    let uri = Uri::parse(uri.as_bytes()).ok()?;
    let udp = uri.param("transport").is_none_or(|transport| transport.eq_ignore_ascii_case(b"udp"));
    if uri.scheme != Scheme::Sip || !udp {
        return None;
    }
    // RFC 3261 19.1.1: maddr overrides the host.
    let host = match uri.param("maddr") {
        Some(maddr) => crate::uri::host::address(maddr)?,
        None => uri.host.address()?,
    };
    Some(SocketAddr::new(host, uri.port.unwrap_or(DEFAULT_PORT)))
}

/// False for what no datagram of ours should go to, whatever a peer writes into its Contact.
fn is_reachable(remote: SocketAddr, known: SocketAddr) -> bool {
    let address = remote.ip();
    let broadcast = matches!(address, std::net::IpAddr::V4(address) if address.is_broadcast());
    remote.is_ipv4() == known.is_ipv4()
        && remote.port() != 0
        && !(address.is_unspecified() || address.is_multicast() || broadcast)
}

const DEFAULT_PORT: u16 = 5060;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::ListenerId;

    fn message(lines: &str) -> Message {
        let text = format!("{}\r\n\r\n", lines.replace('\n', "\r\n"));
        Message::parse(text.into_bytes().into()).unwrap()
    }

    const HEADERS: &str = "\nFrom: <sip:a@h>;tag=1\nTo: <sip:b@h>;tag=2\nCSeq: 1 INVITE";

    fn dialog(extra: &str) -> Dialog {
        let message = message(&format!("SIP/2.0 200 OK{HEADERS}\n{extra}"));
        Dialog::from_response(&message, "sip:b@fallback", &Limits::default())
    }

    fn text(builder: Builder) -> String {
        String::from_utf8(builder.finish()).unwrap()
    }

    // RFC 3261 16.12.1.1 and 12.2.1.1.
    #[test]
    fn loose_routes_are_reversed_and_leave_the_request_uri() {
        let dialog = dialog(
            "Contact: <sip:c@192.0.2.9:5070>\nRecord-Route: <sip:p2;lr>, <sip:p1;lr>\nRecord-Route: <sip:p0;lr>",
        );
        assert!(text(dialog.start("BYE")).starts_with(
            "BYE sip:c@192.0.2.9:5070 SIP/2.0\r\nRoute: <sip:p0;lr>\r\nRoute: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"
        ));
    }

    #[test]
    fn a_strict_router_takes_the_request_uri() {
        let dialog =
            dialog("Contact: <sip:c@host>\nRecord-Route: <sip:p1;lr>, <sip:p0;method=INVITE;x?Subject=y>");
        assert!(
            text(dialog.start("BYE"))
                .starts_with("BYE sip:p0;x SIP/2.0\r\nRoute: <sip:p1;lr>\r\nRoute: <sip:c@host>\r\n")
        );
    }

    #[test]
    fn next_hop_follows_literals_only() {
        let flow = Flow::udp(ListenerId(0), "192.0.2.1:5060".parse().unwrap());
        let hop = |extra: &str| dialog(extra).next_hop(flow, NextHop::Target).remote.to_string();
        assert_eq!(hop("Contact: <sip:c@192.0.2.9:5070>"), "192.0.2.9:5070");
        assert_eq!(hop("Contact: <sip:c@192.0.2.9>"), "192.0.2.9:5060");
        assert_eq!(
            hop("Contact: <sip:c@192.0.2.9>\nRecord-Route: <sip:198.51.100.1;lr>"),
            "198.51.100.1:5060"
        );
        for stay in ["sip:c@0.0.0.0", "sip:c@224.0.0.1", "sip:c@255.255.255.255", "sip:c@192.0.2.9:0"] {
            assert_eq!(hop(&format!("Contact: <{stay}>")), "192.0.2.1:5060", "{stay}");
        }
        for stay in ["sip:c@name", "sip:c@192.0.2.9;transport=tcp", "sips:c@192.0.2.9", "sip:c@[2001:db8::1]"]
        {
            assert_eq!(hop(&format!("Contact: <{stay}>")), "192.0.2.1:5060", "{stay}");
        }
        assert_eq!(dialog("Contact: <sip:c@192.0.2.9>").next_hop(flow, NextHop::Flow), flow);
    }

    #[test]
    fn bounds_hold() {
        let routes = "\nRecord-Route: <sip:p;lr>".repeat(17);
        let request = message(&format!("INVITE sip:b@h SIP/2.0{HEADERS}\nContact: <sip:c@h>{routes}"));
        assert!(Dialog::from_request(&request, &Limits::default()).is_none());
        let request = message(&format!("INVITE sip:b@h SIP/2.0{HEADERS}"));
        assert!(Dialog::from_request(&request, &Limits::default()).is_none(), "no Contact");
    }

    #[test]
    fn a_lower_sequence_number_is_out_of_order() {
        let mut dialog = dialog("Contact: <sip:c@h>");
        assert!(dialog.advance(5) && dialog.advance(9) && !dialog.advance(8) && dialog.advance(9));
    }
}
