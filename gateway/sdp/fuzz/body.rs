//! What is asserted of any octets: shared by the fuzz target and the deterministic smoke test.

use sdp::offer::{Capabilities, Memory, Offer, RtcpMux, answer};
use sdp::{Codec, Session};

/// Nothing panics; what is read reads equal again; an answer has the lines of its offer and can be completed by the offerer's
/// rules; versions only grow.
pub(crate) fn check(octets: &[u8]) {
    let Ok(session) = Session::parse(octets) else {
        return;
    };
    let written = session.to_string();
    assert_eq!(Session::parse(written.as_bytes()).as_ref(), Ok(&session));

    for media in &session.media {
        let _ = (media.codecs(), media.rtcp(), media.cryptos().count(), media.candidates().count());
        let _ = (session.ice_of(media), session.fingerprints_of(media), session.setup_of(media));
    }
    let codecs = vec![
        Codec::opus(),
        Codec::g722(),
        Codec::pcma(),
        Codec::pcmu(),
        Codec::g729(true),
        Codec::amr_wb(true),
    ];
    let mut us = Capabilities::new([192, 0, 2, 1].into(), 16_384, codecs);
    us.comfort_noise = true;
    us.rtcp_mux = RtcpMux::Offer;

    let mut memory = Memory::new(1);
    if let Ok((reply, agreed)) = answer(&mut memory, &session, &us) {
        assert_eq!(reply.media.len(), session.media.len());
        assert!(!agreed.audio().codecs.is_empty());
        assert_eq!(Session::parse(reply.to_string().as_bytes()).as_ref(), Ok(&reply));
        // The same offer again: the same answer, and no new version.
        let again = answer(&mut memory, &session, &us).map(|(again, _)| again);
        assert_eq!(again.as_ref(), Ok(&reply));
    }
    let offer = Offer::build(&mut memory, &us);
    let _ = offer.complete(&mut memory, &session);
    let again = Offer::build(&mut memory, &us);
    assert!(again.session.media.len() >= offer.session.media.len());
}
