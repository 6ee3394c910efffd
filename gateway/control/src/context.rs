//! What every room of control may use while it handles one input.

use std::time::Instant;

use sip::{Endpoint, Entropy};

use crate::{
    clock::{Clock, UnixMillis},
    directory::Directory,
    fault::{FaultCode, FaultSubject, Faults},
    output::{Outbox, Output},
    settings::Settings,
};

/// Borrowed from [`crate::Core`] for the time of one input. Rooms never hold on to it and never call each other;
/// what one room tells another goes through its events, which the core hands on.
pub struct Context<'a> {
    /// The time of the input.
    pub now: Instant,
    /// Relates `now` to the wall clock.
    pub clock: Clock,
    /// The configuration.
    pub settings: &'a Settings,
    /// SIP of both sides.
    pub endpoint: &'a mut Endpoint,
    /// Users, devices and relations.
    pub directory: &'a mut Directory,
    /// Faults that stand.
    pub faults: &'a mut Faults,
    /// What the shell shall do.
    pub out: &'a mut Outbox,
    /// Randomness.
    pub entropy: &'a mut dyn Entropy,
}

impl Context<'_> {
    /// The wall clock now.
    #[must_use]
    pub fn wall(&self) -> UnixMillis {
        self.clock.wall(self.now)
    }

    /// Raises a fault, once.
    pub fn raise(&mut self, code: FaultCode, subject: FaultSubject, detail: String) {
        let at = self.wall();
        if let Some(change) = self.faults.raise(code, subject, at, detail) {
            self.out.push(Output::Fault(change));
        }
    }

    /// Clears a fault if it stands.
    pub fn clear(&mut self, code: FaultCode, subject: FaultSubject) {
        let at = self.wall();
        if let Some(change) = self.faults.clear(code, subject, at) {
            self.out.push(Output::Fault(change));
        }
    }

    /// Randomness as a number.
    pub fn draw(&mut self) -> u64 {
        let mut octets = [0; 8];
        self.entropy.fill(&mut octets);
        u64::from_le_bytes(octets)
    }
}
