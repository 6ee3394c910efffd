//! The command line. Exit codes are those of sysexits(3), which service managers and scripts know.

mod check;
mod client;
mod exit;
mod run;
mod status;
mod users;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use self::exit::Exit;

/// SIP/RTP media gateway between DECT handsets and a PBX.
#[derive(Debug, Parser)]
#[command(name = "dectgate", version)]
struct Arguments {
    /// The configuration file.
    #[arg(short, long, global = true, value_name = "FILE", default_value = "/etc/dectgate/dectgate.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check the configuration file and name every fault with its line.
    Check,
    /// Ask the running gateway to take no new calls and to end when the last one is over.
    Drain {
        /// End the calls as well.
        #[arg(long)]
        force: bool,
    },
    /// Run the gateway.
    Run,
    /// Show what the running gateway does.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Users and their devices.
    #[command(subcommand)]
    Users(users::Verb),
}

/// Runs the command line and gives the exit code of the process.
pub fn main(arguments: Vec<String>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no faults.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            let _closed = error.print();
            return exit.into();
        }
    };
    let mut out = io::stdout().lock();
    let exit = match &arguments.command {
        Verb::Check => check::check(&arguments.config, &mut out),
        Verb::Drain { force } => status::drain(&arguments.config, *force, &mut out),
        Verb::Run => {
            drop(out);
            return run::run(&arguments.config).into();
        }
        Verb::Status { json } => status::status(&arguments.config, *json, &mut out),
        Verb::Users(verb) => users::users(&arguments.config, verb, &mut out),
    };
    // A reader that closed the pipe has seen enough.
    let _closed = out.flush();
    exit.into()
}

/// Tells people about a failure, with its causes.
fn complain(what: &dyn std::error::Error) {
    let mut text = what.to_string();
    let mut cause = what.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    say(&text);
}

/// One line for people.
fn say(text: &str) {
    let _closed = writeln!(io::stderr(), "dectgate: {text}");
}
