//! Probes and hostile messages at a running gateway.

mod probes;
mod torture;
