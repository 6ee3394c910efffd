//! Name queries, carried out on the runtime by the system's resolver.

use std::net::SocketAddr;

use control::{Input, QueryId};
use sip::Transport;
use tokio::runtime::Handle;

use super::inbox::{Inbox, Note};

/// Answers [`control::Output::Resolve`].
#[derive(Debug)]
pub(super) struct Resolver {
    runtime: Handle,
    inbox: Inbox,
}

impl Resolver {
    /// A resolver whose answers go to `inbox`.
    #[must_use]
    pub(super) fn new(runtime: Handle, inbox: Inbox) -> Self {
        Self { runtime, inbox }
    }

    /// Starts a query; its answer follows as [`Input::Resolved`], empty when there is none.
    pub(super) fn resolve(&self, query: QueryId, host: String, port: Option<u16>, transport: Transport) {
        let inbox = self.inbox.clone();
        self.runtime.spawn(async move {
            let port = port.unwrap_or(if transport == Transport::Tls { 5061 } else { 5060 });
            let addresses: Vec<SocketAddr> = match tokio::net::lookup_host((host.as_str(), port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    tracing::warn!(host, %error, "cannot resolve");
                    Vec::new()
                }
            };
            inbox.put(Note::Input(Input::Resolved { query, addresses })).await;
        });
    }
}
