//! Whatever the network does, every call ends and nothing leaks.

use std::time::Duration;

use testkit::{BaseEvent, Conditions, HandsetId, Manners, SeededEntropy, World, WorldConfig, user_number};

#[test]
fn calls_over_a_bad_network_all_end_and_leak_nothing() {
    for seed in 1..=12 {
        let conditions = Conditions {
            loss_permille: 50 * (seed % 6) as u16,
            repeat_permille: 30,
            delay: Duration::from_millis(10),
            jitter: Duration::from_millis(150),
        };
        let manners = match seed % 3 {
            0 => Manners::Answer(Duration::from_millis(700)),
            1 => Manners::Ring,
            _ => Manners::Answer(Duration::from_secs(4)),
        };
        let mut world =
            World::new(&WorldConfig { seed, bases: 2, handsets: 6, manners, ..WorldConfig::default() });
        world.register_all();
        world.network.set_conditions(conditions);
        let mut dice = SeededEntropy::new(seed);
        for _ in 0..60 {
            act(&mut world, &mut dice);
            world.run_for(Duration::from_millis(dice.below(1_500)));
        }
        for base in 0..2 {
            for handset in 0..6 {
                world.at_base(base, |base, now| base.hang_up(now, HandsetId(handset)));
            }
        }
        world.run_for(Duration::from_secs(240));
        world.assert_nothing_leaked();
        let said = world
            .base_events
            .iter()
            .filter(|(_, event)| matches!(event, BaseEvent::Ended(_) | BaseEvent::Failed(..)));
        assert!(said.count() > 0, "seed {seed}: no call ended");
    }
}

fn act(world: &mut World, dice: &mut SeededEntropy) {
    let (base, handset) = (dice.below(2) as usize, HandsetId(dice.below(6) as usize));
    let number = match dice.below(4) {
        0 => "600".to_owned(),
        1 => "486".to_owned(),
        _ => user_number(dice.below(12) as usize),
    };
    let what = dice.below(5);
    world.at_base(base, |base, now| match (what, base.is_busy(handset)) {
        (0..=2, false) => base.call(now, handset, &number),
        (3, false) => base.call_without_offer(now, handset, &number),
        (0, true) => base.set_direction(now, handset, sdp::Direction::SendOnly),
        (1, true) => base.set_direction(now, handset, sdp::Direction::SendRecv),
        (2, true) => base.send_info(now, handset, '5'),
        (_, true) => base.hang_up(now, handset),
        (_, false) => {}
    });
}
