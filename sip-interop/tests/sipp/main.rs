//! SIPp as base station, as PBX and as load.

mod calls;
mod load;
mod stage;
