//! Who is not let in, and what it learns from it.

use std::time::Duration;

use control::registrar::Verdict;

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};

#[test]
fn a_wrong_password_and_a_name_that_nobody_bears_look_alike() {
    let mut world = World::new();
    world.add_user("2017");
    for (name, password) in [("2017", "wrong"), ("4711", PASSWORD), ("0358600170177", "1234")] {
        let mut handset = Handset::new(name, password, "10.0.0.1:5060");
        let first = handset.send(&mut world, "<sip:x@10.0.0.1>", Some(600));
        assert_eq!(status(&first), 401, "{name}: challenged before anything else");
        handset.reboot(name);
        assert_eq!(status(&handset.register(&mut world, 600)), 403, "{name}");
    }
    assert_eq!(world.registrar.counts().accounts, 0);
    assert!(world.pbx.log.is_empty());
}

#[test]
fn nobody_registers_for_another() {
    let mut world = World::new();
    world.add_user("2017");
    world.add_user("2018");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.aor = "2018".to_owned();
    assert_eq!(status(&handset.register(&mut world, 600)), 403);
    handset.aor = "4711".to_owned();
    assert_eq!(status(&handset.register(&mut world, 600)), 404, "whoever has proved itself may know");
}

#[test]
fn guessing_is_slow_for_known_and_unknown_names_alike() {
    for name in ["2017", "4711"] {
        let mut world = World::new();
        world.add_user("2017");
        let mut thief = Handset::new(name, "wrong", "10.0.0.66:5060");
        for guess in 0..10 {
            thief.reboot(&format!("{guess}"));
            let response = thief.register(&mut world, 600);
            assert_eq!((status(&response), response.retry_after()), (403, None));
        }
        thief.reboot("eleventh");
        thief.credentials.password = PASSWORD.to_owned();
        let response = thief.register(&mut world, 600);
        assert_eq!((status(&response), response.retry_after()), (403, Some(60)), "{name}");
        // The owner, elsewhere, is not shut out.
        let mut owner = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
        assert_eq!(status(&owner.register(&mut world, 600)), 200);
        world.run_for(Duration::from_secs(60));
        if name == "2017" {
            thief.reboot("later");
            assert_eq!(status(&thief.register(&mut world, 600)), 200, "the right password, after the pause");
        }
    }
}

#[test]
fn a_copied_request_is_challenged_again_and_changes_nothing() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 600);
    // An eavesdropper repeats the very octets of the last request from elsewhere, after the transaction is over.
    let last = handset.last.clone();
    world.run_for(Duration::from_secs(40));
    let thief = "10.0.0.66:5060".parse().unwrap();
    let again = String::from_utf8(last).unwrap().replace("branch=z9hG4bK", "branch=z9hG4bKx");
    world.deliver(sip::Flow::udp(crate::world::ACCESS, thief), again.into_bytes());
    let response = world.received.get_mut(&thief).unwrap().pop_back().unwrap();
    assert_eq!(status(&response), 401);
    let challenge =
        String::from_utf8_lossy(response.header(sip::Name::WwwAuthenticate).unwrap()).into_owned();
    assert!(challenge.contains("stale=true"), "{challenge}");
    assert_eq!(world.registrar.locations(user).next().unwrap().flow.remote, handset.base);
}

#[test]
fn an_old_nonce_costs_one_round_trip() {
    let mut world = World::with(|settings| settings.access.max_expires = Duration::from_secs(86_400));
    world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 9000);
    let contact = format!("<{}>", handset.contact());
    assert_eq!(status(&handset.send(&mut world, &contact, Some(9000))), 200, "the nonce serves again");
    world.run_for(Duration::from_secs(8000));
    let stale = handset.send(&mut world, &contact, Some(9000));
    assert_eq!(status(&stale), 401);
    handset.challenged(&stale);
    assert_eq!(status(&handset.send(&mut world, &contact, Some(9000))), 200);
}

#[test]
fn a_life_too_short_is_refused_with_the_least() {
    let mut world = World::new();
    world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    let response = handset.register(&mut world, 30);
    assert_eq!((status(&response), response.min_expires()), (423, Some(60)));
    assert_eq!(world.registrar.counts().accounts, 0);
}

#[test]
fn a_question_without_contact_lists_and_changes_nothing() {
    let mut world = World::new();
    world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    assert_eq!(handset.ask(&mut world, "", None).contacts().count(), 0);
    handset.register(&mut world, 600);
    let response = handset.ask(&mut world, "", Some(0));
    assert_eq!((status(&response), response.contacts().count()), (200, 1));
    assert!(response.header(sip::Name::Date).is_some());
}

#[test]
fn a_caller_proves_itself_and_may_hide_its_name() {
    let mut world = World::new();
    let user = world.add_user("2017");
    world.add_user("2018");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.register(&mut world, 600);
    let flow = sip::Flow::udp(crate::world::ACCESS, handset.base);
    let mut ask = |world: &mut World, from: &str| {
        let octets = handset.invite(from);
        let message = sip::Message::parse(bytes::Bytes::from(octets)).unwrap();
        world.with_rooms(|registrar, _, cx| registrar.authenticate(cx, flow, &message))
    };
    for from in ["sip:2017@dect.example.org", "sip:anonymous@anonymous.invalid"] {
        assert_eq!(ask(&mut world, from), Verdict::Handset { user: Some(user), device: None }, "{from}");
    }
    assert_eq!(ask(&mut world, "sip:2018@dect.example.org"), Verdict::Refused(sip::Status(403)));
    let nobody = handset_without_nonce().invite("sip:2017@dect.example.org");
    let message = sip::Message::parse(bytes::Bytes::from(nobody)).unwrap();
    let verdict = world.with_rooms(|registrar, _, cx| registrar.authenticate(cx, flow, &message));
    assert!(matches!(verdict, Verdict::Challenge(values) if values.len() == 1));
}

fn handset_without_nonce() -> Handset {
    Handset::new("2017", PASSWORD, "10.0.0.1:5060")
}
