//! Gateway, base stations and PBX together on this machine: registrations come up, calls go both ways through transcoding, a table
//! says what happened. Exit code 0 only when all of it worked.
//!
//! The gateway runs as a process of its own, with an embedded store, started from this very binary.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program for people, driven by the real clock"
)]

use std::{
    error::Error,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use sdp::Codec;
use sip::Transport;
use testbeds::{LegReport, Speaker, Stage, StageEvent, report::Table, talk_hz};
use testkit::{
    Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners, Pbx, PbxConfig, Registered, Service,
};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).map(String::as_str) == Some("gateway") {
        arguments.remove(1);
        return dectgate::cli::main(arguments);
    }
    match demo() {
        Ok(true) => {
            println!("\nEverything worked.");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            println!("\nNot everything worked; see above.");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("The demo could not run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<bool, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    write_files(folder.path())?;
    gateway(folder.path(), &["users", "import", "users.csv"])?.wait()?;
    let mut stage = set_stage()?;
    let mut process = gateway(folder.path(), &["run"])?;
    println!(
        "Gateway started as process {}, {BASES} base stations with {HANDSETS} handsets each, one PBX.",
        process.id()
    );
    let outcome = play(&mut stage);
    // The standard library cannot send SIGTERM; the system's own tool can, to our own child.
    Command::new("kill").arg("-TERM").arg(process.id().to_string()).status()?;
    let ended = leave(&mut stage, &mut process)?;
    let log = fs::read_to_string(folder.path().join("gateway.log")).unwrap_or_default();
    if !matches!(outcome, Ok(true)) || !ended {
        println!("\nThe gateway's log:\n{log}");
    }
    Ok(outcome? && ended)
}

/// Registrations, then the calls.
fn play(stage: &mut Stage) -> Result<bool, Box<dyn Error>> {
    let all = BASES * HANDSETS;
    let begin = Instant::now();
    for base in 0..BASES {
        stage.at_base(base, |base, now| (0..HANDSETS).for_each(|id| base.register(now, HandsetId(id))));
    }
    let registered = stage.run_until(begin + 30 * SECOND, |stage| at_pbx(stage) == all)?;
    println!(
        "{} of {all} handsets are registered at the PBX after {} ms.\n",
        at_pbx(stage),
        begin.elapsed().as_millis()
    );
    if !registered {
        retry_hint(stage);
        return Ok(false);
    }
    stage.take_events();
    let mut table =
        Table::new(&["call", "result", "leg", "codec", "sent", "got", "lost", "heard", "level", "onset"]);
    let mut good = true;
    for call in CALLS {
        good &= place(stage, call, &mut table)?;
    }
    print!("{table}");
    Ok(good)
}

/// One call of the demo.
struct Call {
    what: &'static str,
    from: From,
    number: &'static str,
    /// Which legs must hear which tone: base, handset, who talks.
    hears: &'static [((usize, usize), Talks)],
}

#[derive(Clone, Copy)]
enum From {
    Handset(usize, usize),
    Pbx,
}

#[derive(Clone, Copy)]
enum Talks {
    Handset(usize, usize),
    Service,
}

const CALLS: &[Call] = &[
    Call {
        what: "handset (A-law) to echo (mu-law)",
        from: From::Handset(0, 0),
        number: "600",
        hears: &[((0, 0), Talks::Handset(0, 0))],
    },
    Call {
        what: "handset (G.722) to tone (mu-law)",
        from: From::Handset(1, 0),
        number: "601",
        hears: &[((1, 0), Talks::Service)],
    },
    Call {
        what: "PBX (mu-law) to handset (A-law)",
        from: From::Pbx,
        number: "2001",
        hears: &[((0, 1), Talks::Service)],
    },
    Call {
        what: "handset (A-law) to handset (G.722)",
        from: From::Handset(0, 2),
        number: "2006",
        hears: &[((0, 2), Talks::Handset(1, 1)), ((1, 1), Talks::Handset(0, 2))],
    },
];

fn place(stage: &mut Stage, call: &Call, table: &mut Table) -> Result<bool, Box<dyn Error>> {
    let ((base, handset), _) = call.hears[0];
    match call.from {
        From::Handset(base, handset) => {
            stage.at_base(base, |base, now| base.call(now, HandsetId(handset), call.number));
        }
        From::Pbx => stage.at_pbx(|pbx, now| pbx.call_user(now, call.number, Service::Tone)),
    }
    let mut events = Vec::new();
    let connected = StageEvent::Base(base, BaseEvent::Connected(HandsetId(handset)));
    let up = stage.run_until(Instant::now() + 10 * SECOND, |stage| {
        events.extend(stage.take_events());
        events.contains(&connected)
    })?;
    // Long enough for a second of steady tone after the set-up.
    stage.run_until(Instant::now() + 3 * SECOND, |_| false)?;
    stage.at_base(base, |base, now| base.hang_up(now, HandsetId(handset)));
    let mut reports: Vec<LegReport> = Vec::new();
    stage.run_until(Instant::now() + 2 * SECOND, |stage| {
        reports.extend(stage.take_events().into_iter().filter_map(|event| match event {
            StageEvent::Media(report) => Some(*report),
            _ => None,
        }));
        reports.len() >= 2
    })?;
    if !up {
        println!("{}: not connected; what was heard: {events:?}", call.what);
    }
    let mut good = up;
    for ((base, handset), talks) in call.hears {
        let leg = Speaker::Handset { base: *base, handset: *handset };
        let report = reports.iter().find(|report| report.speaker == leg);
        let expected = match talks {
            Talks::Handset(base, handset) => talk_hz(*base, *handset),
            Talks::Service => testbeds::SERVICE_HZ,
        };
        let heard = report.is_some_and(|report| report.heard_hz == Some(expected) && report.lost == 0);
        good &= heard;
        let result = if up && heard { "good" } else { "BAD" };
        table.row(row(call.what, result, *base, *handset, report));
    }
    Ok(good)
}

fn row(what: &str, result: &str, base: usize, handset: usize, report: Option<&LegReport>) -> Vec<String> {
    let mut cells = vec![what.to_owned(), result.to_owned(), format!("base {base} handset {handset}")];
    let Some(report) = report else {
        cells.push("no media".to_owned());
        return cells;
    };
    cells.extend([
        report.codec.clone(),
        report.sent.to_string(),
        report.received.to_string(),
        report.lost.to_string(),
        report.heard_hz.map_or_else(|| "silence".to_owned(), |hz| format!("{hz} Hz")),
        format!("{:.1} dBm0", report.level_dbm0),
        report.onset_ms.map_or_else(String::new, |onset| format!("{onset} ms")),
    ]);
    cells
}

/// Waits for the gateway to take its registrations back and to end.
fn leave(stage: &mut Stage, process: &mut Child) -> Result<bool, Box<dyn Error>> {
    let mut status = None;
    stage.run_until(Instant::now() + 20 * SECOND, |_| {
        status = process.try_wait().ok().flatten();
        status.is_some()
    })?;
    let Some(status) = status else {
        println!("The gateway did not end when asked to; killing it.");
        process.kill()?;
        return Ok(false);
    };
    let left = at_pbx(stage);
    println!(
        "\nThe gateway drained and ended with {}; {left} registrations are left at the PBX.",
        status
            .code()
            .map_or_else(|| format!("signal {:?}", status.signal()), |code| format!("exit code {code}")),
    );
    Ok(status.success() && left == 0)
}

fn retry_hint(stage: &Stage) {
    for base in 0..stage.bases() {
        let waiting = (0..HANDSETS)
            .filter(|id| !matches!(stage.base(base).registered(HandsetId(*id)), Registered::Yes(_)))
            .count();
        println!("base {base}: {waiting} handsets are not registered at the gateway");
    }
}

fn at_pbx(stage: &Stage) -> usize {
    stage.pbx().map_or(0, |pbx| pbx.registered(Instant::now()))
}

fn gateway(folder: &Path, arguments: &[&str]) -> Result<Child, Box<dyn Error>> {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("gateway.log"))?;
    let child = Command::new(std::env::current_exe()?)
        .arg("gateway")
        .args(arguments)
        .args(["-c", "dectgate.toml"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(child)
}

fn set_stage() -> Result<Stage, Box<dyn Error>> {
    let mut stage = Stage::new()?;
    let mut pbx = Pbx::new(pbx_config(), 1);
    for base in 0..BASES {
        let codecs = if base == 0 { vec![Codec::pcma()] } else { vec![Codec::g722()] };
        let mut station = Base::new(base_config(base, codecs), base as u64 + 2);
        for handset in 0..HANDSETS {
            let number = (2_000 + base * HANDSETS + handset).to_string();
            pbx.add_user(&number, PASSWORD);
            station.add(Handset {
                name: number.clone(),
                auth_name: number,
                password: PASSWORD.to_owned(),
                manners: Manners::Answer(Duration::from_millis(500)),
            });
        }
        stage.add_base(station)?;
    }
    stage.set_pbx(pbx)?;
    Ok(stage)
}

fn base_config(base: usize, codecs: Vec<Codec>) -> BaseConfig {
    let last = u8::try_from(base + 10).expect("few bases");
    BaseConfig {
        address: address([127, 0, 91, last], 5060),
        gateway: address(ACCESS, 5060),
        transport: Transport::Udp,
        // The radio sends media from an address of its own, as Mitel's do.
        media: address([127, 0, 93, last], 20_000),
        expires: 120,
        user_agent: "dectsim".to_owned(),
        codecs,
    }
}

fn pbx_config() -> PbxConfig {
    PbxConfig {
        address: address(PBX, 5060),
        transport: Transport::Udp,
        media: address(PBX, 30_000),
        realm: "pbx.demo".to_owned(),
        expires: 120,
        min_expires: 30,
        codecs: vec![Codec::pcmu()],
        challenge_calls: true,
    }
}

fn write_files(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut users =
        "Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;\r\n".to_owned();
    for user in 0..BASES * HANDSETS {
        let number = 2_000 + user;
        users.push_str(&format!("Demo user {number};;{number};Demo {number};;;;{PASSWORD};\r\n"));
    }
    fs::write(folder.join("users.csv"), users)?;
    let dotted = |octets: [u8; 4]| IpAddr::V4(Ipv4Addr::from(octets));
    let (access, side, pbx) = (dotted(ACCESS), dotted(PBX_SIDE), dotted(PBX));
    let config = format!(
        "[access]\nrealm = \"dect.demo\"\n[[access.listener]]\ntransport = \"udp\"\nbind = \"{access}:5060\"\n\
         [pbx]\nproxy = \"{pbx}:5060\"\n[[pbx.listener]]\ntransport = \"udp\"\nbind = \"{side}:5060\"\n\
         [media]\nworkers = 1\n\
         [store]\npath = \"dectgate.db\"\n\
         [admin]\nsocket = \"dectgate.sock\"\n"
    );
    fs::write(folder.join("dectgate.toml"), config)?;
    Ok(())
}

fn address(octets: [u8; 4], port: u16) -> SocketAddr {
    SocketAddr::from((octets, port))
}

const BASES: usize = 2;
const HANDSETS: usize = 5;
const PASSWORD: &str = "demo-password";
const ACCESS: [u8; 4] = [127, 0, 90, 1];
const PBX_SIDE: [u8; 4] = [127, 0, 90, 2];
const PBX: [u8; 4] = [127, 0, 92, 1];
const SECOND: Duration = Duration::from_secs(1);
