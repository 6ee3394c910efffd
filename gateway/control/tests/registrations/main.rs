//! Whole-room scenarios of both registration sides in virtual time: a real SIP endpoint, the registrar, the registrations, and
//! a scripted PBX behind a network with delay. One behaviour per file.

#![allow(clippy::disallowed_methods, reason = "an origin of virtual time; nothing depends on when it is")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod handset;
mod pbx;
mod world;

mod access_refusals;
mod any_faults;
mod burst;
mod connection;
mod device_account;
mod expiry;
mod hostile;
mod names;
mod own_ports;
mod path_and_instance;
mod pbx_forgets;
mod pbx_refuses;
mod pbx_silent;
mod refresh;
mod reload;
mod restart;
mod roaming;
mod shutdown;
