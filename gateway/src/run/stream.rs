//! TCP connections of SIP: opened, accepted, framed and written on the runtime; known by number to the control thread.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use control::Input;
use sip::{
    ConnectionId, Flow, ListenerId, Transport,
    framing::{Frame, StreamFramer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    runtime::Handle,
    sync::mpsc,
};

use super::inbox::{Inbox, Note};

/// The way out of one connection. Dropping it closes the connection.
pub(super) type Writer = mpsc::Sender<Bytes>;

/// The connections as the control thread knows them.
#[derive(Debug)]
pub(super) struct Streams {
    runtime: Handle,
    inbox: Inbox,
    shared: Arc<Shared>,
    connections: HashMap<ConnectionId, (Flow, Writer)>,
    by_remote: HashMap<(ListenerId, Transport, SocketAddr), ConnectionId>,
}

/// Numbers and bounds that all tasks share.
#[derive(Debug)]
struct Shared {
    next: AtomicU64,
    open: AtomicUsize,
}

impl Streams {
    /// No connections yet.
    #[must_use]
    pub(super) fn new(runtime: Handle, inbox: Inbox) -> Self {
        let shared = Arc::new(Shared { next: AtomicU64::new(1), open: AtomicUsize::new(0) });
        Self { runtime, inbox, shared, connections: HashMap::new(), by_remote: HashMap::new() }
    }

    /// Listens for connections.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) fn listen(
        &self,
        id: ListenerId,
        transport: Transport,
        bind: SocketAddr,
    ) -> io::Result<SocketAddr> {
        let listener = std::net::TcpListener::bind(bind)?;
        listener.set_nonblocking(true)?;
        let local = listener.local_addr()?;
        let _guard = self.runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        let (inbox, shared) = (self.inbox.clone(), Arc::clone(&self.shared));
        self.runtime.spawn(accept(listener, id, transport, inbox, shared));
        Ok(local)
    }

    /// Takes over a connection that a peer opened.
    pub(super) fn accepted(&mut self, flow: Flow, writer: Writer) {
        let Some(connection) = flow.connection else { return };
        self.by_remote.insert((flow.listener, flow.transport, flow.remote), connection);
        self.connections.insert(connection, (flow, writer));
    }

    /// Opens the connection of a flow; the flow with its connection follows as `StreamOpened`, or `StreamClosed`.
    pub(super) fn connect(&mut self, flow: Flow) -> ConnectionId {
        let key = (flow.listener, flow.transport, flow.remote);
        if let Some(connection) = self.by_remote.get(&key) {
            return *connection;
        }
        let connection =
            flow.connection.unwrap_or_else(|| ConnectionId(self.shared.next.fetch_add(1, Ordering::Relaxed)));
        let flow = Flow { connection: Some(connection), ..flow };
        let (writer, queue) = mpsc::channel(WRITE_QUEUE);
        self.by_remote.insert(key, connection);
        self.connections.insert(connection, (flow, writer.clone()));
        self.runtime.spawn(open(flow, queue, writer.downgrade(), self.inbox.clone()));
        connection
    }

    /// Writes to the connection of a flow, opening it first if it has none; `false` when it is gone or does not keep up.
    pub(super) fn send(&mut self, flow: Flow, octets: Bytes) -> bool {
        let connection = match flow.connection {
            Some(connection) => connection,
            None => self.connect(flow),
        };
        let Some((_, writer)) = self.connections.get(&connection) else { return false };
        match writer.try_send(octets) {
            Ok(()) => true,
            Err(_) => {
                self.close(connection);
                false
            }
        }
    }

    /// Closes a connection.
    pub(super) fn close(&mut self, connection: ConnectionId) {
        if let Some((flow, _)) = self.connections.remove(&connection) {
            let key = (flow.listener, flow.transport, flow.remote);
            if self.by_remote.get(&key) == Some(&connection) {
                self.by_remote.remove(&key);
            }
        }
    }
}

async fn accept(
    listener: TcpListener,
    id: ListenerId,
    transport: Transport,
    inbox: Inbox,
    shared: Arc<Shared>,
) {
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or the peer left in the queue: try again, but not in a tight loop.
                tracing::warn!(listener = id.0, %error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if shared.open.load(Ordering::Relaxed) >= MAX_ACCEPTED {
            tracing::warn!(listener = id.0, %remote, "too many connections");
            continue;
        }
        let connection = Some(ConnectionId(shared.next.fetch_add(1, Ordering::Relaxed)));
        let flow = Flow { transport, listener: id, remote, connection };
        let (writer, queue) = mpsc::channel(WRITE_QUEUE);
        let pong = writer.downgrade();
        if !inbox.put(Note::Accepted { flow, writer }).await {
            return;
        }
        shared.open.fetch_add(1, Ordering::Relaxed);
        let (inbox, shared) = (inbox.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            serve(stream, flow, queue, pong, inbox).await;
            shared.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn open(flow: Flow, queue: mpsc::Receiver<Bytes>, pong: mpsc::WeakSender<Bytes>, inbox: Inbox) {
    match tokio::time::timeout(CONNECT_LIMIT, TcpStream::connect(flow.remote)).await {
        Ok(Ok(stream)) => {
            inbox.put(Note::Input(Input::StreamOpened(flow))).await;
            serve(stream, flow, queue, pong, inbox).await;
        }
        Ok(Err(error)) => {
            tracing::debug!(remote = %flow.remote, %error, "cannot connect");
            inbox.put(Note::Input(Input::StreamClosed(flow))).await;
        }
        Err(_) => {
            tracing::debug!(remote = %flow.remote, "cannot connect in time");
            inbox.put(Note::Input(Input::StreamClosed(flow))).await;
        }
    }
}

/// Reads and writes until either side is done, then says so.
async fn serve(
    stream: TcpStream,
    flow: Flow,
    queue: mpsc::Receiver<Bytes>,
    pong: mpsc::WeakSender<Bytes>,
    inbox: Inbox,
) {
    // SIP messages are small and wanted at once.
    let _ignored = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    tokio::select! {
        () = read(reader, flow, pong, &inbox) => {}
        () = write(writer, queue) => {}
    }
    inbox.put(Note::Input(Input::StreamClosed(flow))).await;
}

async fn read(mut reader: tcp::OwnedReadHalf, flow: Flow, pong: mpsc::WeakSender<Bytes>, inbox: &Inbox) {
    let mut framer = StreamFramer::new();
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        let length = match reader.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        framer.push(&buffer[..length]);
        while let Some(frame) = framer.poll() {
            match frame {
                Ok(Frame::Message(octets)) => {
                    if !inbox.put(Note::Input(Input::StreamMessage { flow, octets })).await {
                        return;
                    }
                }
                Ok(Frame::KeepAlive) => {
                    // RFC 5626 4.4.1. A peer that does not read its answers loses them.
                    if let Some(writer) = pong.upgrade() {
                        let _full = writer.try_send(Bytes::from_static(b"\r\n"));
                    }
                }
                Ok(Frame::Pong) => {}
                Err(error) => {
                    tracing::info!(remote = %flow.remote, ?error, "stream is not SIP, closing it");
                    return;
                }
            }
        }
    }
}

async fn write(mut writer: tcp::OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(octets) = queue.recv().await {
        if writer.write_all(&octets).await.is_err() {
            return;
        }
    }
    // The control thread closed the connection: what was queued is written.
    let _ignored = writer.shutdown().await;
}

/// Messages that may wait for a slow peer before its connection is given up.
const WRITE_QUEUE: usize = 256;
/// Connections that peers may open.
const MAX_ACCEPTED: usize = 10_000;
/// Octets read at once.
const READ_BUFFER: usize = 16 << 10;
/// Shorter than timer F, so that a dead proxy is noticed before the transaction gives up.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// After a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
