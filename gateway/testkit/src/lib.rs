//! Virtual clock, seeded network, scripted PBX, simulated base stations and handsets.
//!
//! [`Base`] and [`Pbx`] are peers of the gateway without I/O: datagrams and time in, datagrams and events out. [`World`] joins them with
//! the real `control::Core` over a [`Network`] that loses, delays, repeats and partitions by a seed, in virtual time; `dectsim`
//! drives the same two over real sockets.

mod agenda;
mod base;
mod entropy;
mod network;
mod party;
mod pbx;
mod world;

pub use base::{Base, BaseConfig, BaseEvent, Handset, HandsetId, Manners, Registered};
pub use entropy::SeededEntropy;
pub use network::{Conditions, Network};
pub use party::Party;
pub use pbx::{Pbx, PbxConfig, PbxEvent, Script, Service};
pub use world::{World, WorldConfig, origin, user_number};
