//! Choosing the key exchange of a stream (RFC 4568 5, RFC 5763 5, RFC 8643, RFC 8842 5).
//!
//! Must never fall back in silence: without `opportunistic` a stream that cannot be encrypted is refused.

use crate::attribute::{Attribute, Crypto, KeyParameter, SessionParameter, Setup};
use crate::offer::agreed::{AgreedSecurity, DtlsRole};
use crate::offer::capabilities::{DtlsLocal, KeyExchange, SecurityPolicy};
use crate::offer::refusal::Refusal;
use crate::session::{Media, Profile, Session};

/// What an offer says of keys.
pub(super) struct OfferedKeys {
    pub(super) profile: Profile,
    /// Our crypto lines as written.
    pub(super) cryptos: Vec<Crypto>,
    pub(super) attributes: Vec<Attribute>,
}

/// The profile and attributes of an offer under this policy.
pub(super) fn offer(policy: &SecurityPolicy, feedback: bool) -> OfferedKeys {
    let profile = match (policy.exchange, policy.opportunistic) {
        // RFC 8643 4: plain profile, keys beside it.
        (KeyExchange::None, _) | (_, true) => [Profile::RtpAvp, Profile::RtpAvpf],
        (exchange, false) if exchange.prefers_dtls() => [Profile::UdpTlsRtpSavp, Profile::UdpTlsRtpSavpf],
        _ => [Profile::RtpSavp, Profile::RtpSavpf],
    };
    let [plain, with_feedback] = profile;
    let mut keys = OfferedKeys {
        profile: if feedback { with_feedback } else { plain },
        cryptos: Vec::new(),
        attributes: Vec::new(),
    };
    if policy.exchange.has_sdes() {
        // RFC 4568 9.1: tags are unique; ours count from 1.
        keys.cryptos = (1..).zip(&policy.cryptos).map(|(tag, crypto)| written(crypto, tag, policy)).collect();
        keys.attributes.extend(keys.cryptos.iter().map(|crypto| Attribute::new("crypto", crypto)));
    }
    if let Some(dtls) = policy.dtls.as_ref().filter(|_| policy.exchange.has_dtls()) {
        keys.attributes.extend(dtls_attributes(dtls, dtls.setup));
    }
    keys
}

/// Chooses among the keys of an offer: our attributes and the agreement.
pub(super) fn answer(
    policy: &SecurityPolicy,
    offer: &Session,
    media: &Media,
) -> Result<(Vec<Attribute>, AgreedSecurity), Refusal> {
    let dtls = || answer_dtls(policy, offer, media);
    let sdes = || answer_sdes(policy, media);
    let chosen = match policy.exchange {
        KeyExchange::None => None,
        KeyExchange::Dtls => dtls(),
        KeyExchange::DtlsThenSdes => dtls().or_else(sdes),
        KeyExchange::Sdes => sdes(),
        KeyExchange::SdesThenDtls => sdes().or_else(dtls),
    };
    match chosen {
        Some(chosen) => Ok(chosen),
        None => unencrypted(policy, &media.profile).map(|()| (Vec::new(), AgreedSecurity::None)),
    }
}

/// Reads the keys of the answer to our offer.
pub(super) fn complete(
    policy: &SecurityPolicy,
    offered: &[Crypto],
    answer: &Session,
    media: &Media,
) -> Result<AgreedSecurity, Refusal> {
    let dtls = policy.dtls.as_ref().filter(|_| policy.exchange.has_dtls());
    let fingerprints = answer.fingerprints_of(media);
    let dtls = dtls.filter(|_| !fingerprints.is_empty()).map(|dtls| AgreedSecurity::Dtls {
        role: completed_role(dtls.setup, answer.setup_of(media)),
        fingerprints,
        tls_id: answer.value_of(media, "tls-id").map(str::to_owned),
    });
    // RFC 4568 5.1.3: the answer holds one line, with the tag and suite of one of ours.
    let sdes = media.cryptos().filter(|remote| policy.exchange.has_sdes() && remote.is_usable()).find_map(
        |remote| {
            let local = offered.iter().find(|ours| ours.tag == remote.tag && ours.suite == remote.suite)?;
            Some(AgreedSecurity::Sdes { local: local.clone(), remote })
        },
    );
    let chosen = if policy.exchange.prefers_dtls() { dtls.or(sdes) } else { sdes.or(dtls) };
    match chosen {
        Some(chosen) => Ok(chosen),
        None if policy.exchange.has_sdes() && media.attribute("crypto").is_some() => Err(Refusal::NotOffered),
        None => unencrypted(policy, &media.profile).map(|()| AgreedSecurity::None),
    }
}

/// Whether going without encryption is allowed.
fn unencrypted(policy: &SecurityPolicy, profile: &Profile) -> Result<(), Refusal> {
    match (profile.is_secure(), policy.exchange) {
        (true, KeyExchange::None) => Err(Refusal::Profile),
        (true, _) => Err(Refusal::SecurityRequired),
        (false, KeyExchange::None) => Ok(()),
        (false, _) if policy.opportunistic => Ok(()),
        (false, _) => Err(Refusal::SecurityRequired),
    }
}

fn answer_dtls(
    policy: &SecurityPolicy,
    offer: &Session,
    media: &Media,
) -> Option<(Vec<Attribute>, AgreedSecurity)> {
    let dtls = policy.dtls.as_ref()?;
    let fingerprints = Some(offer.fingerprints_of(media)).filter(|fingerprints| !fingerprints.is_empty())?;
    // RFC 4145 4.1: a missing `setup` in an offer means active. RFC 5763 5: to `actpass` we should be active, which saves a
    // round trip, unless a role is to be kept.
    let (setup, role) = match (offer.setup_of(media).unwrap_or(Setup::Active), dtls.setup) {
        (Setup::HoldConn, _) => (Setup::HoldConn, DtlsRole::Held),
        (Setup::Active, _) | (Setup::ActPass, Setup::Passive) => (Setup::Passive, DtlsRole::Server),
        (Setup::ActPass | Setup::Passive, _) => (Setup::Active, DtlsRole::Client),
    };
    let tls_id = offer.value_of(media, "tls-id").map(str::to_owned);
    Some((dtls_attributes(dtls, setup), AgreedSecurity::Dtls { role, fingerprints, tls_id }))
}

fn answer_sdes(policy: &SecurityPolicy, media: &Media) -> Option<(Vec<Attribute>, AgreedSecurity)> {
    let offered: Vec<Crypto> = media.cryptos().filter(Crypto::is_usable).collect();
    policy.cryptos.iter().find_map(|ours| {
        let remote = offered.iter().find(|theirs| theirs.suite == ours.suite)?;
        // RFC 4568 5.1.2: the tag of the line that was taken, our key.
        let mut local = written(ours, remote.tag, policy);
        // RFC 4568 6.3.2: negotiated, so accepting the line means repeating it.
        if remote.unencrypted_srtcp() && !local.unencrypted_srtcp() {
            local.parameters.push(SessionParameter::UnencryptedSrtcp);
        }
        let attributes = vec![Attribute::new("crypto", &local)];
        Some((attributes, AgreedSecurity::Sdes { local, remote: remote.clone() }))
    })
}

/// RFC 4145 4.1: a missing `setup` in an answer means passive. `actpass` is no answer; we open then, because two sides that
/// wait would wait for ever.
fn completed_role(offered: Setup, answered: Option<Setup>) -> DtlsRole {
    match (offered, answered.unwrap_or(Setup::Passive)) {
        (_, Setup::HoldConn) | (Setup::HoldConn, _) => DtlsRole::Held,
        (Setup::Active, _) => DtlsRole::Client,
        (Setup::Passive, _) | (Setup::ActPass, Setup::Active) => DtlsRole::Server,
        (Setup::ActPass, Setup::Passive | Setup::ActPass) => DtlsRole::Client,
    }
}

fn dtls_attributes(dtls: &DtlsLocal, setup: Setup) -> Vec<Attribute> {
    let mut attributes = vec![Attribute::new("setup", setup)];
    attributes.extend(dtls.fingerprints.iter().map(|fingerprint| Attribute::new("fingerprint", fingerprint)));
    attributes.extend(dtls.tls_id.iter().map(|id| Attribute::new("tls-id", id)));
    attributes
}

fn written(crypto: &Crypto, tag: u32, policy: &SecurityPolicy) -> Crypto {
    let mut crypto = Crypto { tag, ..crypto.clone() };
    if policy.remove_lifetime {
        for key in &mut crypto.keys {
            if let KeyParameter::Inline(key) = key {
                key.lifetime = None;
            }
        }
    }
    crypto
}
