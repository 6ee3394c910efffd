//! The operators' side of the running process: the control socket, `/metrics`, and the watchdog of systemd.
//!
//! Owns the socket file. Decides nothing: every command goes to the control thread and its answer comes back.

mod http;
mod socket;

use std::{future::Future, io, pin::Pin, sync::Arc};

use admin_api::{Command, Reply};
use tokio::task::JoinHandle;

pub use self::{http::serve_metrics, socket::ControlSocket};
use crate::{config::Config, metrics::Metrics, run::Inbox, systemd::Notifier};

/// Puts a command to control and gives its answer; `None` when control is gone.
pub type Ask = Arc<dyn Fn(Command) -> Pin<Box<dyn Future<Output = Option<Reply>> + Send>> + Send + Sync>;

/// The servers; they end when this is dropped, and the socket file goes.
#[derive(Debug)]
pub struct Admin {
    _socket: ControlSocket,
    _metrics: Option<EndOnDrop>,
    _watchdog: EndOnDrop,
}

/// Serves operators.
///
/// # Errors
/// What cannot be bound, and why.
pub async fn serve(
    config: &Config,
    inbox: Inbox,
    metrics: Arc<Metrics>,
) -> Result<Admin, (String, io::Error)> {
    let counted = Arc::clone(&metrics);
    let ask: Ask = Arc::new(move |command| {
        let inbox = inbox.clone();
        counted.admin_commands.add(1);
        Box::pin(async move { inbox.ask(command).await })
    });
    let path = &config.admin.socket;
    let socket = ControlSocket::bind(path, Arc::clone(&ask), Arc::clone(&metrics))
        .map_err(|error| (path.display().to_string(), error))?;
    let watchdog = tokio::spawn(watch(Notifier::from_environment(), Arc::clone(&ask)));
    let metrics = match config.admin.metrics {
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address).await;
            let listener = listener.map_err(|error| (address.to_string(), error))?;
            tracing::info!(%address, "serving /metrics");
            Some(EndOnDrop(tokio::spawn(serve_metrics(listener, ask, metrics))))
        }
        None => None,
    };
    Ok(Admin { _socket: socket, _metrics: metrics, _watchdog: EndOnDrop(watchdog) })
}

/// Control answers, so it lives: the only question that a hanging process cannot answer.
async fn watch(notifier: Notifier, ask: Ask) {
    notifier.keep_watch(|| async { ask(Command::Faults).await.is_some() }).await;
}

/// A task that ends with its owner.
#[derive(Debug)]
struct EndOnDrop(JoinHandle<()>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
