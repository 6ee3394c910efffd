//! One measurement of one subject.

use crate::cpu;
use crate::generator::{Generator, Load, quantile};
use crate::options::Options;
use crate::scenario::Scenario;
use crate::subject::{Kind, Subject};

/// What a round gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) us_per_packet: f64,
    pub(crate) packets: u64,
    pub(crate) lost: u64,
    pub(crate) p99_us: f64,
}

/// Runs a subject; `None` when it or a codec of the scenario is not there.
pub(crate) fn run(kind: Kind, scenario: Scenario, options: &Options) -> Option<Round> {
    let generator = Generator::new().ok()?;
    let peers: Option<Vec<_>> = (0..options.calls).map(|call| generator.addresses(call).ok()).collect();
    let payloads = scenario.payloads()?;
    let subject = Subject::start(kind, scenario, &peers?, options)?;
    let mut load = Load {
        targets: subject.targets.clone(),
        payload_types: scenario.formats().map(|format| format.payload_type.0),
        payloads,
        timed: false,
    };
    // The first second latches, fills caches and starts what starts lazily.
    generator.talk(&load, 0, 1).ok()?;
    let before = cpu::used_us(subject.pid())?;
    let outcome = generator.talk(&load, 50, options.seconds).ok()?;
    let used = cpu::used_us(subject.pid())? - before;
    let mut p99_us = f64::NAN;
    if scenario == Scenario::Relay {
        load.timed = true;
        load.targets.truncate(options.calls.div_ceil(2));
        let first = 50 * (options.seconds as u32 + 1);
        p99_us = quantile(&generator.talk(&load, first, 2).ok()?.delays_us, 0.99);
    }
    let lost = outcome.sent.saturating_sub(outcome.received);
    Some(Round { us_per_packet: used / outcome.sent as f64, packets: outcome.sent, lost, p99_us })
}
