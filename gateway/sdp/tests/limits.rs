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
