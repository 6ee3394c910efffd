//! State as operators see it. Reads only.

use std::time::Instant;

use admin_api::{
    BaseView, BindingState, BindingView, CallView, DeviceView, FaultView, LegView, LocationView, UserView,
};

use crate::{
    call::{Calls, Direction, Phase},
    directory::{Directory, Relation, User, UserId},
    fault::{FaultSubject, Faults},
    registrar::{Location, Registrar},
    registration::{self, Registration, State, Wish},
};

pub(super) fn base(base: &dect::base::BaseStation) -> BaseView {
    BaseView { address: base.key.source.to_string(), user_agent: base.user_agent.to_string() }
}

pub(super) fn user(
    now: Instant,
    user: &User,
    directory: &Directory,
    registrar: &Registrar,
    registration: &Registration,
) -> UserView {
    let device = directory.device_of_user(user.id).map(|device| DeviceView {
        ipei: device.ipei().to_string(),
        relation: match directory.relation(device.id) {
            Relation::Dynamic(_) => "dynamic",
            Relation::Fixed(_) => "fixed",
            Relation::Unbound => "unbound",
        }
        .to_owned(),
    });
    UserView {
        number: user.number().to_owned(),
        long_name: user.profile.long_name.to_string(),
        name: user.sip_name().to_owned(),
        display_name: user.display_name().to_owned(),
        device,
        locations: registrar.locations(user.id).map(|location| place(now, location)).collect(),
        binding: registration.binding(user.id).map(|binding| self::binding(now, &binding, directory)),
    }
}

pub(super) fn binding(
    now: Instant,
    binding: &registration::BindingView<'_>,
    directory: &Directory,
) -> BindingView {
    let state = match binding.state {
        State::Asking { leaving: true, .. } => BindingState::Unregistering,
        State::Asking { .. } => BindingState::Registering,
        State::Registered { .. } => BindingState::Registered,
        State::Resting { .. } => BindingState::Failed,
        State::Waiting { .. } if binding.wish == Wish::Registered => BindingState::Waiting,
        State::Waiting { .. } => BindingState::Unregistering,
    };
    let seconds = |at: Instant| at.saturating_duration_since(now).as_secs();
    BindingView {
        user: number(directory, binding.user),
        state,
        proxy: binding.path.flow.map(|flow| flow.remote.to_string()).unwrap_or_default(),
        contact: binding.path.contact.to_string(),
        expires_in_s: binding.state.held().map(seconds),
        next_in_s: binding.next_attempt.map(seconds),
        last_status: binding.last.map(|last| last.status.map_or(0, |status| status.0)),
        failures: binding.failures,
    }
}

pub(super) fn calls(calls: &Calls, directory: &Directory) -> Vec<CallView> {
    calls
        .iter()
        .map(|call| CallView {
            call: call.id.0,
            user: number(directory, call.user),
            peer: call.peer.clone(),
            outgoing: call.direction == Direction::FromHandset,
            state: match call.phase {
                Phase::Ending => "ending",
                Phase::Setup { .. } => "setup",
                Phase::Talking { .. } => "talking",
            }
            .to_owned(),
            started_ms: call.started.0,
            answered_ms: call.answered.map(|answered| answered.0),
            legs: call.media.legs.iter().map(leg).collect(),
        })
        .collect()
}

pub(super) fn faults(faults: &Faults, directory: &Directory) -> Vec<FaultView> {
    let mut views: Vec<FaultView> = faults
        .standing()
        .map(|fault| FaultView {
            code: format!("{:#010x}", fault.code.0),
            text: fault.code.text().to_owned(),
            subject: match fault.subject {
                FaultSubject::Call(call) => format!("call {}", call.0),
                FaultSubject::System => "system".to_owned(),
                FaultSubject::User(user) => format!("user {}", number(directory, user)),
            },
            since_ms: fault.at.0,
            detail: fault.detail.clone(),
        })
        .collect();
    views.sort_by_key(|fault| fault.since_ms);
    views
}

fn leg(stats: &media_api::LegStats) -> LegView {
    LegView {
        codec: stats.sending.map(|codec| format!("{codec:?}")).unwrap_or_default(),
        received: stats.received_packets,
        sent: stats.sent_packets,
        lost: stats.lost_packets,
        jitter_us: stats.jitter_us,
    }
}

fn place(now: Instant, location: &Location) -> LocationView {
    LocationView {
        base: location.flow.remote.to_string(),
        contact: location.contact.clone(),
        expires_in_s: location.until().saturating_duration_since(now).as_secs(),
    }
}

fn number(directory: &Directory, user: UserId) -> String {
    directory.user(user).map(|user| user.number().to_owned()).unwrap_or_default()
}
