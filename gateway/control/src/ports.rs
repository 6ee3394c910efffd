//! The RTP port ledger: which ports are free, used or resting, and on which worker a call may live.
//!
//! A call takes one port per leg, all from the share of one worker. A freed port rests before it is used again, so that late packets
//! of the previous peer are never heard by the next one. Taking and freeing cost the same however many ports there are.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use media_api::{InterfaceId, LocalPort, PortRange, WorkerId};

/// Ports of all workers and interfaces.
#[derive(Debug)]
pub struct Ports {
    shares: Vec<Share>,
    workers: u16,
    range: PortRange,
    quarantine: Duration,
}

/// The ports of one worker on one interface.
#[derive(Debug)]
struct Share {
    free: VecDeque<u16>,
    resting: VecDeque<(Instant, u16)>,
    used: usize,
}

impl Share {
    fn has_port(&self, now: Instant) -> bool {
        !self.free.is_empty() || self.resting.front().is_some_and(|(until, _)| *until <= now)
    }
}

/// Every port of the share is used or resting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfPorts;

impl Ports {
    /// A ledger of `range` split over `workers`, once for each of `interfaces` (numbered from 0).
    #[must_use]
    pub fn new(range: PortRange, workers: u16, interfaces: u8, quarantine: Duration) -> Self {
        let workers = workers.max(1);
        let mut shares = Vec::with_capacity(usize::from(workers) * usize::from(interfaces));
        for _ in 0..interfaces {
            for worker in 0..workers {
                let part = range.share(WorkerId(worker), workers);
                let free = (0..part.pairs).map(|pair| part.first + 2 * pair).collect();
                shares.push(Share { free, resting: VecDeque::new(), used: 0 });
            }
        }
        Self { shares, workers, range, quarantine }
    }

    /// The worker with the fewest ports in use on `interface`, of those that have one to give.
    #[must_use]
    pub fn least_loaded(&self, now: Instant, interface: InterfaceId) -> WorkerId {
        let first = usize::from(interface.0) * usize::from(self.workers);
        let shares = &self.shares[first..first + usize::from(self.workers)];
        let load = |share: &Share| (!share.has_port(now), share.used);
        let worker = (0..self.workers).min_by_key(|worker| load(&shares[usize::from(*worker)]));
        WorkerId(worker.unwrap_or(0))
    }

    /// Takes the port of `worker` that rested longest.
    ///
    /// # Errors
    /// [`OutOfPorts`] when every port of the share is used or still rests.
    pub fn take(
        &mut self,
        now: Instant,
        interface: InterfaceId,
        worker: WorkerId,
    ) -> Result<LocalPort, OutOfPorts> {
        let share = self.share(interface, worker);
        while share.resting.front().is_some_and(|(until, _)| *until <= now) {
            share.free.extend(share.resting.pop_front().map(|(_, port)| port));
        }
        let port = share.free.pop_front().ok_or(OutOfPorts)?;
        share.used += 1;
        Ok(LocalPort { interface, port })
    }

    /// Gives a port back; it rests for the quarantine.
    pub fn free(&mut self, now: Instant, worker: WorkerId, port: LocalPort) {
        debug_assert!(self.range.contains(port.port), "a port that was never given out");
        let until = now + self.quarantine;
        let share = self.share(port.interface, worker);
        share.used = share.used.saturating_sub(1);
        share.resting.push_back((until, port.port));
    }

    /// Ports in use, for leak assertions and metrics.
    #[must_use]
    pub fn used(&self) -> usize {
        self.shares.iter().map(|share| share.used).sum()
    }

    fn share(&mut self, interface: InterfaceId, worker: WorkerId) -> &mut Share {
        &mut self.shares[usize::from(interface.0) * usize::from(self.workers) + usize::from(worker.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCESS: InterfaceId = InterfaceId(0);

    #[expect(clippy::disallowed_methods, reason = "a test needs some origin of time")]
    fn origin() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_freed_port_rests_before_it_is_used_again() {
        let now = origin();
        let range = PortRange { first: 20_000, pairs: 1 };
        let mut ports = Ports::new(range, 1, 2, Duration::from_secs(5));
        let port = ports.take(now, ACCESS, WorkerId(0)).unwrap();
        assert_eq!(ports.take(now, ACCESS, WorkerId(0)), Err(OutOfPorts));
        ports.free(now, WorkerId(0), port);
        assert_eq!(ports.take(now + Duration::from_secs(4), ACCESS, WorkerId(0)), Err(OutOfPorts));
        assert_eq!(ports.take(now + Duration::from_secs(5), ACCESS, WorkerId(0)), Ok(port));
    }

    #[test]
    fn the_least_loaded_worker_is_chosen() {
        let now = origin();
        let mut ports = Ports::new(PortRange { first: 20_000, pairs: 100 }, 3, 2, Duration::ZERO);
        for _ in 0..2 {
            let worker = ports.least_loaded(now, ACCESS);
            ports.take(now, ACCESS, worker).unwrap();
        }
        assert_eq!(ports.least_loaded(now, ACCESS), WorkerId(2));
        assert_eq!(ports.used(), 2);
    }

    #[test]
    fn the_same_number_on_both_interfaces_is_two_ports() {
        let now = origin();
        let mut ports = Ports::new(PortRange { first: 20_000, pairs: 1 }, 1, 2, Duration::ZERO);
        assert!(ports.take(now, ACCESS, WorkerId(0)).is_ok());
        assert!(ports.take(now, InterfaceId(1), WorkerId(0)).is_ok());
    }
}
