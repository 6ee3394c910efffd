//! Both ends of all calls: a few sockets that stand for every telephone, packets every 20 ms spread evenly.
//!
//! Receivers do not sleep in their sockets, except where delay is measured: on loopback the sender pays for waking them, which
//! no remote telephone would charge to the gateway, and which would hide the difference between two gateways.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use srtp::RtpHeader;

/// The telephones' sockets, several per side so that their buffers hold what comes while the receiver sleeps.
pub(crate) struct Generator {
    sides: [Vec<UdpSocket>; 2],
}

/// What came of a run.
pub(crate) struct Outcome {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// From sending to arrival, microseconds, sorted; empty when the payload does not survive.
    pub(crate) delays_us: Vec<u32>,
}

/// What is sent: to where, as what.
pub(crate) struct Load {
    pub(crate) targets: Vec<[SocketAddr; 2]>,
    pub(crate) payload_types: [u8; 2],
    pub(crate) payloads: [Vec<Vec<u8>>; 2],
    /// Measure delay: write the time of sending into the payload, and wait in the socket.
    pub(crate) timed: bool,
}

impl Generator {
    pub(crate) fn new() -> std::io::Result<Self> {
        let side = |address: &str| (0..SOCKETS).map(|_| UdpSocket::bind((address, 0))).collect();
        let sides: [std::io::Result<Vec<UdpSocket>>; 2] = ["127.0.0.71", "127.0.0.72"].map(side);
        let [first, second] = sides;
        Ok(Self { sides: [first?, second?] })
    }

    /// Where a call's telephones are.
    pub(crate) fn addresses(&self, call: usize) -> std::io::Result<[SocketAddr; 2]> {
        let [first, second] = &self.sides;
        Ok([first[call % SOCKETS].local_addr()?, second[call % SOCKETS].local_addr()?])
    }

    /// Talks for `seconds`; `first` numbers the first packet, so that runs follow on one another.
    pub(crate) fn talk(&self, load: &Load, first: u32, seconds: u64) -> std::io::Result<Outcome> {
        let epoch = Instant::now();
        let stop = Arc::new(AtomicBool::new(false));
        let sockets = self.sides.iter().flatten();
        let listeners = if load.timed {
            sockets.map(|socket| wait(socket, epoch, &stop)).collect::<std::io::Result<Vec<_>>>()?
        } else {
            let sockets = sockets.map(UdpSocket::try_clone).collect::<std::io::Result<Vec<_>>>()?;
            vec![sweep(sockets, &stop)?]
        };
        let mut sent = 0;
        let ticks = u32::try_from(seconds * 50).unwrap_or(u32::MAX);
        for tick in 0..ticks {
            for slot in 0..SLOTS {
                let due = epoch + (TICK * tick) + TICK / SLOTS as u32 * slot as u32;
                if let Some(wait) = due.checked_duration_since(Instant::now()) {
                    thread::sleep(wait);
                }
                sent += self.send_slot(load, first + tick, slot, epoch)?;
            }
        }
        thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        let mut outcome = Outcome { sent, received: 0, delays_us: Vec::new() };
        for listener in listeners {
            if let Ok((received, delays)) = listener.join() {
                outcome.received += received;
                outcome.delays_us.extend(delays);
            }
        }
        outcome.delays_us.sort_unstable();
        Ok(outcome)
    }

    /// The part of all calls whose turn it is.
    fn send_slot(&self, load: &Load, number: u32, slot: usize, epoch: Instant) -> std::io::Result<u64> {
        let mut sent = 0;
        let mut packet = [0; 400];
        for (call, targets) in load.targets.iter().enumerate().skip(slot).step_by(SLOTS) {
            for (side, sockets) in self.sides.iter().enumerate() {
                let header = RtpHeader {
                    marker: number == 0,
                    payload_type: load.payload_types[side],
                    sequence: number as u16,
                    timestamp: number.wrapping_mul(160),
                    ssrc: (call * 2 + side) as u32 + 1,
                };
                let payload = &load.payloads[side][number as usize % load.payloads[side].len()];
                let len = 12 + payload.len();
                packet[..12].copy_from_slice(&header.to_octets());
                packet[12..len].copy_from_slice(payload);
                if load.timed {
                    let now = epoch.elapsed().as_nanos() as u64;
                    packet[12..20].copy_from_slice(&now.to_be_bytes());
                }
                sockets[call % SOCKETS].send_to(&packet[..len], targets[side])?;
                sent += 1;
            }
        }
        Ok(sent)
    }
}

/// Receives from all sockets every now and then.
fn sweep(sockets: Vec<UdpSocket>, stop: &Arc<AtomicBool>) -> std::io::Result<JoinHandle<(u64, Vec<u32>)>> {
    sockets.iter().try_for_each(|socket| socket.set_nonblocking(true))?;
    let stop = Arc::clone(stop);
    Ok(thread::spawn(move || {
        let (mut received, mut buffer) = (0, [0; 2_000]);
        while !stop.load(Ordering::Relaxed) {
            for socket in &sockets {
                while socket.recv(&mut buffer).is_ok() {
                    received += u64::from(!is_report(&buffer));
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        (received, Vec::new())
    }))
}

/// Waits in one socket, so that the delay is seen.
fn wait(
    socket: &UdpSocket,
    epoch: Instant,
    stop: &Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<(u64, Vec<u32>)>> {
    let socket = socket.try_clone()?;
    socket.set_nonblocking(false)?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let stop = Arc::clone(stop);
    Ok(thread::spawn(move || {
        let (mut delays, mut buffer) = (Vec::with_capacity(1 << 18), [0; 2_000]);
        while !stop.load(Ordering::Relaxed) {
            let Ok(len) = socket.recv(&mut buffer) else { continue };
            if is_report(&buffer) || len < 20 {
                continue;
            }
            let mut sent = [0; 8];
            sent.copy_from_slice(&buffer[12..20]);
            let delay = (epoch.elapsed().as_nanos() as u64).saturating_sub(u64::from_be_bytes(sent));
            delays.push((delay / 1_000) as u32);
        }
        (delays.len() as u64, delays)
    }))
}

/// Reports are not counted.
fn is_report(packet: &[u8]) -> bool {
    (200..=207).contains(&packet[1])
}

/// The value at a share of a sorted row.
pub(crate) fn quantile(sorted: &[u32], share: f64) -> f64 {
    let index = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().map_or(f64::NAN, f64::from)
}

/// Half of all packets need at most this long from one socket of ours to the other, with nobody between.
pub(crate) fn direct_latency() -> f64 {
    let measured = || -> std::io::Result<f64> {
        let generator = Generator::new()?;
        let mut targets = Vec::new();
        for call in 0..100 {
            let [first, second] = generator.addresses(call)?;
            targets.push([second, first]);
        }
        let load = Load {
            targets,
            payload_types: [8, 8],
            payloads: [vec![vec![0; 160]], vec![vec![0; 160]]],
            timed: true,
        };
        Ok(quantile(&generator.talk(&load, 0, 1)?.delays_us, 0.5))
    };
    measured().unwrap_or(f64::NAN)
}

/// Sockets per side.
const SOCKETS: usize = 16;
const TICK: Duration = Duration::from_millis(20);
/// Calls start spread over the tick, as real ones do.
const SLOTS: usize = 20;
