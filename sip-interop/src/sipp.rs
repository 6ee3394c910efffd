//! SIPp as caller, callee and load.

use std::{collections::HashMap, fs, net::SocketAddr, path::PathBuf, process::Command, time::Duration};

use crate::{PASSWORD, binary::installed, process::Process, scene::Scene};

/// A running SIPp.
#[derive(Debug)]
pub struct Sipp {
    process: Process,
    statistics: PathBuf,
}

/// What SIPp counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Calls that went through their scenario.
    pub good: u64,
    /// Calls that did not.
    pub failed: u64,
    /// Requests and responses sent again.
    pub retransmissions: u64,
}

impl Sipp {
    /// Whether it is installed.
    #[must_use]
    pub fn installed() -> bool {
        installed("sipp").is_some()
    }

    /// Starts a scenario at an address. SIPp's statistics go to a file in the scene's folder.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(scene: &Scene, name: &str, scenario: &str, local: SocketAddr, arguments: &[&str]) -> Self {
        let file = scene.write(&format!("{name}.xml"), scenario);
        let statistics = scene.path(&format!("{name}.csv"));
        let host = local.ip().to_string();
        let mut command = Command::new(installed("sipp").expect("asked before"));
        command.arg("-sf").arg(file).args(["-i", &host, "-mi", &host, "-p", &local.port().to_string()]);
        command.args(["-nostdin", "-trace_stat", "-fd", "1", "-trace_err", "-max_retrans", "7"]);
        command
            .arg("-stf")
            .arg(&statistics)
            .arg("-error_file")
            .arg(scene.path(&format!("{name}-errors.log")));
        command.args(arguments);
        Self { process: Process::start(scene, name, &mut command), statistics }
    }

    /// Waits for its end by itself.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn finish(mut self, patience: Duration) -> Totals {
        self.process.wait(patience);
        self.totals()
    }

    /// Asks it to finish its calls and to end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn stop(self) -> Totals {
        self.process.signal("USR1");
        self.finish(Duration::from_secs(20))
    }

    /// What it has counted so far.
    ///
    /// # Panics
    /// When it wrote something else.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let text = fs::read_to_string(&self.statistics).unwrap_or_default();
        let mut lines = text.lines().filter(|line| !line.is_empty());
        let names = lines.next().unwrap_or_default().split(';');
        let values = lines.next_back().unwrap_or_default().split(';');
        let figures: HashMap<&str, &str> = names.zip(values).collect();
        let figure = |name: &str| figures.get(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        Totals {
            good: figure("SuccessfulCall(C)"),
            failed: figure("FailedCall(C)"),
            retransmissions: figure("Retransmissions(C)"),
        }
    }

    /// A file of users for `-inf`: name, and credentials in SIPp's own form.
    pub fn users(scene: &Scene, numbers: std::ops::Range<u32>) -> PathBuf {
        let mut text = String::from("SEQUENTIAL\n");
        for number in numbers {
            text.push_str(&format!("{number};[authentication username={number} password={PASSWORD}]\n"));
        }
        scene.write("sipp-users.csv", text)
    }
}

/// A callee that answers at once, takes the media back that it is sent (with `-rtp_echo`) and waits for BYE. It also takes
/// any REGISTER, so that it can stand for a whole PBX.
pub const CALLEE: &str = include_str!("../peers/sipp-callee.xml");
/// A handset that calls: digest, one second of talk, BYE.
pub const HANDSET_CALLER: &str = include_str!("../peers/sipp-handset-caller.xml");
/// A caller behind the PBX: no digest, two seconds of talk, BYE.
pub const PBX_CALLER: &str = include_str!("../peers/sipp-pbx-caller.xml");
/// A handset that registers with digest, once.
pub const HANDSET_REGISTER: &str = include_str!("../peers/sipp-handset-register.xml");
