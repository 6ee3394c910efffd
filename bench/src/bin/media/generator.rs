//! Both ends of all calls: two sockets that stand for every telephone, packets every 20 ms spread evenly.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use srtp::RtpHeader;

/// The two telephones' sockets.
pub(crate) struct Generator {
    sockets: [UdpSocket; 2],
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
    /// Write the time of sending into the payload.
    pub(crate) timed: bool,
}

impl Generator {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { sockets: [UdpSocket::bind("127.0.0.71:0")?, UdpSocket::bind("127.0.0.72:0")?] })
    }

    pub(crate) fn addresses(&self) -> std::io::Result<[SocketAddr; 2]> {
        Ok([self.sockets[0].local_addr()?, self.sockets[1].local_addr()?])
    }

    /// Talks for `seconds`; `first` numbers the first packet, so that runs follow on one another.
    pub(crate) fn talk(&self, load: &Load, first: u32, seconds: u64) -> std::io::Result<Outcome> {
        let epoch = Instant::now();
        let stop = Arc::new(AtomicBool::new(false));
        let listeners = [self.listen(0, load, epoch, &stop)?, self.listen(1, load, epoch, &stop)?];
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
            for side in 0..2 {
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
                self.sockets[side].send_to(&packet[..len], targets[side])?;
                sent += 1;
            }
        }
        Ok(sent)
    }

    fn listen(
        &self,
        side: usize,
        load: &Load,
        epoch: Instant,
        stop: &Arc<AtomicBool>,
    ) -> std::io::Result<JoinHandle<(u64, Vec<u32>)>> {
        let socket = self.sockets[side].try_clone()?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let (stop, timed) = (Arc::clone(stop), load.timed);
        Ok(thread::spawn(move || {
            let (mut received, mut delays) = (0, Vec::with_capacity(1 << 20));
            let mut buffer = [0; 2_000];
            while !stop.load(Ordering::Relaxed) {
                let Ok(len) = socket.recv(&mut buffer) else { continue };
                // Reports are not counted.
                if (200..=207).contains(&buffer[1]) {
                    continue;
                }
                received += 1;
                if timed && len >= 20 {
                    let mut sent = [0; 8];
                    sent.copy_from_slice(&buffer[12..20]);
                    let delay = (epoch.elapsed().as_nanos() as u64).saturating_sub(u64::from_be_bytes(sent));
                    delays.push((delay / 1_000) as u32);
                }
            }
            (received, delays)
        }))
    }
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
        let [first, second] = generator.addresses()?;
        let load = Load {
            targets: vec![[second, first]; 100],
            payload_types: [8, 8],
            payloads: [vec![vec![0; 160]], vec![vec![0; 160]]],
            timed: true,
        };
        Ok(quantile(&generator.talk(&load, 0, 1)?.delays_us, 0.5))
    };
    measured().unwrap_or(f64::NAN)
}

const TICK: Duration = Duration::from_millis(20);
/// Calls start spread over the tick, as real ones do.
const SLOTS: usize = 20;
