//! SRTP of one leg: unprotects before anything else looks at a packet, protects after everything else is done with it.
//!
//! Owns: both contexts of the leg and the count of packets that were not authentic. A plan with the same keys keeps the contexts:
//! their roll-over counters and replay windows are worth as much as the keys. Must never: let a plan without a change of keys
//! begin the numbers anew, for a key stream would be used twice.

use media_api::{KeyMaterial, Protection, ProtectionProfile, Refusal};
use srtp::Arrival;
use srtp::secure::{Inbound, MasterKey, Outbound, Profile, SrtpError};

/// Whether a leg is protected.
#[derive(Debug, Default)]
pub(crate) enum Shield {
    Guarded(Box<Guard>),
    /// Plain RTP.
    #[default]
    Open,
    /// Protection was wanted and cannot be: nothing passes, rather than in the clear.
    Shut,
}

impl Shield {
    /// What a new plan wants.
    pub(crate) fn set(&mut self, protection: Option<&Protection>) {
        let Some(protection) = protection else {
            *self = Self::Open;
            return;
        };
        if let Self::Guarded(guard) = self
            && guard.set(protection).is_ok()
        {
            return;
        }
        *self = Guard::new(protection).map_or(Self::Shut, |guard| Self::Guarded(Box::new(guard)));
    }

    /// Unprotects a packet in place and answers its length.
    pub(crate) fn open(&mut self, packet: &mut [u8], is_report: bool) -> Result<usize, SrtpError> {
        match self {
            Self::Guarded(guard) => guard.open(packet, is_report),
            Self::Open => Ok(packet.len()),
            Self::Shut => Err(SrtpError::Authentication),
        }
    }

    /// Protects the packet in the first `len` octets and answers its length; `None` when it must not be sent.
    pub(crate) fn seal(&mut self, buffer: &mut [u8], len: usize) -> Option<usize> {
        match self {
            // RFC 5761 4 tells the two apart on the way out as well.
            Self::Guarded(guard) => {
                let is_report = Arrival::of(buffer) == Arrival::Rtcp;
                guard.seal(buffer, len, is_report)
            }
            Self::Open => Some(len),
            Self::Shut => None,
        }
    }

    /// Packets and reports not authentic, since the last call.
    pub(crate) fn take_failures(&mut self) -> [u32; 2] {
        match self {
            Self::Guarded(guard) => std::mem::take(&mut guard.failures),
            Self::Open | Self::Shut => [0; 2],
        }
    }
}

/// Protection of a leg.
#[derive(Debug)]
pub(crate) struct Guard {
    protection: Protection,
    outbound: Outbound,
    inbound: Inbound,
    /// Packets and reports not authentic, since the last look.
    failures: [u32; 2],
}

impl Guard {
    fn new(protection: &Protection) -> Result<Self, Refusal> {
        let (outbound, inbound) = (outbound(protection)?, inbound(protection)?);
        Ok(Self { protection: protection.clone(), outbound, inbound, failures: [0; 2] })
    }

    /// Whether the lengths of the keys are those of the profile.
    pub(crate) fn is_possible(protection: &Protection) -> bool {
        master(protection.profile, &protection.ours).is_ok()
            && master(protection.profile, &protection.theirs).is_ok()
    }

    /// Takes the keys of a new plan; a direction whose key is the same goes on.
    fn set(&mut self, protection: &Protection) -> Result<(), Refusal> {
        let same_profile = self.protection.profile == protection.profile;
        let ours = &self.protection;
        if !(same_profile
            && ours.ours == protection.ours
            && ours.encrypt_reports == protection.encrypt_reports)
        {
            self.outbound = outbound(protection)?;
        }
        if !(same_profile && ours.theirs == protection.theirs) {
            self.inbound = inbound(protection)?;
        }
        self.protection = protection.clone();
        Ok(())
    }

    fn open(&mut self, packet: &mut [u8], is_report: bool) -> Result<usize, SrtpError> {
        let opened =
            if is_report { self.inbound.unprotect_rtcp(packet) } else { self.inbound.unprotect_rtp(packet) };
        if let Err(SrtpError::Authentication | SrtpError::MasterKey) = opened {
            self.failures[usize::from(is_report)] += 1;
        }
        opened
    }

    fn seal(&mut self, buffer: &mut [u8], len: usize, is_report: bool) -> Option<usize> {
        let sealed = if is_report {
            self.outbound.protect_rtcp(buffer, len)
        } else {
            self.outbound.protect_rtp(buffer, len)
        };
        sealed.ok()
    }
}

fn outbound(protection: &Protection) -> Result<Outbound, Refusal> {
    Ok(Outbound::new(master(protection.profile, &protection.ours)?, protection.encrypt_reports))
}

fn inbound(protection: &Protection) -> Result<Inbound, Refusal> {
    Ok(Inbound::new(master(protection.profile, &protection.theirs)?))
}

fn master(named: ProtectionProfile, material: &KeyMaterial) -> Result<MasterKey, Refusal> {
    MasterKey::new(profile(named), &material.key, &material.salt, &material.mki).map_err(|_| Refusal::Plan)
}

const fn profile(named: ProtectionProfile) -> Profile {
    match named {
        ProtectionProfile::AeadAes128Gcm => Profile::AeadAes128Gcm,
        ProtectionProfile::AeadAes256Gcm => Profile::AeadAes256Gcm,
        ProtectionProfile::AesCm128HmacSha1Tag32 => Profile::AesCm128HmacSha1Tag32,
        ProtectionProfile::AesCm128HmacSha1Tag80 => Profile::AesCm128HmacSha1Tag80,
        ProtectionProfile::AesCm192HmacSha1Tag32 => Profile::AesCm192HmacSha1Tag32,
        ProtectionProfile::AesCm192HmacSha1Tag80 => Profile::AesCm192HmacSha1Tag80,
        ProtectionProfile::AesCm256HmacSha1Tag32 => Profile::AesCm256HmacSha1Tag32,
        ProtectionProfile::AesCm256HmacSha1Tag80 => Profile::AesCm256HmacSha1Tag80,
    }
}
