//! The DECT domain: identities, locations, subscription, quirks.

mod ipei;

pub use ipei::{Ipei, IpeiError};
