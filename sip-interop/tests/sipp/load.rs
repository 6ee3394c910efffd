//! A hundred calls each second, for ten seconds; for a minute in the long form.

use std::time::{Duration, Instant};

use sip_interop::{Outcome, Scene, long_run, play, resident_kib, sipp, sipp::Sipp, skip};

use crate::stage::SippStage;

#[test]
fn a_hundred_calls_each_second() {
    play("sipp::a_hundred_calls_each_second", 23, load);
}

fn load(scene: &Scene) -> Outcome {
    if !Sipp::installed() {
        return skip("sipp is not installed");
    }
    let seconds = if long_run() { 60 } else { 10 };
    let SippStage { mut gateway, pbx } = SippStage::new(scene, 2001..2101, &["-buff_size", "4194304"]);
    let process = gateway.process().id();
    let (before, calls) = (resident_kib(process).unwrap_or(0), (RATE * seconds).to_string());
    let file = scene.path("sipp-users.csv").display().to_string();
    let (near, rate) = (scene.sip(1).to_string(), RATE.to_string());
    // By itself SIPp signs the address that it sends to instead of the Request-URI.
    let uri = format!("600@{near}");
    let arguments = [
        "-buff_size",
        "4194304",
        "-inf",
        &file,
        "-m",
        &calls,
        "-r",
        &rate,
        "-l",
        "2000",
        "-s",
        "600",
        "-auth_uri",
        &uri,
        &near,
    ];
    let begin = Instant::now();
    let cpu = cpu_ms(process);
    let caller = Sipp::start(scene, "caller", sipp::HANDSET_CALLER, scene.sip(32), &arguments);
    let totals = caller.finish(Duration::from_secs(seconds + 60));
    let (took, cpu) = (begin.elapsed().as_secs_f32(), cpu_ms(process) - cpu);
    println!(
        "  cps={RATE} seconds={seconds} took_s={took:.1} good={} failed={} retransmissions={} gateway_cpu_us_per_call={} \
         resident_kib={before}->{}",
        totals.good,
        totals.failed,
        totals.retransmissions,
        cpu * 1000 / (RATE * seconds),
        resident_kib(process).unwrap_or(0),
    );
    assert_eq!((totals.good, totals.failed), (RATE * seconds, 0));
    gateway.assert_nothing_leaked();
    for (figure, count) in [("calls_attempted", RATE * seconds), ("calls_answered", RATE * seconds)] {
        assert_eq!(gateway.figure(figure), count, "{figure}");
    }
    assert_eq!((gateway.figure("calls_failed"), gateway.figure("calls_refused")), (0, 0));
    assert_eq!(pbx.stop().failed, 0);
    Outcome::Done
}

/// Processor time a process has used, user and system. The kernel counts in hundredths of a second (proc(5)).
fn cpu_ms(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10
}

const RATE: u64 = 100;
