//! Asterisk 22 as the PBX.

mod calls;
mod registrations;
