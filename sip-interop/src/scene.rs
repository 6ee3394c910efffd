//! One test: its folder, its addresses, its outcome.

use std::{
    env,
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    time::Instant,
};

use tempfile::TempDir;

use crate::expectation;

/// How a test ended, unless it panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// All was as it should be.
    Done,
    /// A peer is missing.
    Skipped,
}

/// Says why a test cannot run here.
pub fn skip(reason: impl std::fmt::Display) -> Outcome {
    println!("skipped: {reason}");
    Outcome::Skipped
}

/// Runs a test on its own network `127.77.net.0/24`.
///
/// # Panics
/// When the test fails and is not known to, or passes and is known to fail.
pub fn play(name: &str, net: u8, act: impl FnOnce(&Scene) -> Outcome) {
    // Two runs on one machine take turns at the addresses; the kernel lets go when a run dies.
    let turns = env::temp_dir().join(format!("dectgate-interop-{net}.lock"));
    let turn = File::options().create(true).truncate(false).write(true).open(turns).unwrap();
    turn.lock().unwrap();
    let begin = Instant::now();
    let scene = Scene { name: name.to_owned(), net, folder: tempfile::tempdir().unwrap() };
    let known = expectation::known_failure(name);
    let outcome = catch_unwind(AssertUnwindSafe(|| act(&scene)));
    let seconds = begin.elapsed().as_secs_f32();
    match (outcome, known) {
        (Ok(Outcome::Skipped), _) => {}
        (Ok(Outcome::Done), None) => println!("{name}: passed in {seconds:.1} s"),
        (Ok(Outcome::Done), Some(reason)) => {
            panic!("{name} passes, but expectations.toml says: {reason}. Take the entry out.")
        }
        (Err(_), Some(reason)) => println!("{name}: failed as expected: {reason}"),
        (Err(panic), None) => {
            println!("{name}: failed after {seconds:.1} s");
            scene.show_files();
            resume_unwind(panic);
        }
    }
}

/// What belongs to one test.
#[derive(Debug)]
pub struct Scene {
    name: String,
    net: u8,
    folder: TempDir,
}

impl Scene {
    /// The test's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// An address of the test's network.
    #[must_use]
    pub fn ip(&self, host: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(127, 77, self.net, host))
    }

    /// The SIP port at an address of the test's network.
    #[must_use]
    pub fn sip(&self, host: u8) -> SocketAddr {
        SocketAddr::new(self.ip(host), 5060)
    }

    /// A file in the test's folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The test's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the test's folder.
    ///
    /// # Panics
    /// When the disk is full.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("below the folder")).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// What the processes said, for whoever looks into a failure.
    fn show_files(&self) {
        let Ok(files) = fs::read_dir(self.folder.path()) else { return };
        let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "log")) {
            let text = String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            println!("--- {} ({} lines)", file.display(), lines.len());
            for line in &lines[lines.len().saturating_sub(SHOWN)..] {
                println!("{line}");
            }
        }
        if env::var_os("DECTGATE_KEEP").is_some() {
            let kept = env::temp_dir().join(format!("dectgate-{}", self.name.replace(':', "-")));
            let _absent = fs::remove_dir_all(&kept);
            let copied =
                std::process::Command::new("cp").arg("-r").arg(self.folder.path()).arg(&kept).status();
            println!("kept in {} ({copied:?})", kept.display());
        }
    }
}

/// A folder of the conformance data beside the repository (or in `DECTGATE_SHARED`), if it is there.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let named = env::var_os("DECTGATE_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared"));
    named.into_iter().chain(beside).map(|folder| folder.join(path)).find(|path| path.exists())
}

/// Whether the long form of a test is wanted (`DECTGATE_LONG`).
#[must_use]
pub fn long_run() -> bool {
    env::var_os("DECTGATE_LONG").is_some()
}

/// Lines of each file that a failure shows.
const SHOWN: usize = 60;
