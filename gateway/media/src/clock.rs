//! Conversions between instants, RTP clocks and NTP time. Must never: read a clock.

use std::time::{Duration, Instant};

use srtp::NtpTime;

/// Ties monotonic time to NTP time, once per process: reports of all sessions then agree (RFC 3550 6.4.1).
#[derive(Debug, Clone, Copy)]
pub struct MediaClock {
    epoch: Instant,
    ntp: NtpTime,
}

impl MediaClock {
    /// `epoch` was the moment `ntp`.
    #[must_use]
    pub const fn new(epoch: Instant, ntp: NtpTime) -> Self {
        Self { epoch, ntp }
    }

    /// NTP time of an instant.
    #[must_use]
    pub fn ntp(&self, now: Instant) -> NtpTime {
        self.ntp.after(now.saturating_duration_since(self.epoch))
    }

    /// An instant on an RTP clock that started at the epoch.
    #[must_use]
    pub(crate) fn rtp(&self, now: Instant, clock_rate: u32) -> u32 {
        units(now.saturating_duration_since(self.epoch), clock_rate)
    }
}

/// A duration in units of an RTP clock, wrapping.
pub(crate) fn units(duration: Duration, clock_rate: u32) -> u32 {
    let micros = duration.as_micros() as u64;
    (micros.wrapping_mul(u64::from(clock_rate)) / 1_000_000) as u32
}

/// Units of an RTP clock in milliseconds, saturating at 16 bits.
pub(crate) fn millis(units: u32, clock_rate: u32) -> u16 {
    let millis = u64::from(units) * 1_000 / u64::from(clock_rate.max(1));
    millis.min(u64::from(u16::MAX)) as u16
}
