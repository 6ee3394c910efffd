//! The session timer (RFC 4028): who refreshes, when, and what happens when nobody does.
//!
//! An interval is agreed on in every 2xx to INVITE or UPDATE and replaces the one before. We never insist on one; we go
//! along with what the peer wants, and ask for one only when the owner says so. A shorter interval than
//! [`LEAST_SECONDS`] is echoed but not followed: it would make us send at the peer's whim.

use std::time::{Duration, Instant};

use crate::endpoint::core::Core;
use crate::header::Params;
use crate::message::{Builder, Message};
use crate::name::Name;
use crate::session::offer::{Exchange, Offer};
use crate::session::{Session, State};
use crate::syntax;

/// What was agreed on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refresh {
    seconds: u32,
    ours: bool,
}

/// Who refreshes, as seen from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refresher {
    Client,
    Server,
}

impl Session {
    /// The peer's request may carry an interval: takes it and writes it into our 2xx (RFC 4028 9).
    pub(super) fn agree_on_refresh(&mut self, now: Instant, reply: Builder, request: &Message) -> Builder {
        let Some((seconds, refresher)) = interval_of(request) else {
            self.set_refresh(now, None);
            return reply;
        };
        let capable = request.lists(Name::Supported, "timer") || request.lists(Name::Require, "timer");
        let refresher = refresher.unwrap_or(if capable { Refresher::Client } else { Refresher::Server });
        self.set_refresh(now, Some(Refresh { seconds, ours: refresher == Refresher::Server }));
        match refresher {
            // RFC 4028 9: Require tells the client that it has to refresh.
            Refresher::Client => reply
                .header("Require", "timer")
                .header("Session-Expires", format_args!("{seconds};refresher=uac")),
            Refresher::Server => reply.header("Session-Expires", format_args!("{seconds};refresher=uas")),
        }
    }

    /// The peer's 2xx says what was agreed on (RFC 4028 7.2).
    pub(super) fn refresh_agreed_by_peer(&mut self, now: Instant, response: &Message) {
        let agreed = interval_of(response)
            .map(|(seconds, refresher)| Refresh { seconds, ours: refresher != Some(Refresher::Server) });
        self.set_refresh(now, agreed);
    }

    /// Starts the clock again, for a session that was not confirmed when the interval was agreed on.
    pub(super) fn arm_refresh(&mut self, now: Instant) {
        self.set_refresh(now, self.refresh);
    }

    /// Asks for the interval again in a request of ours (RFC 4028 7.4).
    pub(super) fn with_interval(&self, builder: Builder) -> Builder {
        match (self.refresh, self.interval_wanted) {
            (Some(Refresh { seconds, ours }), _) => {
                let refresher = if ours { "uac" } else { "uas" };
                builder.header("Session-Expires", format_args!("{seconds};refresher={refresher}"))
            }
            (None, Some(seconds)) => builder.header("Session-Expires", seconds),
            (None, None) => builder,
        }
    }

    pub(super) fn send_refresh(&mut self, core: &mut Core, now: Instant) {
        if !matches!(self.state, State::Confirmed) {
            return;
        }
        let busy = !matches!(self.exchange, Exchange::Idle) || self.postponed.is_some();
        // Any offer of either side refreshes as well, so there is time to wait for its outcome.
        if busy {
            self.timers.refresh = Some(now + BUSY_WAIT);
            return;
        }
        let invite = !self.peer_allows_update && self.local_sdp.is_some();
        let body = if invite { self.local_sdp.clone() } else { None };
        let _ = self.send_offer(core, now, Offer { invite, body });
    }

    fn set_refresh(&mut self, now: Instant, refresh: Option<Refresh>) {
        self.refresh = refresh;
        self.timers.refresh = None;
        self.timers.expiry = None;
        let Some(Refresh { seconds, ours }) = refresh else { return };
        let interval = Duration::from_secs(u64::from(seconds.clamp(LEAST_SECONDS, MOST_SECONDS)));
        // RFC 4028 7.2: half of the interval; 10: BYE at the minimum of 32 s and a third before its end.
        if ours {
            self.timers.refresh = Some(now + interval / 2);
            self.timers.expiry = Some(now + interval);
        } else {
            self.timers.expiry = Some(now + interval - (interval / 3).min(Duration::from_secs(32)));
        }
    }
}

/// Session-Expires and its refresher.
fn interval_of(message: &Message) -> Option<(u32, Option<Refresher>)> {
    let value = message.header(Name::SessionExpires)?;
    let seconds = seconds(value)?;
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    let refresher = match Params::new(&value[end..]).get("refresher") {
        Some(role) if role.eq_ignore_ascii_case(b"uac") => Some(Refresher::Client),
        Some(role) if role.eq_ignore_ascii_case(b"uas") => Some(Refresher::Server),
        _ => None,
    };
    Some((seconds, refresher))
}

/// The number in front of the parameters of Session-Expires or Min-SE.
pub(super) fn seconds(value: &[u8]) -> Option<u32> {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    u32::try_from(syntax::decimal(syntax::trim(&value[..end]))?).ok()
}

/// RFC 4028 5 wants 90 at least; a little less is followed.
const LEAST_SECONDS: u32 = 60;
/// A week. Longer is never.
const MOST_SECONDS: u32 = 604_800;
const BUSY_WAIT: Duration = Duration::from_secs(5);
