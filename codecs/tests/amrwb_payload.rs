//! RFC 4867: what others wrote is read and written back bit by bit, in both layouts; what is broken is refused.

mod shared;

use codecs::CodecError;
use codecs::amrwb::{Frame, FrameType, Layout, MOST_FRAMES, Mode, Payload, write};

const LAYOUTS: [Layout; 2] = [Layout::BandwidthEfficient, Layout::OctetAligned];

fn frame(code: u8, fill: u8) -> Frame {
    let frame_type = match code {
        9 => FrameType::Sid,
        14 => FrameType::SpeechLost,
        15 => FrameType::NoData,
        mode => FrameType::Speech(Mode::new(mode).expect("0 to 8")),
    };
    let octets: Vec<u8> = (0..60u8).map(|n| fill.wrapping_mul(31).wrapping_add(n.wrapping_mul(7))).collect();
    Frame::new(frame_type, !fill.is_multiple_of(3), &octets).expect("long enough")
}

#[test]
fn payloads_of_another_implementation_come_back_identical() {
    let Some(folder) = shared::vectors("codec-amrwb") else { return };
    let file = shared::bytes(&folder.join("freeswitch_amrwb_be.rtp"));
    let (mut rest, mut count) = (file.as_slice(), 0);
    while let [high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (payload, tail) = tail.split_at(length);
        let parsed = Payload::parse(payload, Layout::BandwidthEfficient).expect("a good payload");
        assert_eq!(parsed.frames().len(), 1);
        let mut again = [0; 512];
        let bytes = write(parsed.mode_request, parsed.frames(), Layout::BandwidthEfficient, &mut again);
        assert_eq!(&again[..bytes.expect("room")], payload);
        let bytes =
            write(parsed.mode_request, parsed.frames(), Layout::OctetAligned, &mut again).expect("room");
        assert_eq!(Payload::parse(&again[..bytes], Layout::OctetAligned), Ok(parsed));
        (rest, count) = (tail, count + 1);
    }
    assert_eq!(count, 50);
}

#[test]
fn storage_files_with_dtx_pass_through_packets_of_several_frames() {
    let Some(folder) = shared::vectors("codec-amrwb") else { return };
    for name in ["amrwb_dtx_mode0.amr", "amrwb_dtx_mode2.amr", "amrwb_dtx_mode8.amr", "amrwb_mode4.amr"] {
        let file = shared::bytes(&folder.join(name));
        let mut rest = file.strip_prefix(b"#!AMR-WB\n").expect("the magic of RFC 4867 5.1");
        let mut frames = Vec::new();
        while let [header, tail @ ..] = rest {
            // RFC 4867 5.3: a frame in a file has the octet-aligned table of contents entry before it.
            let mut one = vec![0xF0, *header];
            one.extend(tail);
            let parsed = Payload::parse(&one, Layout::OctetAligned).expect("a frame");
            frames.push(parsed.frames()[0]);
            rest = &tail[parsed.frames()[0].octets().len()..];
        }
        assert!(frames.len() > 10, "{name}");
        for layout in LAYOUTS {
            for packet in frames.chunks(3) {
                let mut payload = [0; 256];
                let bytes = write(Mode::new(2), packet, layout, &mut payload).expect("room");
                let parsed = Payload::parse(&payload[..bytes], layout).expect("our own");
                assert_eq!((parsed.frames(), parsed.mode_request), (packet, Mode::new(2)));
            }
        }
    }
}

#[test]
fn the_layouts_are_those_of_the_rfc() {
    // RFC 4867 4.3.5.1: CMR 15, one frame, mode 8 would be 487 bits: 61 octets; octet-aligned 62.
    let speech = frame(8, 1);
    let mut out = [0; 128];
    assert_eq!(write(None, &[speech], Layout::BandwidthEfficient, &mut out), Ok(61));
    assert_eq!(out[0], 0xF << 4 | 8 >> 1, "CMR, F = 0 and three bits of the type");
    assert_eq!(write(None, &[speech], Layout::OctetAligned, &mut out), Ok(62));
    assert_eq!(out[..2], [0xF0, 8 << 3 | 1 << 2]);
    assert_eq!(out[2..62], *speech.octets());
    // A SID frame: 4 + 6 + 40 bits, and 1 + 1 + 5 octets.
    assert_eq!(write(None, &[frame(9, 1)], Layout::BandwidthEfficient, &mut out), Ok(7));
    assert_eq!(write(None, &[frame(9, 1)], Layout::OctetAligned, &mut out), Ok(7));
    assert_eq!(Mode::new(2).expect("a mode").bit_rate(), 12_650);
}

#[test]
fn every_type_request_and_count_comes_back() {
    for layout in LAYOUTS {
        for request in (0..9).map(Mode::new).chain([None]) {
            for count in 1..=MOST_FRAMES {
                let frames: Vec<Frame> = (0..count as u8)
                    .map(|n| frame([0, 9, 8, 15, 3, 14, 1, 2, 4, 5, 6, 7][usize::from(n)], n + 1))
                    .collect();
                let mut payload = vec![0xFF; 800];
                let bytes = write(request, &frames, layout, &mut payload).expect("room");
                let parsed = Payload::parse(&payload[..bytes], layout).expect("our own");
                assert_eq!((parsed.mode_request, parsed.frames()), (request, frames.as_slice()));
                // One octet less is always too little.
                assert_eq!(
                    Payload::parse(&payload[..bytes - 1], layout),
                    Err(CodecError::PayloadSize),
                    "{layout:?} {count}"
                );
                assert_eq!(
                    write(request, &frames, layout, &mut payload[..bytes - 1]),
                    Err(CodecError::OutputTooSmall { needed: bytes })
                );
            }
        }
    }
}

#[test]
fn reserved_types_and_endless_tables_are_refused() {
    for code in 10..14 {
        assert_eq!(
            Payload::parse(&[0xF0, code << 3 | 4, 0, 0], Layout::OctetAligned),
            Err(CodecError::Malformed)
        );
    }
    assert_eq!(Payload::parse(&[], Layout::BandwidthEfficient), Err(CodecError::PayloadSize));
    let endless = [[0xF0].as_slice(), &[0x80 | 15 << 3; 200]].concat();
    assert_eq!(Payload::parse(&endless, Layout::OctetAligned), Err(CodecError::PayloadSize));
    // A request for a mode that does not exist is ignored, not the packet.
    assert_eq!(Payload::parse(&[0xC0, 15 << 3 | 4], Layout::OctetAligned).expect("good").mode_request, None);
    let mut out = [0; 9];
    assert_eq!(write(None, &[], Layout::OctetAligned, &mut out), Err(CodecError::FrameSize));
}
