//! Whatever happens, in whatever order: in the end the PBX holds exactly whom it should, and was never asked faster than allowed.

use std::{collections::BTreeSet, time::Duration};

use control::{directory::UserId, fault::FaultCode, registrar::Cause};
use sip::Entropy;

use crate::world::{Seeded, World};

const USERS: u32 = 60;
const RATE: usize = 50;

#[test]
fn any_sequence_of_faults_ends_well() {
    for seed in 0..40 {
        Run::new(seed).go();
    }
}

struct Run {
    seed: u64,
    dice: Seeded,
    world: World,
    users: Vec<UserId>,
    wanted: BTreeSet<UserId>,
}

impl Run {
    fn new(seed: u64) -> Self {
        let mut world = World::with(|settings| {
            settings.pbx.register_rate = u32::try_from(RATE).unwrap();
            settings.pbx.register_window = 10;
            settings.pbx.timeout = Duration::from_secs(6);
            settings.pbx.backoff = (Duration::from_secs(2), Duration::from_secs(60));
        });
        let users = (0..USERS).map(|n| world.add_user(&format!("{}", 2000 + n))).collect();
        Self { seed, dice: Seeded(seed * 7919), world, users, wanted: BTreeSet::new() }
    }

    fn draw(&mut self, below: u64) -> u64 {
        let mut octets = [0; 8];
        self.dice.fill(&mut octets);
        u64::from_le_bytes(octets) % below
    }

    fn go(mut self) {
        for _ in 0..60 {
            self.something_happens();
            let span = match self.draw(4) {
                0 => Duration::from_millis(self.draw(20)),
                1 => Duration::from_millis(self.draw(2_000)),
                2 => Duration::from_secs(self.draw(30)),
                _ => Duration::from_secs(self.draw(200)),
            };
            self.world.run_for(span);
        }
        self.all_is_well_again();
    }

    fn something_happens(&mut self) {
        match self.draw(14) {
            0 => self.world.pbx.silent = !self.world.pbx.silent,
            1 => self.world.pbx.silent = false,
            2 => self.world.pbx.forget(),
            3 => self.world.pbx.refuses = Some((503, &[("Retry-After", "20")])),
            4 => self.world.pbx.refuses = Some((500, &[])),
            5 => self.world.pbx.refuses = Some((403, &[])),
            6 => self.world.pbx.refuses = None,
            7 => self.world.pbx.min_expires = [0, 90, 300][self.draw(3) as usize],
            8 => self.world.pbx.max_expires = [u32::MAX, 60, 10][self.draw(3) as usize],
            9 => self.world.with_rooms(|_, registration, cx| registration.handle_reload(cx)),
            _ => self.people_move(),
        }
    }

    fn people_move(&mut self) {
        for _ in 0..=self.draw(30) {
            let which = self.draw(u64::from(USERS)) as usize;
            let user = self.users[which];
            let comes = self.draw(3) > 0;
            self.world.with_rooms(|_, registration, cx| match comes {
                true => registration.user_located(cx, user),
                false => registration.user_gone(cx, user, Cause::Expired),
            });
            match comes {
                true => self.wanted.insert(user),
                false => self.wanted.remove(&user),
            };
        }
    }

    fn all_is_well_again(mut self) {
        let seed = self.seed;
        self.world.pbx.silent = false;
        self.world.pbx.refuses = None;
        self.world.pbx.max_expires = u32::MAX;
        // The longest pause, a grant of the time before, and some.
        self.world.run_for(Duration::from_secs(400));
        let world = &mut self.world;
        let held: BTreeSet<UserId> = world
            .pbx
            .bindings
            .iter()
            .filter(|(_, (_, until))| *until > world.now)
            .map(|(number, _)| world.directory.user_by_number(number).unwrap().id)
            .collect();
        assert_eq!(held, self.wanted, "seed {seed}");
        let counts = world.registration.counts();
        assert_eq!((counts.bindings, counts.held), (held.len(), held.len()), "seed {seed}: {counts:?}");
        assert_eq!(
            world.bindings.keys().copied().collect::<BTreeSet<_>>(),
            held,
            "seed {seed}: what is stored"
        );
        assert!(!world.has_fault(FaultCode::REGISTRATIONS_DOWN), "seed {seed}");
        assert!(!world.has_fault(FaultCode::USER_REGISTRATION_FAILED), "seed {seed}");
        let peak = world.pbx.peak_rate();
        assert!(peak <= RATE + 1 + RETRANSMISSIONS, "seed {seed}: {peak} in a second");
        world.assert_no_leak();
    }
}

/// The log counts what arrives: at most ten requests are open, and a silent PBX sees each of them twice in the first second.
const RETRANSMISSIONS: usize = 20;
