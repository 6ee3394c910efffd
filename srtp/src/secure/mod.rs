//! SRTP and SRTCP in the caller's buffer.
//!
//! Owns: profiles, key derivation, the packet index with its roll-over counter, replay protection, and both transforms: AES
//! counter mode with HMAC-SHA1 (RFC 3711, RFC 6188) and AES-GCM (RFC 7714). Keys come from outside and are wiped on drop.
//!
//! Must never: keep state for a source before one of its packets was authenticated, grow with the number of sources, show a
//! key in `Debug`, allocate per packet.
//!
//! One [`Outbound`] and one [`Inbound`] per direction and master key. Key derivation rate 0 and one master key at a time;
//! re-keying makes new contexts (not done: KDR above 0, which no peer of ours offers).

mod inbound;
mod index;
mod keys;
mod outbound;
mod profile;
mod transform;

use std::fmt;

pub use inbound::{Inbound, MAX_SOURCES};
pub use keys::{BadKey, MasterKey};
pub use outbound::Outbound;
pub use profile::Profile;

/// Octets that protection adds at most: a tag of 16, the index of SRTCP, a key identifier of 128 octets is refused.
pub const MAX_TRAILER_LEN: usize = 16 + 4 + MAX_MKI_LEN;
/// Longest master key identifier taken; RFC 4568 allows 128, which nobody uses.
pub const MAX_MKI_LEN: usize = 16;

/// Why a packet was not protected or not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SrtpError {
    /// The tag is wrong: forged, damaged or another key.
    Authentication,
    /// The key has protected as many packets as it may (RFC 3711 9.2).
    Exhausted,
    /// Not an RTP or RTCP packet, or shorter than its protection.
    Malformed,
    /// It names another master key.
    MasterKey,
    /// No room behind the packet for what protection adds.
    NoRoom,
    /// Came before, or is too old to tell.
    Replayed,
}

impl fmt::Display for SrtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authentication => "wrong authentication tag",
            Self::Exhausted => "the key is used up",
            Self::Malformed => "not a protected packet",
            Self::MasterKey => "another master key identifier",
            Self::NoRoom => "no room for the authentication tag",
            Self::Replayed => "replayed",
        })
    }
}

impl std::error::Error for SrtpError {}
