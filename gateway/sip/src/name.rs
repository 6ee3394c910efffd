//! Names of header fields.
//!
//! Owns the table of well-known names with their compact forms (RFC 3261 7.3.3 and the IANA registry). A name that
//! is not in the table is [`Name::Other`] and is kept verbatim by the message. Comparison ignores case (RFC 3261 7.3.1).

use std::fmt;

use crate::swar;

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
            #[inline]
            pub const fn as_str(self) -> &'static str {
                const WRITTEN: &[&str] = &[$($full,)+ ""];
                WRITTEN[self as usize]
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
        Self::at_start(octets, octets.len())
    }

    /// The name spelt by the first `length` octets. Those behind them make it quicker: whole words can be loaded.
    #[inline]
    pub(crate) fn at_start(octets: &[u8], length: usize) -> Self {
        if length == 0 || length > LONGEST {
            return Self::Other;
        }
        let words = swar::lower_words(octets, length);
        let entry = &ENTRIES[usize::from(SLOTS[slot(words)])];
        if entry.words == words && usize::from(entry.length) == length { entry.name } else { Self::Other }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One spelling: lower case in words, and whose it is.
#[derive(Clone, Copy)]
struct Entry {
    words: [u64; 3],
    length: u8,
    name: Name,
}

/// Slot of a spelling: multiplicative hash with a factor for which no two spellings meet.
#[inline]
const fn slot(words: [u64; 3]) -> usize {
    let sum = words[0].wrapping_add(words[1] << 1).wrapping_add(words[2] << 2);
    (sum.wrapping_mul(FACTOR) >> 54) as usize
}

/// Every full spelling, then every compact one; entry 0 matches nothing.
const fn entries() -> [Entry; SPELLINGS] {
    let mut entries = [Entry { words: [0; 3], length: 0, name: Name::Other }; SPELLINGS];
    let (mut i, mut next) = (0, 1);
    while i < Name::ALL.len() {
        let name = Name::ALL[i];
        assert!(name.as_str().len() <= LONGEST, "a name longer than its words would match its own beginning");
        entries[next] = spelling(name.as_str(), name);
        next += 1;
        if let Some(compact) = name.compact() {
            entries[next] = spelling(compact, name);
            next += 1;
        }
        i += 1;
    }
    entries
}

const fn spelling(written: &str, name: Name) -> Entry {
    let length = written.len();
    Entry { words: swar::lower_words_padded(written.as_bytes(), length), length: length as u8, name }
}

/// Which entry is in which slot; two in one stop the build.
const fn slots() -> [u8; 1024] {
    let mut slots = [0; 1024];
    let mut i = 1;
    while i < SPELLINGS && !matches!(ENTRIES[i].name, Name::Other) {
        let slot = slot(ENTRIES[i].words);
        assert!(slots[slot] == 0, "two header names share a slot: choose another factor");
        slots[slot] = i as u8;
        i += 1;
    }
    slots
}

const FACTOR: u64 = 0xea6d_5547_ae96_6193;
const LONGEST: usize = 24;
const SPELLINGS: usize = 128;
static ENTRIES: [Entry; SPELLINGS] = entries();
static SLOTS: [u8; 1024] = slots();

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
