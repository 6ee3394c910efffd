//! `[access]`: the registrar and call server for base stations.

use std::time::Duration;

use control::{directory::Secret, settings::AccountForms};
use dect::subscription::{Mode, Policy};
use sip::digest::Algorithm;

use super::{listener::ListenerConfig, reader::Section};

/// The access side.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessConfig {
    /// Where base stations register; at least one.
    pub listeners: Vec<ListenerConfig>,
    /// Digest realm.
    pub realm: String,
    /// Which account forms may register.
    pub accounts: AccountForms,
    /// Digest algorithms offered, preferred first.
    pub digests: Vec<Algorithm>,
    /// Shortest registration granted.
    pub min_expires: Duration,
    /// Registration granted when none is asked for.
    pub default_expires: Duration,
    /// Longest registration granted.
    pub max_expires: Duration,
    /// Contacts kept per handset.
    pub max_contacts: usize,
    /// Who may subscribe a device, and for how long windows stay open.
    pub subscription: Policy,
    /// System authentication code, four to eight digits.
    pub system_auth_code: Option<Secret>,
    /// Response to a call for a handset that cannot be reached.
    pub unreachable: u16,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            // No default could be right: the network decides.
            listeners: Vec::new(),
            // Stays valid when addresses and host names change; base stations keep digests per realm.
            realm: "dectgate".into(),
            // Base stations of both kinds may be mixed.
            accounts: AccountForms::Both,
            // Base stations know MD5, and many do not pass over a challenge that they do not know (RFC 8760 2.4 has them do so).
            digests: vec![Algorithm::Md5],
            // Below a minute, refreshes alone would load 20,000 handsets with hundreds of requests per second.
            min_expires: Duration::from_secs(60),
            // A lost base station is noticed within minutes.
            default_expires: Duration::from_secs(300),
            // SYNC-13: a handset that was not heard of for an hour is not there.
            max_expires: Duration::from_secs(3600),
            // While a handset roams, the old base station may still hold it for a moment.
            max_contacts: 2,
            // The modes and windows of the incumbent (SUB-05, SUB-09, SUB-11).
            subscription: Policy::default(),
            // None: anyone who knows it could subscribe (SUB-14).
            system_auth_code: None,
            // INTEROP-11: "temporarily unavailable" lets the PBX forward or take a message.
            unreachable: 480,
        }
    }
}

impl AccessConfig {
    pub(super) fn read(&mut self, section: &mut Section<'_, '_>) {
        self.listeners = ListenerConfig::read_all(section);
        section.text("realm", &mut self.realm);
        if self.realm.is_empty() || self.realm.contains(['"', '\\']) {
            section.fault("realm", "must not be empty nor have quotes or backslashes");
        }
        let forms =
            [("both", AccountForms::Both), ("user", AccountForms::User), ("device", AccountForms::Device)];
        section.word("accounts", &mut self.accounts, &forms);
        let digests =
            [("SHA-512-256", Algorithm::Sha512_256), ("SHA-256", Algorithm::Sha256), ("MD5", Algorithm::Md5)];
        section.words("digests", &mut self.digests, &digests);
        section.seconds("min_expires_s", &mut self.min_expires, 10..=86_400);
        section.seconds("default_expires_s", &mut self.default_expires, 10..=86_400);
        section.seconds("max_expires_s", &mut self.max_expires, 10..=86_400);
        if !(self.min_expires..=self.max_expires).contains(&self.default_expires) {
            section.fault("default_expires_s", "must lie between min_expires_s and max_expires_s");
        }
        section.number("max_contacts", &mut self.max_contacts, 1..=8);
        self.read_subscription(section);
        section.secret("system_auth_code", &mut self.system_auth_code);
        if let Some(code) = &self.system_auth_code
            && code.expose().parse::<dect::AuthCode>().is_err()
        {
            section.fault("system_auth_code", "must have four to eight digits");
        }
        if self.subscription.mode == Mode::SystemCode && self.system_auth_code.is_none() {
            section.fault("system_auth_code", "is missing: subscription with the system code needs it");
        }
        section.number("unreachable", &mut self.unreachable, 400..=699);
        if ![480, 486, 503].contains(&self.unreachable) {
            section.fault("unreachable", "must be 480, 486 or 503");
        }
    }

    fn read_subscription(&mut self, section: &mut Section<'_, '_>) {
        let policy = &mut self.subscription;
        let modes =
            [("user_code", Mode::UserCode), ("system_code", Mode::SystemCode), ("disabled", Mode::Disabled)];
        section.word("subscription", &mut policy.mode, &modes);
        section.flag("auto_create", &mut policy.auto_create);
        section.seconds("user_window_s", &mut policy.user_window, 10..=WEEK_S);
        section.seconds("standard_window_s", &mut policy.standard_window, 10..=WEEK_S);
        section.seconds("wildcard_window_s", &mut policy.wildcard_window, 10..=WEEK_S);
        section.seconds("after_wildcard_s", &mut policy.after_wildcard, 0..=WEEK_S);
    }
}

/// A window that is open for longer was forgotten.
const WEEK_S: u64 = 7 * 86_400;
