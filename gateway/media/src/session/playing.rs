//! What a leg plays to its peer that no other leg said: digits, tones, the mix of a conference.
//!
//! Owns: the choice of who may send at a moment. Digits come first, in place of everything else (RFC 4733 2.2).

use std::time::Instant;

use codecs::dtmf::Digit;
use media_api::DigitSending;
use srtp::MIN_HEADER_LEN;

use crate::outbox::{Channel, Outbox};
use crate::session::digit::{EventPayload, event_code};
use crate::session::hearing::Hearing;
use crate::session::leg::Leg;
use crate::session::mixer::FRAME_MS;
use crate::session::packer::{Packer, Way};
use crate::session::sender::Departure;
use crate::session::speaker::Speaker;

impl Leg {
    /// Sends what is due of digits and of a tone.
    pub(crate) fn play(&mut self, now: Instant, out: &mut Outbox) {
        self.play_events(now, out);
        self.play_tones(now, out);
        self.play_hearing(now, out);
    }

    /// When [`Leg::play`] has something to do.
    pub(crate) fn poll_timeout(&self) -> [Option<Instant>; 3] {
        let tone = match &self.hearing {
            Hearing::Tone(_, _, speaker) => speaker.poll_timeout(),
            _ => None,
        };
        let tones = self.tones.as_ref().and_then(|speaker| speaker.poll_timeout());
        [self.digit_sender.poll_timeout(), tones, tone]
    }

    /// Queues a digit in the way the plan says; `false` when it cannot be.
    pub(crate) fn press(&mut self, now: Instant, digit: char, duration_ms: u16) -> bool {
        match (self.plan.digits, self.plan.sending) {
            (DigitSending::Events, _) if !self.plan.events.is_empty() => {
                event_code(digit).is_some_and(|code| self.digit_sender.push(code, duration_ms))
            }
            (DigitSending::InBand, Some(format)) => {
                let speaker = match self.tones.take() {
                    Some(speaker) => Some(speaker),
                    None => Speaker::digits(now, format).ok().map(Box::new),
                };
                self.tones = speaker;
                let pressed = Digit::from_char(digit).zip(self.tones.as_mut());
                pressed.is_some_and(|(digit, speaker)| speaker.press(digit, duration_ms))
            }
            _ => false,
        }
    }

    /// Whether events of the other side are to be turned into tones here.
    pub(crate) const fn wants_tones(&self) -> bool {
        matches!(self.plan.digits, DigitSending::InBand) && self.plan.events.is_empty()
    }

    /// Sends what a mixer made for this leg.
    pub(crate) fn send_mix(&mut self, now: Instant, packer: &mut Packer, out: &mut Outbox) {
        let destination = self.destination();
        let playing = self.is_playing_digits();
        if !packer.is_started() {
            packer.restart(self.sender.resumed_timestamp(now));
        }
        match destination {
            Some(destination) if !playing => {
                let mut way = Way { sender: &mut self.sender, leg: self.index, destination };
                packer.send(now, &mut way, out);
            }
            _ => packer.mute(FRAME_MS as u32, self.sender.clock_rate()),
        }
    }

    pub(super) fn is_playing_digits(&self) -> bool {
        self.digit_sender.is_playing() || self.tones.is_some()
    }

    /// Digits as tones, in the place of what the peer hears otherwise.
    fn play_tones(&mut self, now: Instant, out: &mut Outbox) {
        let destination = self.destination();
        let Some(speaker) = &mut self.tones else { return };
        if !speaker.packer.is_started() {
            speaker.packer.restart(self.sender.resumed_timestamp(now));
        }
        while speaker.speak(now, &mut out.pcm) {
            if let Some(destination) = destination {
                let mut way = Way { sender: &mut self.sender, leg: self.index, destination };
                speaker.packer.send(now, &mut way, out);
            }
        }
        if speaker.is_finished() {
            self.tones = None;
            self.talk_spurt = true;
        }
    }

    /// A tone that the plan says.
    fn play_hearing(&mut self, now: Instant, out: &mut Outbox) {
        let (destination, playing) = (self.destination(), self.is_playing_digits());
        let Hearing::Tone(_, format, speaker) = &mut self.hearing else { return };
        if !speaker.packer.is_started() {
            speaker.packer.restart(self.sender.resumed_timestamp(now));
        }
        while speaker.speak(now, &mut out.pcm) {
            match destination {
                Some(destination) if !playing => {
                    let mut way = Way { sender: &mut self.sender, leg: self.index, destination };
                    speaker.packer.send(now, &mut way, out);
                }
                _ => speaker.packer.mute(format.ptime_ms.into(), self.sender.clock_rate()),
            }
        }
    }

    /// Sends the event packets that are due.
    fn play_events(&mut self, now: Instant, out: &mut Outbox) {
        let clock_rate = self.sender.clock_rate();
        let wanted = self.plan.events.iter().find(|event| event.clock_rate == clock_rate);
        let Some(format) = wanted.or(self.plan.events.first()).copied() else { return };
        let destination = self.destination();
        while let Some(packet) = self.digit_sender.poll(now, format.clock_rate) {
            let timestamp = packet.timestamp.unwrap_or_else(|| self.sender.resumed_timestamp(now));
            self.digit_sender.started(timestamp);
            let Some(destination) = destination else { continue };
            let departure = Departure {
                marker: packet.marker,
                payload_type: format.payload_type.0,
                sequence: self.sender.own_sequence(),
                timestamp,
                payload_len: EventPayload::LEN,
            };
            let header = self.sender.stamp(now, departure);
            out.packet(self.index, Channel::Rtp, destination, |buffer| {
                let end = MIN_HEADER_LEN + EventPayload::LEN;
                buffer[MIN_HEADER_LEN..end].copy_from_slice(&packet.payload.to_octets());
                header.write_before(buffer, MIN_HEADER_LEN..end).map(|packet| packet.end)
            });
        }
    }
}
