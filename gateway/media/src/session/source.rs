//! The stream that arrives on a leg: what is believed of it, counted and made of it.
//!
//! Owns: payload type table, latching, the sequence of one SSRC, counters. Must never: hand on a packet that was not
//! agreed, came twice, or came from a stranger.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use media_api::{Codec, LegPlan, MAX_FORMATS};
use srtp::{Reception, RtpHeader, RtpPacket, Sequenced};

use crate::MediaClock;
use crate::session::DropReason;
use crate::session::compile::MAX_EVENTS;
use crate::session::format;
use crate::session::latch::Latch;

/// The receiving half of a leg.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) latch: Latch,
    pub(crate) reception: Reception,
    /// In the structure itself: every packet reads it.
    accepts: [Accept; ACCEPTS],
    accepted: u8,
    pub(crate) ssrc: Option<u32>,
    /// Counts new SSRCs and restarts.
    epoch: u16,
    /// RTP clock of the audio.
    pub(crate) clock_rate: u32,
    pub(crate) codec: Option<Codec>,
    pub(crate) packets: u64,
    pub(crate) octets: u64,
    pub(crate) dropped: u64,
    pub(crate) wrong_payload_type: u32,
    pub(crate) heard_at: Option<Instant>,
}

/// What a payload type means on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Index into [`LegPlan::receiving`].
    Audio(u8),
    ComfortNoise,
    /// Telephone events on this clock.
    Event(u32),
    /// Not agreed.
    Unknown,
}

/// A packet that is to be used.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) header: RtpHeader,
    pub(crate) class: Class,
    /// RTP clock of the stream's audio.
    pub(crate) clock_rate: u32,
    pub(crate) epoch: u16,
    pub(crate) order: Order,
    pub(crate) payload: Range<usize>,
}

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Older than the newest.
    Late,
    /// The newest; so many before it are missing.
    Next { missing: u16 },
}

#[derive(Debug, Clone, Copy)]
struct Accept {
    payload_type: u8,
    class: Class,
    clock_rate: u32,
}

impl Source {
    pub(crate) fn new() -> Self {
        Self {
            latch: Latch::default(),
            reception: Reception::default(),
            accepts: [Accept { payload_type: NO_TYPE, class: Class::Unknown, clock_rate: 8_000 }; ACCEPTS],
            accepted: 0,
            ssrc: None,
            epoch: 0,
            clock_rate: 8_000,
            codec: None,
            packets: 0,
            octets: 0,
            dropped: 0,
            wrong_payload_type: 0,
            heard_at: None,
        }
    }

    pub(crate) fn set_plan(&mut self, plan: &LegPlan) {
        self.latch.set(plan.remote, plan.latching);
        let audio = plan.receiving.iter().enumerate().map(|(index, format)| Accept {
            payload_type: format.payload_type.0,
            class: Class::Audio(index as u8),
            clock_rate: format::clock_rate(format.codec),
        });
        let events = plan.events.iter().map(|event| Accept {
            payload_type: event.payload_type.0,
            class: Class::Event(event.clock_rate),
            clock_rate: event.clock_rate,
        });
        let noise = plan.comfort_noise.map(|payload_type| Accept {
            payload_type: payload_type.0,
            class: Class::ComfortNoise,
            clock_rate: 8_000,
        });
        self.accepted = 0;
        for (to, accept) in self.accepts.iter_mut().zip(audio.chain(events).chain(noise)) {
            *to = accept;
            self.accepted += 1;
        }
    }

    /// Judges a packet that parsed.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        clock: &MediaClock,
        from: SocketAddr,
        packet: &RtpPacket<'_>,
    ) -> Result<Arrived, DropReason> {
        let header = packet.header();
        let accepts = &self.accepts[..usize::from(self.accepted)];
        let accept = accepts.iter().find(|accept| accept.payload_type == header.payload_type).copied();
        let believed = match accept {
            Some(_) => self.latch.accept(now, from),
            // A payload type that was not agreed never moves the latch.
            None => self.latch.believed() == Some(from),
        };
        if !believed {
            return Err(self.dropped(DropReason::Stranger));
        }
        let order = self.order(&header).map_err(|reason| self.dropped(reason))?;
        let class = accept.map_or(Class::Unknown, |accept| accept.class);
        match accept {
            None => {
                self.wrong_payload_type += 1;
                self.dropped += 1;
            }
            Some(accept) => self.count(now, clock, accept, &header, packet.payload().len()),
        }
        let payload = packet.payload_range();
        Ok(Arrived { header, class, clock_rate: self.clock_rate, epoch: self.epoch, order, payload })
    }

    /// The peer said goodbye or a plan cut the stream: the next packet starts anew.
    pub(crate) const fn end(&mut self) {
        self.ssrc = None;
        self.reception.new_source();
    }

    pub(crate) const fn dropped(&mut self, reason: DropReason) -> DropReason {
        self.dropped += 1;
        reason
    }

    fn order(&mut self, header: &RtpHeader) -> Result<Order, DropReason> {
        if self.ssrc != Some(header.ssrc) {
            self.ssrc = Some(header.ssrc);
            self.epoch = self.epoch.wrapping_add(1);
            self.reception.new_source();
        }
        match self.reception.sequence(header.sequence) {
            Sequenced::InOrder { missing } => Ok(Order::Next { missing }),
            Sequenced::Reordered => Ok(Order::Late),
            Sequenced::Restarted => {
                self.epoch = self.epoch.wrapping_add(1);
                Ok(Order::Next { missing: 0 })
            }
            Sequenced::Duplicate => Err(DropReason::Duplicate),
            Sequenced::Jump => Err(DropReason::Jump),
        }
    }

    fn count(&mut self, now: Instant, clock: &MediaClock, accept: Accept, header: &RtpHeader, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
        self.heard_at = Some(now);
        // The timestamp of an event stands still (RFC 4733 2.2.1): it says nothing of jitter.
        if let Class::Audio(_) = accept.class {
            self.clock_rate = accept.clock_rate;
            self.reception.arrival(clock.rtp(now, accept.clock_rate), header.timestamp);
        }
    }
}

/// All that a plan may name: formats, events, comfort noise.
const ACCEPTS: usize = MAX_FORMATS + MAX_EVENTS + 1;
/// Not a payload type.
const NO_TYPE: u8 = 0xff;
