//! A UDP socket for media.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::address::RawAddress;
use super::check;

/// Bound, non-blocking, closed on drop.
#[derive(Debug)]
pub(crate) struct MediaSocket(OwnedFd);

impl MediaSocket {
    /// Binds one address exactly; nobody may share it.
    pub(crate) fn bind(address: SocketAddr, tos: u8) -> io::Result<Self> {
        let domain = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: no pointers; a non-negative result is a new descriptor that nobody else owns.
        let fd = check(unsafe { libc::socket(domain, kind, 0) })?;
        // SAFETY: see above.
        let socket = Self(unsafe { OwnedFd::from_raw_fd(fd) });
        socket.set(libc::SOL_SOCKET, libc::SO_RXQ_OVFL, 1)?;
        match address.ip() {
            IpAddr::V4(_) => socket.set(libc::IPPROTO_IP, libc::IP_TOS, tos.into())?,
            IpAddr::V6(_) => {
                socket.set(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 1)?;
                socket.set(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, tos.into())?;
            }
        }
        let raw = RawAddress::of(&address);
        // SAFETY: pointer and length describe a live address; the descriptor is open.
        check(unsafe { libc::bind(socket.raw(), raw.as_ptr(), raw.len()) })?;
        Ok(socket)
    }

    /// Sends one packet, at once or not at all.
    pub(crate) fn send_to(&self, packet: &[u8], to: &SocketAddr) -> io::Result<()> {
        let to = RawAddress::of(to);
        let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
        // SAFETY: both pointers and lengths describe live memory that is read during the call only.
        let sent = unsafe {
            libc::sendto(self.raw(), packet.as_ptr().cast(), packet.len(), flags, to.as_ptr(), to.len())
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    pub(super) fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    fn set(&self, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
        let len = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: the option value is a live integer of the length given, read during the call only.
        let set = unsafe { libc::setsockopt(self.raw(), level, option, (&raw const value).cast(), len) };
        check(set).map(drop)
    }
}

impl AsFd for MediaSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
