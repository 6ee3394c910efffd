//! PCM in, packets out: resampling, encoding, packet time and timestamps of one listener.
//!
//! Owns: an encoder and the PCM that does not fill a packet yet. Must never: hold more than a packet plus what one push brings.

use std::net::SocketAddr;
use std::time::Instant;

use codecs::Encoder;
use codecs::resample::Resampler;
use media_api::{Format, Refusal};
use srtp::MIN_HEADER_LEN;

use crate::outbox::{Channel, Outbox};
use crate::session::format::coder;
use crate::session::sender::{Departure, Sender};

/// The sending half of a conversion.
#[derive(Debug)]
pub(crate) struct Packer {
    resampler: Resampler,
    encoder: Encoder,
    payload_type: u8,
    /// Samples of a full packet at the encoder's rate.
    packet: usize,
    /// RTP units of a packet on the listener's clock.
    packet_units: u32,
    held: Box<[i16]>,
    len: usize,
    /// Timestamp of the first sample held, on the listener's clock; `None` before the first start.
    timestamp: Option<u32>,
    /// The next packet starts a talk spurt.
    silent: bool,
}

/// A packet that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made {
    octets: usize,
    timestamp: u32,
    marker: bool,
}

/// Where packets of a leg go.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    pub(crate) sender: &'a mut Sender,
    pub(crate) leg: u8,
    pub(crate) destination: SocketAddr,
}

impl Packer {
    /// For PCM of `rate_hz`.
    pub(crate) fn new(rate_hz: u32, to: Format) -> Result<Self, Refusal> {
        let codec = coder(to.codec);
        let refused = Refusal::Codec(to.codec);
        let encoder = Encoder::new(codec).map_err(|_| refused)?;
        let resampler = Resampler::new(rate_hz, codec.sample_rate_hz()).ok_or(refused)?;
        let packet = codec.samples_per(to.ptime_ms.into());
        let held = vec![0; packet + codec.samples_per(LONGEST_MS)].into_boxed_slice();
        Ok(Self {
            resampler,
            encoder,
            payload_type: to.payload_type.0,
            packet,
            packet_units: codec.rtp_clock_hz() / 1_000 * u32::from(to.ptime_ms),
            held,
            len: 0,
            timestamp: None,
            silent: true,
        })
    }

    pub(crate) const fn is_started(&self) -> bool {
        self.timestamp.is_some()
    }

    /// Drops what is held; the next sample stands at `timestamp` and begins a talk spurt.
    pub(crate) const fn restart(&mut self, timestamp: u32) {
        self.len = 0;
        self.timestamp = Some(timestamp);
        self.silent = true;
    }

    /// Takes whole milliseconds of PCM, at most 200.
    pub(crate) fn push(&mut self, pcm: &[i16]) {
        self.len += self.resampler.process(pcm, &mut self.held[self.len..]);
    }

    /// Sends every full packet.
    pub(crate) fn send(&mut self, now: Instant, way: &mut Way<'_>, out: &mut Outbox) {
        let payload_type = self.payload_type;
        loop {
            let written = out.packet(way.leg, Channel::Rtp, way.destination, |buffer| {
                let made = self.poll(&mut buffer[MIN_HEADER_LEN..])?;
                let departure = Departure {
                    marker: made.marker,
                    payload_type,
                    sequence: way.sender.own_sequence(),
                    timestamp: made.timestamp,
                    payload_len: made.octets,
                };
                let header = way.sender.stamp(now, departure);
                let end = MIN_HEADER_LEN + made.octets;
                header.write_before(buffer, MIN_HEADER_LEN..end).map(|packet| packet.end)
            });
            if !written {
                return;
            }
        }
    }

    /// Lets time pass without sending: what would have been sent is gone.
    pub(crate) const fn mute(&mut self, pcm_ms: u32, clock_rate: u32) {
        self.len = 0;
        self.silent = true;
        if let Some(timestamp) = self.timestamp {
            self.timestamp = Some(timestamp.wrapping_add(clock_rate / 1_000 * pcm_ms));
        }
    }

    /// Encodes the next full packet into `out`; `None` when there is none.
    fn poll(&mut self, out: &mut [u8]) -> Option<Made> {
        while self.len >= self.packet {
            let timestamp = self.timestamp?;
            let encoded = self.encoder.encode(&self.held[..self.packet], out).ok()?;
            self.consume(encoded.samples.max(1));
            if encoded.bytes == 0 {
                self.silent = true;
                continue;
            }
            let marker = std::mem::take(&mut self.silent);
            return Some(Made { octets: encoded.bytes, timestamp, marker });
        }
        None
    }

    fn consume(&mut self, samples: usize) {
        self.held.copy_within(samples..self.len, 0);
        self.len -= samples;
        let units = (self.packet_units as usize * samples / self.packet) as u32;
        self.timestamp = self.timestamp.map(|timestamp| timestamp.wrapping_add(units));
    }
}

/// Longest packet taken (RFC 3551 4.2).
const LONGEST_MS: u32 = 200;
