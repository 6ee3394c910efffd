//! Readiness of many sockets, edge-triggered: a socket is told when something arrives, and read until nothing is left.
//! Measured against level-triggered: the second look that a level needs costs a tenth of a relayed packet.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use super::check;

/// An epoll instance.
#[derive(Debug)]
pub(crate) struct Epoll(OwnedFd);

/// Room for what one wait tells.
pub(crate) struct Readiness {
    events: Box<[libc::epoll_event]>,
    ready: usize,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no pointers; a non-negative result is a new descriptor that nobody else owns.
        let fd = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
        // SAFETY: see above.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Tells `token` when something to read arrives at `fd`, or is there already. Closing the descriptor ends it.
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, token: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: token };
        // SAFETY: both descriptors are open for the call; the event is read during the call only.
        let added = unsafe {
            libc::epoll_ctl(self.0.as_raw_fd(), libc::EPOLL_CTL_ADD, fd.as_raw_fd(), &raw mut event)
        };
        check(added).map(drop)
    }

    /// Waits until something is ready or the time is over; an interrupted wait is an empty one.
    pub(crate) fn wait(&self, readiness: &mut Readiness, timeout: Duration) -> io::Result<()> {
        // Rounded up: waking before a deadline would only mean waking twice.
        let millis = timeout.as_micros().div_ceil(1_000).min(60_000) as libc::c_int;
        let (pointer, len) = (readiness.events.as_mut_ptr(), readiness.events.len() as libc::c_int);
        // SAFETY: the pointer and length are those of a live slice, written during the call only.
        let ready = check(unsafe { libc::epoll_wait(self.0.as_raw_fd(), pointer, len, millis) });
        readiness.ready = match ready {
            Ok(ready) => ready as usize,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        Ok(())
    }
}

impl Readiness {
    pub(crate) fn new(len: usize) -> Self {
        Self { events: vec![libc::epoll_event { events: 0, u64: 0 }; len].into_boxed_slice(), ready: 0 }
    }

    /// How many tokens the last wait told.
    pub(crate) const fn len(&self) -> usize {
        self.ready
    }

    pub(crate) fn token(&self, index: usize) -> u64 {
        self.events[index].u64
    }
}
