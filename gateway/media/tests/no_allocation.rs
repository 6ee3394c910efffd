//! Nothing is allocated per packet: relay, law conversion, repacketising, transcoding, events.

#![allow(clippy::print_stdout, reason = "a skipped codec is said")]
#![allow(unsafe_code, reason = "a global allocator that counts has to be one")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use media::{Channel, Datagram, MediaClock, Outbox, Session};
use media_api::{Codec, Format, LegIndex};
use srtp::NtpTime;
use support::{HANDSET, PBX, Talker, call, format, peer, start};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: hands everything on to the system allocator; the counter neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract is the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Call {
    session: Session,
    out: Outbox,
    now: std::time::Instant,
}

impl Call {
    fn open(handset: Format, pbx: Format) -> Option<Self> {
        let now = start();
        let session = Session::open(
            now,
            MediaClock::new(now, NtpTime(1 << 40)),
            &codecs::tones::SETS[0],
            7,
            &call(handset, pbx),
        )
        .ok()?;
        Some(Self { session, out: Outbox::new(), now })
    }

    fn arrive(&mut self, leg: LegIndex, octets: &[u8]) {
        let mut buffer = [0; 2_000];
        buffer[..octets.len()].copy_from_slice(octets);
        let (len, source) = (octets.len(), peer(leg));
        let datagram = Datagram { leg, channel: Channel::Rtp, source, buffer: &mut buffer, len };
        self.session.handle_packet(self.now, datagram, &mut self.out);
        self.now += Duration::from_millis(20);
        if self.session.poll_timeout() <= self.now {
            self.session.handle_timeout(self.now, &mut self.out);
        }
        self.out.clear();
    }
}

/// Allocations of 3,000 packets each way, after the first few.
fn allocations(handset: Format, pbx: Format) -> Option<u64> {
    let mut call = Call::open(handset, pbx)?;
    let mut talkers = [handset, pbx].map(|format| Talker::new(format.payload_type.0, 1));
    let mut packets: Vec<(LegIndex, Vec<u8>)> = Vec::new();
    for round in 0..3_010u32 {
        for (leg, talker) in [HANDSET, PBX].into_iter().zip(&mut talkers) {
            packets.push((leg, talker.next(round as u8)));
            if round % 100 == 50 {
                packets.push((leg, talker.event(101, 5, true, 800)));
            }
        }
    }
    let (first, rest) = packets.split_at(20);
    first.iter().for_each(|(leg, octets)| call.arrive(*leg, octets));
    let before = COUNT.with(Cell::get);
    rest.iter().for_each(|(leg, octets)| call.arrive(*leg, octets));
    Some(COUNT.with(Cell::get) - before)
}

#[test]
fn no_packet_allocates() {
    let pcma = format(Codec::Pcma, 8, 20);
    for other in [
        pcma,
        format(Codec::Pcmu, 0, 20),
        format(Codec::Pcmu, 0, 30),
        format(Codec::Pcma, 8, 60),
        format(Codec::Pcma, 8, 10),
        format(Codec::G722, 9, 20),
        format(Codec::G729(media_api::AnnexB::No), 18, 20),
    ] {
        match allocations(pcma, other) {
            Some(count) => assert_eq!(count, 0, "PCMA to {other:?}"),
            None => println!("skipped: no coder for {:?}", other.codec),
        }
    }
}

#[test]
fn no_protected_packet_allocates() {
    use media_api::{KeyMaterial, Protection, ProtectionProfile};
    let material = |seed| KeyMaterial { key: vec![seed; 16], salt: vec![seed; 14], mki: Vec::new() };
    let pcma = format(Codec::Pcma, 8, 20);
    let mut plan = call(pcma, pcma);
    plan.legs[1].protection = Some(Box::new(Protection {
        profile: ProtectionProfile::AesCm128HmacSha1Tag80,
        ours: material(1),
        theirs: material(2),
        encrypt_reports: true,
    }));
    let now = start();
    let clock = MediaClock::new(now, NtpTime(1 << 40));
    let session = Session::open(now, clock, &codecs::tones::SETS[0], 7, &plan).expect("possible");
    let mut call = Call { session, out: Outbox::new(), now };
    let mut talker = Talker::new(8, 1);
    let packets: Vec<_> = (0..500).map(|n| talker.next(n as u8)).collect();
    call.arrive(HANDSET, &packets[0]);
    let before = COUNT.with(Cell::get);
    packets[1..].iter().for_each(|octets| call.arrive(HANDSET, octets));
    assert_eq!(COUNT.with(Cell::get) - before, 0);
}
