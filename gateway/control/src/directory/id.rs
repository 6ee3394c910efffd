//! Numbers of sites, users and devices.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Number of a site. Every site numbers its own users and devices, so two sites never give the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct SiteId(u16);

impl SiteId {
    /// The only site of an installation that does not replicate.
    pub const FIRST: Self = Self(1);

    /// `None` above 32767: ids must fit a signed 64 bit column.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number <= 0x7fff { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

macro_rules! record_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl $name {
            pub(crate) const fn compose(site: SiteId, sequence: u64) -> Self {
                Self(((site.0 as u64) << SEQUENCE_BITS) | (sequence & SEQUENCE_MASK))
            }

            /// The site that gave this number.
            #[must_use]
            pub const fn site(self) -> SiteId {
                SiteId((self.0 >> SEQUENCE_BITS) as u16 & 0x7fff)
            }

            pub(crate) const fn sequence(self) -> u64 {
                self.0 & SEQUENCE_MASK
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{}", self.site().number(), self.sequence())
            }
        }
    };
}

record_id! {
    /// Number of a user; never given twice.
    UserId
}

record_id! {
    /// Number of a device; never given twice.
    DeviceId
}

/// Bits below the site number.
const SEQUENCE_BITS: u32 = 48;
const SEQUENCE_MASK: u64 = (1 << SEQUENCE_BITS) - 1;
