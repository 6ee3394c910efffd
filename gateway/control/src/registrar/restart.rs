//! Locations outlive the process: what is stored of them, and how it comes back.
//!
//! Owns the translation between the clocks: a location lives on the monotonic clock, its record on the wall clock.

use std::time::Duration;

use dect::Subscription;
use sip::Flow;

use super::{AccountId, Cause, Location, Registrar};
use crate::{
    Context,
    directory::Device,
    output::{Output, SavedLocation},
};

impl Registrar {
    /// Locations of an earlier run that are still valid.
    pub fn restore(&mut self, cx: &mut Context<'_>, saved: impl IntoIterator<Item = SavedLocation>) {
        let subscribed = |device: &Device| device.equipment.details.subscribed_ms.is_some();
        let any_subscribed = cx.directory.devices().any(subscribed);
        self.subscription = Subscription::new(cx.settings.access.subscription.clone(), any_subscribed);
        for saved in saved {
            let account = saved.account;
            if saved.expires <= cx.wall() || !account.exists(cx.directory) {
                cx.out.push(Output::ForgetLocation { account, contact: saved.contact });
                continue;
            }
            let location = self.location(cx, saved);
            self.accounts.entry(account).or_default().contacts.restore(location);
            self.settle(cx, account, Cause::Expired, false);
        }
    }

    fn location(&mut self, cx: &Context<'_>, saved: SavedLocation) -> Location {
        // A connection does not survive a restart; the base station will open another.
        let flow = Flow { connection: None, ..saved.flow };
        let ago = Duration::from_millis(cx.wall().0.saturating_sub(saved.since.0));
        Location {
            contact: saved.contact,
            flow,
            path: saved.path,
            aor: saved.aor.into(),
            base: self.bases.heard(cx.now, &saved.user_agent, flow.remote.ip()).id,
            user_agent: saved.user_agent.into(),
            instance: saved.instance.map(String::into_boxed_str),
            call_id: saved.call_id.into(),
            cseq: saved.cseq,
            since: cx.now.checked_sub(ago).unwrap_or(cx.now),
            heard: cx.now,
            expires: cx.clock.instant(cx.now, saved.expires),
        }
    }
}

/// The record of a location.
pub(super) fn saved(cx: &Context<'_>, account: AccountId, location: &Location) -> SavedLocation {
    SavedLocation {
        account,
        contact: location.contact.clone(),
        flow: location.flow,
        path: location.path.clone(),
        aor: location.aor.to_string(),
        user_agent: location.user_agent.to_string(),
        instance: location.instance.as_deref().map(str::to_owned),
        call_id: location.call_id.to_string(),
        cseq: location.cseq,
        since: cx.clock.wall(location.since),
        expires: cx.clock.wall(location.expires),
    }
}
