//! Processes of a test: silent on the terminal, gone with their guard. They stay in the test's process group, so what interrupts the
//! test interrupts them as well.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::scene::Scene;

/// A running process; dropping it ends it.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a process in the scene's folder. What it prints goes to `NAME.log` there, behind what is in it already.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(scene: &Scene, name: &str, command: &mut Command) -> Self {
        let output = scene.path(&format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&output).unwrap();
        command.current_dir(scene.folder()).stdin(Stdio::null());
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name: name.to_owned(), child, output, ended: None }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        // The standard library sends SIGKILL only; the system's tool sends any, here to our own child.
        let _gone = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        let _gone = self.child.kill();
        self.ended = self.child.wait().ok();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        wait_for(&what, patience, || self.ended().is_some());
        self.ended.expect("waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal("TERM");
            let deadline = Instant::now() + GRACE;
            while self.ended().is_none() && Instant::now() < deadline {
                thread::sleep(STEP);
            }
        }
        if self.ended.is_none() {
            self.kill();
        }
    }
}

/// Waits until `done`, looking often.
///
/// # Panics
/// When it does not come to that in time.
pub fn wait_for(what: &str, patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() {
        assert!(Instant::now() < deadline, "waited {} s for {what}", patience.as_secs());
        thread::sleep(STEP);
    }
}

/// Runs a command to its end, at most for `patience`.
///
/// # Panics
/// When it cannot be started or does not end in time.
#[must_use]
pub fn run(scene: &Scene, patience: Duration, command: &mut Command) -> Output {
    // `timeout` of the coreutils bounds it; reading both pipes while waiting is the standard library's business.
    let mut bounded = Command::new("timeout");
    bounded.arg("--signal=KILL").arg(patience.as_secs().to_string());
    bounded.arg(command.get_program()).args(command.get_args());
    bounded.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = bounded.current_dir(scene.folder()).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error: io::Error| panic!("{command:?}: {error}"));
    assert_ne!(output.status.code(), Some(137), "{command:?} did not end in {} s", patience.as_secs());
    output
}

/// Resident memory of a process, KiB.
#[must_use]
pub fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Between two looks.
const STEP: Duration = Duration::from_millis(20);
/// For a process to end when asked to.
const GRACE: Duration = Duration::from_secs(4);
