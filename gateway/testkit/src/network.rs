//! A network between addresses: delays, loses, repeats, reorders and partitions, by a seed.

use std::{
    collections::HashSet,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use bytes::Bytes;
use sip::Transport;

use crate::{agenda::Agenda, entropy::SeededEntropy};

/// How the network treats datagrams. Streams are delayed only.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// Shortest delay.
    pub delay: Duration,
    /// Added to the delay, uniformly drawn; more than the gap between two datagrams reorders them.
    pub jitter: Duration,
    /// Lost datagrams of 1000.
    pub loss_permille: u16,
    /// Datagrams of 1000 that arrive twice.
    pub repeat_permille: u16,
}

impl Conditions {
    /// A good local network.
    pub const GOOD: Self = Self {
        delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        loss_permille: 0,
        repeat_permille: 0,
    };
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// Datagram, or framed message on a connection.
    pub transport: Transport,
    /// What.
    pub octets: Bytes,
}

/// The network.
#[derive(Debug)]
pub struct Network {
    conditions: Conditions,
    entropy: SeededEntropy,
    on_the_way: Agenda<Parcel>,
    cut_off: HashSet<IpAddr>,
    carried: u64,
    lost: u64,
}

impl Network {
    /// A network that behaves as `conditions` say.
    #[must_use]
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        Self {
            conditions,
            entropy: SeededEntropy::new(seed),
            on_the_way: Agenda::new(),
            cut_off: HashSet::new(),
            carried: 0,
            lost: 0,
        }
    }

    /// Behaves differently from now on.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Cuts an address off, or joins it again. What is on the way arrives.
    pub fn set_cut_off(&mut self, address: IpAddr, cut_off: bool) {
        if cut_off {
            self.cut_off.insert(address);
        } else {
            self.cut_off.remove(&address);
        }
    }

    /// Takes a message.
    pub fn send(&mut self, now: Instant, parcel: Parcel) {
        let parted =
            self.cut_off.contains(&parcel.source.ip()) || self.cut_off.contains(&parcel.destination.ip());
        let datagram = parcel.transport == Transport::Udp;
        if parted || (datagram && self.entropy.chance(self.conditions.loss_permille)) {
            self.lost += 1;
            return;
        }
        self.carried += 1;
        if datagram && self.entropy.chance(self.conditions.repeat_permille) {
            let at = now + self.delay();
            self.on_the_way.enter(at, parcel.clone());
        }
        let at = now + if datagram { self.delay() } else { self.conditions.delay };
        self.on_the_way.enter(at, parcel);
    }

    /// A message that has arrived at `now`.
    pub fn receive(&mut self, now: Instant) -> Option<Parcel> {
        self.on_the_way.pop_due(now)
    }

    /// When the next message arrives.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.on_the_way.earliest()
    }

    /// Messages carried and lost so far.
    #[must_use]
    pub fn figures(&self) -> (u64, u64) {
        (self.carried, self.lost)
    }

    /// Messages on the way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.on_the_way.len()
    }

    /// Nothing is on the way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn delay(&mut self) -> Duration {
        let jitter = u64::try_from(self.conditions.jitter.as_micros()).unwrap_or(u64::MAX);
        self.conditions.delay + Duration::from_micros(self.entropy.below(jitter + 1))
    }
}
