//! A call in the media plane, without sockets and without a clock.
//!
//! Owns: the legs of one session and everything that happens between them. Must never: block, allocate per packet, trust a
//! packet before its leg did.
//!
//! The driver calls one of `handle_packet`, `handle_timeout`, `set_plan`, `send_digit`, `close` with an empty [`Outbox`], sends
//! what is in it, and asks [`Session::poll_timeout`] for the next deadline.

mod compile;
mod digit;
mod digit_sender;
mod faults;
mod format;
mod guard;
mod hearing;
mod latch;
mod leg;
mod mixer;
mod packer;
mod playing;
mod quality;
mod random;
mod reframe;
mod report;
mod sender;
mod source;
mod speaker;
mod transcode;
mod words;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use codecs::tones::ToneSet;
use media_api::{Hears, LegIndex, LegPlan, LegStats, MAX_LEGS, Plan, Refusal};
use srtp::rtcp::Compound;
use srtp::{Arrival, RtpPacket, RtpPacketMut};

use crate::MediaClock;
use crate::outbox::{Channel, Outbox, SLOT_LEN, Transmit};
use crate::session::digit::{EventPayload, Heard};
use crate::session::guard::Shield;
use crate::session::hearing::Hearing;
use crate::session::leg::{Effect, Leg};
use crate::session::mixer::Mixer;
use crate::session::random::Random;
use crate::session::report::{Occasion, Said};
use crate::session::sender::Sender;
use crate::session::source::{Arrived, Class, Order};

pub use words::{Datagram, DropReason, Handled, Notice};

/// A call.
#[derive(Debug)]
pub struct Session {
    clock: MediaClock,
    tones: &'static ToneSet,
    mixer: Option<Box<Mixer>>,
    legs: Vec<Leg>,
    /// By speaking leg: one bit per listening leg.
    listeners: [u8; MAX_LEGS],
    random: Random,
    cname: [u8; CNAME_LEN],
    second_due: Instant,
    deadline: Instant,
}

impl Session {
    /// Starts a session. `tones` is the set that [`media_api::Tone`]s are played from. `seed` is the only randomness it gets: SSRCs, first numbers and report intervals come from it.
    ///
    /// # Errors
    /// When the plan cannot be, or needs a codec that is not there.
    pub fn open(
        now: Instant,
        clock: MediaClock,
        tones: &'static ToneSet,
        seed: u64,
        plan: &Plan,
    ) -> Result<Self, Refusal> {
        let mut random = Random::new(seed);
        let cname = random.cname();
        // Spread over the second, so that sessions opened together do not report together.
        let second_due = now + Duration::from_millis(random.next() % 1_000);
        let mut session = Self {
            clock,
            tones,
            mixer: None,
            legs: Vec::with_capacity(plan.legs.len().min(MAX_LEGS)),
            listeners: [0; MAX_LEGS],
            random,
            cname,
            second_due,
            deadline: second_due,
        };
        session.set_plan(now, plan)?;
        Ok(session)
    }

    /// Replaces the plan; on an error nothing has changed. What we send goes on under the same SSRCs and without a break.
    ///
    /// # Errors
    /// When the plan cannot be, or needs a codec that is not there.
    pub fn set_plan(&mut self, now: Instant, plan: &Plan) -> Result<(), Refusal> {
        compile::validate(plan)?;
        let hearings: Vec<Hearing> = (0..plan.legs.len())
            .map(|leg| compile::hearing(now, self.tones, plan, leg))
            .collect::<Result<_, _>>()?;
        let mixer = self.new_mixer(now, plan)?;
        self.legs.truncate(plan.legs.len());
        for (index, leg_plan) in plan.legs.iter().enumerate() {
            match self.legs.get_mut(index) {
                Some(leg) => leg.set_plan(leg_plan.clone()),
                None => self.add_leg(now, index as u8, leg_plan.clone()),
            }
        }
        self.listeners = [0; MAX_LEGS];
        for (index, hearing) in hearings.into_iter().enumerate() {
            if let Hearing::Leg(route) = &hearing {
                self.listeners[usize::from(route.from)] |= 1 << index;
            }
            self.legs[index].set_hearing(hearing);
        }
        match mixer {
            Change::Keep => {}
            Change::To(mixer) => self.mixer = mixer,
        }
        self.set_deadline();
        Ok(())
    }

    /// Takes a datagram. It may be rewritten, and grow into the room behind it by [`srtp::secure::MAX_TRAILER_LEN`]; see
    /// [`Handled`].
    pub fn handle_packet(&mut self, now: Instant, datagram: Datagram<'_>, out: &mut Outbox) -> Handled {
        let Datagram { leg, channel, source, buffer, len } = datagram;
        let index = usize::from(leg.0);
        if index >= self.legs.len() {
            return Handled::Dropped(DropReason::Leg);
        }
        let Some(packet) = buffer.get_mut(..len) else { return Handled::Dropped(DropReason::Malformed) };
        let judged = match (Arrival::of(packet), channel) {
            (Arrival::Rtp, Channel::Rtp) => self.handle_rtp(now, index, source, packet, out),
            (Arrival::Rtcp, _) => self.handle_rtcp(now, index, source, packet),
            _ => Err(DropReason::NotMedia),
        };
        self.seal_outbox(out);
        match judged {
            Ok(Handled::Forward(to)) => self.seal_forward(to, buffer),
            Ok(handled) => handled,
            Err(reason) => Handled::Dropped(reason),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        for index in 0..self.legs.len() {
            if let Some(heard) = self.legs[index].digits.handle_timeout(now) {
                self.hear_digit(now, index, heard, out);
            }
            let leg = &mut self.legs[index];
            leg.play(now, out);
            if leg.reports.poll_timeout() <= now {
                let random = self.random.next();
                leg.report(Occasion { now, clock: &self.clock, cname: &self.cname }, false, out);
                leg.reports.schedule(now, random);
            }
        }
        self.play_mix(now, out);
        if self.second_due <= now {
            self.look(now, out);
        }
        self.seal_outbox(out);
        self.set_deadline();
    }

    /// When [`Session::handle_timeout`] is to be called; changes after any other call.
    #[must_use]
    pub const fn poll_timeout(&self) -> Instant {
        self.deadline
    }

    /// Plays a digit towards a leg as its plan says; `false` when it cannot be.
    pub fn send_digit(
        &mut self,
        now: Instant,
        leg: LegIndex,
        digit: char,
        duration_ms: u16,
        out: &mut Outbox,
    ) -> bool {
        let Some(leg) = self.legs.get_mut(usize::from(leg.0)) else { return false };
        let pressed = leg.press(now, digit, duration_ms);
        leg.play(now, out);
        self.seal_outbox(out);
        self.set_deadline();
        pressed
    }

    /// Figures, one per leg.
    pub fn stats(&self) -> impl Iterator<Item = LegStats> + '_ {
        self.legs.iter().map(Leg::stats)
    }

    /// Says goodbye to the peers (RFC 3550 6.6).
    pub fn close(&mut self, now: Instant, out: &mut Outbox) {
        for leg in &mut self.legs {
            leg.report(Occasion { now, clock: &self.clock, cname: &self.cname }, true, out);
        }
        self.seal_outbox(out);
    }

    /// Protects what lies in the outbox for protected legs.
    fn seal_outbox(&mut self, out: &mut Outbox) {
        if self.legs.iter().any(|leg| !matches!(leg.shield, Shield::Open)) {
            out.seal(|to, buffer| self.legs[usize::from(to.leg)].shield.seal(buffer, to.len));
        }
    }

    /// Protects a packet that leaves in its own buffer.
    fn seal_forward(&mut self, to: Transmit, buffer: &mut [u8]) -> Handled {
        match self.legs[usize::from(to.leg)].shield.seal(buffer, to.len) {
            Some(len) => Handled::Forward(Transmit { len, ..to }),
            None => Handled::Dropped(DropReason::Room),
        }
    }

    fn handle_rtp(
        &mut self,
        now: Instant,
        index: usize,
        from: SocketAddr,
        octets: &mut [u8],
        out: &mut Outbox,
    ) -> Result<Handled, DropReason> {
        let leg = &mut self.legs[index];
        let octets = leg.open(octets, false)?;
        let Ok(mut packet) = RtpPacketMut::parse(octets) else {
            return Err(leg.source.dropped(DropReason::Malformed));
        };
        let arrived = leg.source.accept(now, &self.clock, from, &packet.view())?;
        match arrived.class {
            Class::Audio(format) => leg.source.codec = Some(leg.plan.receiving[usize::from(format)].codec),
            Class::Event(clock_rate) if leg.plan.receive => {
                self.handle_event(now, index, &arrived, clock_rate, packet.view(), out);
            }
            _ => {}
        }
        self.speak_to_mixer(index, &arrived, packet.view(), out);
        Ok(self.speak(now, index, &arrived, &mut packet, out))
    }

    /// Lets the conference hear a packet, if there is one.
    fn speak_to_mixer(&mut self, index: usize, arrived: &Arrived, packet: RtpPacket<'_>, out: &mut Outbox) {
        let (Some(mixer), Class::Audio(format)) = (&mut self.mixer, arrived.class) else { return };
        let leg = &mut self.legs[index];
        let used = match arrived.order {
            Order::Next { missing } if leg.plan.receive => {
                let codec = leg.plan.receiving[usize::from(format)].codec;
                mixer.hear(index, codec, packet.payload(), missing, &mut out.pcm)
            }
            Order::Next { .. } => true,
            Order::Late => false,
        };
        leg.source.dropped += u64::from(!used);
    }

    fn play_mix(&mut self, now: Instant, out: &mut Outbox) {
        let Some(mixer) = &mut self.mixer else { return };
        while mixer.mix(now) {
            for (index, leg) in self.legs.iter_mut().enumerate() {
                if let Some(packer) = mixer.packer(index) {
                    leg.send_mix(now, packer, out);
                }
            }
        }
    }

    /// The mixer that a plan wants.
    fn new_mixer(&self, now: Instant, plan: &Plan) -> Result<Change, Refusal> {
        let mut listeners = [None; MAX_LEGS];
        for (listener, leg) in listeners.iter_mut().zip(&plan.legs) {
            *listener = leg.sending.filter(|_| leg.hears == Hears::Mix);
        }
        if listeners.iter().all(Option::is_none) {
            return Ok(Change::To(None));
        }
        if self.mixer.as_ref().is_some_and(|mixer| mixer.serves(&listeners)) {
            return Ok(Change::Keep);
        }
        Ok(Change::To(Some(Box::new(Mixer::new(now, listeners)?))))
    }

    /// Hands a packet to all who hear this leg. The last listener may have the buffer itself.
    fn speak(
        &mut self,
        now: Instant,
        index: usize,
        arrived: &Arrived,
        packet: &mut RtpPacketMut<'_>,
        out: &mut Outbox,
    ) -> Handled {
        let mut waiting = self.listeners[index];
        while waiting != 0 {
            let listener = waiting.trailing_zeros() as usize;
            waiting &= waiting - 1;
            let effect = if waiting != 0 {
                self.speak_copy(now, index, listener, arrived, packet.view(), out)
            } else {
                self.legs[listener].hear(now, index as u8, arrived, packet, out)
            };
            match effect {
                Effect::Forward(to) => return Handled::Forward(to),
                Effect::Unusable => self.legs[index].source.dropped += 1,
                Effect::Used => {}
            }
        }
        Handled::Consumed
    }

    fn speak_copy(
        &mut self,
        now: Instant,
        index: usize,
        listener: usize,
        arrived: &Arrived,
        packet: RtpPacket<'_>,
        out: &mut Outbox,
    ) -> Effect {
        let mut copy = [0; SLOT_LEN];
        let octets = packet.octets();
        let Some(room) = copy.get_mut(..octets.len()) else { return Effect::Unusable };
        room.copy_from_slice(octets);
        let Ok(mut packet) = RtpPacketMut::parse(room) else { return Effect::Unusable };
        let effect = self.legs[listener].hear(now, index as u8, arrived, &mut packet, out);
        let Effect::Forward(to) = effect else { return effect };
        out.packet(to.leg, to.channel, to.destination, |buffer| {
            buffer[..to.len].copy_from_slice(packet.view().octets());
            Some(to.len)
        });
        Effect::Used
    }

    fn handle_event(
        &mut self,
        now: Instant,
        index: usize,
        arrived: &Arrived,
        clock_rate: u32,
        packet: RtpPacket<'_>,
        out: &mut Outbox,
    ) {
        let leg = &mut self.legs[index];
        let Some(event) = EventPayload::parse(packet.payload()) else {
            leg.source.dropped += 1;
            return;
        };
        if let Some(heard) = leg.digits.handle(now, event, arrived.header.timestamp, clock_rate) {
            self.hear_digit(now, index, heard, out);
        }
        self.set_deadline();
    }

    /// A digit ended on a leg: it is told, and played to those who want digits as tones.
    fn hear_digit(&mut self, now: Instant, index: usize, heard: Heard, out: &mut Outbox) {
        out.notice(digit_notice(index, heard));
        let listeners = self.listeners[index];
        for (listener, leg) in self.legs.iter_mut().enumerate() {
            if listeners & 1 << listener != 0 && leg.wants_tones() {
                leg.press(now, heard.digit, heard.duration_ms);
                leg.play(now, out);
            }
        }
    }

    fn handle_rtcp(
        &mut self,
        now: Instant,
        index: usize,
        from: SocketAddr,
        octets: &mut [u8],
    ) -> Result<Handled, DropReason> {
        let leg = &mut self.legs[index];
        let octets = leg.open(octets, true)?;
        let Ok(compound) = Compound::parse(octets) else {
            return Err(leg.source.dropped(DropReason::Malformed));
        };
        if !leg.source.latch.accept_report(from) {
            return Err(leg.source.dropped(DropReason::Stranger));
        }
        let occasion = Occasion { now, clock: &self.clock, cname: &self.cname };
        if leg.reports.handle(occasion, &compound, leg.sender.ssrc, leg.source.ssrc) == Said::Goodbye {
            leg.source.end();
            leg.reports.forget_source();
        }
        Ok(Handled::Consumed)
    }

    fn look(&mut self, now: Instant, out: &mut Outbox) {
        let mut news = false;
        for (index, leg) in self.legs.iter_mut().enumerate() {
            news |= leg.has_news();
            leg.look(now, |fault, raised| {
                out.notice(Notice::Fault { leg: LegIndex(index as u8), fault, raised });
            });
        }
        if news {
            out.notice(Notice::Stats);
        }
        // A driver that was late does not catch up on seconds that nobody saw.
        self.second_due = (self.second_due + SECOND).max(now + SECOND / 2);
    }

    fn add_leg(&mut self, now: Instant, index: u8, plan: LegPlan) {
        let random = &mut self.random;
        // RFC 3550 5.1: all three are random; the sequence number starts in the lower half, as old SRTP peers want it.
        let sender = Sender::new(random.next() as u32, random.next() as u16 >> 1, random.next() as u32);
        // RFC 3550 6.2: half the interval before the first report.
        let first_report = now + Duration::from_millis(1_250 + random.next() % 2_500);
        self.legs.push(Leg::new(index, plan, sender, first_report));
    }

    fn set_deadline(&mut self) {
        let mut deadline = self.second_due;
        for leg in &self.legs {
            let [events, tones, hearing] = leg.poll_timeout();
            let digits = leg.digits.poll_timeout();
            for due in
                [events, tones, hearing, digits, Some(leg.reports.poll_timeout())].into_iter().flatten()
            {
                deadline = deadline.min(due);
            }
        }
        self.deadline = self.mixer.as_ref().map_or(deadline, |mixer| deadline.min(mixer.poll_timeout()));
    }
}

/// What becomes of the mixer under a new plan.
enum Change {
    Keep,
    To(Option<Box<Mixer>>),
}

/// RFC 7022 4.2: 96 random bits, written in hexadecimal.
const CNAME_LEN: usize = 24;
const SECOND: Duration = Duration::from_secs(1);

const fn digit_notice(leg: usize, heard: Heard) -> Notice {
    Notice::Digit { leg: LegIndex(leg as u8), digit: heard.digit, duration_ms: heard.duration_ms }
}
