//! Kamailio as the PBX: registrar with digest, proxy among its users, extensions that are relayed to other peers.

use std::{
    collections::BTreeMap, fmt::Write, net::SocketAddr, path::PathBuf, process::Command, time::Duration,
};

use crate::{
    PASSWORD,
    binary::installed,
    process::{Process, run, wait_for},
    scene::Scene,
};

/// The running Kamailio. Its host number is 20.
#[derive(Debug)]
pub struct Kamailio<'s> {
    scene: &'s Scene,
    kamcmd: PathBuf,
    process: Process,
}

/// What differs between tests.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest registration granted, seconds.
    pub max_expires: u32,
    /// Extensions and where they are.
    pub extensions: Vec<(&'static str, SocketAddr)>,
}

impl<'s> Kamailio<'s> {
    /// Its host number.
    pub const HOST: u8 = 20;

    /// Starts it and waits until it answers; `None` when it is not installed.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(scene: &'s Scene, settings: &Settings) -> Option<Self> {
        let (kamailio, kamcmd) = (installed("kamailio")?, installed("kamcmd")?);
        let mut extensions = String::new();
        for (number, address) in &settings.extensions {
            writeln!(extensions, "if ($rU == \"{number}\") {{ $du = \"sip:{address}\"; t_relay(); exit; }}")
                .unwrap();
        }
        let config = include_str!("../peers/kamailio.cfg")
            .replace("@DIR@", &scene.folder().display().to_string())
            .replace("@SIP@", &scene.sip(Self::HOST).to_string())
            .replace("@GATEWAY@", &scene.ip(2).to_string())
            .replace("@MAX_EXPIRES@", &settings.max_expires.to_string())
            .replace("@PASSWORD@", PASSWORD)
            .replace("@EXTENSIONS@", &extensions);
        let config = scene.write("kamailio.cfg", config);
        let mut command = Command::new(kamailio);
        command.args(["-DD", "-E", "-m", "64", "-M", "8"]);
        // Kamailio changes to the root folder: names must be absolute, or tests would share the file.
        command.arg("-P").arg(scene.path("kamailio.pid")).arg("-Y").arg(scene.folder()).arg("-f").arg(config);
        let process = Process::start(scene, "kamailio", &mut command);
        let mut kamailio = Self { scene, kamcmd, process };
        wait_for("kamailio to answer", Duration::from_secs(20), || {
            assert_eq!(kamailio.process.ended(), None, "kamailio ended");
            kamailio.ask(&["core.uptime"]).is_some()
        });
        Some(kamailio)
    }

    /// Where it speaks SIP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.scene.sip(Self::HOST)
    }

    /// The users that are registered, each with the CSeq of its latest REGISTER.
    ///
    /// # Panics
    /// When Kamailio does not answer.
    #[must_use]
    pub fn registered(&self) -> BTreeMap<String, u32> {
        let dump = self.ask(&["ul.dump"]).expect("kamailio lives");
        let mut users = BTreeMap::new();
        let mut user = String::new();
        for line in dump.lines().map(str::trim) {
            if let Some(aor) = line.strip_prefix("AoR:") {
                user = aor.trim().to_owned();
            } else if let Some(cseq) = line.strip_prefix("CSeq:") {
                users.insert(user.clone(), cseq.trim().parse().unwrap());
            }
        }
        users
    }

    /// Authenticated REGISTERs that it has taken so far, by user; those that take a registration back do not count.
    #[must_use]
    pub fn registers_taken(&self) -> BTreeMap<String, u32> {
        let mut users = BTreeMap::new();
        for line in self.process.output().lines() {
            let Some((_, user)) = line.split_once("interop: registered ") else { continue };
            *users.entry(user.trim().to_owned()).or_default() += 1;
        }
        users
    }

    fn ask(&self, arguments: &[&str]) -> Option<String> {
        let socket = format!("unix:{}", self.scene.path("ctl.sock").display());
        let mut command = Command::new(&self.kamcmd);
        command.args(["-s", &socket]).args(arguments);
        let output = run(self.scene, Duration::from_secs(10), &mut command);
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
