//! The way to the running gateway: its control socket.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use admin_api::{Command, Reply};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum ClientError {
    /// The answer makes no sense: another version runs.
    Answer(String),
    /// The connection failed.
    Io(io::Error),
    /// No gateway runs.
    NotRunning,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(what) => write!(f, "the gateway's answer is not understood: {what}"),
            Self::Io(_) => f.write_str("the gateway does not answer"),
            Self::NotRunning => f.write_str("no gateway runs"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// Gives one command and waits for its reply.
pub(super) fn ask(socket: &Path, command: &Command) -> Result<Reply, ClientError> {
    let mut stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning,
        _ => ClientError::Io(error),
    })?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(ClientError::Io)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(ClientError::Io)?;
    let mut line = serde_json::to_vec(command).map_err(|error| ClientError::Answer(error.to_string()))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(ClientError::Io)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(ClientError::Io)?;
    serde_json::from_str(&answer).map_err(|error| ClientError::Answer(error.to_string()))
}

/// The largest import takes seconds.
const PATIENCE: Duration = Duration::from_secs(120);
