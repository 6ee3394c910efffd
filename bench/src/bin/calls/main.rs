//! Calls through the running gateway: how many per second, and what each costs it in CPU time.
//!
//!     cargo run --release -p bench --bin calls -- [calls per second] [seconds]
//!
//! The gateway is a process of its own. One simulated base station calls the echo of a simulated PBX; each call is INVITE with digest on both
//! sides, two media sessions' ports opened and closed, answer, ACK and BYE. Nobody talks, so what is measured is signalling. Last line:
//! `cps=.. cps_per_core=.. cpu_us_per_call=.. failed=.. leaked=..`.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement, driven by the real clock"
)]

use std::{
    collections::VecDeque,
    error::Error,
    fs,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use sdp::Codec;
use sip::Transport;
use testbeds::{Stage, StageEvent};
use testkit::{Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners, Pbx, PbxConfig};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).map(String::as_str) == Some("gateway") {
        arguments.remove(1);
        return dectgate::cli::main(arguments);
    }
    let number =
        |at: usize, default: f64| arguments.get(at).and_then(|text| text.parse().ok()).unwrap_or(default);
    match measure(number(1, 300.0), Duration::from_secs_f64(number(2, 10.0))) {
        Ok(good) if good => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            println!("calls: {error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    placed: u64,
    connected: u64,
    failed: u64,
    ended: u64,
}

fn measure(rate: f64, span: Duration) -> Result<bool, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    write_files(folder.path())?;
    gateway(folder.path(), &["users", "import", "users.csv"], Stdio::null())?.wait()?;
    let mut stage = set_stage()?;
    let process = gateway(folder.path(), &["run"], Stdio::null())?;
    let outcome = run(&mut stage, &process, folder.path(), rate, span);
    end(process)?;
    outcome
}

fn run(
    stage: &mut Stage,
    process: &Child,
    folder: &Path,
    rate: f64,
    span: Duration,
) -> Result<bool, Box<dyn Error>> {
    stage.at_base(0, |base, now| (0..HANDSETS).for_each(|id| base.register(now, HandsetId(id))));
    let up = stage.run_until(Instant::now() + Duration::from_secs(60), |stage| {
        stage.pbx().is_some_and(|pbx| pbx.registered(Instant::now()) == HANDSETS)
    })?;
    if !up {
        return Err("the handsets were not registered within a minute".into());
    }
    stage.take_events();
    let (begin, cpu) = (Instant::now(), cpu_seconds(process.id())?);
    let mut tally = Tally::default();
    let mut idle: VecDeque<usize> = (0..HANDSETS).collect();
    while begin.elapsed() < span || tally.ended + tally.failed < tally.placed {
        if begin.elapsed() > span + Duration::from_secs(40) {
            break;
        }
        let due = begin.elapsed().min(span).as_secs_f64() * rate;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 calls")]
        while (tally.placed as f64) < due {
            let Some(id) = idle.pop_front() else { break };
            stage.at_base(0, |base, now| base.call(now, HandsetId(id), "600"));
            tally.placed += 1;
        }
        stage.turn(Instant::now() + Duration::from_millis(2))?;
        follow(stage, &mut tally, &mut idle);
    }
    let (elapsed, cpu) = (begin.elapsed().min(span), cpu_seconds(process.id())? - cpu);
    let leaked = leaked(stage, folder)?;
    Ok(conclude(&tally, elapsed, cpu, leaked))
}

fn follow(stage: &mut Stage, tally: &mut Tally, idle: &mut VecDeque<usize>) {
    for event in stage.take_events() {
        let StageEvent::Base(_, event) = event else { continue };
        match event {
            BaseEvent::Connected(id) => {
                tally.connected += 1;
                stage.at_base(0, |base, now| base.hang_up(now, id));
            }
            BaseEvent::Ended(HandsetId(id)) => {
                tally.ended += 1;
                idle.push_back(id);
            }
            BaseEvent::Failed(HandsetId(id), status) => {
                tally.failed += 1;
                if tally.failed < 5 {
                    println!("failed with {status:?}");
                }
                idle.push_back(id);
            }
            _ => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 calls")]
fn conclude(tally: &Tally, elapsed: Duration, cpu: f64, leaked: u64) -> bool {
    let unfinished = tally.placed - tally.ended - tally.failed;
    println!("{tally:?}, unfinished {unfinished}, {cpu:.2} s of CPU in {:.1} s", elapsed.as_secs_f64());
    let connected = tally.connected.max(1) as f64;
    println!(
        "cps={:.1} cps_per_core={:.0} cpu_us_per_call={:.0} failed={} leaked={leaked}",
        connected / elapsed.as_secs_f64(),
        connected / cpu,
        cpu * 1e6 / connected,
        tally.failed + unfinished,
    );
    tally.failed + unfinished + leaked == 0
}

/// Calls and ports that the gateway still holds after a moment.
fn leaked(stage: &mut Stage, folder: &Path) -> Result<u64, Box<dyn Error>> {
    let mut left = u64::MAX;
    for _ in 0..20 {
        stage.run_until(Instant::now() + Duration::from_millis(250), |_| false)?;
        let output = gateway(folder, &["status", "--json"], Stdio::piped())?.wait_with_output()?;
        let status: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let count = |name: &str| status[name].as_u64().unwrap_or(1_000_000);
        left = count("calls") + count("rtp_ports");
        if left == 0 {
            break;
        }
    }
    Ok(left)
}

/// User and system time of a process so far (proc(5), fields 14 and 15, in ticks of 10 ms).
fn cpu_seconds(process: u32) -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(ticks / 100.0)
}

fn gateway(folder: &Path, arguments: &[&str], output: Stdio) -> Result<Child, Box<dyn Error>> {
    Ok(Command::new(std::env::current_exe()?)
        .arg("gateway")
        .args(arguments)
        .args(["-c", "dectgate.toml"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(output)
        .spawn()?)
}

fn end(mut process: Child) -> Result<(), Box<dyn Error>> {
    Command::new("kill").arg("-INT").arg(process.id().to_string()).status()?;
    for _ in 0..100 {
        if process.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    process.kill()?;
    process.wait()?;
    Ok(())
}

fn set_stage() -> Result<Stage, Box<dyn Error>> {
    let mut stage = Stage::new()?;
    stage.set_silent(true);
    let config = PbxConfig {
        address: "127.0.82.1:5060".parse()?,
        transport: Transport::Udp,
        media: "127.0.82.1:30000".parse()?,
        realm: "pbx.bench".to_owned(),
        expires: 600,
        min_expires: 30,
        codecs: vec![Codec::pcma()],
        challenge_calls: true,
    };
    let mut pbx = Pbx::new(config, 1);
    let config = BaseConfig {
        address: "127.0.81.1:5060".parse()?,
        gateway: "127.0.80.1:5060".parse()?,
        transport: Transport::Udp,
        media: "127.0.83.1:20000".parse()?,
        expires: 600,
        user_agent: "bench".to_owned(),
        codecs: vec![Codec::pcma()],
    };
    let mut base = Base::new(config, 2);
    for handset in 0..HANDSETS {
        let number = (20_000 + handset).to_string();
        pbx.add_user(&number, PASSWORD);
        base.add(Handset {
            name: number.clone(),
            auth_name: number,
            password: PASSWORD.to_owned(),
            manners: Manners::Answer(Duration::ZERO),
        });
    }
    stage.add_base(base)?;
    stage.set_pbx(pbx)?;
    Ok(stage)
}

fn write_files(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut users =
        "Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;\r\n".to_owned();
    for user in 0..HANDSETS {
        let number = 20_000 + user;
        users.push_str(&format!("Bench {number};;{number};;;;;{PASSWORD};\r\n"));
    }
    fs::write(folder.join("users.csv"), users)?;
    let config = "[access]\n[[access.listener]]\ntransport = \"udp\"\nbind = \"127.0.80.1:5060\"\n\
                  [pbx]\nproxy = \"127.0.82.1:5060\"\n[[pbx.listener]]\ntransport = \"udp\"\nbind = \"127.0.80.2:5060\"\n\
                  [media]\nworkers = 1\nquarantine_ms = 100\n[store]\npath = \"bench.db\"\n[admin]\nsocket = \"bench.sock\"\n\
                  [log]\nfilter = \"warn\"\n";
    fs::write(folder.join("dectgate.toml"), config)?;
    Ok(())
}

const HANDSETS: usize = 1_000;
const PASSWORD: &str = "bench-password";
