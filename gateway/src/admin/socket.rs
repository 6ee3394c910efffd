//! The control socket: a Unix domain socket that only the owner of the process can open. A command is a line of JSON, and so
//! is its reply; several may follow each other on a connection.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use admin_api::{Command, Reply};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::Semaphore,
};

use super::{Ask, EndOnDrop};
use crate::metrics::Metrics;

/// The open socket. Dropping it ends its connections and removes the file.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    _task: EndOnDrop,
}

impl ControlSocket {
    /// Opens the socket, in place of one that a dead process left behind. Must be called within the runtime.
    ///
    /// # Errors
    /// A living process has it, or the file cannot be made.
    pub fn bind(path: &Path, ask: Ask, metrics: Arc<Metrics>) -> io::Result<Self> {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another process serves this socket"));
        }
        // Made aside and moved, so that it is never there with the mode that the umask gives.
        let mut aside = path.as_os_str().to_owned();
        aside.push(".new");
        let aside = PathBuf::from(aside);
        remove(&aside)?;
        let listener = UnixListener::bind(&aside)?;
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o600))?;
        fs::rename(&aside, path)?;
        let task = tokio::spawn(accept(listener, ask, metrics));
        Ok(Self { path: path.to_path_buf(), _task: EndOnDrop(task) })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.path);
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

async fn accept(listener: UnixListener, ask: Ask, metrics: Arc<Metrics>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // Ends the connections with this task.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "the control socket cannot accept");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        match Arc::clone(&room).try_acquire_owned() {
            Ok(permit) => {
                let ask = Arc::clone(&ask);
                connections.spawn(async move {
                    // A peer that goes away in the middle is its own business.
                    let _gone = converse(stream, ask).await;
                    drop(permit);
                });
            }
            Err(_) => metrics.admin_refused.add(1),
        }
    }
}

async fn converse(stream: UnixStream, ask: Ask) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let length = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        if length == 0 {
            return Ok(());
        }
        let reply = match serde_json::from_slice::<Command>(&line) {
            _ if line.last() != Some(&b'\n') => Reply::Refused("the command is too long or cut off".into()),
            Ok(command) => {
                let gone = || Reply::Refused("the gateway is ending".into());
                ask(command).await.unwrap_or_else(gone)
            }
            Err(error) => Reply::Refused(format!("not a command: {error}")),
        };
        let mut answer = serde_json::to_vec(&reply)?;
        answer.push(b'\n');
        writer.write_all(&answer).await?;
        if line.last() != Some(&b'\n') {
            return Ok(());
        }
    }
}

/// Operators at once.
const CONNECTIONS: usize = 16;
/// A file of the largest size that an import takes, as a JSON text.
const LONGEST_LINE: u64 = 160 << 20;
/// Out of descriptors: others must close some first.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
