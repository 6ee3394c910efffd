//! Many calls at once over a bad network, with random ends and hostile datagrams between; each ends with one record.

use std::{collections::HashSet, time::Duration};

use testkit::{Conditions, HandsetId, Manners, SeededEntropy, Service, World, WorldConfig, user_number};

use crate::stage::SECOND;

const BASES: u64 = 5;
const HANDSETS: u64 = 100;

fn crowd(seed: u64) -> World {
    let config = WorldConfig {
        seed,
        bases: BASES as usize,
        handsets: HANDSETS as usize,
        base_expires: 600,
        ..WorldConfig::default()
    };
    let mut world = World::new(&config);
    world.register_all();
    let mut dice = SeededEntropy::new(seed);
    for base in &mut world.bases {
        for handset in 0..HANDSETS as usize {
            let manners = match dice.below(6) {
                0 => Manners::Ring,
                1 => Manners::Refuse(sip::Status(400 + dice.below(250) as u16)),
                2 => Manners::Silent,
                _ => Manners::Answer(Duration::from_millis(dice.below(9_000))),
            };
            base.set_manners(HandsetId(handset), manners);
        }
    }
    world
}

fn act(world: &mut World, dice: &mut SeededEntropy) {
    let (base, handset) = (dice.below(BASES) as usize, HandsetId(dice.below(HANDSETS) as usize));
    let number = match dice.below(8) {
        0 => "600".to_owned(),
        1 => (400 + dice.below(300)).to_string(),
        _ => user_number(dice.below(BASES * HANDSETS) as usize),
    };
    let what = dice.below(7);
    world.at_base(base, |base, now| match (what, base.is_busy(handset)) {
        (0..=4, false) => base.call(now, handset, &number),
        (_, false) => base.call_without_offer(now, handset, &number),
        (0, true) => base.set_direction(now, handset, sdp::Direction::SendOnly),
        (1, true) => base.set_direction(now, handset, sdp::Direction::Inactive),
        (2, true) => base.set_direction(now, handset, sdp::Direction::SendRecv),
        (3, true) => base.send_info(now, handset, '#'),
        (_, true) => base.hang_up(now, handset),
    });
    if what == 6 {
        world.at_pbx(|pbx, now| pbx.call_user(now, &user_number(handset.0), Service::Echo));
    }
}

fn all_end(mut world: World, seed: u64) {
    world.network.set_conditions(Conditions::GOOD);
    for base in 0..BASES as usize {
        for handset in 0..HANDSETS as usize {
            world.at_base(base, |base, now| base.hang_up(now, HandsetId(handset)));
        }
    }
    world.at_pbx(|pbx, now| pbx.hang_up_all(now));
    world.run_for(300 * SECOND);
    world.assert_nothing_leaked();
    assert!(world.opened > 300, "seed {seed}: {} calls", world.opened);
    assert_eq!(world.records.len(), world.opened, "seed {seed}: one record for each call");
    let calls: HashSet<_> = world.records.iter().map(|record| record.call).collect();
    assert_eq!(calls.len(), world.records.len(), "seed {seed}: a call has two records");
    let standing = world.core().held().sip.transactions;
    assert_eq!(standing, 0, "seed {seed}: transactions leaked");
}

#[test]
fn five_hundred_calls_with_random_ends() {
    for seed in 1..=3 {
        let mut world = crowd(seed);
        world.network.set_conditions(Conditions {
            loss_permille: 40 * (seed as u16 - 1),
            repeat_permille: 20,
            delay: Duration::from_millis(10),
            jitter: Duration::from_millis(200),
        });
        let mut dice = SeededEntropy::new(seed);
        for _ in 0..1_500 {
            act(&mut world, &mut dice);
            world.run_for(Duration::from_millis(dice.below(20)));
        }
        all_end(world, seed);
    }
}

#[test]
fn messages_that_were_tampered_with() {
    for seed in 11..=13 {
        let mut world = crowd(seed);
        let mut dice = SeededEntropy::new(seed);
        let (pbx, base) = (world.pbx.address(), world.bases[0].address());
        world.tapped();
        for _ in 0..1_200 {
            act(&mut world, &mut dice);
            world.run_for(Duration::from_millis(dice.below(30)));
            for (flow, message) in world.tapped() {
                if dice.below(10) > 0 {
                    continue;
                }
                let mut octets = message.into_octets().to_vec();
                for _ in 0..=dice.below(4) {
                    let at = dice.below(octets.len() as u64) as usize;
                    match dice.below(4) {
                        0 => octets[at] = dice.below(256) as u8,
                        1 => octets.truncate(at.max(1)),
                        2 => octets.insert(at, b'\n'),
                        _ => {
                            let piece = octets[at..(at + 40).min(octets.len())].to_vec();
                            octets.splice(at..at, piece);
                        }
                    }
                }
                match flow.listener.0 < 2 {
                    true => world.arrive_at_access(base, octets),
                    false => world.arrive_at_pbx_side(pbx, octets),
                }
            }
        }
        all_end(world, seed);
    }
}
