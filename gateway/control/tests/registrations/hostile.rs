//! Damaged and hostile REGISTERs, most of them with right credentials: the digest covers method and URI only.

use sip::{Entropy, Flow};

use crate::{
    handset::{Handset, status},
    world::{ACCESS, PASSWORD, Seeded, World},
};

#[test]
fn damage_changes_nothing_that_matters_and_memory_is_bounded() {
    let mut world = World::with(|settings| settings.access.max_contacts = 2);
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
    let mut dice = Seeded(4711);
    let mut draw = |below: usize| {
        let mut octets = [0; 8];
        dice.fill(&mut octets);
        usize::try_from(u64::from_le_bytes(octets) % below as u64).unwrap()
    };
    for round in 0..4000 {
        let contact = CONTACTS[draw(CONTACTS.len())].replace("{}", &round.to_string());
        let mut octets = handset.octets(&contact, Some(600));
        // The first line and the credentials stay whole, so that most requests get through to the registrar.
        let start = octets.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
        for _ in 0..draw(4) {
            let at = start + draw(octets.len() - start);
            match draw(4) {
                0 => octets[at] = DAMAGE[draw(DAMAGE.len())],
                1 => octets.insert(at, DAMAGE[draw(DAMAGE.len())]),
                2 => {
                    octets.remove(at);
                }
                _ => octets[at] ^= 1 << draw(8),
            }
        }
        world.deliver(Flow::udp(ACCESS, handset.base), octets);
        world.received.clear();
        assert!(world.registrar.locations(user).count() <= 2);
    }
    let counts = world.registrar.counts();
    assert!(counts.accounts <= 1 && counts.contacts <= 2, "{counts:?}");
    assert!(world.locations.len() <= 2, "what is stored is forgotten with its location");
    handset.reboot("after-all-that");
    assert_eq!(status(&handset.register(&mut world, 600)), 200);
    assert_eq!(world.registrar.locations(user).next().unwrap().contact, handset.contact());
    world.assert_no_leak();
}

const CONTACTS: [&str; 8] = [
    "<sip:2017@10.0.0.1:5060>",
    "<sip:2017@10.0.0.{}:5060>;expires=300",
    "<sip:{}@10.0.0.1>;expires=4294967296;q=2",
    "*",
    "sip:2017@10.0.0.1;expires={}, sip:2017@10.0.0.2",
    "\"a,b;c\" <sip:a,b;c@h:65535;maddr=[::1]?x=y>;+sip.instance=\"<urn:uuid:{}>\";reg-id=1",
    "<sip:2017@[2001:db8::{}]:5060>;expires=0",
    "",
];

const DAMAGE: &[u8] = b"\r\n\0\t \"<>;:,@=*%&?\\()[]{}09aZ~\xff\xc3";
