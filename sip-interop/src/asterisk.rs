//! Asterisk 22 as the PBX, out of a Debian sid chroot: the stable release has none.
//!
//! `scripts/asterisk-chroot` makes the chroot. Everything that is mounted for a test is mounted in a namespace of
//! that test's processes, so nothing stays mounted behind them.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    PASSWORD,
    process::{Process, run, wait_for},
    scene::Scene,
};

/// The running Asterisk. Its host number is 20.
#[derive(Debug)]
pub struct Asterisk<'s> {
    scene: &'s Scene,
    root: PathBuf,
    process: Process,
}

/// What differs between tests.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest registration granted, seconds.
    pub max_expires: u32,
    /// Codecs allowed, preferred first, in its own words.
    pub codecs: &'static str,
    /// Its users.
    pub users: std::ops::Range<u32>,
}

impl<'s> Asterisk<'s> {
    /// Its host number.
    pub const HOST: u8 = 20;

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// Why there is no chroot to start it from.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start(scene: &'s Scene, settings: &Settings) -> Result<Self, String> {
        let root = chroot()?;
        Self::configure(scene, settings);
        let process =
            Process::start(scene, "asterisk", &mut inside(scene, &root, &["asterisk", "-f", "-C", CONFIG]));
        let mut asterisk = Self { scene, root, process };
        wait_for("asterisk to be up", Duration::from_secs(60), || {
            assert_eq!(asterisk.process.ended(), None, "asterisk ended");
            asterisk.command("core waitfullybooted").contains("fully booted")
        });
        println!("  {}", asterisk.command("core show version").lines().next().unwrap_or_default());
        Ok(asterisk)
    }

    /// Where it speaks SIP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.scene.sip(Self::HOST)
    }

    /// A command of its console.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        let words = ["asterisk", "-C", CONFIG, "-rx", command];
        let output = run(self.scene, Duration::from_secs(20), &mut inside(self.scene, &self.root, &words));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// The users that are registered, each with the time its registration ends, in seconds since 1970.
    #[must_use]
    pub fn registered(&self) -> BTreeMap<String, u64> {
        // The registrar's own database: `registrar/contact` entries are JSON objects.
        let mut users = BTreeMap::new();
        for line in self.command("database show registrar/contact").lines() {
            let Some((key, value)) = line.split_once(": {") else { continue };
            let Some(user) =
                key.trim().strip_prefix("/registrar/contact/").and_then(|key| key.split(';').next())
            else {
                continue;
            };
            let Ok(contact) = serde_json::from_str::<serde_json::Value>(&format!("{{{value}")) else {
                continue;
            };
            let ends = contact["expiration_time"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
            users.insert(user.to_owned(), ends);
        }
        users
    }

    fn configure(scene: &Scene, settings: &Settings) {
        let address = scene.sip(Self::HOST);
        let mut users = include_str!("../peers/asterisk/pjsip.conf")
            .replace("@SIP@", &address.to_string())
            .replace("@IP@", &address.ip().to_string())
            .replace("@CODECS@", settings.codecs)
            .replace("@PASSWORD@", PASSWORD)
            .replace("@MAX_EXPIRES@", &settings.max_expires.to_string());
        for user in settings.users.clone() {
            write!(
                users,
                "[{user}](aor)\n[{user}](auth)\nusername={user}\n[{user}](ep)\nauth={user}\naors={user}\n"
            )
            .unwrap();
        }
        scene.write("asterisk/etc/pjsip.conf", users);
        for (name, text) in FILES {
            scene.write(&format!("asterisk/etc/{name}"), text);
        }
        for folder in ["db", "keys", "spool", "run", "log"] {
            fs::create_dir_all(scene.path("asterisk").join(folder)).unwrap();
        }
    }
}

/// A command in the chroot, with the scene's folder of Asterisk in its place there.
fn inside(scene: &Scene, root: &Path, words: &[&str]) -> Command {
    let script = "mount --bind \"$1\" \"$2/srv/asterisk\" && mount -t proc proc \"$2/proc\" && \
                  mount --bind /dev \"$2/dev\" && root=$2 && shift 2 && exec chroot \"$root\" \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", script, "sh"]);
    command.arg(scene.path("asterisk")).arg(root).args(words);
    command
}

/// The chroot that `scripts/asterisk-chroot` makes.
fn chroot() -> Result<PathBuf, String> {
    let root = cache().join("sid");
    if !root.join("usr/sbin/asterisk").is_file() {
        return Err(format!("no asterisk in {}; scripts/packages makes it as root", root.display()));
    }
    let allowed = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        return Err("mount namespaces are not allowed here, no asterisk".to_owned());
    }
    Ok(root)
}

/// Where things are kept that are expensive to make: as in `scripts/asterisk-chroot`.
fn cache() -> PathBuf {
    if let Some(path) = env::var_os("DECTGATE_TESTBED") {
        return path.into();
    }
    match env::var_os("XDG_CACHE_HOME") {
        Some(path) => PathBuf::from(path).join("dectgate-testbed"),
        None => "/var/cache/dectgate-testbed".into(),
    }
}

const CONFIG: &str = "/srv/asterisk/etc/asterisk.conf";
const FILES: [(&str, &str); 7] = [
    ("asterisk.conf", include_str!("../peers/asterisk/asterisk.conf")),
    ("extensions.conf", include_str!("../peers/asterisk/extensions.conf")),
    ("http.conf", include_str!("../peers/asterisk/http.conf")),
    ("logger.conf", include_str!("../peers/asterisk/logger.conf")),
    ("manager.conf", include_str!("../peers/asterisk/manager.conf")),
    ("modules.conf", include_str!("../peers/asterisk/modules.conf")),
    ("rtp.conf", include_str!("../peers/asterisk/rtp.conf")),
];
