//! `dectgate status` and `dectgate drain`.

use std::{
    io::{self, Write},
    path::Path,
};

use admin_api::{Command, Reply, StatusView};

use super::{
    Exit,
    check::load,
    client::{ClientError, ask},
    complain, say,
};

pub(super) fn status(path: &Path, json: bool, out: &mut dyn Write) -> Exit {
    answered(path, &Command::Status, |reply| match reply {
        Reply::Status(status) if json => {
            let text = serde_json::to_string_pretty(&status).map_err(io::Error::other)?;
            writeln!(out, "{text}").map(|()| true)
        }
        Reply::Status(status) => show(&status, out).map(|()| true),
        _ => Ok(false),
    })
}

pub(super) fn drain(path: &Path, force: bool, out: &mut dyn Write) -> Exit {
    answered(path, &Command::Drain { force }, |reply| match reply {
        Reply::Done => writeln!(out, "draining").map(|()| true),
        _ => Ok(false),
    })
}

/// Gives a command and lets `take` show the reply; it gives `false` for a reply that it does not expect.
pub(super) fn answered(path: &Path, command: &Command, take: impl FnOnce(Reply) -> io::Result<bool>) -> Exit {
    let config = match load(path) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    match ask(&config.admin.socket, command) {
        Ok(Reply::Refused(reason)) => {
            say(&reason);
            Exit::Data
        }
        Ok(reply) => match take(reply) {
            Ok(true) => Exit::Fine,
            Ok(false) => {
                complain(&ClientError::Answer("another kind of reply".into()));
                Exit::Unavailable
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Fine,
            Err(error) => {
                complain(&error);
                Exit::Io
            }
        },
        Err(error) => {
            complain(&error);
            Exit::Unavailable
        }
    }
}

fn show(status: &StatusView, out: &mut dyn Write) -> io::Result<()> {
    let StatusView { version, uptime_s, draining, .. } = status;
    let (days, hours, minutes) = (uptime_s / 86_400, uptime_s / 3600 % 24, uptime_s / 60 % 60);
    let state = if *draining { "draining" } else { "running" };
    writeln!(out, "dectgate {version}, {state} for {days} d {hours} h {minutes} min")?;
    writeln!(out, "users          {}, {} located, {} devices", status.users, status.located, status.devices)?;
    writeln!(
        out,
        "registrations  {} of {} held by the PBX, {} waiting",
        status.registered, status.bindings, status.waiting
    )?;
    writeln!(
        out,
        "calls          {} now; {} attempted, {} answered, {} failed, {} refused",
        status.calls,
        status.calls_attempted,
        status.calls_answered,
        status.calls_failed,
        status.calls_refused
    )?;
    writeln!(out, "resources      {} RTP ports, {} SIP transactions", status.rtp_ports, status.transactions)?;
    writeln!(out, "base stations  {}", status.bases.len())?;
    for base in &status.bases {
        writeln!(out, "               {} {}", base.address, base.user_agent)?;
    }
    writeln!(out, "faults         {}", status.faults.len())?;
    for fault in &status.faults {
        writeln!(out, "               {} {} ({}) {}", fault.code, fault.text, fault.subject, fault.detail)?;
    }
    Ok(())
}
