//! The two clocks of control: deadlines run on the monotonic one, what is stored or shown carries the wall clock.
//! Neither is ever read here; both are arguments.

use std::time::{Duration, Instant};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct UnixMillis(pub u64);

/// Relates the monotonic clock to the wall clock, as of one moment. The shell sends a new one when the wall clock was set.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    instant: Instant,
    wall: UnixMillis,
}

impl Clock {
    /// At `instant` the wall clock showed `wall`.
    #[must_use]
    pub const fn new(instant: Instant, wall: UnixMillis) -> Self {
        Self { instant, wall }
    }

    /// What the wall clock shows at `now`.
    #[must_use]
    pub fn wall(&self, now: Instant) -> UnixMillis {
        let since = now.saturating_duration_since(self.instant);
        let before = self.instant.saturating_duration_since(now);
        UnixMillis((self.wall.0 + millis(since)).saturating_sub(millis(before)))
    }

    /// When the wall clock will show `wall`; a moment in the past is `now`.
    #[must_use]
    pub fn instant(&self, now: Instant, wall: UnixMillis) -> Instant {
        now + Duration::from_millis(wall.0.saturating_sub(self.wall(now).0))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}
