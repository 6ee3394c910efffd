//! Datagrams received in one call.

use std::io;
use std::net::SocketAddr;

use super::MediaSocket;
use super::address::RawAddress;

/// Datagrams taken from one socket at a time: its share before the others get theirs. A 20 ms stream has one waiting, seldom
/// two; eight lets a burst through without starving the neighbours.
pub(crate) const BATCH: usize = 8;
/// A media datagram fits an Ethernet frame; longer ones are cut and dropped.
const DATAGRAM_LEN: usize = 2_048;
/// Room for the drop counter and what else the kernel may add.
const CONTROL_LEN: usize = 64;

/// Buffers for one batch, made once per worker.
pub(crate) struct ReceiveBatch {
    datagrams: Box<[[u8; DATAGRAM_LEN]; BATCH]>,
    sources: [RawAddress; BATCH],
    controls: [Control; BATCH],
    received: [Meta; BATCH],
}

/// One datagram of a batch.
pub(crate) struct Received<'a> {
    pub(crate) source: SocketAddr,
    /// The whole buffer, so that a packet can grow.
    pub(crate) buffer: &'a mut [u8],
    /// Octets that arrived.
    pub(crate) len: usize,
}

/// Ancillary data, aligned as `cmsghdr` wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_LEN]);

#[derive(Clone, Copy)]
struct Meta {
    len: usize,
    cut: bool,
    overflow: Option<u32>,
}

impl ReceiveBatch {
    pub(crate) fn new() -> Self {
        Self {
            datagrams: Box::new([[0; DATAGRAM_LEN]; BATCH]),
            sources: [RawAddress::EMPTY; BATCH],
            controls: [Control([0; CONTROL_LEN]); BATCH],
            received: [Meta { len: 0, cut: false, overflow: None }; BATCH],
        }
    }

    /// Takes what waits on a socket, at most [`BATCH`] datagrams; 0 when nothing does.
    pub(crate) fn receive(&mut self, socket: &MediaSocket) -> io::Result<usize> {
        let mut vectors: [libc::iovec; BATCH] = std::array::from_fn(|n| libc::iovec {
            iov_base: self.datagrams[n].as_mut_ptr().cast(),
            iov_len: DATAGRAM_LEN,
        });
        let mut headers: [libc::mmsghdr; BATCH] = std::array::from_fn(|n| {
            // SAFETY: mmsghdr is integers and pointers; zero is a valid value of all of them.
            let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
            header.msg_hdr.msg_name = self.sources[n].as_mut_ptr().cast();
            header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_iov = &raw mut vectors[n];
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = (&raw mut self.controls[n]).cast();
            header.msg_hdr.msg_controllen = CONTROL_LEN as _;
            header
        });
        // SAFETY: every header points to a name, a vector and a control buffer that live through the call, with their true
        // lengths; nothing else touches them meanwhile. A null timeout is allowed.
        let received = unsafe {
            libc::recvmmsg(
                socket.raw(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if received < 0 {
            let error = io::Error::last_os_error();
            let nothing = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            return if nothing { Ok(0) } else { Err(error) };
        }
        let received = received as usize;
        for (meta, header) in self.received.iter_mut().zip(&headers).take(received) {
            *meta = Meta {
                len: (header.msg_len as usize).min(DATAGRAM_LEN),
                cut: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
                overflow: overflow(&header.msg_hdr),
            };
        }
        Ok(received)
    }

    /// A datagram of the last batch; `None` when it was cut or has no usable source.
    pub(crate) fn datagram(&mut self, index: usize) -> Option<Received<'_>> {
        let meta = self.received[index];
        let source = self.sources[index].to_address().filter(|_| !meta.cut)?;
        Some(Received { source, buffer: &mut self.datagrams[index], len: meta.len })
    }

    /// What the kernel has dropped on the socket so far, as told with this datagram.
    pub(crate) fn overflow(&self, index: usize) -> Option<u32> {
        self.received[index].overflow
    }
}

/// The drop counter among the ancillary data. The kernel sends it only once something was dropped.
fn overflow(header: &libc::msghdr) -> Option<u32> {
    if header.msg_controllen == 0 {
        return None;
    }
    // SAFETY: the header and its control buffer were filled by a successful call; the macros stay within msg_controllen.
    unsafe {
        let mut message = libc::CMSG_FIRSTHDR(header);
        while !message.is_null() {
            if (*message).cmsg_level == libc::SOL_SOCKET && (*message).cmsg_type == libc::SO_RXQ_OVFL {
                return Some(libc::CMSG_DATA(message).cast::<u32>().read_unaligned());
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    None
}
