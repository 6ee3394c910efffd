//! For any description: writing and reading gives it back. For any two sides: both agree on the same thing.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use sdp::offer::{Capabilities, CodecOrder, HoldStyle, Memory, Offer, RtcpMux, answer};
use sdp::{
    Attribute, Bandwidth, Codec, Connection, Host, Media, MediaKind, Origin, Profile, Session,
    TimeDescription,
};

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,12}"
}

/// Any text of one line without white space at its ends.
fn text() -> impl Strategy<Value = String> {
    "[^\\s\\x00]([^\\r\\n\\x00]{0,20}[^\\s\\x00])?"
        .prop_filter("no white space at the ends", |text| text.trim() == text)
}

fn host() -> impl Strategy<Value = Host> {
    prop_oneof![
        any::<std::net::IpAddr>().prop_map(Host::Ip),
        (any::<bool>(), "[a-z]{1,8}\\.example").prop_map(|(v6, name)| Host::Name { v6, name }),
        ("[A-Z]{3}", token(), token()).prop_map(|(network, kind, address)| Host::Other {
            network,
            kind,
            address
        }),
    ]
}

fn connection() -> impl Strategy<Value = Connection> {
    (host(), option::of("[0-9]{1,3}(/[0-9]{1,2})?"))
        .prop_map(|(host, multicast)| Connection { host, multicast })
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let name = "[a-zA-Z0-9-]{1,10}";
    (name, option::of(prop_oneof![text(), Just(String::new())]))
        .prop_map(|(name, value)| Attribute { name, value })
}

fn bandwidth() -> impl Strategy<Value = Bandwidth> {
    ("[A-Z]{2,4}", "[0-9]{1,6}").prop_map(|(kind, value)| Bandwidth { kind, value })
}

fn media() -> impl Strategy<Value = Media> {
    let kind = prop_oneof![
        Just(MediaKind::Audio),
        Just(MediaKind::Video),
        "x-[a-z]{1,5}".prop_map(MediaKind::Other)
    ];
    let profile = prop_oneof![
        Just(Profile::RtpAvp),
        Just(Profile::UdpTlsRtpSavpf),
        "x/[a-z]{1,5}".prop_map(Profile::Other)
    ];
    let head = (kind, any::<u16>(), option::of(any::<u16>()), profile, vec(token(), 0..6));
    let body = (option::of(text()), vec(connection(), 0..2), vec(bandwidth(), 0..2), option::of(text()));
    (head, body, vec(attribute(), 0..8)).prop_map(|(head, body, attributes)| {
        let (kind, port, port_count, profile, formats) = head;
        let (information, connections, bandwidths, key) = body;
        Media {
            port_count,
            information,
            connections,
            bandwidths,
            key,
            attributes,
            ..Media::new(kind, port, profile, formats)
        }
    })
}

fn session() -> impl Strategy<Value = Session> {
    let origin = (token(), "[0-9]{1,25}", "[0-9]{1,25}", host())
        .prop_map(|(username, session_id, version, host)| Origin { username, session_id, version, host });
    let time = ("[1-9][0-9]{0,9} [0-9]{1,10}", vec("[0-9a-z]{1,5}( [0-9]{1,5}){2}", 0..2))
        .prop_map(|(time, repeats)| TimeDescription { time, repeats });
    let lines = (
        prop_oneof![text(), Just(String::new())],
        option::of(text()),
        option::of(text()),
        vec(text(), 0..2),
        vec(text(), 0..2),
    );
    let rest = (
        option::of(connection()),
        vec(bandwidth(), 0..2),
        vec(time, 0..2),
        option::of(text()),
        option::of(text()),
    );
    (origin, lines, rest, vec(attribute(), 0..5), vec(media(), 0..4)).prop_map(
        |(origin, (name, information, uri, emails, phones), rest, attributes, media)| {
            let (connection, bandwidths, times, zones, key) = rest;
            Session {
                name,
                information,
                uri,
                emails,
                phones,
                connection,
                bandwidths,
                times,
                zones,
                key,
                attributes,
                media,
                ..Session::new(origin)
            }
        },
    )
}

fn capabilities(last: u8) -> impl Strategy<Value = Capabilities> {
    let codecs = prop::sample::subsequence(
        vec![
            Codec::opus(),
            Codec::g722(),
            Codec::pcma(),
            Codec::pcmu(),
            Codec::g726(),
            Codec::aal2_g726(),
            Codec::g729(false),
            Codec::g729(true),
            Codec::amr_wb(true),
            Codec::amr_wb(false),
        ],
        1..=10,
    )
    .prop_shuffle();
    let hold = option::of(prop_oneof![
        Just(HoldStyle::Inactive),
        Just(HoldStyle::SendOnly),
        Just(HoldStyle::SendOnlyNullAddress)
    ]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (codecs, hold, flags, 1..7u16).prop_map(move |(codecs, hold, (single, noise, ours, mux), ptime)| {
        let mut us = Capabilities::new([192, 0, 2, last].into(), 16_384, codecs);
        us.single_codec_answer = single;
        us.comfort_noise = noise;
        us.hold = hold;
        us.ptime = Some(ptime * 10);
        us.order = if ours { CodecOrder::Ours } else { CodecOrder::Offer };
        us.rtcp_mux = if mux { RtcpMux::Offer } else { RtcpMux::Never };
        us
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_equal(session in session()) {
        let written = session.to_string();
        prop_assert_eq!(Session::parse(written.as_bytes()), Ok(session));
    }

    #[test]
    fn values_cannot_smuggle_in_lines(mut session in session(), smuggled in "[\\r\\n\\x00a-z=]{1,12}") {
        session.name = format!("x{smuggled}x");
        session.attributes.push(Attribute::new("tool", format!("y{smuggled}y")));
        let lines = session.to_string().lines().count();
        session.name = "x".to_owned();
        session.attributes.pop();
        session.attributes.push(Attribute::new("tool", "y"));
        prop_assert_eq!(lines, session.to_string().lines().count());
    }

    #[test]
    fn both_sides_agree_on_the_same(alice in capabilities(1), bob in capabilities(2)) {
        let (mut at_alice, mut at_bob) = (Memory::new(1), Memory::new(2));
        let offer = Offer::build(&mut at_alice, &alice);
        let heard = Session::parse(offer.session.to_string().as_bytes()).expect("our own offer");
        if let Ok((reply, by_bob)) = answer(&mut at_bob, &heard, &bob) {
            let heard = Session::parse(reply.to_string().as_bytes()).expect("our own answer");
            let by_alice = offer.complete(&mut at_alice, &heard).expect("an answer of ours is acceptable");
            let (one, other) = (by_alice.audio(), by_bob.audio());
            prop_assert_eq!(one.codecs.len(), other.codecs.len());
            for (ours, theirs) in one.codecs.iter().zip(&other.codecs) {
                prop_assert_eq!(&ours.name, &theirs.name);
                prop_assert_eq!((ours.send, ours.receive), (theirs.receive, theirs.send));
                prop_assert_eq!(ours.annex_b(), theirs.annex_b());
            }
            prop_assert_eq!(one.events.len(), other.events.len());
            prop_assert_eq!(one.comfort_noise.len(), other.comfort_noise.len());
            // Nobody sends to whom does not receive; a null address stops the sender, not the word for it.
            prop_assert!(!one.sends() || other.direction.receives());
            prop_assert!(!other.sends() || one.direction.receives());
            prop_assert_eq!(one.rtcp == sdp::offer::RemoteRtcp::Muxed, other.rtcp == sdp::offer::RemoteRtcp::Muxed);
        } else {
            prop_assert!(!alice.codecs.iter().any(|ours| bob.codecs.contains(ours)));
        }
    }

    #[test]
    fn a_leg_keeps_its_word(steps in vec((any::<bool>(), capabilities(1), capabilities(2)), 1..6)) {
        let (mut at_alice, mut at_bob) = (Memory::new(1), Memory::new(2));
        let mut told: [Option<Codec>; 128] = [const { None }; 128];
        let mut before: Option<Session> = None;
        for (turn, alice, bob) in steps {
            let said = if turn {
                let offer = Offer::build(&mut at_alice, &alice);
                if let Ok((reply, _)) = answer(&mut at_bob, &offer.session, &bob) {
                    let _ = offer.complete(&mut at_alice, &reply);
                }
                Some(offer.session)
            } else {
                let offer = Offer::build(&mut at_bob, &bob);
                answer(&mut at_alice, &offer.session, &alice).ok().map(|(reply, _)| {
                    let _ = offer.complete(&mut at_bob, &reply);
                    reply
                })
            };
            let Some(said) = said else { continue };
            // RFC 3264 8.3.2: a payload type never changes its meaning.
            for codec in said.media.iter().filter(|line| line.port != 0).flat_map(Media::codecs) {
                let place = usize::from(codec.payload_type.expect("a read codec has its number"));
                let known = told[place].get_or_insert_with(|| codec.clone());
                prop_assert_eq!((&known.name, known.clock_rate), (&codec.name, codec.clock_rate));
            }
            // RFC 3264 8: one id; the version grows by one when anything else differs, and only then.
            if let Some(before) = &before {
                prop_assert_eq!(&before.origin.session_id, &said.origin.session_id);
                let step = version(&said) - version(before);
                let same = Session { origin: before.origin.clone(), ..said.clone() } == *before;
                prop_assert_eq!(step, u64::from(!same));
                prop_assert!(said.media.len() >= before.media.len());
            }
            before = Some(said);
        }
    }
}

fn version(session: &Session) -> u64 {
    session.origin.version.parse().expect("our own version")
}
