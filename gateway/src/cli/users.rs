//! `dectgate users`: through the running gateway, so that it acts on what changes; at the store itself when none runs.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use admin_api::{Command, ImportReport, Reply, UserView};
use clap::Subcommand;
use control::{
    clock::UnixMillis,
    directory::{Directory, Relation, User, csv},
};
use ring::rand::{SecureRandom, SystemRandom};

use super::{
    Exit,
    check::load,
    client::{ClientError, ask},
    complain, say,
};
use crate::{
    config::Config,
    store::{AuditEntry, Store},
};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Write all users as CSV, without passwords and codes.
    Export {
        /// Into this file instead of standard output.
        file: Option<PathBuf>,
    },
    /// Add and change users and devices from a CSV file: Long Name;Name;Number;Display Name;Auth Name (SIP);Idle
    /// Display;IPEI/IPDI;Password;
    Import {
        /// The file.
        file: PathBuf,
        /// Only show what would happen.
        #[arg(long)]
        dry_run: bool,
        /// Import the good rows although others are bad. Without it one bad row refuses the file.
        #[arg(long)]
        skip_bad: bool,
    },
    /// List users with device, location and registration.
    List {
        /// Only those whose number begins like this.
        #[arg(default_value = "")]
        prefix: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn users(path: &Path, verb: &Verb, out: &mut dyn Write) -> Exit {
    let done = load(path).and_then(|config| match verb {
        Verb::Export { file } => export(&config, file.as_deref(), out),
        Verb::Import { file, dry_run, skip_bad } => {
            import(&config, file, *dry_run, csv::Options { skip_bad: *skip_bad }, out)
        }
        Verb::List { prefix, json } => list(&config, prefix, *json, out),
    });
    done.unwrap_or_else(|exit| exit)
}

fn import(
    config: &Config,
    file: &Path,
    dry_run: bool,
    options: csv::Options,
    out: &mut dyn Write,
) -> Result<Exit, Exit> {
    let octets = fs::read(file).map_err(|error| {
        say(&format!("{}: {error}", file.display()));
        Exit::NoInput
    })?;
    let refused = |what: &dyn std::fmt::Display| {
        say(&format!("{}: {what}", file.display()));
        Exit::Data
    };
    let text = csv::decode(&octets).map_err(|fault| refused(&fault))?;
    let command = Command::ImportUsers { csv: text.into_owned(), dry_run, skip_bad: options.skip_bad };
    let report = match running(config, &command)? {
        Some(Reply::Import(report)) => report,
        Some(other) => return Err(unexpected(&other)),
        None => {
            let table = csv::read(&octets).map_err(|fault| refused(&fault))?;
            import_offline(config, table, file, dry_run, options)?
        }
    };
    show_report(&report, file, dry_run, out).map_err(|error| failed(&error))?;
    let complete = report.refused_total == 0 || options.skip_bad;
    Ok(if complete { Exit::Fine } else { Exit::Data })
}

fn import_offline(
    config: &Config,
    table: csv::Table,
    file: &Path,
    dry_run: bool,
    options: csv::Options,
) -> Result<ImportReport, Exit> {
    let (mut store, mut directory) = open(config)?;
    let random = SystemRandom::new();
    let mut fill =
        |out: &mut [u8]| random.fill(out).expect("the kernel's random source cannot fail once it is seeded");
    let csv::Import { changes, report } = directory.plan_import(wall(), table, options, &mut fill);
    let applied = !dry_run && report.takes_effect(options);
    let told = csv::told(&report, applied);
    if applied && !changes.is_empty() {
        store.write(&changes).map_err(|error| failed(&error))?;
        let entry = AuditEntry {
            at: wall(),
            actor: "cli".into(),
            action: "users import".into(),
            subject: file.display().to_string(),
            detail: format!("{} added, {} changed, {} refused", told.added, told.changed, told.refused_total),
        };
        store.write_audit(&entry).map_err(|error| failed(&error))?;
    }
    Ok(told)
}

fn export(config: &Config, file: Option<&Path>, out: &mut dyn Write) -> Result<Exit, Exit> {
    let text = match running(config, &Command::ExportUsers)? {
        Some(Reply::Export(text)) => text,
        Some(other) => return Err(unexpected(&other)),
        None => {
            let mut text = String::new();
            let (_store, directory) = open(config)?;
            csv::export(&directory, ';', &mut text).map_err(|error| failed(&error))?;
            text
        }
    };
    let written = match file {
        Some(file) => fs::write(file, text),
        None => out.write_all(text.as_bytes()),
    };
    written.map(|()| Exit::Fine).map_err(|error| failed(&error))
}

fn list(config: &Config, prefix: &str, json: bool, out: &mut dyn Write) -> Result<Exit, Exit> {
    let users = match running(config, &Command::Users { prefix: prefix.into() })? {
        Some(Reply::Users(users)) => users,
        Some(other) => return Err(unexpected(&other)),
        None => {
            let (_store, directory) = open(config)?;
            directory.users_with_number_prefix(prefix).map(|user| view(&directory, user)).collect()
        }
    };
    let written = if json {
        serde_json::to_string_pretty(&users)
            .map_err(io::Error::other)
            .and_then(|text| writeln!(out, "{text}"))
    } else {
        users.iter().try_for_each(|user| show_user(user, out))
    };
    written.map(|()| Exit::Fine).map_err(|error| failed(&error))
}

/// The reply of the running gateway; `None` when none runs.
fn running(config: &Config, command: &Command) -> Result<Option<Reply>, Exit> {
    match ask(&config.admin.socket, command) {
        Ok(Reply::Refused(reason)) => {
            say(&reason);
            Err(Exit::Data)
        }
        Ok(reply) => Ok(Some(reply)),
        Err(ClientError::NotRunning) => Ok(None),
        Err(error) => {
            complain(&error);
            Err(Exit::Unavailable)
        }
    }
}

fn open(config: &Config) -> Result<(Store, Directory), Exit> {
    let store = Store::open(&config.store).map_err(|error| failed(&error))?;
    let directory = store.directory().map_err(|error| failed(&error))?;
    Ok((store, directory))
}

/// What is known without a running gateway: no location, no registration.
fn view(directory: &Directory, user: &User) -> UserView {
    let device = directory.device_of_user(user.id).map(|device| admin_api::DeviceView {
        ipei: device.ipei().to_string(),
        relation: match directory.relation(device.id) {
            Relation::Dynamic(_) => "dynamic",
            Relation::Fixed(_) => "fixed",
            Relation::Unbound => "unbound",
        }
        .to_owned(),
    });
    UserView {
        number: user.number().to_owned(),
        long_name: user.profile.long_name.to_string(),
        name: user.sip_name().to_owned(),
        display_name: user.display_name().to_owned(),
        device,
        ..UserView::default()
    }
}

fn show_user(user: &UserView, out: &mut dyn Write) -> io::Result<()> {
    let device = user.device.as_ref().map_or("-", |device| &device.ipei);
    let place = user.locations.first().map_or("-", |location| &location.base);
    let binding =
        user.binding.as_ref().map_or_else(|| "-".into(), |b| format!("{:?}", b.state).to_lowercase());
    writeln!(out, "{:<12} {:<30} {device:<17} {place:<22} {binding}", user.number, user.long_name)
}

fn show_report(report: &ImportReport, file: &Path, dry_run: bool, out: &mut dyn Write) -> io::Result<()> {
    for line in report.diff.iter().filter(|_| dry_run) {
        writeln!(out, "{line}")?;
    }
    for row in &report.refused {
        writeln!(out, "{}: line {}: {}", file.display(), row.line, row.reason)?;
    }
    if report.refused_total > report.refused.len() {
        writeln!(out, "... and {} more", report.refused_total - report.refused.len())?;
    }
    let ImportReport { added, changed, unchanged, refused_total, applied, .. } = report;
    let outcome = match (applied, dry_run) {
        (true, _) => "imported",
        (false, true) => "dry run, nothing imported",
        (false, false) => "nothing imported",
    };
    writeln!(
        out,
        "{outcome}: {added} added, {changed} changed, {unchanged} unchanged, {refused_total} refused"
    )
}

fn failed(error: &dyn std::error::Error) -> Exit {
    complain(error);
    Exit::Io
}

fn unexpected(reply: &Reply) -> Exit {
    let kind = format!("{reply:?}");
    let kind = kind.split(['(', ' ']).next().unwrap_or_default();
    complain(&ClientError::Answer(format!("unexpected {kind}")));
    Exit::Unavailable
}

fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
