//! Base stations behind an edge proxy, and those that speak of instances and GRUU.

use sip::Name;

use crate::{
    handset::{Handset, status},
    world::{PASSWORD, World},
};

#[test]
fn a_path_is_kept_echoed_and_becomes_the_route() {
    let mut world = World::new();
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    handset.headers =
        "Path: <sip:edge1.example.org;lr>, <sip:edge2.example.org;lr>\r\nSupported: path, gruu, outbound\r\n";
    let response = handset.register(&mut world, 600);
    assert_eq!(status(&response), 200);
    let echoed: Vec<_> = response.values(Name::Path).collect();
    assert_eq!(echoed, [&b"<sip:edge1.example.org;lr>"[..], b"<sip:edge2.example.org;lr>"]);
    let location = world.registrar.locations(user).next().unwrap();
    assert_eq!(location.path, ["<sip:edge1.example.org;lr>", "<sip:edge2.example.org;lr>"]);
    // And it survives a restart.
    let world = world.restart();
    assert_eq!(world.registrar.locations(user).next().unwrap().path.len(), 2);
}

#[test]
fn an_instance_keeps_its_place_when_its_contact_changes() {
    let mut world = World::with(|settings| settings.access.max_contacts = 2);
    let user = world.add_user("2017");
    let mut handset = Handset::new("2017", PASSWORD, "10.0.0.1:5060");
    for port in [5060, 5062] {
        let contact = format!("<sip:2017@10.0.0.1:{port}>;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
        let response = handset.ask(&mut world, &contact, Some(600));
        assert_eq!(status(&response), 200);
        let listed: Vec<_> = response.contacts().map(Result::unwrap).collect();
        assert_eq!(listed.len(), 1);
        let address = listed[0].address().unwrap();
        assert_eq!(address.param("+sip.instance"), Some(&b"\"<urn:uuid:1>\""[..]));
        assert_eq!(address.param("reg-id"), Some(&b"1"[..]));
    }
    let contacts: Vec<_> =
        world.registrar.locations(user).map(|location| location.contact.as_str()).collect();
    assert_eq!(contacts, ["sip:2017@10.0.0.1:5062"]);
    assert_eq!(world.locations.len(), 1);
}

#[test]
fn the_way_back_is_the_way_the_request_came() {
    let mut world = World::new();
    let user = world.add_user("2017");
    // Behind a NAT: the contact says something that nobody can reach.
    let mut handset = Handset::new("2017", PASSWORD, "203.0.113.7:31234");
    handset.ask(&mut world, "<sip:2017@192.168.1.20:5060>", Some(600));
    let location = world.registrar.locations(user).next().unwrap();
    assert_eq!(location.flow.remote, "203.0.113.7:31234".parse().unwrap());
    assert_eq!(location.contact, "sip:2017@192.168.1.20:5060");
}
