//! The two programs measured: a process with one worker of ours, and rtpengine with one thread.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant, SystemTime};

use media::{MediaClock, Worker, WorkerConfig};
use media_api::{
    Command as MediaCommand, DigitSending, Event, EventFormat, Format, Hears, InterfaceId, Latching,
    LegIndex, LegPlan, LocalPort, PayloadType, Plan, PortRange, Remote, SessionId, WorkerId,
};
use srtp::NtpTime;

use crate::cpu;
use crate::ng::{Ng, Value};
use crate::options::Options;
use crate::scenario::Scenario;

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ours,
    Peer,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "rtpengine",
        }
    }
}

/// A running program with its calls open.
pub(crate) struct Subject {
    child: Child,
    /// Where either side of each call sends to.
    pub(crate) targets: Vec<[SocketAddr; 2]>,
    _output: Option<BufReader<ChildStdout>>,
}

impl Subject {
    pub(crate) fn start(
        kind: Kind,
        scenario: Scenario,
        peers: &[[SocketAddr; 2]],
        options: &Options,
    ) -> Option<Self> {
        match kind {
            Kind::Ours => ours(scenario, peers, options),
            Kind::Peer => rtpengine(scenario, peers),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        std::thread::sleep(Duration::from_millis(300));
        // Our own child, by its handle; it may have gone by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The process measured: opens its calls, says so, serves until its input ends.
pub(crate) fn serve(scenario: Scenario, options: &Options) -> ExitCode {
    let peers: Vec<SocketAddr> = options.peers.iter().filter_map(|peer| peer.parse().ok()).collect();
    let (pairs, []) = peers.as_chunks::<2>() else { return ExitCode::FAILURE };
    let clock = MediaClock::new(
        Instant::now(),
        NtpTime::from_unix(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()),
    );
    let config = WorkerConfig {
        id: WorkerId(0),
        interfaces: vec![(InterfaceId(0), OUR_ADDRESS)],
        ports: PORTS,
        tos: 0xb8,
        tone_set: 0,
        max_sessions: 20_000,
        command_queue: 1_024,
        cpu: Some(cpu::SUBJECT),
        seed: 1,
        clock,
    };
    let refusals = |_, event| {
        if let Event::Refused { session, reason } = event {
            println!("refused {session:?} {reason:?}");
        }
        Ok(())
    };
    let Ok(worker) = Worker::spawn(config, Box::new(refusals)) else { return ExitCode::FAILURE };
    for call in 0..options.calls + options.idle {
        let mut command = MediaCommand::Open(
            SessionId(call as u64),
            Box::new(plan(scenario, pairs[call % pairs.len()], call)),
        );
        while let Err(back) = worker.send(command) {
            command = back;
            std::thread::yield_now();
        }
    }
    let all = (options.calls + options.idle) as u64;
    let patience = Instant::now() + Duration::from_secs(20);
    while worker.counters().sessions.load(std::sync::atomic::Ordering::Relaxed) < all
        && Instant::now() < patience
    {
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("ready");
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read(&mut [0]);
    worker.stop();
    ExitCode::SUCCESS
}

fn ours(scenario: Scenario, peers: &[[SocketAddr; 2]], options: &Options) -> Option<Subject> {
    let program = std::env::current_exe().ok()?;
    let mut child = Command::new(program)
        .args(["--subject", scenario.name(), "--calls", &options.calls.to_string()])
        .args(["--idle", &options.idle.to_string()])
        .args(peers.iter().take(16).flatten().flat_map(|peer| ["--peer".into(), peer.to_string()]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut output = BufReader::new(child.stdout.take()?);
    let mut line = String::new();
    output.read_line(&mut line).ok()?;
    let targets =
        (0..options.calls).map(|call| ports(call).map(|port| SocketAddr::new(OUR_ADDRESS, port))).collect();
    let subject = Subject { child, targets, _output: Some(output) };
    if line.trim() != "ready" {
        println!("ours: {}", line.trim());
        return None;
    }
    Some(subject)
}

/// The local ports of a call.
fn ports(call: usize) -> [u16; 2] {
    let first = PORTS.first + 4 * call as u16;
    [first, first + 2]
}

fn plan(scenario: Scenario, peers: [SocketAddr; 2], call: usize) -> Plan {
    let formats = scenario.formats();
    let leg = |side: usize, format: Format, hears| LegPlan {
        local: LocalPort { interface: InterfaceId(0), port: ports(call)[side] },
        remote: Some(Remote { rtp: peers[side], rtcp: peers[side] }),
        rtcp_mux: true,
        send: true,
        receive: true,
        protection: None,
        supervised: true,
        sending: Some(format),
        receiving: vec![format],
        events: vec![EventFormat { payload_type: PayloadType(101), clock_rate: 8_000 }],
        comfort_noise: None,
        digits: DigitSending::Events,
        latching: Latching::FirstSource,
        hears: Hears::Leg(LegIndex(hears)),
    };
    Plan { legs: vec![leg(0, formats[0], 1), leg(1, formats[1], 0)] }
}

fn rtpengine(scenario: Scenario, peers: &[[SocketAddr; 2]]) -> Option<Subject> {
    let child = cpu::pinned(cpu::SUBJECT, "rtpengine")
        .args(["--foreground", "--log-stderr", "--log-level=2", "--table=-1", "--num-threads=1"])
        .args([format!("--interface={PEER_ADDRESS}"), format!("--listen-ng={PEER_ADDRESS}:{NG_PORT}")])
        .args(["--port-min=30000", "--port-max=59999"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut subject = Subject { child, targets: Vec::new(), _output: None };
    let mut ng = Ng::connect(SocketAddr::new(PEER_ADDRESS, NG_PORT)).ok()?;
    let patience = Instant::now() + Duration::from_secs(5);
    while ng.ask(Value::Dictionary(vec![("command", Value::Text("ping"))])).is_none() {
        if Instant::now() > patience || subject.child.try_wait().ok()?.is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    for (call, peers) in peers.iter().enumerate() {
        subject.targets.push(open_at_rtpengine(&mut ng, scenario, *peers, call)?);
    }
    Some(subject)
}

fn open_at_rtpengine(
    ng: &mut Ng,
    scenario: Scenario,
    peers: [SocketAddr; 2],
    call: usize,
) -> Option<[SocketAddr; 2]> {
    let [handset, pbx] = scenario.formats().map(|format| format.payload_type.0);
    let id = format!("call-{call}");
    let offer_sdp = sdp(peers[0], handset);
    let mut offer = vec![
        ("command", Value::Text("offer")),
        ("call-id", Value::Text(&id)),
        ("from-tag", Value::Text("a")),
        ("sdp", Value::Text(&offer_sdp)),
        ("ICE", Value::Text("remove")),
        ("replace", Value::List(vec![Value::Text("origin")])),
    ];
    if scenario != Scenario::Relay {
        let wanted = if scenario == Scenario::G722 { "G722" } else { "G729" };
        offer.push((
            "codec",
            Value::Dictionary(vec![
                ("transcode", Value::List(vec![Value::Text(wanted)])),
                ("mask", Value::List(vec![Value::Text("PCMA")])),
            ]),
        ));
    }
    let offered = ng.ask(Value::Dictionary(offer))?;
    let answer_sdp = sdp(peers[1], pbx);
    let answered = ng.ask(Value::Dictionary(vec![
        ("command", Value::Text("answer")),
        ("call-id", Value::Text(&id)),
        ("from-tag", Value::Text("a")),
        ("to-tag", Value::Text("b")),
        ("sdp", Value::Text(&answer_sdp)),
        ("ICE", Value::Text("remove")),
        ("replace", Value::List(vec![Value::Text("origin")])),
    ]))?;
    // The answer tells the offerer where to send, the offer told the answerer.
    Some([
        SocketAddr::new(PEER_ADDRESS, media_port(&answered)?),
        SocketAddr::new(PEER_ADDRESS, media_port(&offered)?),
    ])
}

fn sdp(peer: SocketAddr, payload_type: u8) -> String {
    let name = match payload_type {
        9 => "G722",
        18 => "G729",
        _ => "PCMA",
    };
    let (ip, port) = (peer.ip(), peer.port());
    format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {payload_type}\r\n\
         a=rtpmap:{payload_type} {name}/8000\r\na=ptime:20\r\n"
    )
}

fn media_port(reply: &str) -> Option<u16> {
    let (_, behind) = reply.split_once("m=audio ")?;
    behind.split_whitespace().next()?.parse().ok()
}

const OUR_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 73));
const PEER_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 0, 11));
const NG_PORT: u16 = 22_233;
const PORTS: PortRange = PortRange { first: 10_000, pairs: 27_000 };
