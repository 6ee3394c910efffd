//! baresip: a softphone of its own make, driven over its control socket. It says a tone and records what it hears.

use std::{
    fs,
    io::Write,
    net::{IpAddr, SocketAddr, TcpStream},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use crate::{
    PASSWORD,
    binary::installed,
    process::{Process, wait_for},
    scene::Scene,
    wave,
};

/// The running baresip.
#[derive(Debug)]
pub struct Baresip {
    process: Process,
    control: TcpStream,
    folder: PathBuf,
}

/// What differs between tests.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Where it lives.
    pub ip: IpAddr,
    /// Its registrar.
    pub registrar: SocketAddr,
    /// Its number.
    pub user: u32,
    /// Its codec, in its own words.
    pub codec: &'static str,
    /// The tone it says.
    pub says_hz: f32,
}

impl Baresip {
    /// Starts it and waits until it is registered; `None` when it is not installed.
    ///
    /// # Panics
    /// When it does not come up or is not registered.
    #[must_use]
    pub fn start(scene: &Scene, settings: Settings) -> Option<Self> {
        let Settings { ip, registrar, user, codec, says_hz } = settings;
        let program = installed("baresip")?;
        let name = format!("baresip-{user}");
        let folder = scene.path(&name);
        let config = include_str!("../peers/baresip-config")
            .replace("@IP@", &ip.to_string())
            .replace("@DIR@", &folder.display().to_string());
        let account = format!(
            "<sip:{user}@{registrar}>;auth_user={user};auth_pass={PASSWORD};audio_codecs={codec};regint=60;answermode=auto\n"
        );
        scene.write(&format!("{name}/config"), config);
        scene.write(&format!("{name}/accounts"), account);
        scene.write(&format!("{name}/contacts"), "");
        wave::write_tone(&folder.join("says.wav"), says_hz, 60);
        let mut command = Command::new(program);
        command.arg("-f").arg(&folder).args(["-v", "-s"]);
        let mut process = Process::start(scene, &name, &mut command);
        let mut control = None;
        wait_for("baresip's control socket", Duration::from_secs(10), || {
            assert_eq!(process.ended(), None, "baresip ended");
            control = TcpStream::connect((ip, 4444)).ok();
            control.is_some()
        });
        let control = control.expect("waited for");
        let baresip = Self { process, control, folder };
        // It may be registered before anybody listens at the control socket; its trace says so as well.
        wait_for("baresip's registration", Duration::from_secs(5), || {
            baresip.process.output().contains("SIP/2.0 200 OK")
        });
        Some(baresip)
    }

    /// Gives it a command.
    ///
    /// # Panics
    /// When it is gone.
    pub fn command(&mut self, command: &str, parameter: Option<&str>) {
        let mut order = serde_json::json!({ "command": command });
        if let Some(parameter) = parameter {
            order["params"] = parameter.into();
        }
        // A netstring: length, colon, text, comma.
        let text = order.to_string();
        write!(self.control, "{}:{text},", text.len()).unwrap();
    }

    /// Level of a tone at the end of what it heard in its last call, dBm0.
    #[must_use]
    pub fn heard_dbm0(&self, hz: f32) -> Option<f32> {
        let files = fs::read_dir(&self.folder).ok()?.flatten().map(|file| file.path());
        let recorded = files.filter(|file| file.to_string_lossy().ends_with("-dec.wav"));
        let latest = recorded.max_by_key(|file| file.metadata().and_then(|data| data.modified()).ok())?;
        wave::tone_dbm0(&latest, hz)
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
