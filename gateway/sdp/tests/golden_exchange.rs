//! Plays the exchanges of `golden/exchange`. A file is a list of sections, each begun by a line that says what it is:
//!
//! - `> we are <words>`: our capabilities from here on (see [`capabilities`]).
//! - `> they offer` / `> they answer`: a description from the peer.
//! - `> we offer` / `> we answer`: what we are expected to write, or `refused: <reason>`.
//! - `> agreed`: what the exchange is expected to come to.
//! - `> they reject`: our offer is dropped.
//!
//! `DECTGATE_BLESS=1` writes our sections anew; the difference is then read by a person.

mod support;

use std::fmt::Write;

use sdp::attribute::{Candidate, Crypto, CryptoSuite, Direction, Fingerprint, HashFunction, Setup};
use sdp::offer::{
    Agreed, AgreedSecurity, Capabilities, CodecOrder, DtlsLocal, HoldStyle, IceLocal, KeyExchange, Memory,
    Offer, RemoteRtcp, RtcpMux, SecurityPolicy, Stream, answer,
};
use sdp::{Codec, Session};

#[test]
fn exchanges_come_out_as_written() {
    let mut seen = 0;
    for file in support::golden("exchange") {
        let mut player = Player::new();
        let played: Vec<String> =
            file.sections.iter().map(|section| player.play(&file.name, section)).collect();
        if support::bless() {
            file.rewrite(&played);
        } else {
            for (expected, played) in file.sections.iter().zip(&played) {
                assert_eq!(played, expected, "{}", file.name);
            }
        }
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} files found");
}

struct Player {
    memory: Memory,
    capabilities: Capabilities,
    offer: Option<Offer>,
    heard: Option<Session>,
    outcome: Result<Agreed, String>,
}

impl Player {
    fn new() -> Self {
        Self {
            memory: Memory::new(1000),
            capabilities: capabilities(""),
            offer: None,
            heard: None,
            outcome: Err("nothing".to_owned()),
        }
    }

    fn play(&mut self, name: &str, section: &str) -> String {
        let (head, body) = section.split_once('\n').unwrap_or((section, ""));
        let (verb, words) = head.split_at_checked(8).unwrap_or((head, ""));
        match (verb, words.trim()) {
            ("> we are", words) => self.capabilities = capabilities(words),
            ("> they r", _) => self.offer = None,
            ("> they o", _) => self.heard = Some(parse(name, body)),
            ("> they a", _) => {
                let offer = self.offer.as_ref().expect("an offer of ours");
                let completed = offer.complete(&mut self.memory, &parse(name, body));
                self.outcome = completed.map_err(|refusal| refusal.to_string());
            }
            ("> we off", _) => {
                let offer = Offer::build(&mut self.memory, &self.capabilities);
                let text = support::without_cr(&offer.session.to_string());
                self.offer = Some(offer);
                return format!("{head}\n{text}");
            }
            ("> we ans", _) => {
                let heard = self.heard.take().expect("an offer of theirs");
                return match answer(&mut self.memory, &heard, &self.capabilities) {
                    Ok((session, agreed)) => {
                        self.outcome = Ok(agreed);
                        format!("{head}\n{}", support::without_cr(&session.to_string()))
                    }
                    Err(refusal) => format!("{head}\nrefused: {refusal}\n"),
                };
            }
            ("> agreed", _) => {
                return match &self.outcome {
                    Ok(agreed) => format!("{head}\n{}", summary(agreed)),
                    Err(refusal) => format!("{head}\nrefused: {refusal}\n"),
                };
            }
            _ => panic!("{name}: unknown section {head}"),
        }
        section.to_owned()
    }
}

fn parse(name: &str, text: &str) -> Session {
    Session::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Words: codecs by name (`pcma g729b opus …`), `v6`, `order=offer`, `single`, `no-events`, `events=<list>`, `cn`,
/// `ptime=<ms>|none`, `maxptime=<ms>`, `hold=inactive|sendonly|null`, a direction, `ignore-null`, `mux=accept|offer`,
/// `rtcp=<port>`, `port=<port>`, `feedback`, `key=<exchange>`, `opportunistic`, `lifetime`, `remove-lifetime`, `active`, `passive`,
/// `gcm`, `ice`, `ice-lite`, `trickle`.
fn capabilities(words: &str) -> Capabilities {
    let mut us = Capabilities::new("192.0.2.1".parse().expect("an address"), 16_384, Vec::new());
    for word in words.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "pcma" => us.codecs.push(Codec::pcma()),
            "pcmu" => us.codecs.push(Codec::pcmu()),
            "g722" => us.codecs.push(Codec::g722()),
            "g726" => us.codecs.push(Codec::g726()),
            "aal2-g726" => us.codecs.push(Codec::aal2_g726()),
            "g729" => us.codecs.push(Codec::g729(false)),
            "g729b" => us.codecs.push(Codec::g729(true)),
            "opus" => us.codecs.push(Codec::opus()),
            "amr-wb" => us.codecs.push(Codec::amr_wb(true)),
            "v6" => us.address = "2001:db8::1".parse().expect("an address"),
            "order" => us.order = CodecOrder::Offer,
            "single" => us.single_codec_answer = true,
            "no-events" => us.events = None,
            "events" => {
                us.events.as_mut().expect("events").events =
                    sdp::attribute::EventSet::parse(value).expect("a list")
            }
            "cn" => us.comfort_noise = true,
            "ptime" => us.ptime = value.parse().ok(),
            "maxptime" => us.max_ptime = value.parse().ok(),
            "ignore-null" => us.accept_hold_by_null_address = false,
            "rtcp" => us.rtcp_port = value.parse().ok(),
            "port" => us.port = value.parse().expect("a port"),
            "feedback" => us.feedback = true,
            "recvonly" => us.direction = Direction::RecvOnly,
            "inactive" => us.direction = Direction::Inactive,
            "hold" => us.hold = hold(value),
            "mux" => us.rtcp_mux = if value == "offer" { RtcpMux::Offer } else { RtcpMux::Accept },
            _ => secrets(&mut us, name, value),
        }
    }
    us
}

fn hold(value: &str) -> Option<HoldStyle> {
    match value {
        "inactive" => Some(HoldStyle::Inactive),
        "sendonly" => Some(HoldStyle::SendOnly),
        "null" => Some(HoldStyle::SendOnlyNullAddress),
        other => panic!("unknown hold {other}"),
    }
}

fn secrets(us: &mut Capabilities, name: &str, value: &str) {
    let line = |suite: CryptoSuite| {
        Crypto::new(9, suite.clone(), vec![0x11; suite.key_salt_octets().expect("a known suite")])
    };
    match name {
        "key" => {
            us.security.exchange = match value {
                "sdes" => KeyExchange::Sdes,
                "dtls" => KeyExchange::Dtls,
                "sdes-dtls" => KeyExchange::SdesThenDtls,
                "dtls-sdes" => KeyExchange::DtlsThenSdes,
                other => panic!("unknown exchange {other}"),
            };
            let suites = [CryptoSuite::AesCm128HmacSha1At80, CryptoSuite::AesCm128HmacSha1At32];
            us.security.cryptos.extend(suites.into_iter().map(line));
            us.security.dtls = Some(DtlsLocal {
                fingerprints: vec![Fingerprint { hash: HashFunction::Sha256, digest: (0..32).collect() }],
                setup: Setup::ActPass,
                tls_id: None,
            });
        }
        "gcm" => us.security.cryptos.insert(0, line(CryptoSuite::AeadAes256Gcm)),
        "lifetime" => {
            let lifetimed = "9 AES_CM_128_HMAC_SHA1_80 inline:ERERERERERERERERERERERERERERERERERERERER|2^31";
            us.security.cryptos = vec![Crypto::parse(lifetimed).expect("a crypto line")];
        }
        "remove-lifetime" => us.security.remove_lifetime = true,
        "opportunistic" => us.security.opportunistic = true,
        "active" => us.security.dtls.as_mut().expect("dtls").setup = Setup::Active,
        "passive" => us.security.dtls.as_mut().expect("dtls").setup = Setup::Passive,
        "ice" | "ice-lite" => {
            us.ice = Some(IceLocal {
                ufrag: "uuuu".to_owned(),
                password: "pppppppppppppppppppppp".to_owned(),
                lite: name == "ice-lite",
                trickle: false,
                candidates: vec![
                    Candidate::parse("1 1 UDP 2130706431 192.0.2.1 16384 typ host").expect("a candidate"),
                ],
                end_of_candidates: true,
            });
        }
        "trickle" => us.ice.as_mut().expect("ice").trickle = true,
        other => panic!("unknown word {other}"),
    }
    debug_assert!(us.security != SecurityPolicy::none() || us.ice.is_some());
}

fn summary(agreed: &Agreed) -> String {
    agreed.streams.iter().map(describe).collect()
}

fn describe(stream: &Stream) -> String {
    let mut text = String::new();
    let rtcp = match &stream.rtcp {
        RemoteRtcp::Muxed => "muxed".to_owned(),
        RemoteRtcp::Separate(endpoint) => format!("{} {}", endpoint.host, endpoint.port),
    };
    let _ = writeln!(text, "line {} {}", stream.index, stream.profile.as_str());
    let _ = writeln!(text, "rtp {} {}", stream.remote.host, stream.remote.port);
    let _ = writeln!(text, "rtcp {rtcp}");
    let _ = writeln!(
        text,
        "{} (peer {}) held={} sends={} ptime={}",
        stream.direction,
        stream.peer_direction,
        stream.held,
        stream.sends(),
        stream.ptime
    );
    for codec in stream.codecs.iter().chain(&stream.comfort_noise) {
        let _ =
            write!(text, "{}/{} send {} receive {}", codec.name, codec.clock_rate, codec.send, codec.receive);
        for (side, fmtp) in [("theirs", &codec.send_fmtp), ("ours", &codec.receive_fmtp)] {
            if let Some(fmtp) = fmtp {
                let _ = write!(text, " {side} {fmtp}");
            }
        }
        text.push_str(if codec.annex_b() { " with annex B\n" } else { "\n" });
    }
    for event in &stream.events {
        let _ = writeln!(
            text,
            "events/{} send {} receive {} {}",
            event.clock_rate, event.send, event.receive, event.events
        );
    }
    match &stream.security {
        AgreedSecurity::None => {}
        AgreedSecurity::Sdes { local, remote } => {
            let _ = writeln!(text, "sdes ours {local}\nsdes theirs {remote}");
        }
        AgreedSecurity::Dtls { role, fingerprints, .. } => {
            let _ = writeln!(text, "dtls {role:?} {}", fingerprints[0]);
        }
    }
    if let Some(ice) = &stream.ice {
        let _ = writeln!(text, "ice {} lite={} candidates={}", ice.ufrag, ice.lite, ice.candidates.len());
    }
    text
}
