//! From a plan to what a session does: what a plan may be, and what each leg hears.

use std::time::Instant;

use codecs::tones::ToneSet;
use media_api::{Hears, LegPlan, MAX_FORMATS, MAX_LEGS, Plan, Refusal};

use crate::session::format;
use crate::session::guard::Guard;
use crate::session::hearing::{Hearing, Route};
use crate::session::speaker::Speaker;

/// What a plan may be.
pub(super) fn validate(plan: &Plan) -> Result<(), Refusal> {
    let legs = &plan.legs;
    let sane = !legs.is_empty() && legs.len() <= MAX_LEGS && legs.iter().all(|leg| is_sane(leg, legs.len()));
    if sane { Ok(()) } else { Err(Refusal::Plan) }
}

fn is_sane(leg: &LegPlan, legs: usize) -> bool {
    let formats = leg.receiving.iter().chain(leg.sending.iter());
    let types = formats.clone().map(|format| format.payload_type);
    let types = types.chain(leg.events.iter().map(|event| event.payload_type)).chain(leg.comfort_noise);
    let clocks = leg.events.iter().all(|event| (8_000..=48_000).contains(&event.clock_rate));
    let times = formats.clone().all(|format| {
        (10..=60).contains(&format.ptime_ms)
            && format::coder(format.codec).fits_ptime(u32::from(format.ptime_ms))
    });
    let heard = match leg.hears {
        Hears::Leg(other) => usize::from(other.0) < legs,
        _ => true,
    };
    leg.protection.as_deref().is_none_or(Guard::is_possible)
        && leg.receiving.len() <= MAX_FORMATS
        && leg.events.len() <= MAX_EVENTS
        && types.into_iter().all(|payload_type| payload_type.0 < 128)
        && times
        && clocks
        && heard
}

pub(super) fn hearing(now: Instant, tones: &ToneSet, plan: &Plan, to: usize) -> Result<Hearing, Refusal> {
    let leg = &plan.legs[to];
    let from = match leg.hears {
        Hears::Leg(from) => usize::from(from.0),
        Hears::Own => to,
        Hears::Mix => return Ok(Hearing::Mix),
        Hears::Nothing => return Ok(Hearing::Nothing),
        Hears::Tone(tone) => {
            let Some(format) = leg.sending else { return Ok(Hearing::Nothing) };
            let speaker = Speaker::tone(now, format, tones, tone)?;
            return Ok(Hearing::Tone(tone, format, Box::new(speaker)));
        }
    };
    if !plan.legs[from].receive {
        return Ok(Hearing::Nothing);
    }
    let route = Route::compile(from as u8, &plan.legs[from], leg)?;
    Ok(route.map_or(Hearing::Nothing, |route| Hearing::Leg(Box::new(route))))
}

/// One per clock rate in use, and one spare.
pub(super) const MAX_EVENTS: usize = 4;
