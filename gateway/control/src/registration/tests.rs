//! What the unit tests of this room and of the registrar share, and the size of a binding.

use std::time::Duration;

use sip::{ListenerId, digest};

use super::*;
use crate::settings::{
    AccessSettings, AccountForms, CallSettings, ContactPorts, Listener, MediaInterface, MediaSettings,
    PbxSettings,
};
use media_api::{InterfaceId, PortRange};
use sip::Transport;

/// A gateway between two networks, with plain defaults.
pub(crate) fn whole_settings() -> Settings {
    let interface = |id, address: &str| MediaInterface {
        id: InterfaceId(id),
        bind: address.parse().unwrap(),
        advertised: address.parse().unwrap(),
    };
    Settings {
        access: AccessSettings {
            realm: "dect".to_owned(),
            listeners: vec![listener(0, Transport::Udp, "198.51.100.1:5060")],
            accounts: AccountForms::Both,
            digests: vec![digest::Algorithm::Sha256, digest::Algorithm::Md5],
            min_expires: Duration::from_secs(60),
            default_expires: Duration::from_secs(300),
            max_expires: Duration::from_secs(3600),
            max_contacts: 1,
            subscription: dect::subscription::Policy::default(),
            system_auth_code: None,
            unreachable: Status(480),
        },
        calls: CallSettings {
            max_calls: 100,
            ring_timeout: Duration::from_secs(120),
            early_progress: false,
            transcode: true,
        },
        media: MediaSettings {
            access: interface(0, "198.51.100.1"),
            pbx: interface(1, "192.0.2.10"),
            ports: PortRange { first: 20_000, pairs: 1_000 },
            workers: 1,
            quarantine: Duration::from_secs(5),
            access_codecs: Vec::new(),
            pbx_codecs: Vec::new(),
            ptime_ms: 20,
            tone_set: 0,
            single_codec_answer: true,
        },
        pbx: settings(),
    }
}

pub(crate) fn settings() -> PbxSettings {
    PbxSettings {
        listeners: vec![listener(1, Transport::Udp, "192.0.2.10:5060")],
        proxy_host: "192.0.2.1".to_owned(),
        proxy_port: None,
        transport: Transport::Udp,
        domain: "pbx.example.org".to_owned(),
        expires: Duration::from_secs(120),
        refresh_percent: (50, 75),
        register_always: false,
        register_with_number: false,
        system_password: None,
        instance_id: false,
        contact_ports: ContactPorts::Shared,
        register_rate: 100,
        register_window: 50,
        backoff: (Duration::from_secs(4), Duration::from_secs(300)),
        timeout: Duration::from_secs(32),
        ignore_retry_after: false,
        accept_any_request_uri: false,
        callers: Vec::new(),
    }
}

pub(crate) fn listener(id: u16, transport: Transport, address: &str) -> Listener {
    Listener { id: ListenerId(id), transport, bind: address.parse().unwrap(), advertised: address.to_owned() }
}

/// A user whose name differs from its number.
pub(crate) fn user(number: &str, name: &str) -> User {
    use crate::directory::{Account, Profile, Secret, Services};
    let profile = Profile {
        long_name: format!("User {number}").into(),
        number: number.into(),
        name: name.into(),
        ..Profile::default()
    };
    let account = Account { sip_password: Some(Secret::new("geheim")), ..Account::default() };
    User { id: UserId(1), profile, account, pin: None, services: Services::default() }
}

#[test]
fn a_binding_is_small() {
    const { assert!(BINDING_OCTETS <= 384) };
    let path = Path::new(&user("2017", "anna.berg"), &settings(), "192.0.2.10:5060");
    let strings = [&path.registrar, &path.aor, &path.identity, &path.contact, &path.contact_user];
    let strings: usize = strings.iter().map(|text| text.len()).sum();
    assert!(strings <= 300, "{strings} octets");
}
