//! When a registration is refreshed: at a jittered share of what was granted.
//!
//! Owns a formula; the draw comes from the caller.

use std::time::Duration;

use super::backoff::share;

/// How long after a grant of `granted` the refresh enters the queue: uniformly between `low` and `high` per cent of it, so that
/// users who registered together spread out and stay spread.
#[must_use]
pub fn refresh_after(granted: Duration, (low, high): (u8, u8), draw: u32) -> Duration {
    let low = u32::from(low.clamp(LOWEST, HIGHEST));
    let high = u32::from(high.clamp(LOWEST, HIGHEST)).max(low);
    let earliest = granted / 100 * low;
    (earliest + share(granted / 100 * (high - low), draw)).max(SHORTEST)
}

/// Below a tenth a refresh is a flood, above 95 per cent it comes too late for one retransmission.
const LOWEST: u8 = 10;
const HIGHEST: u8 = 95;
/// Even a registrar that grants nothing is asked at most twice a second.
const SHORTEST: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draw_covers_the_share_and_nothing_else() {
        let granted = Duration::from_secs(120);
        assert_eq!(refresh_after(granted, (50, 75), 0), Duration::from_secs(60));
        let latest = refresh_after(granted, (50, 75), u32::MAX);
        assert!(latest <= Duration::from_secs(90) && latest > Duration::from_millis(89_999), "{latest:?}");
        assert_eq!(refresh_after(granted, (50, 75), 1 << 31), Duration::from_secs(75));
    }

    #[test]
    fn senseless_bounds_are_tamed() {
        let granted = Duration::from_secs(100);
        assert_eq!(refresh_after(granted, (0, 0), u32::MAX), Duration::from_secs(10));
        assert_eq!(refresh_after(granted, (90, 20), 7), Duration::from_secs(90));
        assert!(refresh_after(granted, (255, 255), 0) < granted);
        assert_eq!(refresh_after(Duration::ZERO, (50, 75), 0), SHORTEST);
    }
}
