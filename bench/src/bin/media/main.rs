//! CPU time per media packet, ours beside rtpengine under the same generator.
//!
//! Each round starts a subject afresh, pinned to one CPU, opens the calls, lets them run in and then measures: CPU time of the
//! subject's process per packet that reached it. Subjects alternate; medians are quoted. The generator has the other CPU.
//! Closes with one line of key=value; `absent` stands where the peer or a codec is not there.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement lives in real time and prints"
)]

mod cpu;
mod generator;
mod ng;
mod options;
mod round;
mod scenario;
mod subject;

use std::process::ExitCode;

use options::Options;
use round::{Round, run};
use scenario::Scenario;
use subject::Kind;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(scenario) = options.subject {
        return subject::serve(scenario, &options);
    }
    cpu::pin_self(cpu::GENERATOR);
    let base = generator::direct_latency();
    println!(
        "calls={} seconds={} rounds={} direct_p50_us={base:.0}",
        options.calls, options.seconds, options.rounds
    );
    println!(
        "{:8} {:10} {:>5} {:>10} {:>10} {:>8} {:>8}",
        "scenario", "subject", "round", "us/packet", "packets", "lost", "p99_us"
    );
    let mut results = Vec::new();
    for scenario in options.scenarios() {
        for number in 0..options.rounds {
            // Whoever goes first meets a colder machine: take turns.
            let order = if number % 2 == 0 { [Kind::Ours, Kind::Peer] } else { [Kind::Peer, Kind::Ours] };
            for kind in order.into_iter().filter(|kind| *kind == Kind::Ours || !options.alone) {
                if let Some(round) = run(kind, scenario, &options) {
                    println!(
                        "{:8} {:10} {:>5} {:>10.2} {:>10} {:>8} {:>8.0}",
                        scenario.name(),
                        kind.name(),
                        number,
                        round.us_per_packet,
                        round.packets,
                        round.lost,
                        round.p99_us
                    );
                    results.push((scenario, kind, round));
                }
            }
        }
    }
    println!("{}", closing_line(&results, base));
    ExitCode::SUCCESS
}

fn closing_line(results: &[(Scenario, Kind, Round)], base: f64) -> String {
    let of = |scenario, kind, value: fn(&Round) -> f64| {
        median(results.iter().filter(|r| r.0 == scenario && r.1 == kind).map(|r| value(&r.2)).collect())
    };
    let ratio = |scenario| {
        Some(of(scenario, Kind::Ours, |r| r.us_per_packet)? / of(scenario, Kind::Peer, |r| r.us_per_packet)?)
    };
    let show = |value: Option<f64>| value.map_or("absent".into(), |value| format!("{value:.2}"));
    let lost: u64 = results.iter().filter(|r| r.1 == Kind::Ours).map(|r| r.2.lost).sum();
    format!(
        "relay={} g722={} g729={} ours_relay_us={} peer_relay_us={} p99_added_us={} lost={lost}",
        show(ratio(Scenario::Relay)),
        show(ratio(Scenario::G722)),
        show(ratio(Scenario::G729)),
        show(of(Scenario::Relay, Kind::Ours, |r| r.us_per_packet)),
        show(of(Scenario::Relay, Kind::Peer, |r| r.us_per_packet)),
        show(of(Scenario::Relay, Kind::Ours, |r| r.p99_us).map(|p99| (p99 - base).max(0.0))),
    )
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
