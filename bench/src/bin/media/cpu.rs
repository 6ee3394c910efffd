//! CPUs and CPU time of processes.

use std::fs;
use std::process::{Command, Stdio};

/// The generator's CPU.
pub(crate) const GENERATOR: usize = 0;
/// The subject's CPU.
pub(crate) const SUBJECT: usize = 1;

/// CPU time of all threads of a process so far, in microseconds.
pub(crate) fn used_us(pid: u32) -> Option<f64> {
    let mut total = 0u64;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        total += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(total as f64 / 1_000.0)
}

/// Binds this process, and what it will start, to one CPU, before all ordinary work there; goes on without when the tools or
/// the right are not there.
pub(crate) fn pin_self(cpu: usize) {
    let pid = std::process::id().to_string();
    for (program, arguments) in [("taskset", ["-pc", &cpu.to_string()]), ("renice", [PRIORITY, "-p"])] {
        let _ = Command::new(program)
            .args(arguments)
            .arg(&pid)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

/// A command that runs on one CPU; it inherits our priority, as our own subject does.
pub(crate) fn pinned(cpu: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &cpu.to_string(), program]);
    command
}

/// The measurement is of the subjects, not of who else compiles on this machine.
const PRIORITY: &str = "-15";
