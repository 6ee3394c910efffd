//! What one identity costs while it is idle, and what its refresh allocates. Budgets of the design: 4 KiB and 8 allocations.

#![allow(clippy::disallowed_methods, reason = "an origin of virtual time; nothing depends on when it is")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]
#![allow(clippy::print_stdout, reason = "the figures are the point")]

#[path = "../registrations/handset.rs"]
#[allow(dead_code, reason = "shared with the scenarios")]
mod handset;
#[path = "../registrations/pbx.rs"]
#[allow(dead_code, reason = "shared with the scenarios")]
mod pbx;
#[path = "../registrations/world.rs"]
#[allow(dead_code, reason = "shared with the scenarios")]
mod world;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    time::Duration,
};

use sip::{Event, Flow, Message};
use world::{PASSWORD, PBX_ADDRESS, PBX_SIDE, World};

#[test]
fn an_idle_identity_stays_within_its_budget() {
    let octets = |users: u32| {
        let mut world = World::with(|settings| settings.access.digests = vec![sip::digest::Algorithm::Md5]);
        let before = LIVE.get();
        let ids: Vec<_> = (0..users).map(|n| world.add_user(&number(n))).collect();
        let directory = LIVE.get() - before;
        for n in 0..users {
            handset::Handset::new(&number(n), PASSWORD, "10.0.0.1:5060").register(&mut world, 3600);
        }
        // What belongs to the scenario and to nobody's identity.
        world.received.clear();
        world.located.clear();
        world.run_for(Duration::from_secs(100));
        assert_eq!(world.registration.counts().held, ids.len());
        world.pbx = pbx::Pbx::new();
        world.bindings.clear();
        world.locations.clear();
        world.registered.clear();
        world.received.clear();
        let all = LIVE.get() - before;
        drop(world);
        (directory, all)
    };
    // The difference of two sizes leaves out what is there once.
    let (few, many) = (octets(1024), octets(2048));
    let (directory, all) = ((many.0 - few.0) / 1024, (many.1 - few.1) / 1024);
    println!("octets per identity: directory={directory} all={all}");
    assert!(all <= 4096, "{all} octets");
}

#[test]
fn a_refresh_allocates_little() {
    let mut world = World::with(|settings| settings.pbx.expires = Duration::from_secs(100));
    let user = world.add_user("2017");
    world.located(user);
    world.run_for(Duration::from_secs(1000));
    let mut counts = Vec::new();
    for _ in 0..20 {
        let due = world.registration.poll_timeout().unwrap();
        world.run_for(due - world.now - Duration::from_millis(1));
        counts.push(refresh(&mut world, due));
    }
    counts.sort_unstable();
    let (rooms, sip) = counts[counts.len() / 2];
    println!("allocations per refresh: rooms={rooms} sip={sip}");
    assert!(rooms + sip <= MOST_ALLOCATIONS, "{rooms} + {sip}");
}

/// One refresh, step by step. How often registration allocated, and how often the endpoint.
fn refresh(world: &mut World, due: std::time::Instant) -> (usize, usize) {
    world.now = due;
    let before = ALLOCATIONS.get();
    world.with_context(|_, registration, cx| registration.handle_timeout(cx));
    let mut rooms = ALLOCATIONS.get() - before;
    let transmit = world.endpoint.poll_transmit().unwrap();
    let response = world.pbx.handle(world.now, &transmit.octets).unwrap();
    assert_eq!(Message::parse(&response[..]).unwrap().status().unwrap().0, 200);
    let before = ALLOCATIONS.get();
    let flow = Flow::udp(PBX_SIDE, PBX_ADDRESS.parse().unwrap());
    world.endpoint.handle_datagram(world.now, flow, response);
    let event = world.endpoint.poll_event().unwrap();
    let sip = ALLOCATIONS.get() - before;
    let Event::Response { id, message } = event else { panic!("{event:?}") };
    let before = ALLOCATIONS.get();
    assert!(world.with_context(|_, registration, cx| registration.handle_response(cx, id, &message)));
    rooms += ALLOCATIONS.get() - before;
    world.run_for(Duration::from_secs(10));
    (rooms, sip)
}

fn number(n: u32) -> String {
    format!("{}", 20_000 + n)
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

#[allow(unsafe_code, reason = "a global allocator can be counted in no other way")]
// SAFETY: every call is passed on unchanged to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        LIVE.set(LIVE.get() + layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Eight is the budget of the design.
const MOST_ALLOCATIONS: usize = 8;
