//! The DECT domain: identities, subscription, location, base stations, and the facts per make of base.
//!
//! Owns the words and rules of the access side that are DECT's, not SIP's. Must never: open a socket, read a clock, draw
//! randomness, print an authentication code. Time is an argument everywhere.
//!
//! - [`identity`]: [`Ipei`], [`Park`], [`Rfpi`], [`AuthCode`] (EN 300 175-6).
//! - [`subscription`]: may this handset subscribe now?
//! - [`location`]: where is this handset, since when, until when?
//! - [`base`]: which base stations have spoken to us?
//! - [`quirk`]: what does this make of base do differently?
//!
//! # The seam towards another access
//!
//! A native radio link (later, if at all) joins here, not in the SIP code. Its primitives are *subscribe* (a handset asks
//! for access rights: [`subscription::Subscription::may_subscribe`]), *locate* (it attaches, moves or refreshes:
//! [`location::Location`]), *detach*, and for calls *setup*, *info* (keypad digits, display text), *alert*, *connect*,
//! *release* and *media* (open, join or close a voice channel). A native access would yield the first three as inputs
//! to this crate, exactly as a REGISTER does now, and map the others one to one to a call leg. The primitives are not
//! spelt out as types before a second access uses them.

pub mod base;
pub mod identity;
pub mod location;
pub mod quirk;
pub mod subscription;

pub use identity::{AuthCode, IdentityError, Ipei, Park, Rfpi};
pub use location::Location;
pub use quirk::Quirks;
pub use subscription::Subscription;

/// `now` plus `span`, which configuration and peers choose: anything beyond ten years is ten years, so nothing overflows.
fn after(now: std::time::Instant, span: std::time::Duration) -> std::time::Instant {
    now + span.min(std::time::Duration::from_secs(10 * 365 * 86_400))
}
