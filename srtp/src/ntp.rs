//! NTP timestamps as RTCP carries them (RFC 3550 4). Must never: read a clock.

use std::time::Duration;

/// Seconds since 1900 in 32.32 fixed point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// From the time since the Unix epoch.
    #[must_use]
    pub const fn from_unix(since_epoch: Duration) -> Self {
        Self(to_fixed(since_epoch).wrapping_add(UNIX_EPOCH_SECONDS << 32))
    }

    /// Later by `elapsed`; wraps with the NTP era.
    #[must_use]
    pub const fn after(self, elapsed: Duration) -> Self {
        Self(self.0.wrapping_add(to_fixed(elapsed)))
    }

    /// The middle 32 bits: LSR and DLSR units of 1/65536 s (RFC 3550 6.4.1).
    #[must_use]
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Round trip in microseconds from the report block of a peer, received at `self` (RFC 3550 6.4.1).
    /// `None` when the peer has seen no report of ours, or when the figures contradict the clock.
    #[must_use]
    pub const fn round_trip_us(self, last_sender_report: u32, delay: u32) -> Option<u32> {
        if last_sender_report == 0 {
            return None;
        }
        let fixed = self.middle().wrapping_sub(last_sender_report).wrapping_sub(delay);
        // Half the range and more means the subtraction went below zero.
        if fixed >= 1 << 31 {
            return None;
        }
        let micros = (fixed as u64 * 1_000_000) >> 16;
        if micros > u32::MAX as u64 { None } else { Some(micros as u32) }
    }
}

/// Seconds from 1900 to 1970.
const UNIX_EPOCH_SECONDS: u64 = 2_208_988_800;

const fn to_fixed(duration: Duration) -> u64 {
    (duration.as_secs() << 32) | (((duration.subsec_nanos() as u64) << 32) / 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 3550 6.4.1, figure 2: 6.125 s.
    #[test]
    fn round_trip_of_the_rfc_example() {
        let arrival = NtpTime(0xb710_8000u64 << 16);
        assert_eq!(arrival.round_trip_us(0xb705_2000, 0x0005_4000), Some(6_125_000));
    }

    #[test]
    fn impossible_round_trips_are_refused() {
        let arrival = NtpTime(0x0001_0000u64 << 16);
        assert_eq!(arrival.round_trip_us(0, 0), None);
        assert_eq!(arrival.round_trip_us(0x0001_0000, 5), None);
    }

    #[test]
    fn the_unix_epoch_is_known() {
        let time = NtpTime::from_unix(Duration::from_millis(1_500));
        assert_eq!(time.0 >> 32, 2_208_988_801);
        assert_eq!(time.0 as u32, 1 << 31);
        assert_eq!(time.after(Duration::from_millis(500)).0 as u32, 0);
    }
}
