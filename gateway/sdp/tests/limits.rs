//! Descriptions beyond a bound are refused whole.

use sdp::{SdpError, Session, limits};

fn too_large(text: &str) -> Option<&'static str> {
    match Session::parse(text.as_bytes()) {
        Err(SdpError::TooLarge { what }) => Some(what),
        _ => None,
    }
}

#[test]
fn each_bound_holds() {
    let line = format!("a={}\n", "x".repeat(limits::MAX_LINE_OCTETS - 2));
    assert_eq!(Session::parse(line.as_bytes()).map(|session| session.attributes.len()), Ok(1));
    assert_eq!(too_large(&format!("a={}", "x".repeat(limits::MAX_LINE_OCTETS - 1))), Some("line"));
    assert_eq!(too_large(&"a=x\n".repeat(limits::MAX_LINES + 1)), Some("lines"));
    assert_eq!(too_large(&"a=x\n".repeat(limits::MAX_OCTETS / 4 + 1)), Some("octets"));
    assert_eq!(too_large(&"m=audio 1 RTP/AVP 0\n".repeat(limits::MAX_MEDIA + 1)), Some("media"));
    let formats = "0 ".repeat(limits::MAX_FORMATS + 1);
    assert_eq!(too_large(&format!("m=audio 1 RTP/AVP {formats}")), Some("formats"));
}

#[test]
fn blank_lines_count_for_nothing() {
    assert_eq!(Session::parse(b"\r\n \r\n\n"), Err(SdpError::Empty));
    assert_eq!(Session::parse(b""), Err(SdpError::Empty));
    let text = format!("v=0\n{}s=x\n", "\n".repeat(limits::MAX_LINES * 2));
    assert_eq!(Session::parse(text.as_bytes()).map(|session| session.name), Ok("x".to_owned()));
}

#[test]
fn repeated_attributes_are_looked_at_up_to_a_bound() {
    let key = "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
    let fingerprint =
        "a=fingerprint:sha-1 42:89:C5:C6:55:9D:6E:C8:E8:83:55:2A:39:F9:B6:EB:E9:A3:A9:E7\n".repeat(100);
    let lines = "a=candidate:1 1 UDP 1 192.0.2.9 4000 typ host\n".repeat(100);
    let cryptos = format!("a=crypto:1 AES_CM_128_HMAC_SHA1_80 {key}\n").repeat(100);
    let text = format!("{fingerprint}m=audio 1 RTP/AVP 0\n{lines}{cryptos}");
    let session = Session::parse(text.as_bytes()).expect("within the bounds of the parser");
    let media = &session.media[0];
    assert_eq!(media.candidates().count(), limits::MAX_CANDIDATES);
    assert_eq!(media.cryptos().count(), limits::MAX_CRYPTOS);
    assert_eq!(session.fingerprints_of(media).len(), limits::MAX_FINGERPRINTS);
}
