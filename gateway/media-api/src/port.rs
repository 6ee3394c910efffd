//! Which worker owns which RTP port.

/// One media worker, numbered from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(pub u16);

/// A local media address of the configuration: the access side or the PBX side, IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceId(pub u8);

/// An even local RTP port on an interface; RTCP is the odd port above it unless multiplexed (RFC 3550 11, RFC 5761).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalPort {
    /// The address.
    pub interface: InterfaceId,
    /// The RTP port, even.
    pub port: u16,
}

/// A range of UDP ports from which RTP/RTCP pairs are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PortRange {
    /// First port, even.
    pub first: u16,
    /// Number of RTP/RTCP pairs.
    pub pairs: u16,
}

impl PortRange {
    /// The part of the range that belongs to `worker` of `workers`: contiguous, the remainder spread over the first ones.
    /// Both sides of the seam compute it, so that a call's ports always meet on one worker.
    #[must_use]
    pub const fn share(self, worker: WorkerId, workers: u16) -> Self {
        let workers = if workers == 0 { 1 } else { workers };
        let (each, rest) = (self.pairs / workers, self.pairs % workers);
        let before = each * worker.0 + if worker.0 < rest { worker.0 } else { rest };
        let pairs = if worker.0 < rest { each + 1 } else { each };
        Self { first: self.first + 2 * before, pairs }
    }

    /// Whether an RTP port is in the range.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        port >= self.first && (port - self.first) / 2 < self.pairs && port.is_multiple_of(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_the_range_once() {
        let range = PortRange { first: 16_384, pairs: 1_003 };
        let mut next = range.first;
        for worker in 0..4 {
            let share = range.share(WorkerId(worker), 4);
            assert_eq!(share.first, next);
            next = share.first + 2 * share.pairs;
        }
        assert_eq!(next, range.first + 2 * range.pairs);
    }

    #[test]
    fn only_even_ports_inside_belong_to_a_range() {
        let range = PortRange { first: 20_000, pairs: 2 };
        let inside = |port: &u16| range.contains(*port);
        assert!([20_000, 20_002].iter().all(inside));
        assert!(![19_998, 20_001, 20_004].iter().any(inside));
    }
}
