//! What a caller may say of itself, and what of it crosses.

use sip::{Message, Name};
use testkit::{HandsetId, WorldConfig};

use crate::stage::{SECOND, answer_with, invite_at_pbx, next_invite, registered, without_pbx};

fn text(message: &Message, name: &str) -> Option<String> {
    message.header_named(name).map(|value| String::from_utf8_lossy(value).into_owned())
}

#[test]
fn a_handset_cannot_assert_an_identity() {
    let mut world = without_pbx(&WorldConfig::default());
    let headers = [
        ("P-Asserted-Identity", "<sip:director@pbx.example>"),
        ("Diversion", "<sip:director@pbx.example>"),
        ("History-Info", "<sip:director@pbx.example>;index=1"),
        ("Privacy", "id"),
    ];
    world.at_base(0, |base, now| base.call_with(now, HandsetId(0), "600", &headers));
    let invite = next_invite(&mut world);
    assert_eq!(text(&invite, "P-Asserted-Identity"), None);
    assert_eq!(text(&invite, "Diversion"), None);
    assert_eq!(text(&invite, "History-Info"), None);
    assert_eq!(text(&invite, "Privacy").as_deref(), Some("id"));
}

#[test]
fn a_redirected_call_keeps_what_the_caller_asked_for() {
    let mut world = without_pbx(&WorldConfig::default());
    let headers = [("Privacy", "id")];
    world.at_base(0, |base, now| base.call_with(now, HandsetId(0), "600", &headers));
    let invite = next_invite(&mut world);
    let contact = [("Contact", "<sip:601@10.0.1.9;user=phone?Subject=x&Replaces=y>")];
    answer_with(&mut world, &invite, 302, "a", &contact, None);
    let again = next_invite(&mut world);
    assert_eq!(again.request_uri(), Some(&b"sip:601@10.0.1.9;user=phone"[..]));
    assert_eq!(text(&again, "Privacy").as_deref(), Some("id"));
    assert_eq!(again.max_forwards(), invite.max_forwards(), "a redirection is a hop of the same call");
}

#[test]
fn a_dialled_string_stays_inside_of_its_address() {
    for number in ["600%0d%0aX:%20y", "600;phone-context=+49", "*21*600#"] {
        let mut world = without_pbx(&WorldConfig::default());
        let invite = invite_at_pbx(&mut world, number);
        let to = invite.to().expect("a To header");
        assert_eq!(to.tag(), None, "{number}");
        let uri = to.uri().unwrap_or_else(|_| panic!("{number}: {:?}", text(&invite, "To")));
        assert_eq!(uri.user, invite.uri().expect("a Request-URI").user, "{number}");
        assert_eq!(text(&invite, "X"), None);
        world.run_for(SECOND);
    }
}

#[test]
fn redirections_end() {
    let mut world = without_pbx(&WorldConfig::default());
    let mut invite = invite_at_pbx(&mut world, "600");
    for round in 0..5 {
        answer_with(
            &mut world,
            &invite,
            302,
            &format!("t{round}"),
            &[("Contact", "<sip:600@10.0.1.2>")],
            None,
        );
        invite = next_invite(&mut world);
    }
    answer_with(&mut world, &invite, 302, "last", &[("Contact", "<sip:600@10.0.1.2>")], None);
    world.run_for(SECOND);
    assert!(world.base_events.iter().any(|(_, event)| matches!(event, testkit::BaseEvent::Failed(..))));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_redirection_to_a_telephone_number_alone_is_a_failure() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "600");
    answer_with(&mut world, &invite, 302, "a", &[("Contact", "<tel:+4930123>")], None);
    world.run_for(SECOND);
    assert!(world.base_events.iter().any(|(_, event)| matches!(event, testkit::BaseEvent::Failed(..))));
    assert_eq!(invite.header(Name::MaxForwards), Some(&b"69"[..]));
    world.assert_nothing_leaked();
}

#[test]
fn the_pbx_is_believed_unless_the_caller_asked_for_privacy() {
    for (privacy, shown) in
        [(None, true), (Some("none"), true), (Some("id"), false), (Some("header;id"), false)]
    {
        let mut world = registered(&WorldConfig::default());
        world.run_for(SECOND);
        let pbx = world.pbx.address();
        let number = testkit::user_number(0);
        let contact = world.saved.bindings[0].contact.clone();
        let invite = sip::Builder::request("INVITE", contact.trim_matches(['<', '>']))
            .header("Via", format_args!("SIP/2.0/UDP {pbx};branch=z9hG4bKprivate"))
            .header("Max-Forwards", 1)
            .header("From", "<sip:anonymous@anonymous.invalid>;tag=s")
            .header("To", format_args!("<sip:{number}@10.0.1.2>"))
            .header("Call-ID", "private")
            .header("CSeq", "1 INVITE")
            .header("Contact", format_args!("<sip:pbx@{pbx}>"))
            .header("P-Asserted-Identity", "<sip:director@pbx.example>")
            .optional_header("Privacy", privacy)
            .body("application/sdp", crate::stage::sdp(30_000, "").as_bytes());
        world.arrive_at_pbx_side(pbx, invite);
        let base = world.bases[0].address();
        let invite = crate::stage::next_to(&mut world, base, &sip::Method::Invite);
        assert_eq!(text(&invite, "P-Asserted-Identity").is_some(), shown, "{privacy:?}");
        assert_eq!(invite.max_forwards(), Some(0), "the last hop is the base station's");
    }
}
