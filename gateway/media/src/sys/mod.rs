//! The system calls of a worker: epoll, eventfd, datagrams in batches.
//!
//! Owns: all `unsafe` of the media plane, a few lines per call, each with its invariant. Must never: keep a pointer over two
//! calls, decide anything about media.

#![allow(unsafe_code, reason = "the one place for system calls that std does not offer")]

mod address;
mod batch;
mod epoll;
mod socket;
mod wake;

pub(crate) use batch::{BATCH, ReceiveBatch};
pub(crate) use epoll::{Epoll, Readiness};
pub(crate) use socket::MediaSocket;
pub(crate) use wake::Wake;

use std::io;

/// Pins the calling thread to one CPU.
pub(crate) fn pin_to_cpu(cpu: usize) -> io::Result<()> {
    if cpu >= libc::CPU_SETSIZE as usize {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    // SAFETY: an all-zero cpu_set_t is an empty set; CPU_SET stays inside it because of the check above.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        set
    };
    // SAFETY: the pointer is to a live set of the size given; pid 0 is the calling thread.
    check(unsafe { libc::sched_setaffinity(0, size_of_val(&set), &raw const set) }).map(drop)
}

/// -1 becomes the error of the call.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
