//! The brain: users, devices, bindings, calls, alarms.

pub mod clock;
pub mod directory;
