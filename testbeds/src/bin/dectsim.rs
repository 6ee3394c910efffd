//! Simulated base stations with handsets, or a scripted PBX, on addresses of your choice.
//!
//!     dectsim bases --gateway 127.0.0.1:5060 --bases 10 --handsets 100 --calls 600 --rate 5 --seconds 60
//!     dectsim pbx --bind 127.0.0.2:5060 --users 1000
//!
//! The last line is made of `key=value` pairs. Exit code 0 when every registration and call worked.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program for people, driven by the real clock"
)]

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, Parser, Subcommand};
use sdp::Codec;
use sip::Transport;
use testbeds::{LegReport, Speaker, Stage, StageEvent, report::Table, talk_hz};
use testkit::{Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners, Pbx, PbxConfig, Registered};

/// Simulated base stations, handsets and a scripted PBX.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Base stations that register their handsets, answer and place calls, and judge what they hear.
    Bases(BasesArguments),
    /// A registrar with digest that routes among its users; 600 is an echo, 601 a tone, 4xx to 6xx answers that status.
    Pbx(PbxArguments),
}

#[derive(Debug, Args)]
struct BasesArguments {
    /// The gateway's access side.
    #[arg(long)]
    gateway: SocketAddr,
    /// Base stations; base n has the address BIND plus n.
    #[arg(long, default_value_t = 1)]
    bases: usize,
    /// Handsets per base.
    #[arg(long, default_value_t = 10)]
    handsets: usize,
    /// Address and port of the first base.
    #[arg(long, default_value = "127.0.94.1:5060")]
    bind: SocketAddr,
    /// First media address; base n has this address plus n.
    #[arg(long, default_value = "127.0.95.1:20000")]
    media: SocketAddr,
    /// Number of the first handset; the others follow.
    #[arg(long, default_value_t = 2000)]
    first: u32,
    /// Digest password of all.
    #[arg(long, default_value = "secret")]
    password: String,
    /// Registration asked for, seconds.
    #[arg(long, default_value_t = 120)]
    expires: u32,
    /// Codecs, preferred first: pcma, pcmu, g722, g726, g729.
    #[arg(long, value_delimiter = ',', default_value = "pcma", value_parser = codec)]
    codecs: Vec<Codec>,
    /// A number to call. Without it the handsets only answer.
    #[arg(long)]
    call: Option<String>,
    /// Calls begun per second, when a number is given.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// How long each call lasts, seconds.
    #[arg(long, default_value_t = 5)]
    talk: u64,
    /// How long to go on, seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// A line per leg.
    #[arg(long)]
    legs: bool,
}

#[derive(Debug, Args)]
struct PbxArguments {
    /// Where it speaks SIP.
    #[arg(long)]
    bind: SocketAddr,
    /// First media address of its own extensions.
    #[arg(long)]
    media: Option<SocketAddr>,
    /// Users.
    #[arg(long, default_value_t = 10)]
    users: u32,
    /// Number of the first user; the others follow.
    #[arg(long, default_value_t = 2000)]
    first: u32,
    /// Digest password of all.
    #[arg(long, default_value = "secret")]
    password: String,
    /// Registration granted at most, seconds.
    #[arg(long, default_value_t = 120)]
    expires: u32,
    /// Codecs of its own extensions: pcma, pcmu, g722, g726, g729.
    #[arg(long, value_delimiter = ',', default_value = "pcmu", value_parser = codec)]
    codecs: Vec<Codec>,
    /// How long to go on, seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().role {
        Role::Bases(arguments) => bases(&arguments),
        Role::Pbx(arguments) => pbx(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("dectsim: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What happened so far.
#[derive(Default)]
struct Tally {
    placed: usize,
    connected: usize,
    failed: usize,
    answered: usize,
    legs: Vec<LegReport>,
}

fn bases(arguments: &BasesArguments) -> io::Result<bool> {
    let mut stage = Stage::new()?;
    for base in 0..arguments.bases {
        stage.add_base(station(arguments, base))?;
    }
    let begin = Instant::now();
    for base in 0..arguments.bases {
        let handsets = arguments.handsets;
        stage.at_base(base, |base, now| (0..handsets).for_each(|id| base.register(now, HandsetId(id))));
    }
    let end = begin + Duration::from_secs(arguments.seconds);
    let all = arguments.bases * arguments.handsets;
    stage.run_until(end, |stage| registered(stage) == all)?;
    println!("{} of {all} handsets registered after {} ms", registered(&stage), begin.elapsed().as_millis());
    let mut tally = Tally::default();
    let mut hang_ups: std::collections::VecDeque<(Instant, usize, HandsetId)> = Default::default();
    let mut next_call = Instant::now();
    let last_call = end.checked_sub(Duration::from_secs(arguments.talk + 2)).unwrap_or(begin);
    while Instant::now() < end {
        let now = Instant::now();
        if let Some(number) = &arguments.call
            && now >= next_call
            && now < last_call
        {
            let (base, handset) = (tally.placed % arguments.bases, tally.placed / arguments.bases);
            let handset = HandsetId(handset % arguments.handsets);
            if !stage.base(base).is_busy(handset) {
                stage.at_base(base, |base, now| base.call(now, handset, number));
                hang_ups.push_back((now + Duration::from_secs(arguments.talk), base, handset));
            }
            tally.placed += 1;
            next_call += Duration::from_secs_f64(1.0 / arguments.rate.max(0.001));
        }
        while let Some((_, base, handset)) = hang_ups.front().copied().filter(|(at, ..)| *at <= now) {
            hang_ups.pop_front();
            stage.at_base(base, |base, now| base.hang_up(now, handset));
        }
        let wake = hang_ups.front().map_or(end, |(at, ..)| *at).min(end);
        let wake = if arguments.call.is_some() {
            wake.min(next_call.max(now + Duration::from_millis(1)))
        } else {
            wake
        };
        stage.turn(wake)?;
        note(&mut tally, stage.take_events());
    }
    Ok(conclude(arguments, &stage, &tally, all))
}

fn note(tally: &mut Tally, events: Vec<StageEvent>) {
    for event in events {
        match event {
            StageEvent::Base(_, BaseEvent::Connected(_)) => tally.connected += 1,
            StageEvent::Base(_, BaseEvent::Failed(..)) => tally.failed += 1,
            StageEvent::Base(_, BaseEvent::Rings(_)) => tally.answered += 1,
            StageEvent::Media(report) => tally.legs.push(*report),
            StageEvent::Base(..) | StageEvent::Pbx(_) => {}
        }
    }
}

fn conclude(arguments: &BasesArguments, stage: &Stage, tally: &Tally, all: usize) -> bool {
    if arguments.legs {
        let mut table = Table::new(&["leg", "codec", "sent", "got", "lost", "heard", "level", "onset"]);
        for leg in &tally.legs {
            table.row(leg_row(leg));
        }
        print!("{table}");
    }
    let one_way = tally.legs.iter().filter(|leg| leg.received == 0 || leg.heard_hz.is_none()).count();
    let lost: u64 = tally.legs.iter().map(|leg| leg.lost).sum();
    let received: u64 = tally.legs.iter().map(|leg| leg.received).sum();
    let mut onsets: Vec<u64> = tally.legs.iter().filter_map(|leg| leg.onset_ms).collect();
    onsets.sort_unstable();
    let median = onsets.get(onsets.len() / 2).copied().unwrap_or(0);
    let now = registered(stage);
    println!(
        "handsets={all} registered={now} placed={} rang={} connected={} failed={} legs={} one_way={one_way} received={received} lost={lost} onset_ms={median}",
        tally.placed,
        tally.answered,
        tally.connected,
        tally.failed,
        tally.legs.len(),
    );
    now == all && tally.failed == 0 && one_way == 0
}

fn leg_row(leg: &LegReport) -> Vec<String> {
    let who = match leg.speaker {
        Speaker::Handset { base, handset } => {
            format!("base {base} handset {handset} ({} Hz)", talk_hz(base, handset))
        }
        Speaker::Service { call } => format!("service call {call}"),
    };
    vec![
        who,
        leg.codec.clone(),
        leg.sent.to_string(),
        leg.received.to_string(),
        leg.lost.to_string(),
        leg.heard_hz.map_or_else(|| "silence".to_owned(), |hz| format!("{hz} Hz")),
        format!("{:.1} dBm0", leg.level_dbm0),
        leg.onset_ms.map_or_else(String::new, |onset| format!("{onset} ms")),
    ]
}

fn station(arguments: &BasesArguments, base: usize) -> Base {
    let config = BaseConfig {
        address: plus(arguments.bind, base),
        gateway: arguments.gateway,
        transport: Transport::Udp,
        media: plus(arguments.media, base),
        expires: arguments.expires,
        user_agent: "dectsim".to_owned(),
        codecs: arguments.codecs.clone(),
    };
    let mut station = Base::new(config, base as u64 + 1);
    for handset in 0..arguments.handsets {
        let number = arguments.first as usize + base * arguments.handsets + handset;
        station.add(Handset {
            name: number.to_string(),
            auth_name: number.to_string(),
            password: arguments.password.clone(),
            manners: Manners::Answer(Duration::from_millis(500)),
        });
    }
    station
}

fn registered(stage: &Stage) -> usize {
    (0..stage.bases())
        .map(|base| {
            let base = stage.base(base);
            (0..base.len()).filter(|id| matches!(base.registered(HandsetId(*id)), Registered::Yes(_))).count()
        })
        .sum()
}

fn pbx(arguments: &PbxArguments) -> io::Result<bool> {
    let mut stage = Stage::new()?;
    let mut pbx = Pbx::new(
        PbxConfig {
            address: arguments.bind,
            transport: Transport::Udp,
            media: arguments.media.unwrap_or(SocketAddr::new(arguments.bind.ip(), 30_000)),
            realm: "dectsim".to_owned(),
            expires: arguments.expires,
            min_expires: 10,
            codecs: arguments.codecs.clone(),
            challenge_calls: true,
        },
        1,
    );
    for user in 0..arguments.users {
        pbx.add_user(&(arguments.first + user).to_string(), &arguments.password);
    }
    stage.set_pbx(pbx)?;
    stage.run_until(Instant::now() + Duration::from_secs(arguments.seconds), |_| false)?;
    let registered = stage.pbx().map_or(0, |pbx| pbx.registered(Instant::now()));
    let peak = stage.pbx().map_or(0, Pbx::peak_register_rate);
    println!("users={} registered={registered} peak_register_rate={peak}", arguments.users);
    Ok(true)
}

/// The address `n` above; only IPv4 addresses count up.
fn plus(address: SocketAddr, n: usize) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => {
            let up = u32::from(ip).wrapping_add(u32::try_from(n).unwrap_or(0));
            SocketAddr::new(IpAddr::V4(Ipv4Addr::from(up)), address.port())
        }
        IpAddr::V6(_) => address,
    }
}

fn codec(name: &str) -> Result<Codec, String> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "g722" => Codec::g722(),
        "g726" => Codec::g726(),
        "g729" => Codec::g729(false),
        "pcma" => Codec::pcma(),
        "pcmu" => Codec::pcmu(),
        _ => return Err("one of pcma, pcmu, g722, g726, g729".to_owned()),
    })
}
