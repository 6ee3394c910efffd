//! One leg: what arrives from its peer, what it hears, what it sends.
//!
//! Owns: the receiving half, the sending half and everything that belongs to one peer. Must never: know of other legs; what
//! they say comes in through [`Leg::hear`].

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media_api::{LegPlan, LegStats, MediaFault};
use srtp::secure::SrtpError;
use srtp::{MIN_HEADER_LEN, RtpPacketMut};

use crate::outbox::{Channel, Outbox, Transmit};
use crate::session::DropReason;
use crate::session::digit::{DigitReceiver, EventPayload};
use crate::session::digit_sender::DigitSender;
use crate::session::faults::{FaultWatch, Observed};
use crate::session::format;
use crate::session::guard::Shield;
use crate::session::hearing::{Action, Hearing, Route};
use crate::session::packer::Way;
use crate::session::quality::{self, Measured};
use crate::session::report::{Occasion, Reports};
use crate::session::sender::{Departure, Feed, Sender};
use crate::session::source::{Arrived, Class, Order, Source};
use crate::session::speaker::Speaker;
use crate::session::transcode::Gap;

/// A leg of a session.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(super) index: u8,
    pub(crate) plan: LegPlan,
    pub(crate) source: Source,
    pub(crate) sender: Sender,
    pub(crate) hearing: Hearing,
    /// SRTP, on a protected leg.
    pub(crate) shield: Shield,
    pub(crate) digits: DigitReceiver,
    pub(super) digit_sender: DigitSender,
    /// Digits as tones, while some are to be played.
    pub(super) tones: Option<Box<Speaker>>,
    pub(crate) reports: Reports,
    faults: FaultWatch,
    pub(super) talk_spurt: bool,
    counted_at_last: u64,
}

impl Leg {
    pub(crate) fn new(index: u8, plan: LegPlan, sender: Sender, first_report: Instant) -> Self {
        let mut leg = Self {
            index,
            source: Source::new(),
            sender,
            hearing: Hearing::Nothing,
            shield: Shield::Open,
            digits: DigitReceiver::default(),
            digit_sender: DigitSender::default(),
            tones: None,
            reports: Reports::new(first_report),
            faults: FaultWatch::new(),
            talk_spurt: true,
            counted_at_last: 0,
            plan,
        };
        leg.take_plan();
        leg
    }

    /// Replaces the plan of a living leg.
    pub(crate) fn set_plan(&mut self, plan: LegPlan) {
        if self.plan.remote != plan.remote || !self.plan.supervised {
            self.faults.restart();
        }
        if self.plan.sending != plan.sending {
            self.tones = None;
        }
        self.plan = plan;
        self.take_plan();
    }

    /// Replaces what the leg hears; an equal route keeps its coders, so a plan that changes elsewhere does not click.
    pub(crate) fn set_hearing(&mut self, hearing: Hearing) {
        if self.hearing.is_same(&hearing) {
            return;
        }
        self.hearing = hearing;
        self.sender.end_run();
        self.talk_spurt = true;
    }

    /// Takes a packet that leg `from` received.
    pub(crate) fn hear(
        &mut self,
        now: Instant,
        from: u8,
        arrived: &Arrived,
        packet: &mut RtpPacketMut<'_>,
        out: &mut Outbox,
    ) -> Effect {
        let Hearing::Leg(route) = &self.hearing else { return Effect::Used };
        let action = route.action(arrived.class);
        let Some(destination) = self.destination() else {
            self.sender.end_run();
            self.talk_spurt = true;
            return Effect::Used;
        };
        let feed = Feed {
            leg: from,
            ssrc: arrived.header.ssrc,
            epoch: arrived.epoch,
            clock_rate: arrived.clock_rate,
        };
        let header = &arrived.header;
        let new_run = self.sender.follow(now, feed, header.sequence, header.timestamp);
        self.talk_spurt |= new_run;
        if self.is_playing_digits() {
            // RFC 4733 2.2: the peer must not hear audio and event of two origins at a time.
            self.pass_over(arrived);
            self.talk_spurt = true;
            return Effect::Used;
        }
        let piece = |payload_type| Piece { arrived, new_run, payload_type, destination };
        match action {
            Action::Drop => {
                self.pass_over(arrived);
                Effect::Used
            }
            Action::Event { payload_type, clock_in, clock_out } => {
                scale_duration(packet.payload_mut(), clock_in, clock_out);
                self.forward(now, piece(payload_type), packet)
            }
            Action::Law { payload_type, table } => {
                for octet in packet.payload_mut() {
                    *octet = table[usize::from(*octet)];
                }
                self.forward(now, piece(payload_type), packet)
            }
            Action::Relay { payload_type } => self.forward(now, piece(payload_type), packet),
            Action::Reframe { payload_type, table } => {
                self.reframe(now, piece(payload_type), packet.view().payload(), table, out)
            }
            Action::Transcode { payload_type } => {
                self.transcode(now, piece(payload_type), packet.view().payload(), out)
            }
        }
    }

    /// Writes a report of this leg.
    pub(crate) fn report(&mut self, at: Occasion<'_>, goodbye: bool, out: &mut Outbox) {
        if self.sender.packets == 0 && self.source.packets == 0 {
            return;
        }
        let (channel, destination) = if self.plan.rtcp_mux {
            (Channel::Rtp, self.source.latch.destination())
        } else {
            (Channel::Rtcp, self.source.latch.report_destination())
        };
        let Some(destination) = destination.filter(is_reachable) else { return };
        let (sender, source, reports) = (&self.sender, &mut self.source, &mut self.reports);
        out.packet(self.index, channel, destination, |buffer| {
            reports.write(at, sender, &mut source.reception, source.ssrc, goodbye, buffer).ok()
        });
    }

    /// The look at faults, once a second.
    pub(crate) fn look(&mut self, now: Instant, tell: impl FnMut(MediaFault, bool)) {
        let plan = &self.plan;
        let reachable = plan.remote.is_some_and(|remote| is_reachable(&remote.rtp));
        // A silent peer with discontinuous transmission still reports (RFC 3550 6.2).
        let seen = Observed {
            expected: self.source.reception.expected(),
            lost: self.source.reception.lost(),
            good: self.source.packets,
            wrong: std::mem::take(&mut self.source.wrong_payload_type),
            failures: self.shield.take_failures(),
            due: plan.supervised && plan.receive && !plan.receiving.is_empty() && reachable,
            heard_at: self.source.heard_at.max(plan.comfort_noise.and(self.reports.heard_at)),
        };
        self.faults.look(now, seen, tell);
    }

    /// Whether anything was counted since the last call.
    pub(crate) const fn has_news(&mut self) -> bool {
        let counted = self.source.packets + self.source.dropped + self.sender.packets;
        let news = counted != self.counted_at_last;
        self.counted_at_last = counted;
        news
    }

    pub(crate) fn stats(&self) -> LegStats {
        let (source, reception) = (&self.source, &self.source.reception);
        let jitter_us = u64::from(reception.jitter()) * 1_000_000 / u64::from(source.clock_rate.max(1));
        LegStats {
            received_packets: source.packets,
            received_octets: source.octets,
            sent_packets: self.sender.packets,
            sent_octets: self.sender.octets,
            lost_packets: reception.lost(),
            duplicate_packets: reception.duplicates(),
            reordered_packets: reception.reordered(),
            dropped_packets: source.dropped,
            jitter_us: u32::try_from(jitter_us).unwrap_or(u32::MAX),
            round_trip_us: self.reports.round_trip_us,
            mos_hundredths: source.codec.map(|codec| {
                quality::mos_hundredths(Measured {
                    codec,
                    loss: self.faults.loss_share(),
                    round_trip: Duration::from_micros(self.reports.round_trip_us.unwrap_or(0).into()),
                    jitter: Duration::from_micros(jitter_us),
                })
            }),
            latched: source.latch.believed(),
            receiving: source.codec,
            sending: self.plan.sending.filter(|_| self.sender.packets > 0).map(|format| format.codec),
        }
    }

    /// Unprotects a packet of a protected leg; what comes out may be shorter.
    pub(crate) fn open<'a>(
        &mut self,
        octets: &'a mut [u8],
        is_report: bool,
    ) -> Result<&'a mut [u8], DropReason> {
        let reason = match self.shield.open(octets, is_report) {
            Ok(len) => return Ok(&mut octets[..len]),
            Err(SrtpError::Replayed) => DropReason::Replayed,
            Err(SrtpError::Authentication | SrtpError::MasterKey) => DropReason::Authentication,
            Err(SrtpError::Malformed | SrtpError::Exhausted | SrtpError::NoRoom) => DropReason::Malformed,
        };
        Err(self.source.dropped(reason))
    }

    fn take_plan(&mut self) {
        self.shield.set(self.plan.protection.as_deref());
        self.source.set_plan(&self.plan);
        if let Some(sending) = self.plan.sending {
            self.sender.set_clock_rate(format::clock_rate(sending.codec));
        }
    }

    pub(super) fn destination(&self) -> Option<SocketAddr> {
        if !self.plan.send {
            return None;
        }
        self.source.latch.destination().filter(is_reachable)
    }

    /// A packet of the source that leaves nothing here.
    fn pass_over(&mut self, arrived: &Arrived) {
        if let Order::Next { .. } = arrived.order {
            self.sender.skip(1);
        }
    }

    fn forward(&mut self, now: Instant, piece: Piece<'_>, packet: &mut RtpPacketMut<'_>) -> Effect {
        let Piece { arrived, payload_type, destination, .. } = piece;
        let Some(sequence) = self.sender.sequence_of(arrived.header.sequence) else {
            return Effect::Unusable;
        };
        let timestamp = self.sender.timestamp_of(arrived.header.timestamp);
        // The marker of an event means its start (RFC 4733 2.3), that of audio a talk spurt (RFC 3551 4.1).
        let spurt = matches!(arrived.class, Class::Audio(_)) && std::mem::take(&mut self.talk_spurt);
        let payload_len = arrived.payload.len();
        let departure = Departure {
            marker: arrived.header.marker | spurt,
            payload_type,
            sequence,
            timestamp,
            payload_len,
        };
        let header = self.sender.stamp(now, departure);
        packet.rewrite(&header);
        let len = packet.view().octets().len();
        Effect::Forward(Transmit { leg: self.index, channel: Channel::Rtp, destination, len })
    }

    fn reframe(
        &mut self,
        now: Instant,
        piece: Piece<'_>,
        payload: &[u8],
        table: Option<&[u8; 256]>,
        out: &mut Outbox,
    ) -> Effect {
        let Some(missing) = self.consume(&piece) else { return Effect::Unusable };
        let Some(reframer) =
            coders(&mut self.hearing, &piece).and_then(|(route, index)| route.reframer(index))
        else {
            return Effect::Unusable;
        };
        let follows = reframer.push(payload, piece.arrived.header.timestamp, table);
        if missing > 0 {
            // What was lost cannot be made up without decoding: the listener conceals.
            self.sender.leave_hole();
        }
        self.talk_spurt |= !follows && missing == 0;
        let (sender, spurt, leg) = (&mut self.sender, &mut self.talk_spurt, self.index);
        while let Some(ready) = reframer.ready() {
            let departure = Departure {
                marker: std::mem::take(spurt),
                payload_type: piece.payload_type,
                sequence: sender.own_sequence(),
                timestamp: sender.timestamp_of(ready.timestamp),
                payload_len: ready.octets,
            };
            let header = sender.stamp(now, departure);
            out.packet(leg, Channel::Rtp, piece.destination, |buffer| {
                let end = MIN_HEADER_LEN + ready.octets;
                buffer.get_mut(MIN_HEADER_LEN..end)?.copy_from_slice(&reframer.held()[..ready.octets]);
                header.write_before(buffer, MIN_HEADER_LEN..end).map(|packet| packet.end)
            });
            reframer.consume(ready);
        }
        Effect::Used
    }

    fn transcode(&mut self, now: Instant, piece: Piece<'_>, payload: &[u8], out: &mut Outbox) -> Effect {
        let Some(missing) = self.consume(&piece) else { return Effect::Unusable };
        let Some(transcoder) =
            coders(&mut self.hearing, &piece).and_then(|(route, index)| route.transcoder(index))
        else {
            return Effect::Unusable;
        };
        let timestamp = piece.arrived.header.timestamp;
        match if piece.new_run { Gap::Spurt } else { transcoder.gap(timestamp, missing) } {
            Gap::None => {}
            Gap::Lost { units } => transcoder.conceal(units, &mut out.pcm),
            Gap::Spurt => {
                if missing > 0 && !piece.new_run {
                    self.sender.leave_hole();
                }
                transcoder.packer.restart(self.sender.timestamp_of(timestamp));
            }
        }
        let decoded = transcoder.push(payload, timestamp, &mut out.pcm);
        let mut way = Way { sender: &mut self.sender, leg: self.index, destination: piece.destination };
        transcoder.packer.send(now, &mut way, out);
        if decoded.is_ok() { Effect::Used } else { Effect::Unusable }
    }

    /// Takes a packet's numbers out of the row because others will stand for it. `None` when it came too late to be used.
    fn consume(&mut self, piece: &Piece<'_>) -> Option<u16> {
        let Order::Next { missing } = piece.arrived.order else { return None };
        self.sender.skip(if piece.new_run { 1 } else { missing.saturating_add(1) });
        Some(missing)
    }
}

/// What a packet of another leg led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It leaves in its own buffer, rewritten.
    Forward(Transmit),
    /// Too late, or does not decode.
    Unusable,
    /// Used, or not wanted here.
    Used,
}

/// A packet on its way through a route.
#[derive(Clone, Copy)]
struct Piece<'a> {
    arrived: &'a Arrived,
    new_run: bool,
    payload_type: u8,
    destination: SocketAddr,
}

/// The route that a piece takes, and the index of its format.
fn coders<'a>(hearing: &'a mut Hearing, piece: &Piece<'_>) -> Option<(&'a mut Route, u8)> {
    match (hearing, piece.arrived.class) {
        (Hearing::Leg(route), Class::Audio(index)) => Some((route, index)),
        _ => None,
    }
}

/// A held call may name port 0 or the unspecified address (RFC 3264 8.4): there is nobody to send to.
fn is_reachable(address: &SocketAddr) -> bool {
    address.port() != 0 && !address.ip().is_unspecified()
}

/// Converts the duration of an event between clocks (RFC 4733 2.3.5).
fn scale_duration(payload: &mut [u8], clock_in: u32, clock_out: u32) {
    if clock_in == clock_out || clock_in == 0 {
        return;
    }
    let Some(mut event) = EventPayload::parse(payload) else { return };
    let scaled = u64::from(event.duration) * u64::from(clock_out) / u64::from(clock_in);
    event.duration = scaled.min(0xffff) as u16;
    payload[..EventPayload::LEN].copy_from_slice(&event.to_octets());
}
