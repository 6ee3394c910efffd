//! The brain: users, devices, bindings, calls, alarms.
