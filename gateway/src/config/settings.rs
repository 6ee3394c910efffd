//! The configuration as control wants it.

use control::settings::{
    AccessSettings, CallSettings, Listener, MediaInterface, MediaSettings, PbxSettings, Settings,
};
use media_api::{InterfaceId, PortRange};
use sip::ListenerId;

use super::{ListenerConfig, Sections};

impl Sections {
    /// What control must know. `cores` is the number of processor cores, for when the file does not say how many workers.
    ///
    /// # Panics
    /// Never for a configuration that was read from a text, which has listeners on both sides.
    #[must_use]
    pub fn settings(&self, cores: u16) -> Settings {
        let first_pbx = u16::try_from(self.access.listeners.len()).expect("a file has few listeners");
        Settings {
            access: self.access_settings(),
            calls: CallSettings {
                max_calls: self.calls.max_calls,
                ring_timeout: self.calls.ring_timeout,
                early_progress: self.calls.early_progress,
                transcode: self.calls.transcode,
            },
            media: self.media_settings(cores),
            pbx: self.pbx_settings(first_pbx),
        }
    }

    fn access_settings(&self) -> AccessSettings {
        let access = &self.access;
        AccessSettings {
            realm: access.realm.clone(),
            listeners: listeners(&access.listeners, 0),
            accounts: access.accounts,
            digests: access.digests.clone(),
            min_expires: access.min_expires,
            default_expires: access.default_expires,
            max_expires: access.max_expires,
            max_contacts: access.max_contacts,
            subscription: access.subscription.clone(),
            system_auth_code: access.system_auth_code.as_ref().and_then(|code| code.expose().parse().ok()),
            unreachable: sip::Status(access.unreachable),
        }
    }

    fn pbx_settings(&self, first_listener: u16) -> PbxSettings {
        let pbx = &self.pbx;
        let (host, port) = pbx.proxy_host_port();
        PbxSettings {
            listeners: listeners(&pbx.listeners, first_listener),
            proxy_host: host.to_owned(),
            proxy_port: port,
            transport: pbx.transport,
            domain: pbx.domain.clone().unwrap_or_else(|| host.to_owned()),
            expires: pbx.expires,
            refresh_percent: pbx.refresh_percent,
            register_always: pbx.register_always,
            register_with_number: pbx.register_with_number,
            system_password: pbx.system_password.clone(),
            instance_id: pbx.instance_id,
            contact_ports: pbx.contact_ports(),
            register_rate: pbx.register_rate,
            register_window: pbx.register_window,
            backoff: (pbx.backoff_first, pbx.backoff_longest),
            timeout: pbx.timeout,
            ignore_retry_after: pbx.ignore_retry_after,
            accept_any_request_uri: pbx.accept_any_request_uri,
            callers: pbx.callers.clone(),
        }
    }

    fn media_settings(&self, cores: u16) -> MediaSettings {
        let media = &self.media;
        let side = |id, bind: Option<_>, advertised: Option<_>, listeners: &[ListenerConfig]| {
            let bind = bind.unwrap_or_else(|| listeners[0].bind.ip());
            MediaInterface { id: InterfaceId(id), bind, advertised: advertised.unwrap_or(bind) }
        };
        MediaSettings {
            access: side(0, media.access_bind, media.access_advertised, &self.access.listeners),
            pbx: side(1, media.pbx_bind, media.pbx_advertised, &self.pbx.listeners),
            ports: PortRange { first: media.port_first, pairs: media.port_count / 2 },
            workers: if media.workers == 0 { cores.clamp(1, media.port_count / 4) } else { media.workers },
            quarantine: media.quarantine,
            access_codecs: media.access_codecs.clone(),
            pbx_codecs: media.pbx_codecs.clone(),
            ptime_ms: media.ptime_ms,
            tone_set: media.tone_set,
            single_codec_answer: media.single_codec_answer,
        }
    }
}

fn listeners(configs: &[ListenerConfig], first: u16) -> Vec<Listener> {
    configs
        .iter()
        .zip(first..)
        .map(|(config, number)| Listener {
            id: ListenerId(number),
            transport: config.transport,
            bind: config.bind,
            advertised: config.advertised_host_port(),
        })
        .collect()
}
