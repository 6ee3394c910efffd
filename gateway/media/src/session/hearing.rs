//! What a leg's peer hears, compiled from the plan: for every format of the source one action.
//!
//! Owns: the choice among relay, law conversion, repacketising and transcoding. Must never: look at a plan while packets flow.
//!
//! | source and listener | action |
//! |---|---|
//! | same bits, same packet time, or packets that must stay whole | relay |
//! | A-law and mu-law, same packet time | law table in place |
//! | same bits or the two laws, other packet time | reframe |
//! | anything else | transcode |

use codecs::g711;
use media_api::{Codec, Format, LegPlan, MAX_FORMATS, PayloadType, Refusal, Tone};

use crate::session::format::{clock_rate, coder, grain, same_bits};
use crate::session::reframe::Reframer;
use crate::session::source::Class;
use crate::session::speaker::Speaker;
use crate::session::transcode::Transcoder;

/// Where a leg's audio comes from.
#[derive(Debug)]
pub(crate) enum Hearing {
    Leg(Box<Route>),
    Mix,
    Nothing,
    /// The tone and its format name the speaker, so that an equal plan does not start it again.
    Tone(Tone, Format, Box<Speaker>),
}

impl Hearing {
    /// Whether the other would do the same from its start.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leg(one), Self::Leg(other)) => one.is_same(other),
            (Self::Tone(tone, format, _), Self::Tone(other, other_format, _)) => {
                tone == other && format == other_format
            }
            (Self::Mix, Self::Mix) | (Self::Nothing, Self::Nothing) => true,
            _ => false,
        }
    }
}

/// From one leg to this one.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) from: u8,
    /// By index of the source's formats.
    audio: [Action; MAX_FORMATS],
    events: Vec<EventOut>,
    comfort_noise: Action,
    sending: Format,
    pub(crate) reframer: Option<(u8, Reframer)>,
    pub(crate) transcoder: Option<(u8, Transcoder)>,
    formats: Vec<Format>,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Drop,
    /// Telephone event: another number, perhaps another clock.
    Event {
        payload_type: u8,
        clock_in: u32,
        clock_out: u32,
    },
    /// Payload octets through a table, header rewritten.
    Law {
        payload_type: u8,
        table: &'static [u8; 256],
    },
    /// Cut and joined, perhaps through a table.
    Reframe {
        payload_type: u8,
        table: Option<&'static [u8; 256]>,
    },
    Relay {
        payload_type: u8,
    },
    Transcode {
        payload_type: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EventOut {
    payload_type: u8,
    clock_rate: u32,
}

impl Route {
    /// Compiles what `to` hears of `from`; `Ok(None)` while nothing is agreed.
    pub(crate) fn compile(from_leg: u8, from: &LegPlan, to: &LegPlan) -> Result<Option<Self>, Refusal> {
        let Some(sending) = to.sending else { return Ok(None) };
        let mut audio = [Action::Drop; MAX_FORMATS];
        for (action, &format) in audio.iter_mut().zip(&from.receiving) {
            *action = choose(format, sending);
        }
        // One usable format is enough for a call; a plan of which nothing can be heard is an error.
        if !from.receiving.is_empty() && audio.iter().all(|&action| action == Action::Drop) {
            return Err(Refusal::Codec(missing_coder(from, sending)));
        }
        let comfort_noise = match (from.comfort_noise, to.comfort_noise) {
            (Some(_), Some(PayloadType(payload_type))) => Action::Relay { payload_type },
            _ => Action::Drop,
        };
        let events = to
            .events
            .iter()
            .map(|event| EventOut { payload_type: event.payload_type.0, clock_rate: event.clock_rate })
            .collect();
        let mut route = Self {
            from: from_leg,
            audio,
            events,
            comfort_noise,
            sending,
            reframer: None,
            transcoder: None,
            formats: from.receiving.clone(),
        };
        route.prepare_first();
        Ok(Some(route))
    }

    /// Whether both do the same to every packet.
    fn is_same(&self, other: &Self) -> bool {
        self.from == other.from
            && self.audio == other.audio
            && self.events == other.events
            && self.comfort_noise == other.comfort_noise
            && self.sending == other.sending
            && self.formats == other.formats
    }

    pub(crate) fn action(&self, class: Class) -> Action {
        match class {
            Class::Audio(index) => self.audio.get(usize::from(index)).copied().unwrap_or(Action::Drop),
            Class::ComfortNoise => self.comfort_noise,
            Class::Event(clock_in) => self.event(clock_in),
            Class::Unknown => Action::Drop,
        }
    }

    /// The reframer for a format of the source, made when the source changed to it.
    pub(crate) fn reframer(&mut self, index: u8) -> Option<&mut Reframer> {
        if self.reframer.as_ref().is_none_or(|(of, _)| *of != index) {
            let grain = grain(self.formats.get(usize::from(index))?.codec)?;
            let units = clock_rate(self.sending.codec) as usize / 1_000 * usize::from(self.sending.ptime_ms);
            self.reframer = Some((index, Reframer::new(grain, units)));
        }
        self.reframer.as_mut().map(|(_, reframer)| reframer)
    }

    /// The coders for a format of the source, made when the source changed to it.
    pub(crate) fn transcoder(&mut self, index: u8) -> Option<&mut Transcoder> {
        if self.transcoder.as_ref().is_none_or(|(of, _)| *of != index) {
            let from = self.formats.get(usize::from(index))?.codec;
            self.transcoder = Some((index, Transcoder::new(from, self.sending).ok()?));
        }
        self.transcoder.as_mut().map(|(_, transcoder)| transcoder)
    }

    /// Makes what the preferred format needs before the first packet.
    fn prepare_first(&mut self) {
        match self.audio.first() {
            Some(Action::Reframe { .. }) => _ = self.reframer(0),
            Some(Action::Transcode { .. }) => _ = self.transcoder(0),
            _ => {}
        }
    }

    fn event(&self, clock_in: u32) -> Action {
        // RFC 4733 2.1: events run on the clock of the audio beside them; the same clock is preferred, else converted.
        let wanted = clock_rate(self.sending.codec);
        let out = self.events.iter().find(|out| out.clock_rate == wanted).or(self.events.first());
        out.map_or(Action::Drop, |out| Action::Event {
            payload_type: out.payload_type,
            clock_in,
            clock_out: out.clock_rate,
        })
    }
}

/// The action for one format of the source.
fn choose(from: Format, to: Format) -> Action {
    let payload_type = to.payload_type.0;
    let table = law(from.codec, to.codec);
    if !same_bits(from.codec, to.codec) && table.is_none() {
        return if can_transcode(from.codec, to) { Action::Transcode { payload_type } } else { Action::Drop };
    }
    let whole = grain(from.codec).is_none() || from.ptime_ms == to.ptime_ms;
    match (whole, table) {
        (true, None) => Action::Relay { payload_type },
        (true, Some(table)) => Action::Law { payload_type, table },
        (false, table) => Action::Reframe { payload_type, table },
    }
}

fn law(from: Codec, to: Codec) -> Option<&'static [u8; 256]> {
    match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => Some(&g711::A_TO_MU),
        (Codec::Pcmu, Codec::Pcma) => Some(&g711::MU_TO_A),
        _ => None,
    }
}

fn can_transcode(from: Codec, to: Format) -> bool {
    Transcoder::new(from, to).is_ok()
}

fn missing_coder(from: &LegPlan, sending: Format) -> Codec {
    let absent = |codec: &Codec| !coder(*codec).is_offered();
    from.receiving.iter().map(|format| format.codec).find(absent).unwrap_or(sending.codec)
}
