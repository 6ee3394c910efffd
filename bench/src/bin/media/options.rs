//! Command line of the measurement.

use crate::scenario::Scenario;

/// What is measured and how long.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) calls: usize,
    pub(crate) idle: usize,
    pub(crate) seconds: u64,
    pub(crate) rounds: usize,
    pub(crate) only: Option<Scenario>,
    /// Measure ours only.
    pub(crate) alone: bool,
    /// Set in the process that is measured.
    pub(crate) subject: Option<Scenario>,
    /// Where the telephones are, pair by pair in turn, for the process that is measured.
    pub(crate) peers: Vec<String>,
}

impl Options {
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            calls: 200,
            idle: 0,
            seconds: 4,
            rounds: 3,
            only: None,
            alone: false,
            subject: None,
            peers: Vec::new(),
        };
        let mut arguments = arguments;
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{name} wants a value\n{USAGE}"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{name} wants a number\n{USAGE}"));
            let scenario =
                || Scenario::by_name(&value).ok_or_else(|| format!("no scenario {value}\n{USAGE}"));
            match name.as_str() {
                "--calls" => options.calls = number()? as usize,
                "--idle" => options.idle = number()? as usize,
                "--seconds" => options.seconds = number()?,
                "--rounds" => options.rounds = number()? as usize,
                "--only" => options.only = Some(scenario()?),
                "--peers" => options.alone = value == "none",
                "--subject" => options.subject = Some(scenario()?),
                "--peer" => options.peers.push(value),
                _ => return Err(format!("no option {name}\n{USAGE}")),
            }
        }
        Ok(options)
    }

    pub(crate) fn scenarios(&self) -> Vec<Scenario> {
        Scenario::ALL.into_iter().filter(|scenario| self.only.is_none_or(|only| only == *scenario)).collect()
    }
}

const USAGE: &str =
    "usage: media [--calls N] [--idle N] [--seconds N] [--rounds N] [--only relay|g722|g729] [--peers none]";
