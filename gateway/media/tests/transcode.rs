//! Law conversion and repacketising: the same audio in other packets.

mod support;

use std::time::Duration;

use codecs::g711;
use media_api::{Codec, Format, PayloadType};
use support::{Driver, HANDSET, PBX, Sent, Talker, call, format};

const PCMA: Format = Format { codec: Codec::Pcma, payload_type: PayloadType(8), ptime_ms: 20 };
const PCMU: Format = Format { codec: Codec::Pcmu, payload_type: PayloadType(0), ptime_ms: 20 };

fn ramp(driver: &mut Driver, talker: &mut Talker, packets: u8) {
    for n in 0..packets {
        let octets = talker.next(n);
        driver.arrive(HANDSET, &octets);
        driver.pass(Duration::from_millis(u64::from(talker.samples) / 8));
    }
}

fn audio(sent: &[Sent]) -> Vec<u8> {
    sent.iter().flat_map(|sent| sent.rtp().payload().to_vec()).collect()
}

#[test]
fn a_law_becomes_mu_law_by_the_table_of_the_recommendation() {
    let mut driver = Driver::open(&call(PCMA, PCMU));
    ramp(&mut driver, &mut Talker::new(8, 1), 50);
    let sent = driver.take_rtp(PBX);
    assert_eq!(sent.len(), 50);
    for (n, sent) in sent.iter().enumerate() {
        assert_eq!(sent.rtp().payload(), &[g711::a_to_mu(n as u8); 160]);
        assert_eq!(sent.header().payload_type, 0);
    }
}

#[test]
fn packet_times_are_converted_either_way_without_losing_an_octet() {
    for (from, to) in [(20, 10), (20, 30), (20, 60), (10, 20), (30, 20), (60, 20), (60, 10), (10, 60)] {
        for (codec, payload_type) in [(Codec::Pcma, 8), (Codec::Pcmu, 0)] {
            let mut driver =
                Driver::open(&call(format(Codec::Pcma, 8, from), format(codec, payload_type, to)));
            let mut talker = Talker::new(8, 1);
            talker.samples = u32::from(from) * 8;
            ramp(&mut driver, &mut talker, 60);
            let sent = driver.take_rtp(PBX);
            let total = 60 * usize::from(from);
            assert_eq!(sent.len(), total / usize::from(to), "{from} to {to}");
            for pair in sent.windows(2) {
                let (before, after) = (pair[0].header(), pair[1].header());
                assert_eq!(after.sequence, before.sequence.wrapping_add(1));
                assert_eq!(after.timestamp, before.timestamp.wrapping_add(u32::from(to) * 8));
            }
            let heard = audio(&sent);
            let expected = (0..60u8).flat_map(|n| {
                let octet = if codec == Codec::Pcmu { g711::a_to_mu(n) } else { n };
                std::iter::repeat_n(octet, usize::from(from) * 8)
            });
            assert!(expected.take(heard.len()).eq(heard.iter().copied()));
        }
    }
}

#[test]
fn a_lost_packet_is_a_hole_of_one_number_after_repacketising() {
    let mut driver = Driver::open(&call(PCMA, format(Codec::Pcma, 8, 10)));
    let mut talker = Talker::new(8, 1);
    ramp(&mut driver, &mut talker, 2);
    talker.next(0);
    ramp(&mut driver, &mut talker, 1);
    let numbers: Vec<_> = driver.take_rtp(PBX).iter().map(|sent| sent.header().sequence).collect();
    let first = numbers[0];
    let steps: Vec<_> = numbers.iter().map(|number| number.wrapping_sub(first)).collect();
    assert_eq!(steps, [0, 1, 2, 3, 5, 6]);
}

#[test]
fn g729_silence_frames_do_not_reach_a_peer_without_annex_b() {
    let with = format(Codec::G729(media_api::AnnexB::Yes), 18, 20);
    let without = format(Codec::G729(media_api::AnnexB::No), 18, 20);
    // The other way is a relay; this one needs the coder, or is refused while there is none.
    assert!(Driver::try_open(&call(without, without)).is_ok());
    match Driver::try_open(&call(with, without)) {
        Ok(_) => assert!(codecs::CodecId::G729 { annex_b: false }.is_offered()),
        Err(refusal) => assert!(matches!(refusal, media_api::Refusal::Codec(Codec::G729(_)))),
    }
}

#[test]
fn plans_that_cannot_be_are_refused_and_change_nothing() {
    let plan = call(PCMA, PCMU);
    let mut driver = Driver::open(&plan);
    for broken in [
        {
            let mut p = plan.clone();
            p.legs[0].hears = media_api::Hears::Leg(media_api::LegIndex(2));
            p
        },
        {
            let mut p = plan.clone();
            p.legs[0].sending = Some(format(Codec::Pcma, 200, 20));
            p
        },
        {
            let mut p = plan.clone();
            p.legs[0].receiving[0].ptime_ms = 0;
            p
        },
        {
            let mut p = plan.clone();
            p.legs[1].receiving = vec![PCMA; 9];
            p
        },
        {
            let mut p = plan.clone();
            p.legs.clear();
            p
        },
    ] {
        assert_eq!(driver.session.set_plan(driver.now, &broken), Err(media_api::Refusal::Plan));
    }
    ramp(&mut driver, &mut Talker::new(8, 1), 3);
    assert_eq!(driver.take_rtp(PBX).len(), 3);
}
