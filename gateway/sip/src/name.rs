//! Names of header fields.
//!
//! Owns the table of well-known names with their compact forms (RFC 3261 7.3.3 and the IANA registry). A name that
//! is not in the table is [`Name::Other`] and is kept verbatim by the message. Comparison ignores case (RFC 3261 7.3.1).

use std::fmt;

macro_rules! names {
    ($($variant:ident = $full:literal $(| $compact:literal)?,)+) => {
        /// A header field name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Name {
            $(#[doc = $full] $variant,)+
            /// Any name outside the table; the message keeps the octets.
            Other,
        }

        impl Name {
            /// The name as it is written by us. `Other` is the empty string.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $full,)+
                    Self::Other => "",
                }
            }

            /// The one-letter form of RFC 3261 7.3.3, if the name has one.
            pub const fn compact(self) -> Option<&'static str> {
                match self {
                    $($(Self::$variant => Some($compact),)?)+
                    _ => None,
                }
            }

            /// Every name of the table.
            pub const ALL: &[Name] = &[$(Self::$variant,)+];
        }
    };
}

names! {
    Accept = "Accept",
    AcceptContact = "Accept-Contact" | "a",
    AcceptEncoding = "Accept-Encoding",
    AcceptLanguage = "Accept-Language",
    AlertInfo = "Alert-Info",
    Allow = "Allow",
    AllowEvents = "Allow-Events" | "u",
    AuthenticationInfo = "Authentication-Info",
    Authorization = "Authorization",
    CallId = "Call-ID" | "i",
    CallInfo = "Call-Info",
    Contact = "Contact" | "m",
    ContentDisposition = "Content-Disposition",
    ContentEncoding = "Content-Encoding" | "e",
    ContentLanguage = "Content-Language",
    ContentLength = "Content-Length" | "l",
    ContentType = "Content-Type" | "c",
    CSeq = "CSeq",
    Date = "Date",
    Diversion = "Diversion",
    ErrorInfo = "Error-Info",
    Event = "Event" | "o",
    Expires = "Expires",
    FlowTimer = "Flow-Timer",
    From = "From" | "f",
    Geolocation = "Geolocation",
    HistoryInfo = "History-Info",
    Identity = "Identity" | "y",
    IdentityInfo = "Identity-Info" | "n",
    InReplyTo = "In-Reply-To",
    InfoPackage = "Info-Package",
    Join = "Join",
    MaxForwards = "Max-Forwards",
    MimeVersion = "MIME-Version",
    MinExpires = "Min-Expires",
    MinSe = "Min-SE",
    Organization = "Organization",
    PAccessNetworkInfo = "P-Access-Network-Info",
    PAssertedIdentity = "P-Asserted-Identity",
    PAssociatedUri = "P-Associated-URI",
    PCalledPartyId = "P-Called-Party-ID",
    PPreferredIdentity = "P-Preferred-Identity",
    Path = "Path",
    Priority = "Priority",
    Privacy = "Privacy",
    ProxyAuthenticate = "Proxy-Authenticate",
    ProxyAuthorization = "Proxy-Authorization",
    ProxyRequire = "Proxy-Require",
    RAck = "RAck",
    Reason = "Reason",
    RecordRoute = "Record-Route",
    RecvInfo = "Recv-Info",
    ReferSub = "Refer-Sub",
    ReferTo = "Refer-To" | "r",
    ReferredBy = "Referred-By" | "b",
    RejectContact = "Reject-Contact" | "j",
    RemotePartyId = "Remote-Party-ID",
    Replaces = "Replaces",
    ReplyTo = "Reply-To",
    RequestDisposition = "Request-Disposition" | "d",
    Require = "Require",
    RetryAfter = "Retry-After",
    Route = "Route",
    RSeq = "RSeq",
    Server = "Server",
    ServiceRoute = "Service-Route",
    SessionExpires = "Session-Expires" | "x",
    SessionId = "Session-ID",
    SipEtag = "SIP-ETag",
    SipIfMatch = "SIP-If-Match",
    Subject = "Subject" | "s",
    SubscriptionState = "Subscription-State",
    Supported = "Supported" | "k",
    TargetDialog = "Target-Dialog",
    Timestamp = "Timestamp",
    To = "To" | "t",
    Unsupported = "Unsupported",
    UserAgent = "User-Agent",
    UserToUser = "User-to-User",
    Via = "Via" | "v",
    Warning = "Warning",
    WwwAuthenticate = "WWW-Authenticate",
}

impl Name {
    /// The name spelt by `octets`, in full or compact form, in any case.
    pub fn from_bytes(octets: &[u8]) -> Self {
        let Some(slot) = slot(octets) else { return Self::Other };
        let name = TABLE[slot];
        let written = if octets.len() == 1 { name.compact().unwrap_or("") } else { name.as_str() };
        if written.as_bytes().eq_ignore_ascii_case(octets) { name } else { Self::Other }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Slot of a name in the table: a hash of its length and of three octets with the case bit set.
const fn slot(octets: &[u8]) -> Option<usize> {
    let length = octets.len();
    if length == 0 || length > LONGEST {
        return None;
    }
    let first = (octets[0] | CASE_BIT) as usize;
    let middle = (octets[length / 2] | CASE_BIT) as usize;
    let last = (octets[length - 1] | CASE_BIT) as usize;
    Some((length * 89 + first * 35 + middle * 33 + last * 26) % SLOTS)
}

/// Fills the table; a collision of two names stops the build.
const fn table() -> [Name; SLOTS] {
    let mut table = [Name::Other; SLOTS];
    let mut i = 0;
    while i < Name::ALL.len() {
        let name = Name::ALL[i];
        table = insert(table, name.as_str(), name);
        if let Some(compact) = name.compact() {
            table = insert(table, compact, name);
        }
        i += 1;
    }
    table
}

const fn insert(mut table: [Name; SLOTS], written: &str, name: Name) -> [Name; SLOTS] {
    let slot = slot(written.as_bytes()).expect("table names are short and not empty");
    assert!(matches!(table[slot], Name::Other), "two header names share a slot: choose other factors");
    table[slot] = name;
    table
}

const CASE_BIT: u8 = 0x20;
const SLOTS: usize = 512;
const LONGEST: usize = 24;
static TABLE: [Name; SLOTS] = table();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_full_compact_and_any_case() {
        for &name in Name::ALL {
            assert_eq!(Name::from_bytes(name.as_str().as_bytes()), name);
            assert_eq!(Name::from_bytes(name.as_str().to_ascii_uppercase().as_bytes()), name);
            assert_eq!(Name::from_bytes(name.as_str().to_ascii_lowercase().as_bytes()), name);
            if let Some(compact) = name.compact() {
                assert_eq!(Name::from_bytes(compact.as_bytes()), name);
                assert_eq!(Name::from_bytes(compact.to_ascii_uppercase().as_bytes()), name);
            }
        }
    }

    #[test]
    fn strangers_are_other() {
        for stranger in ["", "z", "Vi", "Viaa", "X-Via", "C%6Fntact", "Call_ID", "\u{0}", "From\u{0}"] {
            assert_eq!(Name::from_bytes(stranger.as_bytes()), Name::Other, "{stranger:?}");
        }
    }
}
