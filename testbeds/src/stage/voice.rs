//! The voices of simulated peers: each talks a tone of its own, or sends back what it hears, and judges what it gets.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use codecs::{CodecId, Decoder, Encoder, G726Packing, G726Rate, measure};
use mio::{Interest, Poll, Token};
use sdp::{CodecName, offer::Stream};
use srtp::RtpPacket;

use super::{MILLIWATT_HZ, RTP, SERVICE_HZ};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// A handset of a base.
    Handset {
        /// The base.
        base: usize,
        /// The handset.
        handset: usize,
    },
    /// An extension of the PBX, in its call.
    Service {
        /// The call.
        call: u64,
    },
}

/// What a leg's media was like.
#[derive(Debug, Clone, PartialEq)]
pub struct LegReport {
    /// Whose.
    pub speaker: Speaker,
    /// Codec it heard.
    pub codec: String,
    /// RTP packets it sent.
    pub sent: u64,
    /// RTP packets it got.
    pub received: u64,
    /// RTP packets that were missing by their sequence numbers.
    pub lost: u64,
    /// The loudest of the known tones at the end, Hz; `None` for silence.
    pub heard_hz: Option<f32>,
    /// Its level, dBm0.
    pub level_dbm0: f32,
    /// From the moment it began to talk until it first heard a tone, milliseconds: with an echo the round trip.
    pub onset_ms: Option<u64>,
}

/// The tone that a handset talks.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
pub fn talk_hz(base: usize, handset: usize) -> f32 {
    // 100 Hz apart, so that half a second tells them apart by more than 30 dB; the service's tone is not among them.
    400.0
        + 100.0 * ((base * 5 + handset) % 6) as f32
        + if (base * 5 + handset) % 12 >= 6 { 750.0 } else { 0.0 }
}

/// What a leg says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Says {
    Tone(f32),
    WhatItHears,
}

/// All legs that talk.
#[derive(Default)]
pub(super) struct Voice {
    legs: HashMap<usize, Leg>,
    by_speaker: HashMap<Speaker, usize>,
    ticks: VecDeque<(Instant, usize)>,
    reports: VecDeque<LegReport>,
    next: usize,
}

struct Leg {
    speaker: Speaker,
    socket: mio::net::UdpSocket,
    remote: Option<SocketAddr>,
    says: Says,
    codec: CodecId,
    send_type: u8,
    encoder: Encoder,
    decoder: Decoder,
    samples: usize,
    phase: f32,
    sequence: u16,
    timestamp: u32,
    began: Instant,
    report: LegReport,
    next_sequence: Option<u16>,
    heard: VecDeque<i16>,
}

impl Voice {
    /// Begins to talk, or goes on with what was agreed anew.
    pub(super) fn speak(
        &mut self,
        poll: &Poll,
        speaker: Speaker,
        local: SocketAddr,
        stream: &Stream,
        says: Says,
    ) {
        let Some((codec, send_type)) =
            stream.codecs.first().and_then(|codec| Some((codec_id(&codec.name)?, codec.send)))
        else {
            return;
        };
        let remote = stream.remote.host.ip().map(|ip| SocketAddr::new(ip, stream.remote.port));
        let remote = remote.filter(|remote| stream.sends() && remote.port() != 0);
        if let Some(leg) = self.by_speaker.get(&speaker).and_then(|leg| self.legs.get_mut(leg)) {
            leg.remote = remote;
            leg.set_codec(codec, send_type);
            return;
        }
        let Ok(mut socket) = mio::net::UdpSocket::bind(local) else { return };
        let id = self.next;
        if poll.registry().register(&mut socket, Token(RTP + id), Interest::READABLE).is_err() {
            return;
        }
        let Some(leg) = Leg::new(speaker, socket, remote, says, codec, send_type) else { return };
        self.next += 1;
        self.by_speaker.insert(speaker, id);
        self.legs.insert(id, leg);
        self.ticks.push_back((Instant::now() + FRAME, id));
    }

    /// Stops a leg and reports on it.
    pub(super) fn fall_silent(&mut self, poll: &Poll, speaker: Speaker) {
        let Some(id) = self.by_speaker.remove(&speaker) else { return };
        let Some(mut leg) = self.legs.remove(&id) else { return };
        // A socket that is not registered any more is closed all the same.
        let _ignored = poll.registry().deregister(&mut leg.socket);
        self.reports.push_back(leg.judge());
    }

    pub(super) fn poll_report(&mut self) -> Option<LegReport> {
        self.reports.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.ticks.front().map(|(at, _)| *at)
    }

    /// Sends what is due. All legs have the same frame, so the queue stays in order.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, id)) = self.ticks.front().copied().filter(|(at, _)| *at <= now) {
            self.ticks.pop_front();
            if let Some(leg) = self.legs.get_mut(&id) {
                leg.talk();
                // After a stall the rhythm starts anew instead of catching up in a burst.
                let next = if at + 5 * FRAME < now { now + FRAME } else { at + FRAME };
                self.ticks.push_back((next, id));
            }
        }
    }

    /// Takes what has arrived at a leg.
    pub(super) fn receive(&mut self, id: usize, buffer: &mut [u8], now: Instant) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        while let Ok((length, _)) = leg.socket.recv_from(buffer) {
            leg.hear(&mut buffer[..length], now);
        }
    }
}

impl Leg {
    fn new(
        speaker: Speaker,
        socket: mio::net::UdpSocket,
        remote: Option<SocketAddr>,
        says: Says,
        codec: CodecId,
        send_type: u8,
    ) -> Option<Self> {
        Some(Self {
            speaker,
            socket,
            remote,
            says,
            codec,
            send_type,
            encoder: Encoder::new(codec).ok()?,
            decoder: Decoder::new(codec).ok()?,
            samples: codec.samples_per(20),
            phase: 0.0,
            sequence: 1,
            timestamp: 0,
            began: Instant::now(),
            report: LegReport {
                speaker,
                codec: codec.encoding_name().to_owned(),
                sent: 0,
                received: 0,
                lost: 0,
                heard_hz: None,
                level_dbm0: f32::NEG_INFINITY,
                onset_ms: None,
            },
            next_sequence: None,
            heard: VecDeque::new(),
        })
    }

    fn set_codec(&mut self, codec: CodecId, send_type: u8) {
        self.send_type = send_type;
        if codec == self.codec {
            return;
        }
        if let (Ok(encoder), Ok(decoder)) = (Encoder::new(codec), Decoder::new(codec)) {
            self.codec = codec;
            self.encoder = encoder;
            self.decoder = decoder;
            self.samples = codec.samples_per(20);
            codec.encoding_name().clone_into(&mut self.report.codec);
            self.heard.clear();
        }
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "audio samples")]
    fn talk(&mut self) {
        let Says::Tone(hz) = self.says else { return };
        let Some(remote) = self.remote else { return };
        let step = std::f32::consts::TAU * hz / self.codec.sample_rate_hz() as f32;
        let mut pcm = [0; 960];
        for sample in &mut pcm[..self.samples] {
            *sample = (self.phase.sin() * AMPLITUDE) as i16;
            self.phase = (self.phase + step) % std::f32::consts::TAU;
        }
        let mut payload = [0; 960];
        let Ok(encoded) = self.encoder.encode(&pcm[..self.samples], &mut payload) else { return };
        self.send(remote, &payload[..encoded.bytes]);
        self.timestamp = self.timestamp.wrapping_add(self.codec.rtp_clock_hz() / 50);
    }

    fn send(&mut self, remote: SocketAddr, payload: &[u8]) {
        let mut packet = Vec::with_capacity(12 + payload.len());
        packet.extend_from_slice(&[0x80, self.send_type]);
        packet.extend_from_slice(&self.sequence.to_be_bytes());
        packet.extend_from_slice(&self.timestamp.to_be_bytes());
        packet.extend_from_slice(&ssrc(self.speaker).to_be_bytes());
        packet.extend_from_slice(payload);
        if self.socket.send_to(&packet, remote).is_ok() {
            self.report.sent += 1;
        }
        self.sequence = self.sequence.wrapping_add(1);
    }

    fn hear(&mut self, octets: &mut [u8], now: Instant) {
        let Ok(packet) = RtpPacket::parse(octets) else { return };
        let sequence = packet.sequence();
        if let Some(expected) = self.next_sequence {
            let gap = sequence.wrapping_sub(expected);
            if gap < 1_000 {
                self.report.lost += u64::from(gap);
            }
        }
        self.next_sequence = Some(sequence.wrapping_add(1));
        self.report.received += 1;
        let mut pcm = [0; 960];
        let payload = packet.payload().to_vec();
        if let Ok(samples) = self.decoder.decode(&payload, &mut pcm) {
            self.listen(&pcm[..samples], now);
        }
        if self.says == Says::WhatItHears
            && let Some(remote) = self.remote
        {
            self.send(remote, &payload);
            self.timestamp = self.timestamp.wrapping_add(self.codec.rtp_clock_hz() / 50);
        }
    }

    fn listen(&mut self, pcm: &[i16], now: Instant) {
        if self.report.onset_ms.is_none() && codecs::level::dbm0(pcm) > AUDIBLE_DBM0 {
            let since = now.saturating_duration_since(self.began);
            self.report.onset_ms = u64::try_from(since.as_millis()).ok();
        }
        self.heard.extend(pcm);
        let keep = self.codec.samples_per(500);
        let surplus = self.heard.len().saturating_sub(keep);
        self.heard.drain(..surplus);
    }

    /// What was heard last: the loudest of the tones that anybody here talks.
    fn judge(mut self) -> LegReport {
        let pcm: Vec<i16> = self.heard.iter().copied().collect();
        let rate = self.codec.sample_rate_hz();
        let known = (0..12).map(|handset| talk_hz(0, handset)).chain([SERVICE_HZ, MILLIWATT_HZ]);
        for hz in known {
            let level = if pcm.is_empty() { f32::NEG_INFINITY } else { measure::tone_dbm0(&pcm, rate, hz) };
            if level > self.report.level_dbm0 {
                self.report.level_dbm0 = level;
                self.report.heard_hz = (level > AUDIBLE_DBM0).then_some(hz);
            }
        }
        self.report
    }
}

fn codec_id(name: &CodecName) -> Option<CodecId> {
    Some(match name {
        CodecName::Aal2G726At32 => CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Aal2 },
        CodecName::G722 => CodecId::G722,
        CodecName::G726At32 => CodecId::G726 { rate: G726Rate::R32, packing: G726Packing::Rfc3551 },
        CodecName::G729 => CodecId::G729 { annex_b: false },
        CodecName::Pcma => CodecId::Pcma,
        CodecName::Pcmu => CodecId::Pcmu,
        _ => return None,
    })
}

fn ssrc(speaker: Speaker) -> u32 {
    match speaker {
        Speaker::Handset { base, handset } => 0x1000_0000 | ((base as u32) << 16) | handset as u32,
        Speaker::Service { call } => 0x2000_0000 | (call as u32 & 0x0fff_ffff),
    }
}

/// Packet time.
const FRAME: Duration = Duration::from_millis(20);
/// Peak of the tones: about -10 dBm0, the level of speech (ITU-T P.56).
const AMPLITUDE: f32 = 7_230.0;
/// Anything quieter counts as silence.
const AUDIBLE_DBM0: f32 = -35.0;
