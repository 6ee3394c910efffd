//! The table. Sources: `manual` is the Mitel IP-DECT 12.1.5 installation and operation manual (13/1531-ANF90114),
//! `sync` the Mitel SIP-DECT phone synchronisation guide, `OM AXI` the published schema of that interface.
//! What no source states is the generic value, or is named unverified in the entry.

use std::time::Duration;

use super::{ContactPort, Dtmf, HoldStyle, Quirks};

/// An unknown make: RFC 3261 and 3264 as written, and patience with paging.
pub(super) const GENERIC: Quirks = Quirks {
    name: "generic",
    prefixes: &[],
    hold: HoldStyle::SendOnly,
    single_codec_answer: false,
    expires: Duration::from_secs(3600),
    redirects_foreign_invites: false,
    alert_delay: Duration::from_secs(10),
    media_from_radios: false,
    deregisters_unreachable: false,
    stale_contacts: false,
    strict_request_uri: false,
    contact_port: ContactPort::Configurable,
    dtmf: &[Dtmf::Rtp, Dtmf::Info],
    source: "RFC 3261 10.2.1.1 (3600 s is the expiry it suggests), RFC 3264 8.4; alert delay: own choice, paging takes several seconds",
};

pub(super) static ENTRIES: &[Quirks] = &[
    Quirks {
        name: "mitel-sip-dect",
        prefixes: &["mitel sip-dect", "aastra sip-dect", "sip-dect", "openmobility"],
        expires: Duration::from_secs(3600),
        media_from_radios: true,
        stale_contacts: true,
        contact_port: ContactPort::Configurable,
        dtmf: &[Dtmf::Rtp, Dtmf::Info],
        source: "public call traces: User-Agent `Mitel SIP-DECT (SW-Version=7.1-CK14)`, one port 5060, RTP from the radio's address \
                 and not the manager's; OM AXI: SetBasicSIP regPeriod 3600, SetPortRangeSIP (a local port per user), SetDTMF \
                 RFC2833|INFO|Both; sync 2.1.4.2 (the old registration lives up to 2.5 h); other spellings of the User-Agent unverified",
        ..GENERIC
    },
    Quirks {
        name: "ascom-ip-dect",
        // Not verified: no trace of its User-Agent is public. The boxes call themselves IPBS, IPBL and IPVM. Name the entry in
        // the configuration where the prefixes do not fit.
        prefixes: &["ascom ip-dect", "mitel ip-dect", "aastra ip-dect", "ip-dect", "ipbs", "ipbl", "ipvm"],
        hold: HoldStyle::Inactive,
        single_codec_answer: true,
        expires: Duration::from_secs(120),
        redirects_foreign_invites: true,
        media_from_radios: true,
        strict_request_uri: true,
        contact_port: ContactPort::Configurable,
        dtmf: &[Dtmf::Rtp, Dtmf::Info, Dtmf::Kpml],
        source: "manual 4.6.23 (hold signalling inactive, sendonly, sendonly with 0.0.0.0; 305 Use Proxy; registration time 120 s; \
                 RFC 2833, fallback to signalling, KPML), 4.7.1.3 (contact port as source port), 4.7.1.9 (re-negotiation to one \
                 codec), 4.7.1.13 (validation of Request-URI); which hold style is preset is not stated; User-Agent unverified",
        ..GENERIC
    },
    Quirks {
        name: "gigaset",
        prefixes: &[
            "gigaset n870",
            "gigaset n670",
            "gigaset n610",
            "gigaset n530",
            "gigaset n510",
            "n510 ip pro",
            "n870 ip pro",
            "n670 ip pro",
        ],
        expires: Duration::from_secs(180),
        deregisters_unreachable: true,
        contact_port: ContactPort::Shared,
        dtmf: &[Dtmf::Rtp, Dtmf::Info, Dtmf::InBand],
        source: "Gigaset wiki: User-Agent `Gigaset N870 IP PRO/83.V2.43.0+build…;MAC`, RegServerRefreshTimer 180, \
                 WithDeregOnHsNotReachable, DTMFTransmission in-band, RFC 2833 or INFO, one SIP port 5060",
        ..GENERIC
    },
    Quirks {
        name: "snom-m",
        prefixes: &[
            "snom m300",
            "snom m400",
            "snom m700",
            "snom m900",
            "snom-m300",
            "snom-m400",
            "snom-m700",
            "snom-m900",
            "cisco dbs",
        ],
        stale_contacts: true,
        contact_port: ContactPort::Configurable,
        source: "provisioning templates (codec list, subscr_sip_hs_idx); that a registration may move to another base of the cell on \
                 roaming, and the option of a port per handset, are unverified",
        ..GENERIC
    },
    Quirks {
        name: "yealink-w",
        prefixes: &["yealink w"],
        hold: HoldStyle::SendOnly,
        contact_port: ContactPort::Shared,
        source: "User-Agent `Yealink W60B 77.83.0.85`; hold after RFC 3264 or RFC 2543 selectable at the base; shared port unverified",
        ..GENERIC
    },
    Quirks {
        name: "panasonic",
        prefixes: &[
            "panasonic kx-tgp",
            "panasonic kx-uds",
            "panasonic_kx-tgp",
            "panasonic_kx-uds",
            "panasonic-kx-uds",
        ],
        stale_contacts: true,
        source: "KX-UDS manual: REGISTER is repeated from the new cell on every location registration, media is relayed from cell to \
                 cell during handover while signalling stays; User-Agent unverified",
        ..GENERIC
    },
    Quirks {
        name: "grandstream-dp",
        prefixes: &["grandstream dp"],
        source: "no fact beyond the User-Agent's make, unverified",
        ..GENERIC
    },
    Quirks {
        name: "spectralink",
        prefixes: &["spectralink"],
        contact_port: ContactPort::Configurable,
        source: "one port or `separate endpoint ports`, unverified",
        ..GENERIC
    },
];
