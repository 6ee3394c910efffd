//! Hybrid logical timestamps: they follow the wall clock, but never stand still and never go back, so that changes of
//! several sites have one order that respects cause and effect even when their clocks disagree.

use serde::{Deserialize, Serialize};

use super::id::SiteId;
use crate::clock::UnixMillis;

/// When and where a change was made. Ordered by wall clock, then counter, then site; two changes never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Stamp {
    /// Wall clock in milliseconds since the Unix epoch, or the highest seen if that was later.
    pub wall_ms: u64,
    /// Tells changes of one millisecond apart.
    pub counter: u32,
    /// Where.
    pub site: SiteId,
}

impl Stamp {
    /// Length of [`Self::to_octets`].
    pub const OCTETS: usize = 14;

    /// Big-endian octets, which compare as the stamps do.
    #[must_use]
    pub fn to_octets(self) -> [u8; Self::OCTETS] {
        let mut octets = [0; Self::OCTETS];
        octets[..8].copy_from_slice(&self.wall_ms.to_be_bytes());
        octets[8..12].copy_from_slice(&self.counter.to_be_bytes());
        octets[12..].copy_from_slice(&self.site.number().to_be_bytes());
        octets
    }

    /// The inverse of [`Self::to_octets`]; `None` for any other length or a site out of range.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (wall, rest) = octets.split_first_chunk::<8>()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let site = SiteId::new(u16::from_be_bytes(rest.try_into().ok()?))?;
        Some(Self { wall_ms: u64::from_be_bytes(*wall), counter: u32::from_be_bytes(*counter), site })
    }
}

/// Gives stamps and learns from those of others.
#[derive(Debug, Clone)]
pub(super) struct StampClock {
    site: SiteId,
    last: Stamp,
}

impl StampClock {
    pub(super) const fn new(site: SiteId) -> Self {
        Self { site, last: Stamp { wall_ms: 0, counter: 0, site } }
    }

    /// A stamp above every stamp given or seen so far.
    pub(super) fn tick(&mut self, wall: UnixMillis) -> Stamp {
        if wall.0 > self.last.wall_ms {
            self.last = Stamp { wall_ms: wall.0, counter: 0, site: self.site };
        } else if let Some(counter) = self.last.counter.checked_add(1) {
            self.last.counter = counter;
        } else {
            self.last.wall_ms = self.last.wall_ms.saturating_add(1);
            self.last.counter = 0;
        }
        self.last
    }

    /// A stamp from elsewhere: the next own one is above it.
    pub(super) fn observe(&mut self, seen: Stamp) {
        if (seen.wall_ms, seen.counter) > (self.last.wall_ms, self.last.counter) {
            self.last = Stamp { site: self.site, ..seen };
        }
    }

    pub(super) const fn site(&self) -> SiteId {
        self.site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_rise_while_the_wall_clock_stands_or_goes_back() {
        let mut clock = StampClock::new(SiteId::FIRST);
        let first = clock.tick(UnixMillis(1000));
        let second = clock.tick(UnixMillis(1000));
        let third = clock.tick(UnixMillis(10));
        assert!(first < second && second < third);
        clock.observe(Stamp { wall_ms: 5000, counter: 7, site: SiteId::new(9).unwrap() });
        assert!(
            clock.tick(UnixMillis(1001)) > Stamp { wall_ms: 5000, counter: 7, site: SiteId::new(9).unwrap() }
        );
    }

    #[test]
    fn octets_keep_the_order() {
        let stamp = |wall_ms, counter, site| Stamp { wall_ms, counter, site: SiteId::new(site).unwrap() };
        let rising = [stamp(1, 9, 9), stamp(2, 0, 0), stamp(2, 0, 300), stamp(2, 1, 0), stamp(256, 0, 0)];
        for pair in rising.windows(2) {
            assert!(pair[0] < pair[1]);
            assert!(pair[0].to_octets() < pair[1].to_octets());
        }
        assert_eq!(Stamp::from_octets(&rising[2].to_octets()), Some(rising[2]));
        assert_eq!(Stamp::from_octets(&[0; 13]), None);
    }
}
