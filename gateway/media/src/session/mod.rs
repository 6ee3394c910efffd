//! A call in the media plane, without sockets and without a clock.
//!
//! Owns: the legs of one session and everything that happens between them. Must never: block, allocate per packet, trust a
//! packet before its leg did.
//!
//! The driver calls one of `handle_packet`, `handle_timeout`, `set_plan`, `send_digit`, `close` with an empty [`Outbox`], sends
//! what is in it, and asks [`Session::poll_timeout`] for the next deadline.

mod digit;
mod digit_sender;
mod faults;
mod format;
mod hearing;
mod latch;
mod leg;
mod random;
mod reframe;
mod report;
mod sender;
mod source;
mod transcode;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media_api::{Hears, LegIndex, LegPlan, LegStats, MAX_FORMATS, MAX_LEGS, MediaFault, Plan, Refusal};
use srtp::rtcp::Compound;
use srtp::{Arrival, RtpPacket, RtpPacketMut};

use crate::MediaClock;
use crate::outbox::{Channel, Outbox, SLOT_LEN, Transmit};
use crate::session::digit::{EventPayload, Heard};
use crate::session::hearing::{Hearing, Route};
use crate::session::leg::{Effect, Leg};
use crate::session::random::Random;
use crate::session::report::{Occasion, Said};
use crate::session::sender::Sender;
use crate::session::source::{Arrived, Class};

/// A call.
#[derive(Debug)]
pub struct Session {
    clock: MediaClock,
    legs: Vec<Leg>,
    /// By speaking leg: one bit per listening leg.
    listeners: [u8; MAX_LEGS],
    random: Random,
    cname: [u8; CNAME_LEN],
    second_due: Instant,
    deadline: Instant,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// Used; what it caused is in the outbox.
    Consumed,
    /// Not used, and counted on its leg.
    Dropped(DropReason),
    /// It leaves in the buffer it came in, already rewritten.
    Forward(Transmit),
}

/// Why a packet was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Came before.
    Duplicate,
    /// Its sequence number is too far off to be believed at once (RFC 3550 A.1).
    Jump,
    /// No such leg.
    Leg,
    /// Does not parse as what it claims to be.
    Malformed,
    /// Neither RTP nor RTCP.
    NotMedia,
    /// Not from where this leg's packets are believed.
    Stranger,
}

/// What a session tells its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A digit ended on a leg.
    Digit {
        /// The leg that sent it.
        leg: LegIndex,
        /// `0`-`9`, `*`, `#`, `A`-`D`.
        digit: char,
        /// Its length.
        duration_ms: u16,
    },
    /// A fault came or went.
    Fault {
        /// The leg.
        leg: LegIndex,
        /// Which.
        fault: MediaFault,
        /// Whether it came.
        raised: bool,
    },
    /// A second is over and [`Session::stats`] has changed in it.
    Stats,
}

impl Session {
    /// Starts a session. `seed` is the only randomness it gets: SSRCs, first numbers and report intervals come from it.
    ///
    /// # Errors
    /// When the plan cannot be, or needs a codec that is not there.
    pub fn open(now: Instant, clock: MediaClock, seed: u64, plan: &Plan) -> Result<Self, Refusal> {
        let mut random = Random::new(seed);
        let cname = random.cname();
        // Spread over the second, so that sessions opened together do not report together.
        let second_due = now + Duration::from_millis(random.next() % 1_000);
        let mut session = Self {
            clock,
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
        validate(plan)?;
        let hearings: Vec<Hearing> =
            (0..plan.legs.len()).map(|leg| compile(plan, leg)).collect::<Result<_, _>>()?;
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
        self.set_deadline();
        Ok(())
    }

    /// Takes a datagram that arrived on a leg's socket. It may be rewritten; see [`Handled`].
    pub fn handle_packet(
        &mut self,
        now: Instant,
        leg: LegIndex,
        channel: Channel,
        source: SocketAddr,
        packet: &mut [u8],
        out: &mut Outbox,
    ) -> Handled {
        let index = usize::from(leg.0);
        if index >= self.legs.len() {
            return Handled::Dropped(DropReason::Leg);
        }
        let judged = match (Arrival::of(packet), channel) {
            (Arrival::Rtp, Channel::Rtp) => self.handle_rtp(now, index, source, packet, out),
            (Arrival::Rtcp, _) => self.handle_rtcp(now, index, source, packet),
            _ => Err(DropReason::NotMedia),
        };
        judged.unwrap_or_else(Handled::Dropped)
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant, out: &mut Outbox) {
        for index in 0..self.legs.len() {
            let leg = &mut self.legs[index];
            if let Some(heard) = leg.digits.handle_timeout(now) {
                out.notice(digit_notice(index, heard));
            }
            leg.play_digits(now, out);
            if leg.reports.poll_timeout() <= now {
                let random = self.random.next();
                leg.report(Occasion { now, clock: &self.clock, cname: &self.cname }, false, out);
                leg.reports.schedule(now, random);
            }
        }
        if self.second_due <= now {
            self.look(now, out);
        }
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
        let (Some(leg), Some(code)) = (self.legs.get_mut(usize::from(leg.0)), digit::event_code(digit))
        else {
            return false;
        };
        if !leg.can_play_digits() || !leg.digit_sender.push(code, duration_ms) {
            return false;
        }
        leg.play_digits(now, out);
        self.set_deadline();
        true
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
        Ok(self.speak(now, index, &arrived, &mut packet, out))
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
            out.notice(digit_notice(index, heard));
        }
        self.set_deadline();
    }

    fn handle_rtcp(
        &mut self,
        now: Instant,
        index: usize,
        from: SocketAddr,
        octets: &[u8],
    ) -> Result<Handled, DropReason> {
        let leg = &mut self.legs[index];
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
        let legs = self.legs.iter().flat_map(|leg| {
            [leg.digits.poll_timeout(), leg.digit_sender.poll_timeout(), Some(leg.reports.poll_timeout())]
        });
        self.deadline = legs.flatten().fold(self.second_due, Instant::min);
    }
}

/// RFC 7022 4.2: 96 random bits, written in hexadecimal.
const CNAME_LEN: usize = 24;
const SECOND: Duration = Duration::from_secs(1);

const fn digit_notice(leg: usize, heard: Heard) -> Notice {
    Notice::Digit { leg: LegIndex(leg as u8), digit: heard.digit, duration_ms: heard.duration_ms }
}

/// What a plan may be.
fn validate(plan: &Plan) -> Result<(), Refusal> {
    let legs = &plan.legs;
    let sane = !legs.is_empty() && legs.len() <= MAX_LEGS && legs.iter().all(|leg| is_sane(leg, legs.len()));
    if sane { Ok(()) } else { Err(Refusal::Plan) }
}

fn is_sane(leg: &LegPlan, legs: usize) -> bool {
    let formats = leg.receiving.iter().chain(leg.sending.iter());
    let types = formats.clone().map(|format| format.payload_type);
    let types = types.chain(leg.events.iter().map(|event| event.payload_type)).chain(leg.comfort_noise);
    let clocks = leg.events.iter().all(|event| (8_000..=48_000).contains(&event.clock_rate));
    let times = formats.clone().all(|format| {
        (10..=60).contains(&format.ptime_ms)
            && format::coder(format.codec).fits_ptime(u32::from(format.ptime_ms))
    });
    let heard = match leg.hears {
        Hears::Leg(other) => usize::from(other.0) < legs,
        _ => true,
    };
    leg.receiving.len() <= MAX_FORMATS
        && leg.events.len() <= MAX_EVENTS
        && types.into_iter().all(|payload_type| payload_type.0 < 128)
        && times
        && clocks
        && heard
}

fn compile(plan: &Plan, to: usize) -> Result<Hearing, Refusal> {
    let leg = &plan.legs[to];
    let from = match leg.hears {
        Hears::Leg(from) => usize::from(from.0),
        Hears::Own => to,
        Hears::Mix => return Ok(Hearing::Mix),
        Hears::Nothing => return Ok(Hearing::Nothing),
        Hears::Tone(tone) => return Ok(Hearing::Tone(tone)),
    };
    if !plan.legs[from].receive {
        return Ok(Hearing::Nothing);
    }
    let route = Route::compile(from as u8, &plan.legs[from], leg)?;
    Ok(route.map_or(Hearing::Nothing, |route| Hearing::Leg(Box::new(route))))
}

/// One per clock rate in use, and one spare.
const MAX_EVENTS: usize = 4;
