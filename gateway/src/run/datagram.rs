//! The UDP sockets of SIP, owned by the control thread.

use std::{
    collections::HashMap,
    io,
    net::{SocketAddr, UdpSocket},
};

use bytes::Bytes;
use control::Input;
use mio::{Interest, Registry, Token};
use sip::ListenerId;
use socket2::{Domain, Protocol, Socket, Type};

/// All UDP listeners.
#[derive(Debug)]
pub(super) struct Datagrams {
    sockets: HashMap<ListenerId, mio::net::UdpSocket>,
    buffer: Box<[u8; MAX_DATAGRAM]>,
    /// Datagrams that the kernel had no room for. SIP retransmits them.
    dropped: u64,
}

impl Datagrams {
    /// No listeners yet.
    #[must_use]
    pub(super) fn new() -> Self {
        Self { sockets: HashMap::new(), buffer: Box::new([0; MAX_DATAGRAM]), dropped: 0 }
    }

    /// Binds a listener. `tos` is the IPv4 ToS octet or IPv6 traffic class.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub(super) fn listen(
        &mut self,
        registry: &Registry,
        id: ListenerId,
        bind: SocketAddr,
        tos: u8,
    ) -> io::Result<SocketAddr> {
        let mut socket = mio::net::UdpSocket::from_std(open(bind, tos)?);
        let local = socket.local_addr()?;
        registry.register(&mut socket, Token(usize::from(id.0)), Interest::READABLE)?;
        self.sockets.insert(id, socket);
        Ok(local)
    }

    /// Closes a listener.
    pub(super) fn close(&mut self, registry: &Registry, id: ListenerId) {
        if let Some(mut socket) = self.sockets.remove(&id) {
            // An unregistered socket is closed all the same.
            let _ignored = registry.deregister(&mut socket);
        }
    }

    /// Reads one datagram; `None` when there is none left.
    pub(super) fn receive(&mut self, listener: ListenerId) -> Option<Input> {
        let socket = self.sockets.get(&listener)?;
        loop {
            match socket.recv_from(&mut self.buffer[..]) {
                Ok((length, source)) => {
                    let octets = Bytes::copy_from_slice(&self.buffer[..length]);
                    return Some(Input::Datagram { listener, source, octets });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // An error of an earlier send, or a signal: the next datagram is not concerned.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::debug!(listener = listener.0, %error, "receiving failed");
                    return None;
                }
            }
        }
    }

    /// Sends one datagram; `false` when the network refuses the destination.
    pub(super) fn send(&mut self, listener: ListenerId, remote: SocketAddr, octets: &[u8]) -> bool {
        let Some(socket) = self.sockets.get(&listener) else { return false };
        match socket.send_to(octets, remote) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.dropped += 1;
                true
            }
            Err(error) => {
                tracing::debug!(listener = listener.0, %remote, %error, "sending failed");
                false
            }
        }
    }
}

fn open(bind: SocketAddr, tos: u8) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(bind), Type::DGRAM, Some(Protocol::UDP))?;
    // A burst after a power failure is thousands of REGISTERs within a second; the kernel halves what it cannot give.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.set_send_buffer_size(RECEIVE_BUFFER)?;
    if bind.is_ipv4() {
        socket.set_tos_v4(u32::from(tos))?;
    } else {
        socket.set_only_v6(true)?;
        socket.set_tclass_v6(u32::from(tos))?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&bind.into())?;
    Ok(socket.into())
}

/// Largest UDP payload.
const MAX_DATAGRAM: usize = 65_535;
/// Octets.
const RECEIVE_BUFFER: usize = 4 << 20;
