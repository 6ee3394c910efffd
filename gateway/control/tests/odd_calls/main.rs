//! Calls with peers that do what is allowed but seldom done, and what is not allowed. Every call ends, with one record.

mod connections;
mod crowd;
mod forked;
mod identity;
mod large_invite;
mod media_plane;
mod pbx_answers;
mod stage;
mod trust;
