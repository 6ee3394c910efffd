//! sipsak: a second client that asks whether somebody is there, and registers.

use std::{net::SocketAddr, process::Command, time::Duration};

use crate::{PASSWORD, binary::installed, process::run, scene::Scene};

/// Whether it is installed.
#[must_use]
pub fn is_installed() -> bool {
    installed("sipsak").is_some()
}

/// Asks by OPTIONS; gives what sipsak said when there was no 200.
///
/// # Errors
/// What sipsak said.
///
/// # Panics
/// When it is not installed.
pub fn options(scene: &Scene, peer: SocketAddr) -> Result<(), String> {
    said(scene, &["-v", "-s", &format!("sip:{peer}")])
}

/// Registers a user with digest for a minute.
///
/// # Errors
/// What sipsak said.
///
/// # Panics
/// When it is not installed.
pub fn register(scene: &Scene, peer: SocketAddr, user: &str) -> Result<(), String> {
    let contact = format!("sip:{user}@{}", SocketAddr::new(scene.ip(40), 5060));
    let target = format!("sip:{user}@{peer}");
    said(scene, &["-v", "-v", "-U", "-C", &contact, "-s", &target, "-u", user, "-a", PASSWORD, "-x", "60"])
}

fn said(scene: &Scene, arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new(installed("sipsak").expect("asked before"));
    let output = run(scene, Duration::from_secs(20), command.args(arguments));
    let text = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&text).into_owned()) }
}
