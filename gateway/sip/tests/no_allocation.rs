//! Indexing a message and typing its hot headers allocates nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use sip::Message;
use sip::message::validate;

#[test]
fn parsing_and_typing_an_invite_allocates_nothing() {
    assert_eq!(allocations(|| touch(INVITE)), 0);
}

#[test]
fn parsing_and_typing_a_register_allocates_nothing() {
    assert_eq!(allocations(|| touch(REGISTER)), 0);
}

#[test]
fn validating_a_good_request_allocates_nothing() {
    assert_eq!(allocations(|| validate(&Message::parse(INVITE).unwrap()).unwrap()), 0);
}

#[test]
fn more_header_lines_than_slots_allocate_nothing() {
    let mut long = b"OPTIONS sip:a@h SIP/2.0\r\n".to_vec();
    for _ in 0..100 {
        long.extend_from_slice(b"Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\n");
    }
    long.extend_from_slice(b"\r\n");
    let count = || assert_eq!(Message::parse(&long[..]).unwrap().vias().filter(Result::is_ok).count(), 100);
    assert_eq!(allocations(count), 0);
}

fn touch(octets: &[u8]) {
    let message = Message::parse(octets).unwrap();
    black_box(message.uri().unwrap());
    black_box(message.top_via().unwrap().branch().unwrap());
    black_box(message.from_().unwrap().tag().unwrap());
    black_box(message.to().unwrap().uri().unwrap());
    black_box(message.cseq().unwrap());
    black_box(message.call_id().unwrap());
    black_box(message.contacts().next().unwrap().unwrap());
    black_box((message.expires(), message.max_forwards(), message.body(), message.part("application/sdp")));
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[allow(unsafe_code, reason = "a global allocator can be counted in no other way")]
// SAFETY: every call is passed on unchanged to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const INVITE: &[u8] = include_bytes!("data/invite-1129.sip");
const REGISTER: &[u8] = include_bytes!("data/register-601.sip");
