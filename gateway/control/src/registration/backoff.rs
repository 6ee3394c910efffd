//! How long a user waits after a failure: exponential, jittered, capped, for ever (RFC 5626 4.5).
//!
//! Owns nothing; a formula with its two bounds. The draw comes from the caller.

use std::time::Duration;

/// First and longest pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Upper bound of the pause after the first failure.
    pub first: Duration,
    /// Upper bound of all later ones.
    pub longest: Duration,
}

impl Backoff {
    /// The pause after `failures` failures in a row (1 for the first).
    ///
    /// RFC 5626 4.5: the upper bound doubles with each failure up to the cap, and the pause is drawn uniformly between half
    /// of the bound and the bound, so that users who failed together do not return together.
    #[must_use]
    pub fn pause(self, failures: u32, draw: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
        let bound = self.first.saturating_mul(1 << doublings).min(self.longest.max(self.first));
        bound / 2 + share(bound / 2, draw)
    }
}

/// `whole` times `draw / 2^32`.
pub(crate) fn share(whole: Duration, draw: u32) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(nanos) * u128::from(draw)) >> 32;
    Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
}

/// Beyond this any sensible cap is reached; keeps the shift defined.
const MOST_DOUBLINGS: u32 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(4), longest: Duration::from_secs(300) };

    #[test]
    fn the_bound_doubles_up_to_the_cap_and_the_draw_covers_its_upper_half() {
        for (failures, low, high) in
            [(0, 2, 4), (1, 2, 4), (2, 4, 8), (3, 8, 16), (7, 128, 256), (8, 150, 300), (u32::MAX, 150, 300)]
        {
            assert_eq!(BACKOFF.pause(failures, 0), Duration::from_secs(low), "{failures} failures");
            let longest = BACKOFF.pause(failures, u32::MAX);
            assert!(longest <= Duration::from_secs(high), "{failures} failures: {longest:?}");
            assert!(
                longest > Duration::from_secs(high) - Duration::from_millis(1),
                "{failures}: {longest:?}"
            );
        }
    }

    #[test]
    fn hostile_bounds_do_not_overflow() {
        let endless = Backoff { first: Duration::MAX, longest: Duration::MAX };
        assert!(endless.pause(u32::MAX, u32::MAX) >= Duration::MAX / 2);
    }
}
