//! SIP/RTP media gateway between DECT handsets and a PBX: the shell around control and media.
//!
//! Owns everything that touches the world: sockets, files, clocks, randomness, processes. It decides nothing about calls,
//! users or media: it carries bytes, time and orders to those who do.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell is where time, randomness and the environment come from"
)]

pub mod admin;
pub mod cli;
pub mod config;
pub mod logging;
pub mod metrics;
pub mod run;
pub mod secret;
pub mod store;
pub mod systemd;
