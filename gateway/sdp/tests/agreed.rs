//! Questions to an agreement.

use sdp::offer::{Capabilities, Memory, answer};
use sdp::{Codec, Session};

#[test]
fn events_follow_the_clock_of_the_codec_in_use() {
    let offer = Session::parse(
        b"c=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 8 111 101 110\na=rtpmap:111 opus/48000/2\n\
          a=rtpmap:101 telephone-event/8000\na=rtpmap:110 telephone-event/48000\n",
    )
    .expect("an offer");
    let us = Capabilities::new([192, 0, 2, 1].into(), 16_384, vec![Codec::pcma(), Codec::opus()]);
    let (_, agreed) = answer(&mut Memory::new(1), &offer, &us).expect("common codecs");
    let stream = agreed.audio();
    let beside = |codec: usize| stream.events_beside(&stream.codecs[codec]).map(|event| event.send);
    assert_eq!((beside(0), beside(1)), (Some(101), Some(110)));
}

#[test]
fn an_agreed_codec_can_be_offered_on() {
    let offer = Session::parse(b"c=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 96\na=rtpmap:96 G726-32/8000\n")
        .expect("an offer");
    let us = Capabilities::new([192, 0, 2, 1].into(), 16_384, vec![Codec::g726()]);
    let (_, agreed) = answer(&mut Memory::new(1), &offer, &us).expect("a common codec");
    assert_eq!(agreed.audio().codecs[0].local(), Codec { payload_type: Some(96), ..Codec::g726() });
}

#[test]
fn refusals_tell_sip_what_to_say() {
    let offer = Session::parse(b"c=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 3\n").expect("an offer");
    let us = Capabilities::new([192, 0, 2, 1].into(), 16_384, vec![Codec::pcma()]);
    let refusal = answer(&mut Memory::new(1), &offer, &us).expect_err("no common codec");
    assert_eq!((refusal.status(), refusal.warning().0), (488, 305));
}
