//! What a PBX may answer.

use media_api::{Hears, LegIndex};
use sip::Method;
use testkit::{BaseEvent, HandsetId, WorldConfig};

use crate::stage::{
    SECOND, answer, answer_with, count_to, invite_at_pbx, next_to, request, sdp, without_pbx,
};

#[test]
fn progress_then_ringing_then_an_answer_from_elsewhere() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 183, "a", Some(&sdp(30_000, "")));
    world.run_for(SECOND);
    answer(&mut world, &invite, 180, "a", Some(&sdp(30_000, "")));
    assert!(world.run_until(SECOND, |world| world.heard(0, &BaseEvent::Ringback(HandsetId(0)))), "rings");
    answer(&mut world, &invite, 200, "b", Some(&sdp(30_100, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    let (_, plan) = world.sessions.first_key_value().expect("a session");
    assert_eq!(plan.legs[1].remote.map(|remote| remote.rtp.port()), Some(30_100));
    assert_eq!(plan.legs[1].hears, Hears::Leg(LegIndex(0)));
    world.at_base(0, |base, now| base.hang_up(now, HandsetId(0)));
    let pbx = world.pbx.address();
    let bye = next_to(&mut world, pbx, &Method::Bye);
    answer(&mut world, &bye, 200, "b", None);
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn an_answer_without_sdp_after_early_media() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 183, "a", Some(&sdp(30_000, "")));
    answer(&mut world, &invite, 200, "a", None);
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
}

#[test]
fn an_answer_without_any_sdp_is_hung_up() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", None);
    world.run_for(SECOND);
    let pbx = world.pbx.address();
    assert_eq!(count_to(&mut world, pbx, &Method::Bye), 2, "the BYE and its first repetition");
    assert!(world.base_events.iter().any(|(_, event)| matches!(event, BaseEvent::Failed(..))));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn a_second_answer_of_a_forking_pbx_is_hung_up_and_the_first_stays() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 180, "a", None);
    answer(&mut world, &invite, 180, "b", None);
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    answer(&mut world, &invite, 200, "b", Some(&sdp(30_100, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    let pbx = world.pbx.address();
    let bye = next_to(&mut world, pbx, &Method::Bye);
    assert_eq!(bye.to().expect("To").tag(), Some(&b"b"[..]));
    let (_, plan) = world.sessions.first_key_value().expect("a session");
    assert_eq!(plan.legs[1].remote.map(|remote| remote.rtp.port()), Some(30_000));
    assert!(world.bases[0].is_busy(HandsetId(0)));
}

#[test]
fn early_media_one_way_becomes_two_way_with_the_answer() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 183, "a", Some(&sdp(30_000, "a=sendonly\r\n")));
    world.run_for(SECOND);
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "a=sendrecv\r\n")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    world.run_for(5 * SECOND);
    let stream = world.bases[0].stream(HandsetId(0)).expect("a stream");
    assert_eq!(stream.direction, sdp::Direction::SendRecv, "the handset does not speak");
    let (_, plan) = world.sessions.first_key_value().expect("a session");
    assert!(plan.legs[0].receive && plan.legs[1].send);
}

#[test]
fn reliable_progress_is_acknowledged() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer_with(
        &mut world,
        &invite,
        183,
        "a",
        &[("Require", "100rel"), ("RSeq", "7")],
        Some(&sdp(30_000, "")),
    );
    let pbx = world.pbx.address();
    let prack = next_to(&mut world, pbx, &Method::Prack);
    answer(&mut world, &prack, 200, "a", None);
    answer(&mut world, &invite, 200, "a", None);
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
}

#[test]
fn refusals_of_all_kinds_reach_the_handset_once() {
    for status in
        [300, 301, 305, 380, 400, 403, 404, 408, 415, 420, 422, 423, 480, 481, 482, 484, 486, 487, 488]
            .into_iter()
            .chain([491, 493, 500, 501, 502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 699])
    {
        let mut world = without_pbx(&WorldConfig::default());
        let invite = invite_at_pbx(&mut world, "1234");
        answer(&mut world, &invite, status, "a", None);
        world.run_for(SECOND);
        let failed =
            world.base_events.iter().filter(|(_, event)| matches!(event, BaseEvent::Failed(_, Some(_))));
        assert_eq!(failed.count(), 1, "{status}: {:?}", world.base_events);
        assert_eq!(world.records.len(), 1, "{status}");
        world.assert_nothing_leaked();
    }
}

#[test]
fn a_hang_up_before_the_ack_and_one_that_crosses_a_hold() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    request(&mut world, &invite, "a", ("BYE", 1), None);
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Ended(HandsetId(0)))));
    world.assert_nothing_leaked();

    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    world.at_base(0, |base, now| base.set_direction(now, HandsetId(0), sdp::Direction::SendOnly));
    let pbx = world.pbx.address();
    next_to(&mut world, pbx, &Method::Invite);
    request(&mut world, &invite, "a", ("BYE", 1), None);
    assert!(world.run_until(5 * SECOND, |world| world.heard(0, &BaseEvent::Ended(HandsetId(0)))));
    world.assert_nothing_leaked();
    assert_eq!(world.records.len(), 1);
}

#[test]
fn holds_of_every_fashion_are_answered_and_taken_back() {
    let old = |port: u16| sdp(port, "").replace("c=IN IP4 10.0.1.2", "c=IN IP4 0.0.0.0");
    let holds = [sdp(30_000, "a=sendonly\r\n"), sdp(30_000, "a=inactive\r\n"), old(30_000)];
    for hold in holds {
        let mut world = without_pbx(&WorldConfig::default());
        let invite = invite_at_pbx(&mut world, "1234");
        answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
        assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
        for (cseq, offer) in [(1, hold.clone()), (2, sdp(30_200, "a=sendrecv\r\n"))] {
            world.tapped();
            request(&mut world, &invite, "a", ("INVITE", cseq), Some(&offer));
            let pbx = world.pbx.address();
            let accepted = world.tapped().into_iter().any(|(flow, message)| {
                flow.remote == pbx && message.status().is_some_and(|status| status.0 == 200)
            });
            assert!(accepted, "{offer}");
            request(&mut world, &invite, "a", ("ACK", cseq), None);
            world.run_for(3 * SECOND);
            let (_, plan) = world.sessions.first_key_value().expect("a session");
            assert_eq!(plan.legs[0].receive && plan.legs[1].send, cseq == 2, "{offer}");
        }
        let (_, plan) = world.sessions.first_key_value().expect("a session");
        assert_eq!(plan.legs[1].remote.map(|remote| remote.rtp.port()), Some(30_200));
        let stream = world.bases[0].stream(HandsetId(0)).expect("a stream");
        assert_eq!(stream.direction, sdp::Direction::SendRecv);
    }
}

#[test]
fn offers_that_cannot_be_used_leave_the_call_as_it_was() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    let before = world.sessions.first_key_value().expect("a session").1.clone();
    let bodies = [
        "rubbish".to_owned(),
        "v=0\r\n".to_owned(),
        sdp(30_000, "").replace("RTP/AVP 0 8", "RTP/AVP 97"),
        sdp(30_000, "").replace("audio", "video"),
    ];
    for (cseq, body) in (1..).zip(bodies) {
        request(&mut world, &invite, "a", ("INVITE", cseq), Some(&body));
        request(&mut world, &invite, "a", ("ACK", cseq), None);
        world.run_for(SECOND);
        assert_eq!(*world.sessions.first_key_value().expect("a session").1, before, "{body}");
    }
    request(&mut world, &invite, "a", ("BYE", 90), None);
    world.assert_nothing_leaked();
}

#[test]
fn an_offer_with_port_zero_stops_the_stream_and_the_call_goes_on() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    request(&mut world, &invite, "a", ("INVITE", 1), Some(&sdp(0, "")));
    request(&mut world, &invite, "a", ("ACK", 1), None);
    world.run_for(SECOND);
    request(&mut world, &invite, "a", ("INVITE", 2), Some(&sdp(30_000, "")));
    request(&mut world, &invite, "a", ("ACK", 2), None);
    world.run_for(3 * SECOND);
    let (_, plan) = world.sessions.first_key_value().expect("a session");
    assert!(plan.legs[1].send && plan.legs[0].receive);
    request(&mut world, &invite, "a", ("BYE", 3), None);
    world.assert_nothing_leaked();
}

#[test]
fn a_reinvite_that_leaves_the_offer_to_the_gateway() {
    let mut world = without_pbx(&WorldConfig::default());
    let invite = invite_at_pbx(&mut world, "1234");
    answer(&mut world, &invite, 200, "a", Some(&sdp(30_000, "")));
    assert!(world.run_until(SECOND, |world| world.connected(0, 0)));
    request(&mut world, &invite, "a", ("INVITE", 1), None);
    request(&mut world, &invite, "a", ("ACK", 1), Some(&sdp(30_300, "")));
    world.run_for(SECOND);
    let (_, plan) = world.sessions.first_key_value().expect("a session");
    assert_eq!(plan.legs[1].remote.map(|remote| remote.rtp.port()), Some(30_300));
    request(&mut world, &invite, "a", ("BYE", 2), None);
    world.assert_nothing_leaked();
}
