//! Socket addresses as the kernel lays them out.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// Storage for an address of either family, with the length in use.
#[derive(Clone, Copy)]
pub(crate) struct RawAddress {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl RawAddress {
    pub(crate) const EMPTY: Self = Self {
        // SAFETY: sockaddr_storage is plain integers; all zero is the unspecified family.
        storage: unsafe { std::mem::zeroed() },
        len: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
    };

    pub(crate) fn of(address: &SocketAddr) -> Self {
        let mut raw = Self::EMPTY;
        match address {
            SocketAddr::V4(v4) => raw.set_v4(v4),
            SocketAddr::V6(v6) => raw.set_v6(v6),
        }
        raw
    }

    /// The address, if the kernel wrote one of a known family.
    pub(crate) fn to_address(self) -> Option<SocketAddr> {
        let pointer = &raw const self.storage;
        match libc::c_int::from(self.storage.ss_family) {
            libc::AF_INET => {
                // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_in, and plain integers.
                let v4 = unsafe { pointer.cast::<libc::sockaddr_in>().read() };
                let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
            }
            libc::AF_INET6 => {
                // SAFETY: as above, for sockaddr_in6.
                let v6 = unsafe { pointer.cast::<libc::sockaddr_in6>().read() };
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                let port = u16::from_be(v6.sin6_port);
                Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id)))
            }
            _ => None,
        }
    }

    pub(crate) const fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.storage).cast()
    }

    pub(crate) const fn as_mut_ptr(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.storage).cast()
    }

    pub(crate) const fn len(&self) -> libc::socklen_t {
        self.len
    }

    fn set_v4(&mut self, v4: &SocketAddrV4) {
        let raw = libc::sockaddr_in {
            sin_family: libc::AF_INET as libc::sa_family_t,
            sin_port: v4.port().to_be(),
            sin_addr: libc::in_addr { s_addr: u32::from(*v4.ip()).to_be() },
            sin_zero: [0; 8],
        };
        // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_in.
        unsafe { (&raw mut self.storage).cast::<libc::sockaddr_in>().write(raw) };
        self.len = size_of::<libc::sockaddr_in>() as libc::socklen_t;
    }

    fn set_v6(&mut self, v6: &SocketAddrV6) {
        let raw = libc::sockaddr_in6 {
            sin6_family: libc::AF_INET6 as libc::sa_family_t,
            sin6_port: v6.port().to_be(),
            sin6_flowinfo: 0,
            sin6_addr: libc::in6_addr { s6_addr: v6.ip().octets() },
            sin6_scope_id: v6.scope_id(),
        };
        // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_in6.
        unsafe { (&raw mut self.storage).cast::<libc::sockaddr_in6>().write(raw) };
        self.len = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_survive_the_round_trip() {
        for text in ["127.0.0.9:4000", "[::1]:65535", "[fe80::1%3]:9"] {
            let address: SocketAddr = text.parse().expect("an address");
            assert_eq!(RawAddress::of(&address).to_address(), Some(address));
        }
        assert_eq!(RawAddress::EMPTY.to_address(), None);
    }
}
