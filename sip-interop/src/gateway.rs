//! The gateway under test, as its operator sees it: a file, a process, a command line.

use std::{
    fmt::Write,
    io::{Read, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    PASSWORD,
    binary::dectgate,
    process::{Process, run, wait_for},
    scene::Scene,
};

/// Which side's host number is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Base stations.
    Access,
    /// PBX.
    Pbx,
}

/// What differs between tests. Everything else is the default.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The registrar.
    pub proxy: SocketAddr,
    /// `udp` or `tcp`, towards the PBX.
    pub transport: &'static str,
    /// Lines of `[access]`.
    pub access: &'static str,
    /// Lines of `[pbx]`.
    pub pbx: &'static str,
    /// Numbers of users.
    pub users: std::ops::Range<u32>,
}

impl Settings {
    /// A PBX by UDP, twenty users.
    #[must_use]
    pub fn new(proxy: SocketAddr) -> Self {
        Self { proxy, transport: "udp", access: "", pbx: "", users: 2001..2021 }
    }
}

/// The running gateway.
#[derive(Debug)]
pub struct Gateway<'s> {
    scene: &'s Scene,
    process: Process,
}

impl<'s> Gateway<'s> {
    /// Host number of a side in the scene's network.
    #[must_use]
    pub fn host(side: Side) -> u8 {
        match side {
            Side::Access => 1,
            Side::Pbx => 2,
        }
    }

    /// Writes the files, imports the users, starts it, and waits until it takes orders.
    ///
    /// # Panics
    /// When any of it fails.
    #[must_use]
    pub fn start(scene: &'s Scene, settings: &Settings) -> Self {
        Self::write_config(scene, settings);
        let mut users = String::from(COLUMNS);
        for number in settings.users.clone() {
            writeln!(users, "User {number};;{number};User {number};;;;{PASSWORD};").unwrap();
        }
        if !settings.users.is_empty() {
            scene.write("users.csv", users);
            let imported = Self::order_in(scene, &["users", "import", "users.csv"]);
            assert!(imported.status.success(), "{imported:?}");
        }
        Self::start_again(scene)
    }

    /// Starts it on the files that are there.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start_again(scene: &'s Scene) -> Self {
        let mut gateway = Self { scene, process: Self::spawn(scene) };
        wait_for("the gateway to be ready", Duration::from_secs(30), || {
            assert_eq!(gateway.process.ended(), None, "the gateway ended");
            Self::order_in(scene, &["status"]).status.success()
        });
        gateway
    }

    /// Starts it without waiting.
    #[must_use]
    pub fn spawn(scene: &Scene) -> Process {
        let mut command = Command::new(dectgate());
        command.args(["run", "-c", "dectgate.toml"]);
        Process::start(scene, "gateway", &mut command)
    }

    /// Writes the configuration file.
    pub fn write_config(scene: &Scene, settings: &Settings) -> PathBuf {
        let Settings { proxy, transport, access, pbx, .. } = settings;
        let (near, far) = (scene.sip(1), scene.sip(2));
        let metrics = SocketAddr::new(scene.ip(1), 9464);
        let config = format!(
            "[access]\nrealm = \"interop\"\n{access}\n\
             [[access.listener]]\ntransport = \"udp\"\nbind = \"{near}\"\n\
             [[access.listener]]\ntransport = \"tcp\"\nbind = \"{near}\"\n\
             [pbx]\nproxy = \"{proxy}\"\ntransport = \"{transport}\"\n{pbx}\n\
             [[pbx.listener]]\ntransport = \"{transport}\"\nbind = \"{far}\"\n\
             [store]\npath = \"dectgate.db\"\n\
             [admin]\nsocket = \"dectgate.sock\"\nmetrics = \"{metrics}\"\n"
        );
        scene.write("dectgate.toml", config)
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Gives an order by the command line.
    #[must_use]
    pub fn order(&self, arguments: &[&str]) -> Output {
        Self::order_in(self.scene, arguments)
    }

    /// Gives an order, whether a gateway runs or not.
    #[must_use]
    pub fn order_in(scene: &Scene, arguments: &[&str]) -> Output {
        let mut command = Command::new(dectgate());
        command.args(arguments).args(["-c", "dectgate.toml"]);
        run(scene, Duration::from_secs(120), &mut command)
    }

    /// What `status --json` says.
    ///
    /// # Panics
    /// When the gateway does not answer.
    #[must_use]
    pub fn status(&self) -> Value {
        let output = self.order(&["status", "--json"]);
        assert!(output.status.success(), "status: {output:?}");
        serde_json::from_slice(&output.stdout).expect("status --json prints JSON")
    }

    /// A figure of the status.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn figure(&self, name: &str) -> u64 {
        let status = self.status();
        status[name].as_u64().unwrap_or_else(|| panic!("no {name} in {status}"))
    }

    /// A sample of `/metrics`, summed over its labels.
    ///
    /// # Panics
    /// When `/metrics` cannot be read.
    #[must_use]
    pub fn metric(&self, name: &str) -> u64 {
        let mut stream = TcpStream::connect((self.scene.ip(1), 9464)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let samples = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        samples.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Asserts that no call, port or media session is left of calls that have just ended.
    ///
    /// # Panics
    /// When one is.
    pub fn assert_calls_are_gone(&self) {
        self.assert_gone(&["calls", "rtp_ports"], Duration::from_secs(5));
    }

    /// Asserts that nothing is left at all: no transaction either, once the longest SIP timer has ended (RFC 3261 timers B, D, H: 32 s).
    ///
    /// # Panics
    /// When something is.
    pub fn assert_nothing_leaked(&self) {
        self.assert_gone(&["calls", "rtp_ports", "transactions"], LONGEST_TIMER);
    }

    fn assert_gone(&self, figures: &[&str], patience: Duration) {
        let mut left = String::new();
        let begin = Instant::now();
        loop {
            let status = self.status();
            let sessions = self.metric("dectgate_media_sessions");
            left.clear();
            for figure in figures {
                write!(left, "{figure}={} ", status[*figure]).unwrap();
            }
            write!(left, "media_sessions={sessions}").unwrap();
            if sessions == 0 && figures.iter().all(|figure| status[*figure] == 0) {
                break;
            }
            assert!(begin.elapsed() < patience, "leaked: {left}");
            thread::sleep(Duration::from_millis(200));
        }
        println!("  leaked: {left} after {:.1} s", begin.elapsed().as_secs_f32());
    }

    /// Drains it and waits for its end.
    ///
    /// # Panics
    /// When it does not end well.
    pub fn drain(&mut self) {
        assert!(self.order(&["drain"]).status.success());
        let status = self.process.wait(Duration::from_secs(40));
        assert!(status.success(), "the gateway ended with {status}");
    }
}

const COLUMNS: &str = "Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;\n";
/// Timer B, D or H, and some patience.
const LONGEST_TIMER: Duration = Duration::from_secs(45);
