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
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    runtime::Handle,
    sync::mpsc,
    task::AbortHandle,
    time::Instant,
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
    /// Those of users, which are closed again; the others live as long as the process.
    listeners: HashMap<ListenerId, AbortHandle>,
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
        Self {
            runtime,
            inbox,
            shared,
            connections: HashMap::new(),
            listeners: HashMap::new(),
            by_remote: HashMap::new(),
        }
    }

    /// Listens for connections.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) fn listen(
        &mut self,
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
        let task = self.runtime.spawn(accept(listener, id, transport, inbox, shared));
        self.listeners.insert(id, task.abort_handle());
        Ok(local)
    }

    /// Accepts no more at a listener.
    pub(super) fn unlisten(&mut self, id: ListenerId) {
        if let Some(task) = self.listeners.remove(&id) {
            task.abort();
        }
    }

    /// Takes over a connection that a peer opened.
    pub(super) fn accepted(&mut self, flow: Flow, writer: Writer) {
        let Some(connection) = flow.connection else { return };
        self.by_remote.insert((flow.listener, flow.transport, flow.remote), connection);
        self.connections.insert(connection, (flow, writer));
    }

    /// Opens the connection of a flow; the flow with its connection follows as `StreamOpened`, or `StreamClosed`. A flow with a number is
    /// opened whatever else is open to the same place, for its owner waits for that number; one without takes what there is.
    pub(super) fn connect(&mut self, flow: Flow) -> ConnectionId {
        let key = (flow.listener, flow.transport, flow.remote);
        let connection = match (flow.connection, self.by_remote.get(&key)) {
            (Some(connection), _) if self.connections.contains_key(&connection) => return connection,
            (Some(connection), _) => connection,
            (None, Some(open)) => return *open,
            (None, None) => ConnectionId(self.shared.next.fetch_add(1, Ordering::Relaxed)),
        };
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
    // A peer that is gone without a word is found out although nobody sends it anything.
    let alive = TcpKeepalive::new().with_time(KEEP_ALIVE_AFTER).with_interval(KEEP_ALIVE_EVERY);
    let _ignored = SockRef::from(&stream).set_tcp_keepalive(&alive.with_retries(4));
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
    // A peer that never says anything, or never ends what it began, would keep its place for nothing.
    let mut patience = Some(Instant::now() + MESSAGE_LIMIT);
    loop {
        let read = reader.read(&mut buffer);
        let read = match patience {
            Some(until) => tokio::time::timeout_at(until, read).await.unwrap_or(Ok(0)),
            None => read.await,
        };
        let length = match read {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        framer.push(&buffer[..length]);
        let mut complete = false;
        while let Some(frame) = framer.poll() {
            complete = true;
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
        patience = match (framer.waiting(), patience) {
            (0, until) if !complete => until,
            (0, _) => None,
            (_, Some(until)) if !complete => Some(until),
            (_, _) => Some(Instant::now() + MESSAGE_LIMIT),
        };
    }
}

async fn write(mut writer: tcp::OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(octets) = queue.recv().await {
        // A peer that does not read would keep the task, and its place, for ever: closing the queue does not end a write.
        let written = tokio::time::timeout(WRITE_LIMIT, writer.write_all(&octets)).await;
        if !matches!(written, Ok(Ok(()))) {
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
/// From the first octet of a message to its last, and from the connection to the first message: timer F (RFC 3261 17.1.2.2).
const MESSAGE_LIMIT: Duration = Duration::from_secs(32);
/// A message that the peer's window has no room for.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Silence after which the kernel asks whether the peer lives.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(60);
/// How often it asks, four times.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// Octets read at once.
const READ_BUFFER: usize = 16 << 10;
/// Shorter than timer F, so that a dead proxy is noticed before the transaction gives up.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// After a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests;
