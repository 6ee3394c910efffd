//! Simulated base stations with handsets: the other peer of every test.

use std::{
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use sdp::Codec;
use sip::Transport;
use testbeds::{LegReport, Speaker, Stage, StageEvent};
use testkit::{Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners};

use crate::{PASSWORD, scene::Scene};

/// A handset: its base, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Phone(pub usize, pub usize);

/// Base stations and what happened at them.
pub struct Handsets {
    stage: Stage,
    sizes: Vec<usize>,
    events: Vec<StageEvent>,
}

impl Handsets {
    /// Two base stations that share `numbers`: the first talks A-law, the second G.722.
    ///
    /// # Panics
    /// When their addresses cannot be bound.
    #[must_use]
    pub fn new(scene: &Scene, numbers: Range<u32>, expires: u32) -> Self {
        let mut handsets = Self { stage: Stage::new().unwrap(), sizes: Vec::new(), events: Vec::new() };
        let middle = numbers.start + (numbers.end - numbers.start).div_ceil(2);
        handsets.add_base(scene, numbers.start..middle, vec![Codec::pcma()], expires);
        handsets.add_base(scene, middle..numbers.end, vec![Codec::g722()], expires);
        handsets
    }

    /// One more base station.
    ///
    /// # Panics
    /// When its address cannot be bound.
    pub fn add_base(&mut self, scene: &Scene, numbers: Range<u32>, codecs: Vec<Codec>, expires: u32) {
        let base = u8::try_from(self.sizes.len()).expect("few bases");
        let config = BaseConfig {
            address: scene.sip(10 + base),
            gateway: scene.sip(1),
            transport: Transport::Udp,
            // The radio sends media from an address of its own.
            media: (scene.ip(110 + base), 20_000).into(),
            expires,
            user_agent: "dectsim".to_owned(),
            codecs,
        };
        let mut station = Base::new(config, u64::from(base) + 2);
        self.sizes.push(numbers.len());
        for number in numbers {
            station.add(Handset {
                name: number.to_string(),
                auth_name: number.to_string(),
                password: PASSWORD.to_owned(),
                manners: Manners::Answer(Duration::from_millis(200)),
            });
        }
        self.stage.add_base(station).unwrap();
    }

    /// All handsets.
    #[must_use]
    pub fn all(&self) -> Vec<Phone> {
        let of_base = |(base, size): (usize, &usize)| (0..*size).map(move |id| Phone(base, id));
        self.sizes.iter().enumerate().flat_map(of_base).collect()
    }

    /// Registers all of them and waits until the gateway has taken them; gives the milliseconds it took.
    ///
    /// # Panics
    /// When it does not.
    pub fn register_all(&mut self) -> u128 {
        let begin = Instant::now();
        let all = self.all();
        for Phone(base, id) in &all {
            self.stage.at_base(*base, |base, now| base.register(now, HandsetId(*id)));
        }
        self.wait("all handsets to be registered", Duration::from_secs(30), |stage| {
            all.iter().all(|phone| stage.count(*phone, |event| matches!(event, BaseEvent::Registered(_))) > 0)
        });
        begin.elapsed().as_millis()
    }

    /// Goes on until `done`, which is asked now and then.
    ///
    /// # Panics
    /// When it does not come to that in time.
    pub fn wait(&mut self, what: &str, patience: Duration, mut done: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + patience;
        while !done(self) {
            let recent = &self.events[self.events.len().saturating_sub(6)..];
            assert!(
                Instant::now() < deadline,
                "waited {} s for {what}; last: {recent:#?}",
                patience.as_secs()
            );
            self.go_on(Duration::from_millis(50));
        }
    }

    /// Goes on for a while: the time in which something is heard.
    ///
    /// # Panics
    /// When the kernel's poll fails.
    pub fn go_on(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            self.stage.turn(deadline).unwrap();
        }
        self.events.extend(self.stage.take_events());
    }

    /// Goes on while `work` runs on a thread of its own.
    ///
    /// # Panics
    /// When `work` panics.
    pub fn during<T: Send>(&mut self, work: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let work = scope.spawn(work);
            while !work.is_finished() {
                self.go_on(Duration::from_millis(20));
            }
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// How often something happened at a handset.
    pub fn count(&self, Phone(base, id): Phone, matches: impl Fn(&BaseEvent) -> bool) -> usize {
        let of_phone = |event: &&StageEvent| matches!(event, StageEvent::Base(at, event) if *at == base && handset(event) == HandsetId(id) && matches(event));
        self.events.iter().filter(of_phone).count()
    }

    /// Whether the gateway has taken a registration of this handset since the last [`Handsets::forget`].
    #[must_use]
    pub fn registered_again(&self, phone: Phone) -> bool {
        self.count(phone, |event| matches!(event, BaseEvent::Registered(_))) > 0
    }

    /// Calls a number and waits until both sides have confirmed it.
    ///
    /// # Panics
    /// When the call fails.
    pub fn call(&mut self, from: Phone, number: &str) {
        let Phone(base, id) = from;
        self.events.clear();
        self.stage.at_base(base, |base, now| base.call(now, HandsetId(id), number));
        self.connected(from, &format!("the call of {from:?} to {number}"));
    }

    /// Waits until a handset is in a call.
    ///
    /// # Panics
    /// When the call fails.
    pub fn connected(&mut self, phone: Phone, what: &str) {
        self.wait(what, Duration::from_secs(15), |stage| {
            let failed = |event: &BaseEvent| matches!(event, BaseEvent::Failed(..));
            assert_eq!(stage.count(phone, failed), 0, "{what} failed: {:#?}", stage.events.last());
            stage.count(phone, |event| matches!(event, BaseEvent::Connected(_))) > 0
        });
    }

    /// Ends a handset's call, and waits for the reports of `legs`.
    ///
    /// # Panics
    /// When they do not come.
    pub fn hang_up(&mut self, phone: Phone, legs: &[Phone]) -> Vec<LegReport> {
        let Phone(base, id) = phone;
        self.stage.at_base(base, |base, now| base.hang_up(now, HandsetId(id)));
        self.reports(legs)
    }

    /// Waits for the reports of legs whose calls have ended.
    ///
    /// # Panics
    /// When they do not come.
    pub fn reports(&mut self, legs: &[Phone]) -> Vec<LegReport> {
        self.wait("media reports", Duration::from_secs(10), |stage| {
            legs.iter().all(|leg| stage.report(*leg).is_some())
        });
        legs.iter().filter_map(|leg| self.report(*leg)).collect()
    }

    /// Forgets what has happened.
    pub fn forget(&mut self) {
        self.events.clear();
    }

    /// Calls `number`, lets both sides talk, hangs up, and asserts which tone each handset heard.
    ///
    /// # Panics
    /// When the call fails or a handset hears something else.
    pub fn call_and_hear(&mut self, what: &str, from: Phone, number: &str, hears: &[(Phone, f32)]) {
        self.call(from, number);
        self.talk(what, from, hears);
    }

    /// Lets a call that is up talk, ends it from `from`, and asserts which tone each handset heard.
    ///
    /// # Panics
    /// When a handset hears something else.
    pub fn talk(&mut self, what: &str, from: Phone, hears: &[(Phone, f32)]) {
        self.go_on(TALK);
        let legs: Vec<Phone> = hears.iter().map(|(phone, _)| *phone).collect();
        self.hang_up(from, &legs);
        self.assert_heard(what, hears);
    }

    /// Asserts which tone each handset heard in the call that has ended.
    ///
    /// # Panics
    /// When a handset heard something else.
    pub fn assert_heard(&mut self, what: &str, hears: &[(Phone, f32)]) {
        for (phone, hz) in hears {
            let report = self.reports(&[*phone]).remove(0);
            println!(
                "  {what}: base {} handset {}: {}, sent {}, got {}, lost {}, heard {:?} Hz at {:.1} dBm0",
                phone.0,
                phone.1,
                report.codec,
                report.sent,
                report.received,
                report.lost,
                report.heard_hz,
                report.level_dbm0
            );
            assert_eq!(report.heard_hz, Some(*hz), "{what}: {report:?}");
        }
    }

    fn report(&self, Phone(base, handset): Phone) -> Option<LegReport> {
        let speaker = Speaker::Handset { base, handset };
        self.events.iter().rev().find_map(|event| match event {
            StageEvent::Media(report) if report.speaker == speaker => Some((**report).clone()),
            _ => None,
        })
    }
}

fn handset(event: &BaseEvent) -> HandsetId {
    match event {
        BaseEvent::Connected(id)
        | BaseEvent::Ended(id)
        | BaseEvent::Failed(id, _)
        | BaseEvent::Media(id, _)
        | BaseEvent::Registered(id)
        | BaseEvent::RegistrationFailed(id, _)
        | BaseEvent::Ringback(id)
        | BaseEvent::Rings(id) => *id,
    }
}

/// Long enough for a second of steady tone after the set-up.
const TALK: Duration = Duration::from_millis(2_000);
